//! A compiled statement: what it says of actions, principals, resources and conditions, and whether
//! it applies.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::actions::Actions;
use crate::arn::ArnPattern;
use crate::condition::Condition;
use crate::document::{self, Effect, Form};
use crate::pattern::Matched;
use crate::principal::{Grant, PrincipalPattern, is_denied, is_exempt};
use crate::question::Question;
use crate::truth::Truth;
use crate::variable::Variables;

#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) effect: Effect,
    pub(crate) actions: Arc<Actions>,
    /// `None` for a document that names no resource, such as a trust policy.
    pub(crate) resources: Option<Resources>,
    /// `None` for an identity policy.
    pub(crate) principals: Option<Principals>,
    /// The cheap ones first.
    pub(crate) conditions: Box<[Condition]>,
    /// Something in it could not be compiled: it allows nothing, and denies whatever its actions
    /// are about. A document lets no such statement through; this is the second lock.
    pub(crate) broken: bool,
}

#[derive(Debug)]
pub(crate) struct Resources {
    pub(crate) form: Form,
    pub(crate) patterns: Box<[Arc<ResourcePattern>]>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ResourcePattern {
    Any,
    Arn(ArnPattern),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Principals {
    pub(crate) form: Form,
    pub(crate) patterns: Box<[PrincipalPattern]>,
}

impl Statement {
    pub(crate) fn compile(source: &document::Statement, variables: Variables) -> Statement {
        let actions = source.actions.as_ref().and_then(Actions::compile);
        let mut broken = actions.is_none();
        let mut conditions = Vec::with_capacity(source.conditions.len());
        for (index, entry) in source.conditions.iter().enumerate() {
            let values: SmallVec<[&str; 4]> = entry.values.iter().map(|v| &*v.text).collect();
            match Condition::compile(entry.operator, &entry.key.text, &values, variables) {
                Ok(condition) => conditions.push(condition.at(index)),
                Err(_) => broken = true,
            }
        }
        conditions.sort_by_key(Condition::cost);
        let resources = source.resources.as_ref().map(|list| {
            let mut patterns = Vec::with_capacity(list.items.len());
            for item in &list.items {
                match ResourcePattern::compile(&item.text, variables) {
                    Some(pattern) => patterns.push(Arc::new(pattern)),
                    None => broken = true,
                }
            }
            Resources {
                form: list.form,
                patterns: patterns.into(),
            }
        });
        let principals = source.principals.as_ref().map(|principals| {
            let patterns = principals.entries.iter().filter_map(|(kind, entry)| {
                let compiled = PrincipalPattern::compile(*kind, &entry.text);
                broken |= compiled.is_none();
                compiled
            });
            Principals {
                form: principals.form,
                patterns: patterns.collect(),
            }
        });
        Statement {
            effect: source.effect,
            actions: Arc::new(actions.unwrap_or_else(Actions::every)),
            resources,
            principals,
            conditions: conditions.into(),
            broken,
        }
    }

    /// A Deny of everything.
    pub(crate) fn deny_all() -> Statement {
        Statement {
            effect: Effect::Deny,
            actions: Arc::new(Actions::every()),
            resources: None,
            principals: None,
            conditions: Box::default(),
            broken: true,
        }
    }

    /// Whether it applies as a statement of a caller's policy, where `resource` is what comes of its
    /// resources. A principal has no place in it, and a resource must have one.
    #[inline]
    pub(crate) fn as_callers<'q>(&'q self, resource: Truth, question: &Question<'q>) -> Truth {
        if self.broken || self.principals.is_some() || self.resources.is_none() {
            return self.misplaced(resource, question);
        }
        resource.and(|| self.conditions(question))
    }

    /// A statement that nobody can tell the meaning of, or that does not fit its place.
    #[cold]
    fn misplaced<'q>(&'q self, resource: Truth, question: &Question<'q>) -> Truth {
        if self.broken {
            return Truth::Unknown;
        }
        Truth::Unknown
            .and(|| resource)
            .and(|| self.conditions(question))
    }

