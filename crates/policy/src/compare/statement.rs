//! Statements taken apart: which elements they have, and which test of the request each is.

use super::Part;
use super::atom::Source;
use super::slot::Literal;
use super::truths::Truths;
use crate::arn::Arn;
use crate::decision::PolicyType;
use crate::document::{self, Document, Effect, Form};
use crate::key::ConditionKey;
use crate::lookup::Lookup;
use crate::operator::Qualifier;
use crate::principal::{Grant, PrincipalPattern, is_denied, is_exempt};
use crate::question::Question;
use crate::request::{Context, Principal};
use crate::truth::Truth;
use crate::value::Values;

/// A statement.
#[derive(Debug)]
pub(super) struct Statement<'d> {
    /// Index of its document, and its own in there.
    pub(super) document: usize,
    pub(super) index: usize,
    pub(super) effect: Effect,
    pub(super) elements: Vec<(Part, Element)>,
    pub(super) principals: Vec<PrincipalPattern>,
    form: Option<Form>,
    source: &'d document::Statement,
}

/// An element: always the same, or a test of the request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Element {
    Constant(Truth),
    Atom(usize),
}

/// The tests of all documents, each but once, and the places that they are about.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// The slot and the test.
    pub(super) tests: Vec<(usize, Source)>,
    /// The condition keys: slot 2 is the first.
    pub(super) keys: Vec<ConditionKey>,
    /// Keys that some set operator treats as having several values.
    pub(super) several: Vec<ConditionKey>,
}

pub(super) const ACTION: usize = 0;
pub(super) const RESOURCE: usize = 1;
pub(super) const FIRST_KEY: usize = 2;

impl Sources {
    pub(super) fn slot_of(&mut self, key: &ConditionKey) -> usize {
        let found = self.keys.iter().position(|known| known == key);
        FIRST_KEY
            + found.unwrap_or_else(|| {
                self.keys.push(key.clone());
                self.keys.len() - 1
            })
    }

    pub(super) fn add(&mut self, slot: usize, source: Source) -> usize {
        let found = self
            .tests
            .iter()
            .position(|known| known.0 == slot && known.1 == source);
        found.unwrap_or_else(|| {
            self.tests.push((slot, source));
            self.tests.len() - 1
        })
    }

    /// Takes documents apart.
    pub(super) fn read<'d>(
        &mut self,
        documents: &[&'d Document],
        kind: PolicyType,
    ) -> Vec<Statement<'d>> {
        let mut statements = Vec::new();
        for (number, document) in documents.iter().enumerate() {
            for (index, source) in document.statements.iter().enumerate() {
                statements.push(self.statement(number, index, document, source, kind));
            }
        }
        statements
    }

    fn statement<'d>(
        &mut self,
        document: usize,
        index: usize,
        owner: &Document,
        source: &'d document::Statement,
        kind: PolicyType,
    ) -> Statement<'d> {
        let variables = owner.variables().into();
        let mut elements = Vec::new();
        if let Some(actions) = &source.actions {
            let items = actions
                .items
                .iter()
                .map(|item| item.text.to_ascii_lowercase());
            let test = Source::Action(actions.form, sorted(items));
            elements.push((Part::Action, Element::Atom(self.add(ACTION, test))));
        }
        let misplaced = !of_resource(kind) && source.principals.is_some();
        let homeless = !of_resource(kind) && source.resources.is_none();
        if misplaced || homeless {
            // The engine cannot tell what is meant: it allows nothing and denies.
            elements.push((Part::Resource, Element::Constant(Truth::Unknown)));
        } else {
            if let Some(resources) = &source.resources {
                let items = resources.items.iter().map(|item| item.text.to_string());
                let test = Source::Resource(resources.form, sorted(items), variables);
                elements.push((Part::Resource, Element::Atom(self.add(RESOURCE, test))));
            }
            for entry in &source.conditions {
                let key = ConditionKey::parse(&entry.key.text);
                if entry.operator.qualifier != Qualifier::None && !self.several.contains(&key) {
                    self.several.push(key.clone());
                }
                let slot = self.slot_of(&key);
                let test = Source::Condition {
                    operator: entry.operator,
                    name: entry.key.text.to_ascii_lowercase(),
                    key: key.clone(),
                    values: sorted(entry.values.iter().map(|value| value.text.to_string())),
                    variables,
                };
                elements.push((Part::Condition(key), Element::Atom(self.add(slot, test))));
            }
        }
        let principals = source.principals.iter().flat_map(|p| &p.entries);
        Statement {
            document,
            index,
            effect: source.effect,
            elements,
            principals: principals
                .filter_map(|(kind, entry)| PrincipalPattern::compile(*kind, &entry.text))
                .collect(),
            form: source.principals.as_ref().map(|principals| principals.form),
            source,
        }
    }
}

