//! Statements by the actions that they are about: one look-up by service, then names.

use std::collections::BTreeMap;

use crate::document::{Document, Effect, Form};
use crate::pattern::Pattern;
use crate::policy::Question;

/// Which statements of one effect have something to say about an action.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// By the service's name in lower case, sorted.
    services: Box<[Service]>,
    /// Statements about `*` or with `NotAction`.
    any: Box<[Entry]>,
}

#[derive(Debug)]
struct Service {
    name: Box<str>,
    entries: Box<[Entry]>,
}

/// A statement and the part of its actions that the place in the index leaves to be tested.
#[derive(Debug)]
struct Entry {
    statement: usize,
    names: Names,
}

#[derive(Debug)]
enum Names {
    All,
    /// Names of actions of this entry's service, in lower case.
    OneOf(Box<[Pattern]>),
    /// `NotAction`: by service, sorted by it.
    NoneOf(Box<[(Box<str>, Pattern)]>),
}

impl Index {
    pub(crate) fn compile(document: &Document, effect: Effect) -> Index {
        let mut services: BTreeMap<Box<str>, Vec<Entry>> = BTreeMap::new();
        let mut any = Vec::new();
        let statements = document.statements.iter().enumerate();
        for (statement, source) in statements.filter(|(_, source)| source.effect == effect) {
            let Some(actions) = &source.actions else {
                // Not about any action: it cannot allow, and a Deny is about all of them.
                if effect == Effect::Deny {
                    let names = Names::All;
                    any.push(Entry { statement, names });
                }
                continue;
            };
            let mut named: Vec<(Box<str>, Pattern)> = Vec::new();
            let mut all = false;
            for item in &actions.items {
                match item.text.to_ascii_lowercase().split_once(':') {
                    Some((service, name)) if service != "*" => {
                        named.push((service.into(), Pattern::wild(name)));
                    }
                    _ => all = true,
                }
            }
            match (actions.form, all) {
                (Form::Plain, true) => any.push(Entry {
                    statement,
                    names: Names::All,
                }),
                (Form::Plain, false) => {
                    for (service, patterns) in by_service(named) {
                        services.entry(service).or_default().push(Entry {
                            statement,
                            names: Names::of(patterns),
                        });
                    }
                }
                (Form::Not, true) => {}
                (Form::Not, false) => {
                    named.sort_by(|a, b| a.0.cmp(&b.0));
                    let names = Names::NoneOf(named.into());
                    any.push(Entry { statement, names });
                }
            }
        }
        let services = services.into_iter();
        Index {
            services: services
                .map(|(name, entries)| Service {
                    name,
                    entries: entries.into(),
                })
                .collect(),
            any: any.into(),
        }
    }

    /// The statements whose actions match, by index in the document.
    pub(crate) fn candidates<'a>(
        &'a self,
        question: &'a Question<'_>,
    ) -> impl Iterator<Item = usize> + use<'a> {
        let service = self.of_service(question.service).iter();
        service
            .chain(&self.any)
            .filter(|entry| entry.names.contain(question))
            .map(|entry| entry.statement)
    }

    fn of_service(&self, name: &str) -> &[Entry] {
        let found = self
            .services
            .binary_search_by(|service| (*service.name).cmp(name));
        match found.ok().and_then(|index| self.services.get(index)) {
            Some(service) => &service.entries,
            None => &[],
        }
    }
}

fn by_service(named: Vec<(Box<str>, Pattern)>) -> BTreeMap<Box<str>, Vec<Pattern>> {
    let mut services: BTreeMap<Box<str>, Vec<Pattern>> = BTreeMap::new();
    for (service, pattern) in named {
        services.entry(service).or_default().push(pattern);
    }
    services
}

impl Names {
    fn of(patterns: Vec<Pattern>) -> Names {
        if patterns.contains(&Pattern::Any) {
            return Names::All;
        }
        Names::OneOf(patterns.into())
    }

    fn contain(&self, question: &Question<'_>) -> bool {
        match self {
            Names::All => true,
            Names::OneOf(patterns) => {
                let mut patterns = patterns.iter();
                patterns.any(|pattern| pattern.matches_plain(question.name))
            }
            Names::NoneOf(named) => {
                let start = named.partition_point(|(service, _)| **service < *question.service);
                let rest = named.get(start..).unwrap_or_default();
                let mut same = rest
                    .iter()
                    .take_while(|(service, _)| **service == *question.service);
                !same.any(|(_, pattern)| pattern.matches_plain(question.name))
            }
        }
    }
}