    /// Whether it applies as a Deny of a resource's policy.
    pub(crate) fn as_resources_deny<'q>(
        &'q self,
        resource: Truth,
        question: &Question<'q>,
    ) -> Truth {
        if self.broken {
            return Truth::Unknown;
        }
        self.denies_principal(question)
            .and(|| resource)
            .and(|| self.conditions(question))
    }

    /// What it grants as an Allow of a resource's policy.
    pub(crate) fn as_resources_allow<'q>(
        &'q self,
        resource: Truth,
        question: &Question<'q>,
    ) -> Grant {
        let grant = self.grant(question);
        let applies = !self.broken
            && grant > Grant::None
            && resource == Truth::Yes
            && self.conditions(question) == Truth::Yes;
        if applies { grant } else { Grant::None }
    }

    /// What comes of its resources; a statement without any is about whatever its policy is of.
    #[inline]
    pub(crate) fn resources<'q>(&'q self, question: &Question<'q>) -> Truth {
        let resources = self.resources.as_ref();
        resources.map_or(Truth::Yes, |resources| resources.match_(question))
    }

    pub(crate) fn denies_principal(&self, question: &Question<'_>) -> Truth {
        let Some(principals) = &self.principals else {
            return Truth::Unknown;
        };
        match principals.form {
            Form::Plain => is_denied(&principals.patterns, question),
            Form::Not => (!is_exempt(&principals.patterns, question)).into(),
        }
    }

    pub(crate) fn grant(&self, question: &Question<'_>) -> Grant {
        match &self.principals {
            Some(principals) if principals.form == Form::Plain => {
                let patterns = principals.patterns.iter();
                patterns
                    .map(|pattern| pattern.grant(question))
                    .max()
                    .unwrap_or(Grant::None)
            }
            _ => Grant::None,
        }
    }

    #[inline(never)]
    fn conditions<'q>(&'q self, question: &Question<'q>) -> Truth {
        let mut found = Truth::Yes;
        for condition in &self.conditions {
            match condition.holds(question.lookup) {
                Truth::No => return Truth::No,
                Truth::Unknown => found = Truth::Unknown,
                Truth::Yes => {}
            }
        }
        found
    }
}

impl Resources {
    fn match_<'q>(&'q self, question: &Question<'q>) -> Truth {
        let (mut unresolved, mut ambiguous) = (false, false);
        for pattern in &self.patterns {
            match pattern.matches(question) {
                Matched::Yes => return (self.form == Form::Plain).into(),
                Matched::Unresolved => unresolved = true,
                Matched::Ambiguous => ambiguous = true,
                Matched::No => {}
            }
        }
        match self.form {
            _ if ambiguous => Truth::Unknown,
            Form::Plain => Truth::No,
            // What the author meant to leave out cannot be told.
            Form::Not if unresolved => Truth::Unknown,
            Form::Not => Truth::Yes,
        }
    }
}

impl ResourcePattern {
    fn compile(text: &str, variables: Variables) -> Option<ResourcePattern> {
        if text == "*" {
            return Some(ResourcePattern::Any);
        }
        let pattern = ArnPattern::compile(text, variables).ok()?;
        Some(ResourcePattern::Arn(pattern))
    }

    pub(crate) fn matches<'q>(&'q self, question: &Question<'q>) -> Matched {
        match (self, &question.resource) {
            (ResourcePattern::Any, _) => Matched::Yes,
            (ResourcePattern::Arn(pattern), Some(arn)) => pattern.matches(arn, question.lookup),
            (ResourcePattern::Arn(_), None) => Matched::No,
        }
    }

    /// The literal that the resource part of whatever matches begins with.
    pub(crate) fn literal(&self) -> &str {
        match self {
            ResourcePattern::Any => "",
            ResourcePattern::Arn(pattern) => pattern.resource().literal(),
        }
    }
}
