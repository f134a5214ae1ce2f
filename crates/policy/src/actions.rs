//! The actions of a statement, by service: which of them are meant.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::document::{Form, List};
use crate::limits::ACTION_BYTES_MAX;
use crate::pattern::Pattern;
use crate::question::Question;
use crate::text::{AnyCase, OwnedName, position};
use crate::validate::is_action;

/// `Action` or `NotAction`, compiled.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Actions {
    pub(crate) form: Form,
    /// `*` is among them.
    pub(crate) all: bool,
    /// By service in lower case, sorted.
    pub(crate) services: Box<[(OwnedName, Arc<Names>)]>,
}

/// Names of actions of one service, in lower case.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Names {
    All,
    Some {
        /// Sorted.
        exact: Box<[OwnedName]>,
        wild: Box<[Pattern]>,
    },
}

impl Actions {
    /// Compiles the list; `None` when one of its items is no action.
    pub(crate) fn compile(list: &List) -> Option<Actions> {
        // All of them one behind the other.
        let mut lower: SmallVec<[u8; 128]> = SmallVec::new();
        for item in &list.items {
            if !is_action(&item.text) {
                return None;
            }
            lower.extend_from_slice(item.text.as_bytes());
        }
        lower.make_ascii_lowercase();
        let mut all = false;
        let mut named: SmallVec<[(&str, &str); 4]> = SmallVec::new();
        let mut rest = std::str::from_utf8(&lower).ok()?;
        for item in &list.items {
            let (action, after) = rest.split_at_checked(item.text.len())?;
            rest = after;
            match action.split_once(':') {
                Some((service, name)) if service != "*" => named.push((service, name)),
                _ => all = true,
            }
        }
        named.sort_unstable();
        let of_service = named.chunk_by(|(a, _), (b, _)| a == b);
        let mut services: SmallVec<[(OwnedName, Arc<Names>); 1]> = SmallVec::new();
        for actions in of_service {
            let Some((service, _)) = actions.first() else {
                continue;
            };
            let names = Names::of(actions.iter().map(|(_, name)| Pattern::wild(name)));
            services.push((OwnedName::new((*service).into()), Arc::new(names)));
        }
        Some(Actions {
            form: list.form,
            all,
            services: boxed(services),
        })
    }

    /// All actions: what a Deny is about that does not say it.
    pub(crate) fn every() -> Actions {
        Actions {
            form: Form::Plain,
            all: true,
            services: Box::default(),
        }
    }

    /// Whether the action that is asked for is meant.
    pub(crate) fn contain(&self, question: &Question<'_>) -> bool {
        let listed = self.all || self.of_service(question);
        match self.form {
            Form::Plain => listed,
            Form::Not => !listed,
        }
    }

    fn of_service(&self, question: &Question<'_>) -> bool {
        let found = position(&self.services, |(service, _)| service, &question.service);
        let names = found.and_then(|index| self.services.get(index));
        names.is_some_and(|(_, names)| names.contain(&question.name))
    }
}

/// In as much memory as they need: what is collected is made smaller afterwards.
fn boxed<A: smallvec::Array>(items: SmallVec<A>) -> Box<[A::Item]> {
    let mut list = Vec::with_capacity(items.len());
    list.extend(items);
    list.into()
}

#[inline(never)]
fn any_matches(wild: &[Pattern], name: &AnyCase<'_>) -> bool {
    wild.iter().any(|pattern| match pattern {
        Pattern::Prefix(prefix) => name.begins(prefix.as_bytes()),
        _ => matches(pattern, name),
    })
}

#[inline(never)]
fn matches(pattern: &Pattern, name: &AnyCase<'_>) -> bool {
    let mut buffer = [0; ACTION_BYTES_MAX];
    let name = name.write(&mut buffer);
    name.is_some_and(|name| pattern.matches_bytes(name))
}

impl Names {
    fn of(patterns: impl Iterator<Item = Pattern>) -> Names {
        let mut exact: SmallVec<[OwnedName; 2]> = SmallVec::new();
        let mut wild: SmallVec<[Pattern; 2]> = SmallVec::new();
        for pattern in patterns {
            match pattern {
                Pattern::Any => return Names::All,
                Pattern::Exact(name) => exact.push(OwnedName::new(name)),
                other => wild.push(other),
            }
        }
        exact.sort();
        exact.dedup();
        wild.sort();
        wild.dedup();
        Names::Some {
            exact: boxed(exact),
            wild: boxed(wild),
        }
    }

    #[inline(always)]
    pub(crate) fn contain(&self, name: &AnyCase<'_>) -> bool {
        match self {
            Names::All => true,
            Names::Some { exact, wild } => {
                position(exact, |known| known, name).is_some()
                    || (!wild.is_empty() && any_matches(wild, name))
            }
        }
    }
}
