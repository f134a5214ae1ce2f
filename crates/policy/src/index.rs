//! Statements of one effect by what they are about: service, then the literal that their resources
//! begin with, then action and resource. What has nothing to do with a request is never looked at.

use std::ops::Range;
use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::actions::{Actions, Names};
use crate::condition::Condition;
use crate::document::{Effect, Form};
use crate::gate::{Gate, Way};
use crate::limits::{ROWS_PER_STATEMENT_MAX, SEARCHED_ONE_BY_ONE};
use crate::lookup::Key;
use crate::question::Question;
use crate::statement::{ResourcePattern, Statement};
use crate::text::{AnyCase, OwnedName, Prefix, position};
use crate::trie::Trie;
use crate::truth::Truth;

/// Which statements have something to say about a request.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Sorted by name.
    services: Box<[Service]>,
    /// Statements about `*` or with `NotAction`.
    any: Table,
}

#[derive(Debug)]
struct Service {
    name: OwnedName,
    table: Table,
}

/// Statements by the literals that their resources begin with.
#[derive(Debug)]
enum Table {
    /// Few are sooner compared one by one.
    Few(Box<[(Prefix, Group)]>),
    Many {
        groups: Box<[Group]>,
        trie: Trie,
    },
}

/// Statements of the same actions and the same resource.
#[derive(Debug)]
struct Group {
    actions: Wanted,
    target: Target,
    gates: Box<[Gate]>,
    /// Those behind no gate, in the order of their places.
    entries: Box<[Entry]>,
}

/// A statement, and its place among all.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) place: usize,
    pub(crate) statement: Arc<Statement>,
}

/// The part of the actions that the place in the index leaves to be tested.
#[derive(Debug)]
enum Wanted {
    All,
    Named(Arc<Names>),
    AllBut(Arc<Actions>),
}

#[derive(Debug)]
enum Target {
    /// One of the statement's resources.
    One(Arc<ResourcePattern>),
    /// `NotResource`, no resource, or too many: the one statement of the group is asked itself.
    Whole,
}

/// [`Wanted`] of a row, still the statement's own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum RowActions<'a> {
    All,
    Named(&'a Arc<Names>),
    AllBut(&'a Arc<Actions>),
}

/// [`Target`] of a row; a statement that is asked itself is in a group of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum RowTarget<'a> {
    One(&'a Arc<ResourcePattern>),
    Whole { place: usize },
}

/// One statement under one service and one resource. The order of the fields is that of the tree.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row<'a> {
    service: Option<&'a str>,
    literal: &'a str,
    actions: RowActions<'a>,
    target: RowTarget<'a>,
    place: usize,
}

impl Index {
    /// Indexes the statements of that effect.
    pub(crate) fn new(statements: &[&Arc<Statement>], effect: Effect) -> Index {
        let mut rows = Vec::new();
        for (place, statement) in statements.iter().enumerate() {
            if statement.effect == effect {
                add(place, statement, &mut rows);
            }
        }
        rows.sort_unstable();
        let mut index = Index::default();
        let mut services = Vec::new();
        for rows in rows.chunk_by(|a, b| a.service == b.service) {
            let table = Table::new(rows, statements);
            match rows.first().and_then(|row| row.service) {
                None => index.any = table,
                Some(name) => services.push(Service {
                    name: OwnedName::new(name.into()),
                    table,
                }),
            }
        }
        index.services = services.into();
        index
    }

    /// Whether it holds nothing.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.services.is_empty() && self.any.is_empty()
    }

    /// Visits the statements whose actions match and whose resources may, with what comes of their
    /// resources; within one call in the order of their places.
    pub(crate) fn visit<'q>(
        &'q self,
        question: &Question<'q>,
        mut visit: impl FnMut(Truth, &'q [Entry]),
    ) {
        if let Some(table) = self.of_service(&question.service) {
            table.visit(question, &mut visit);
        }
        if !self.any.is_empty() {
            self.any.visit(question, &mut visit);
        }
    }

    #[inline(always)]
    fn of_service(&self, name: &AnyCase<'_>) -> Option<&Table> {
        let found = position(&self.services, |service| &service.name, name)?;
        Some(&self.services.get(found)?.table)
    }
}

fn add<'a>(place: usize, statement: &'a Statement, rows: &mut Vec<Row<'a>>) {
    let actions = &statement.actions;
    let wanted: SmallVec<[(Option<&str>, RowActions<'_>); 1]> = match (actions.form, actions.all) {
        (Form::Plain, true) => smallvec![(None, RowActions::All)],
        (Form::Not, true) => return,
        (Form::Not, false) => smallvec![(None, RowActions::AllBut(actions))],
        (Form::Plain, false) => {
            let services = actions.services.iter();
            services
                .map(|(service, names)| (Some(service.as_str()), RowActions::Named(names)))
                .collect()
        }
    };
    let resources = statement.resources.as_ref().filter(|resources| {
        let few = wanted.len() * resources.patterns.len() <= ROWS_PER_STATEMENT_MAX;
        resources.form == Form::Plain && few && !statement.broken
    });
    for (service, actions) in wanted {
        let mut row = |literal, target| {
            rows.push(Row {
                service,
                literal,
                actions,
                target,
                place,
            });
        };
        match resources {
            None => row("", RowTarget::Whole { place }),
            Some(resources) => {
                for pattern in &resources.patterns {
                    row(pattern.literal(), RowTarget::One(pattern));
                }
            }
        }
    }
}