/// Whether policies of that type name principals.
pub(super) fn of_resource(kind: PolicyType) -> bool {
    matches!(
        kind,
        PolicyType::Resource | PolicyType::RoleTrust | PolicyType::Rcp
    )
}

fn sorted(items: impl Iterator<Item = String>) -> Vec<String> {
    let mut items: Vec<String> = items.collect();
    items.sort();
    items.dedup();
    items
}

impl Statement<'_> {
    /// Whether the two say the same in the same words.
    pub(super) fn says_what(&self, other: &Statement<'_>) -> bool {
        let elements = |statement: &Statement<'_>| -> Vec<Element> {
            let mut elements: Vec<Element> = Vec::new();
            for (_, element) in &statement.elements {
                if !elements.contains(element) {
                    elements.push(*element);
                }
            }
            elements
        };
        let (own, others) = (elements(self), elements(other));
        self.effect == other.effect
            && self.form == other.form
            && self.principals == other.principals
            && own.len() == others.len()
            && own.iter().all(|element| others.contains(element))
    }

    pub(super) fn is(&self, effect: Effect) -> bool {
        self.effect == effect
    }

    /// How an Allow grants to that caller, if all else matches.
    pub(super) fn grant(&self, caller: &Principal<'_>, partition: Option<&str>) -> Grant {
        let lookup = Lookup::new(&Nothing);
        let question = Question::of_caller(caller, partition, &lookup);
        let patterns = self.principals.iter();
        let grants = patterns.map(|pattern| pattern.grant(&question));
        match self.form {
            Some(Form::Plain) => grants.max().unwrap_or(Grant::None),
            _ => Grant::None,
        }
    }

    /// Whether a Deny means that caller.
    pub(super) fn denies(&self, caller: &Principal<'_>, partition: Option<&str>) -> Truth {
        let lookup = Lookup::new(&Nothing);
        let question = Question::of_caller(caller, partition, &lookup);
        match self.form {
            None => Truth::Unknown,
            Some(Form::Plain) => is_denied(&self.principals, &question),
            Some(Form::Not) => (!is_exempt(&self.principals, &question)).into(),
        }
    }

    /// One literal for each element that is a test; `None` when a constant element forbids it.
    pub(super) fn all(&self, allowed: Truths) -> Option<Vec<Literal>> {
        let mut literals = Vec::new();
        for (_, element) in &self.elements {
            match element {
                Element::Constant(truth) if allowed.meets(Truths::of(*truth)) => {}
                Element::Constant(_) => return None,
                Element::Atom(atom) => literals.push(Literal {
                    atom: *atom,
                    allowed,
                }),
            }
        }
        Some(literals)
    }

    /// One of these must hold; `None` when a constant element sees to it already.
    pub(super) fn any(&self, allowed: Truths) -> Option<Vec<Literal>> {
        let mut literals = Vec::new();
        for (_, element) in &self.elements {
            match element {
                Element::Constant(truth) if allowed.meets(Truths::of(*truth)) => return None,
                Element::Constant(_) => {}
                Element::Atom(atom) => literals.push(Literal {
                    atom: *atom,
                    allowed,
                }),
            }
        }
        Some(literals)
    }

    /// Whether it can stand only in the policy of a KMS key: by its actions, or by its resources.
    pub(super) fn is_about_keys(&self) -> bool {
        let begins = |text: &str, prefix: &str| {
            let head = text.get(..prefix.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(prefix))
        };
        let all = |list: &Option<document::List>, is_one: &dyn Fn(&str) -> bool| {
            let list = list.as_ref().filter(|list| list.form == Form::Plain);
            list.is_some_and(|list| list.items.iter().all(|item| is_one(&item.text)))
        };
        let is_key = |text: &str| {
            let arn = Arn::parse(text);
            arn.is_some_and(|arn| arn.service == "kms" && arn.resource.starts_with("key/"))
        };
        all(&self.source.actions, &|action| begins(action, "kms:"))
            || all(&self.source.resources, &is_key)
    }

    /// Actions as the document writes them.
    pub(super) fn actions(&self) -> impl Iterator<Item = &str> {
        let lists = self.source.actions.iter();
        lists.flat_map(|list| list.items.iter().map(|item| &*item.text))
    }
}

/// What principals are is told without any condition.
struct Nothing;

impl Context for Nothing {
    fn values<'a>(&'a self, _: &ConditionKey) -> Values<'a> {
        Values::Absent
    }
}
