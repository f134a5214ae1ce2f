//! A policy compiled for decisions: statements by effect and service, everything typed and split.

use crate::arn::{Arn, ArnPattern};
use crate::condition::Condition;
use crate::document::{self, Document, Effect, Form};
use crate::index::Index;
use crate::pattern::Matched;
use crate::principal::{Grant, PrincipalPattern, is_denied, is_exempt};
use crate::request::{Context, Principal};
use crate::truth::Truth;
use crate::variable::Variables;

/// A policy, compiled once from its [`Document`] and used for any number of decisions.
#[derive(Debug)]
pub struct Policy {
    statements: Box<[Statement]>,
    allows: Index,
    denies: Index,
    denies_all: bool,
}

/// A compiled statement without its actions, which the index has.
#[derive(Debug)]
struct Statement {
    /// `None` for a document that names no resource, such as a trust policy.
    resources: Option<Resources>,
    /// `None` for an identity policy.
    principals: Option<Principals>,
    conditions: Box<[Condition]>,
    /// Something in it could not be compiled: it allows nothing, and denies whatever its actions
    /// are about. [`Document`] lets no such statement through; this is the second lock.
    broken: bool,
}

#[derive(Debug)]
struct Resources {
    form: Form,
    patterns: Box<[ResourcePattern]>,
}

#[derive(Debug)]
enum ResourcePattern {
    Any,
    Arn(ArnPattern),
}

#[derive(Debug)]
struct Principals {
    form: Form,
    patterns: Box<[PrincipalPattern]>,
}

/// A request, prepared once for all policies.
pub(crate) struct Question<'a> {
    /// In lower case.
    pub(crate) service: &'a str,
    /// In lower case.
    pub(crate) name: &'a str,
    /// `None` for `*`.
    pub(crate) resource: Option<Arn<'a>>,
    pub(crate) principal: &'a Principal<'a>,
    /// The caller's, or that of the resource when the caller has no ARN.
    pub(crate) partition: Option<&'a str>,
    pub(crate) context: &'a dyn Context,
}

impl Policy {
    /// Compiles a document.
    pub fn compile(document: &Document) -> Policy {
        let variables = document.variables();
        let statements = document.statements.iter();
        Policy {
            statements: statements
                .map(|statement| Statement::compile(statement, variables))
                .collect(),
            allows: Index::compile(document, Effect::Allow),
            denies: Index::compile(document, Effect::Deny),
            denies_all: false,
        }
    }

    /// A policy that allows nothing and denies everything it is asked: what stands in for stored
    /// text that no longer parses.
    pub fn deny_all() -> Policy {
        Policy {
            statements: Box::default(),
            allows: Index::default(),
            denies: Index::default(),
            denies_all: true,
        }
    }

    /// The first Deny of a caller's policy that applies.
    pub(crate) fn identity_deny(&self, question: &Question<'_>) -> Option<usize> {
        self.deny(question, Statement::for_identity)
    }

    /// The first Deny of a resource's policy that applies.
    pub(crate) fn resource_deny(&self, question: &Question<'_>) -> Option<usize> {
        self.deny(question, Statement::for_resource_deny)
    }

    /// The first Allow of a caller's policy that applies.
    pub(crate) fn identity_allow(&self, question: &Question<'_>) -> Option<usize> {
        let mut candidates = self.candidates(&self.allows, question);
        candidates
            .find(|(_, statement)| statement.for_identity(question) == Truth::Yes)
            .map(|(index, _)| index)
    }

    /// The strongest grant that a resource's policy makes, and its statement.
    pub(crate) fn resource_grant(&self, question: &Question<'_>) -> (Grant, usize) {
        let mut best = (Grant::None, 0);
        for (index, statement) in self.candidates(&self.allows, question) {
            let grant = statement.grant(question);
            if grant > best.0 && statement.for_resource_allow(question) == Truth::Yes {
                best = (grant, index);
            }
            if best.0 == Grant::Full {
                break;
            }
        }
        best
    }