impl Default for Table {
    fn default() -> Table {
        Table::Few(Box::default())
    }
}

impl Table {
    /// Makes the table of sorted rows.
    fn new(rows: &[Row<'_>], statements: &[&Arc<Statement>]) -> Table {
        let mut groups = Vec::new();
        let mut literals: Vec<(&str, Range<usize>)> = Vec::new();
        for rows in rows.chunk_by(|a, b| a.literal == b.literal) {
            let start = groups.len();
            let same = |a: &Row<'_>, b: &Row<'_>| a.actions == b.actions && a.target == b.target;
            groups.extend(
                rows.chunk_by(same)
                    .filter_map(|rows| Group::new(rows, statements)),
            );
            if let Some(row) = rows.first() {
                literals.push((row.literal, start..groups.len()));
            }
        }
        if groups.len() > SEARCHED_ONE_BY_ONE {
            let trie = Trie::new(&literals);
            let groups = groups.into();
            return Table::Many { groups, trie };
        }
        let literals = literals.iter();
        let each =
            literals.flat_map(|(literal, groups)| groups.clone().map(|_| Prefix::new(literal)));
        Table::Few(each.zip(groups).collect())
    }

    #[inline]
    fn is_empty(&self) -> bool {
        matches!(self, Table::Few(groups) if groups.is_empty())
    }

    #[inline]
    fn visit<'q>(&'q self, question: &Question<'q>, visit: &mut impl FnMut(Truth, &'q [Entry])) {
        match self {
            Table::Few(groups) => {
                for (literal, group) in groups {
                    if literal.begins(&question.target) {
                        group.visit(question, visit);
                    }
                }
            }
            Table::Many { groups, trie } => trie.walk(question.target.as_bytes(), |listed| {
                for group in groups.get(listed).unwrap_or_default() {
                    group.visit(question, visit);
                }
            }),
        }
    }
}

impl Group {
    fn new(rows: &[Row<'_>], statements: &[&Arc<Statement>]) -> Option<Group> {
        let first = rows.first()?;
        let mut entries = Vec::with_capacity(rows.len());
        entries.extend(rows.iter().filter_map(|row| {
            Some(Entry {
                place: row.place,
                statement: Arc::clone(statements.get(row.place)?),
            })
        }));
        // Of statements that say the same the first decides.
        if entries.len() > 1 {
            entries.sort_unstable_by(|a, b| a.says().cmp(&b.says()).then(a.place.cmp(&b.place)));
            entries.dedup_by(|later, earlier| later.says() == earlier.says());
            entries.sort_unstable_by_key(|entry| entry.place);
        }
        let (gates, entries) = Gate::split(entries);
        Some(Group {
            actions: match first.actions {
                RowActions::All => Wanted::All,
                RowActions::Named(names) => Wanted::Named(Arc::clone(names)),
                RowActions::AllBut(actions) => Wanted::AllBut(Arc::clone(actions)),
            },
            target: match first.target {
                RowTarget::One(pattern) => Target::One(Arc::clone(pattern)),
                RowTarget::Whole { .. } => Target::Whole,
            },
            gates,
            entries,
        })
    }

    #[inline]
    fn visit<'q>(&'q self, question: &Question<'q>, visit: &mut impl FnMut(Truth, &'q [Entry])) {
        if self.actions.contain(question) {
            self.visit_resource(question, visit);
        }
    }

    /// The same once the action is known to match.
    fn visit_resource<'q>(
        &'q self,
        question: &Question<'q>,
        visit: &mut impl FnMut(Truth, &'q [Entry]),
    ) {
        let truth = self.resources(question);
        if truth == Truth::No {
            return;
        }
        visit(truth, &self.entries);
        for gate in &self.gates {
            gate.visit(question.lookup, |entries| visit(truth, entries));
        }
    }

    #[inline]
    fn resources<'q>(&'q self, question: &Question<'q>) -> Truth {
        match &self.target {
            Target::One(pattern) => pattern.matches(question).truth(),
            Target::Whole => {
                let entry = self.entries.first();
                entry.map_or(Truth::No, |entry| entry.statement.resources(question))
            }
        }
    }
}

impl Entry {
    /// The key of a condition without which it cannot apply, and the ways in which that may hold.
    pub(crate) fn gated_by(&self) -> Option<(&Key, Vec<Way<'_>>)> {
        let mut conditions = self.statement.conditions.iter();
        conditions.find_map(Condition::ways)
    }

    /// What tells statements of the same actions and resource apart.
    fn says(&self) -> impl Ord {
        let statement = &self.statement;
        (
            statement.broken,
            &statement.principals,
            &statement.conditions,
        )
    }
}

impl Wanted {
    #[inline]
    fn contain(&self, question: &Question<'_>) -> bool {
        match self {
            Wanted::All => true,
            Wanted::Named(names) => names.contain(&question.name),
            Wanted::AllBut(actions) => actions.contain(question),
        }
    }
}

#[cfg(test)]
mod tests;
