//! A policy compiled for decisions, and several of them joined into one plan.

use std::sync::Arc;

use crate::document::{Document, Effect};
use crate::index::Index;
use crate::principal::Grant;
use crate::question::Question;
use crate::statement::Statement;
use crate::truth::Truth;

/// A policy, compiled once from its [`Document`] and used for any number of decisions; or several,
/// joined. Immutable, and shared between threads.
#[derive(Debug)]
pub struct Policy {
    /// Of all documents, in their order.
    statements: Box<[Held]>,
    documents: usize,
    denies: Index,
    allows: Index,
}

/// A statement and where it comes from.
#[derive(Debug, Clone)]
struct Held {
    origin: Origin,
    statement: Arc<Statement>,
}

/// Where a statement of a [`Policy`] comes from: document among those joined, index in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) document: usize,
    pub(crate) index: usize,
}

impl Policy {
    /// Compiles a document.
    pub fn compile(document: &Document) -> Policy {
        let variables = document.variables();
        let statements = document.statements.iter();
        Policy::of(statements.map(|source| Statement::compile(source, variables)))
    }

    /// A policy that allows nothing and denies everything it is asked: what stands in for stored
    /// text that no longer parses.
    pub fn deny_all() -> Policy {
        Policy::of(std::iter::once(Statement::deny_all()))
    }

    /// The plan of several policies, such as all those of one principal: a list that holds it in the
    /// place of them gives the same decisions for the same reasons, however many statements there
    /// are about other services and other resources. Statements are shared with the policies, so
    /// what a plan holds is its index.
    ///
    /// A [`StatementRef`](crate::StatementRef) counts the documents that were joined one by one.
    pub fn join(policies: &[&Policy]) -> Policy {
        let mut statements = Vec::new();
        let mut documents = 0;
        for policy in policies {
            statements.extend(policy.statements.iter().map(|held| Held {
                origin: Origin {
                    document: documents + held.origin.document,
                    ..held.origin
                },
                ..held.clone()
            }));
            documents += policy.documents;
        }
        Policy::new(statements, documents)
    }

    fn of(statements: impl Iterator<Item = Statement>) -> Policy {
        let held = statements.enumerate().map(|(index, statement)| Held {
            origin: Origin { document: 0, index },
            statement: Arc::new(statement),
        });
        Policy::new(held.collect(), 1)
    }

    fn new(statements: Vec<Held>, documents: usize) -> Policy {
        let each: Vec<&Arc<Statement>> = statements.iter().map(|held| &held.statement).collect();
        Policy {
            documents,
            denies: Index::new(&each, Effect::Deny),
            allows: Index::new(&each, Effect::Allow),
            statements: statements.into(),
        }
    }

    /// How many documents it was made of.
    pub(crate) fn documents(&self) -> usize {
        self.documents
    }

    /// The statements one by one, in their order.
    pub(crate) fn statements(&self) -> impl Iterator<Item = (&Origin, &Statement)> {
        let held = self.statements.iter();
        held.map(|held| (&held.origin, &*held.statement))
    }

    /// The same, of those of one effect that are about the action.
    pub(crate) fn about<'q>(
        &'q self,
        effect: Effect,
        question: &Question<'q>,
    ) -> impl Iterator<Item = (&'q Origin, &'q Statement)> {
        self.statements().filter(move |(_, statement)| {
            statement.effect == effect && statement.actions.contain(question)
        })
    }

    /// The first Deny of a caller's policy that applies.
    pub(crate) fn callers_deny<'q>(&'q self, question: &Question<'q>) -> Option<&'q Origin> {
        if self.denies.is_empty() {
            return None;
        }
        self.first(&self.denies, question, |statement, resource| {
            statement.as_callers(resource, question) != Truth::No
        })
    }

    /// The first Allow of a caller's policy that applies.
    pub(crate) fn callers_allow<'q>(&'q self, question: &Question<'q>) -> Option<&'q Origin> {
        self.first(&self.allows, question, |statement, resource| {
            statement.as_callers(resource, question) == Truth::Yes
        })
    }

    /// The first Deny of a resource's policy that applies.
    pub(crate) fn resources_deny<'q>(&'q self, question: &Question<'q>) -> Option<&'q Origin> {
        if self.denies.is_empty() {
            return None;
        }
        self.first(&self.denies, question, |statement, resource| {
            statement.as_resources_deny(resource, question) != Truth::No
        })
    }

    /// The strongest grant that a resource's policy makes, and the first statement that makes it.
    pub(crate) fn resources_grant<'q>(
        &'q self,
        question: &Question<'q>,
    ) -> Option<(Grant, &'q Origin)> {
        let mut best = (Grant::None, 0);
        self.allows.visit(question, |resource, entries| {
            for entry in entries {
                let grant = entry.statement.as_resources_allow(resource, question);
                if grant > best.0 || (grant == best.0 && entry.place < best.1) {
                    best = (grant, entry.place);
                }
            }
        });
        let (grant, place) = best;
        (grant > Grant::None).then_some((grant, &self.statements.get(place)?.origin))
    }

    /// The first statement that applies, of those whose actions and resources match.
    fn first<'q>(
        &'q self,
        index: &'q Index,
        question: &Question<'q>,
        applies: impl Fn(&'q Statement, Truth) -> bool,
    ) -> Option<&'q Origin> {
        let mut first = usize::MAX;
        index.visit(question, |resource, entries| {
            for entry in entries.iter().take_while(|entry| entry.place < first) {
                if applies(&entry.statement, resource) {
                    first = entry.place;
                    break;
                }
            }
        });
        self.statements.get(first).map(|held| &held.origin)
    }
}