    fn deny(
        &self,
        question: &Question<'_>,
        applies: impl Fn(&Statement, &Question<'_>) -> Truth,
    ) -> Option<usize> {
        if self.denies_all {
            return Some(0);
        }
        let mut candidates = self.candidates(&self.denies, question);
        candidates
            .find(|(_, statement)| applies(statement, question) != Truth::No)
            .map(|(index, _)| index)
    }

    /// The statements whose actions match.
    fn candidates<'a>(
        &'a self,
        index: &'a Index,
        question: &'a Question<'_>,
    ) -> impl Iterator<Item = (usize, &'a Statement)> {
        index
            .candidates(question)
            .filter_map(|index| Some((index, self.statements.get(index)?)))
    }
}

impl Statement {
    fn compile(source: &document::Statement, variables: Variables) -> Statement {
        let mut broken = source.actions.is_none();
        let conditions = source.conditions.iter().filter_map(|entry| {
            let values: Vec<&str> = entry.values.iter().map(|value| &*value.text).collect();
            let compiled = Condition::compile(entry.operator, &entry.key.text, &values, variables);
            broken |= compiled.is_err();
            compiled.ok()
        });
        let conditions = conditions.collect();
        let resources = source.resources.as_ref().map(|list| {
            let patterns = list.items.iter().filter_map(|item| {
                let compiled = ResourcePattern::compile(&item.text, variables);
                broken |= compiled.is_none();
                compiled
            });
            Resources {
                form: list.form,
                patterns: patterns.collect(),
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
            resources,
            principals,
            conditions,
            broken,
        }
    }

    /// Whether a statement of a caller's policy applies. A principal has no place in it, and a
    /// resource must have one.
    fn for_identity(&self, question: &Question<'_>) -> Truth {
        if self.broken || self.principals.is_some() {
            return Truth::Unknown;
        }
        let Some(resources) = &self.resources else {
            return Truth::Unknown;
        };
        resources.match_(question).and(|| self.conditions(question))
    }

    fn for_resource_deny(&self, question: &Question<'_>) -> Truth {
        self.denies_principal(question)
            .and(|| self.for_resource_allow(question))
    }

    /// Whether a statement of a resource's policy applies, its principals aside.
    fn for_resource_allow(&self, question: &Question<'_>) -> Truth {
        if self.broken {
            return Truth::Unknown;
        }
        let resources = self.resources.as_ref();
        resources
            .map_or(Truth::Yes, |resources| resources.match_(question))
            .and(|| self.conditions(question))
    }

    fn denies_principal(&self, question: &Question<'_>) -> Truth {
        let partition = question.partition;
        match &self.principals {
            None => Truth::Unknown,
            Some(_) if self.broken => Truth::Unknown,
            Some(principals) => match principals.form {
                Form::Plain => is_denied(&principals.patterns, question.principal, partition),
                Form::Not => {
                    (!is_exempt(&principals.patterns, question.principal, partition)).into()
                }
            },
        }
    }

    fn grant(&self, question: &Question<'_>) -> Grant {
        let partition = question.partition;
        match &self.principals {
            Some(principals) if principals.form == Form::Plain => {
                let patterns = principals.patterns.iter();
                patterns
                    .map(|pattern| pattern.grant(question.principal, partition))
                    .max()
                    .unwrap_or(Grant::None)
            }
            _ => Grant::None,
        }
    }

    fn conditions(&self, question: &Question<'_>) -> Truth {
        let conditions = self.conditions.iter();
        Truth::all(conditions.map(|condition| condition.holds(question.context)))
    }
}

impl Resources {
    fn match_(&self, question: &Question<'_>) -> Truth {
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

    fn matches(&self, question: &Question<'_>) -> Matched {
        match (self, &question.resource) {
            (ResourcePattern::Any, _) => Matched::Yes,
            (ResourcePattern::Arn(pattern), Some(arn)) => pattern.matches(arn, question.context),
            (ResourcePattern::Arn(_), None) => Matched::No,
        }
    }
}
