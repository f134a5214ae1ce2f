//! What says the same twice: items in one list, statements that others include, and Allows that a Deny
//! takes back whole.

use super::{Findings, Subject, actions, finding};
use crate::code::Code;
use crate::condition::Condition;
use crate::cover::{ResourceShape, Shape};
use crate::document::{Effect, Form, Principals, Spanned, Statement};
use crate::limits::REVIEW_STEPS_MAX;
use crate::variable::Variables;

/// The shape of an action: its case does not count.
pub(super) fn action(item: &Spanned) -> Option<Shape> {
    let text = match actions::is_every(&item.text) {
        true => "*",
        false => &item.text,
    };
    Shape::new(&text.to_ascii_lowercase(), Variables::Off)
}

/// A shape that can be compared with others of its sort.
pub(super) trait Covers {
    fn covers(&self, other: &Self) -> bool;
}

impl Covers for Shape {
    fn covers(&self, other: &Shape) -> bool {
        Shape::covers(self, other)
    }
}

impl Covers for ResourceShape {
    fn covers(&self, other: &ResourceShape) -> bool {
        ResourceShape::covers(self, other)
    }
}

/// Whether all pairs of these can be compared within [`REVIEW_STEPS_MAX`]. A pattern costs a step for each
/// byte of the other one, or for each byte of both when it has a `*` before its end.
pub(super) fn is_affordable<'a>(items: impl Iterator<Item = &'a Spanned>) -> bool {
    let (mut total, mut each) = (0_usize, 0_usize);
    for item in items {
        total += item.text.len();
        let inner = item.text.trim_end_matches('*').contains('*');
        each += if inner { item.text.len() } else { 1 };
    }
    total.saturating_mul(each) <= REVIEW_STEPS_MAX
}

/// Everything of a statement that is compared with others.
fn parts(statement: &Statement) -> impl Iterator<Item = &Spanned> {
    let lists = statement.actions.iter().chain(&statement.resources);
    let principals = statement.principals.iter().flat_map(|p| &p.entries);
    lists
        .flat_map(|list| &list.items)
        .chain(principals.map(|(_, entry)| entry))
        .chain(statement.conditions.iter().map(|entry| &entry.key))
}

/// The items that another one of the list includes, each with that other one. Of two equal ones, the
/// second is redundant. Lists that are too long for it are not looked at.
pub(super) fn redundant<S: Covers>(
    items: &[Spanned],
    shape: impl Fn(&Spanned) -> Option<S>,
) -> Vec<(&Spanned, &Spanned)> {
    if !is_affordable(items.iter()) {
        return Vec::new();
    }
    let shaped: Vec<(&Spanned, S)> = items
        .iter()
        .filter_map(|item| Some((item, shape(item)?)))
        .collect();
    let mut found = Vec::new();
    for (at, (item, shape)) in shaped.iter().enumerate() {
        let mut others = shaped.iter().enumerate();
        let other = others.find(|(other_at, (_, other))| {
            *other_at != at && other.covers(shape) && (*other_at < at || !shape.covers(other))
        });
        if let Some((_, (other, _))) = other {
            found.push((*item, *other));
        }
    }
    found
}

/// A statement, ready to be compared; `None` for one that says too little.
struct Scope<'a> {
    statement: &'a Statement,
    actions: Vec<Shape>,
    resources: Vec<ResourceShape>,
    conditions: Vec<Condition>,
}

impl<'a> Scope<'a> {
    fn new(statement: &'a Statement, variables: Variables) -> Option<Scope<'a>> {
        let actions = statement.actions.as_ref()?.items.iter().map(action);
        let resources = statement.resources.iter().flat_map(|list| &list.items);
        let conditions = statement.conditions.iter().map(|entry| {
            let values: Vec<&str> = entry.values.iter().map(|value| &*value.text).collect();
            Condition::compile(entry.operator, &entry.key.text, &values, variables).ok()
        });
        Some(Scope {
            statement,
            actions: actions.collect::<Option<_>>()?,
            resources: resources
                .map(|item| ResourceShape::new(&item.text, variables))
                .collect::<Option<_>>()?,
            conditions: conditions.collect::<Option<_>>()?,
        })
    }

    /// Whether every request that `other` applies to is one that this applies to: a `yes` is certain.
    fn covers(&self, other: &Scope<'_>) -> bool {
        let mut conditions = self.conditions.iter();
        conditions.all(|condition| other.conditions.contains(condition))
            && principals(&self.statement.principals, &other.statement.principals)
            && lists(
                (form(&self.statement.actions), &self.actions),
                (form(&other.statement.actions), &other.actions),
                Shape::meets,
            )
            && !self.is_doubtful()
            && lists(
                (form(&self.statement.resources), &self.resources),
                (form(&other.statement.resources), &other.resources),
                ResourceShape::meets,
            )
    }

    /// Whether it leaves out resources by a variable: which, cannot be told when that has no value.
    fn is_doubtful(&self) -> bool {
        form(&self.statement.resources) == Some(Form::Not)
            && self.resources.iter().any(ResourceShape::has_variable)
    }
}

fn form(list: &Option<crate::document::List>) -> Option<Form> {
    list.as_ref().map(|list| list.form)
}

/// Whether a list includes another one, each with its form.
fn lists<S: Covers>(
    (form, mine): (Option<Form>, &[S]),
    (other_form, theirs): (Option<Form>, &[S]),
    meets: impl Fn(&S, &S) -> bool,
) -> bool {
    match (form, other_form) {
        (None, None) => true,
        (Some(Form::Plain), Some(Form::Plain)) => theirs
            .iter()
            .all(|theirs| mine.iter().any(|mine| mine.covers(theirs))),
        (Some(Form::Not), Some(Form::Plain)) => theirs
            .iter()
            .all(|theirs| !mine.iter().any(|mine| meets(mine, theirs))),
        // All but `mine` includes all but `theirs` when `mine` is left out there as well.
        (Some(Form::Not), Some(Form::Not)) => mine
            .iter()
            .all(|mine| theirs.iter().any(|theirs| theirs.covers(mine))),
        _ => false,
    }
}

/// Whether the principals of one statement include those of another: the same list, or everyone.
fn principals(mine: &Option<Principals>, theirs: &Option<Principals>) -> bool {
    match (mine, theirs) {
        (None, None) => true,
        (Some(mine), Some(theirs)) => {
            let plain = mine.form == Form::Plain && theirs.form == Form::Plain;
            let everyone = mine.is_everyone();
            let listed = |(kind, entry): &(crate::document::PrincipalType, Spanned)| {
                mine.entries
                    .iter()
                    .any(|(mine_kind, mine)| mine_kind == kind && mine.text == entry.text)
            };
            plain && (everyone || theirs.entries.iter().all(listed))
        }
        _ => false,
    }
}

pub(super) fn check(subject: &Subject<'_>, out: &mut Findings) {
    let document = subject.document;
    let statements = document.statements.iter();
    if !is_affordable(statements.flat_map(parts)) {
        return;
    }
    let variables = document.variables();
    let scopes: Vec<Scope<'_>> = document
        .statements
        .iter()
        .filter_map(|statement| Scope::new(statement, variables))
        .collect();
    for (at, scope) in scopes.iter().enumerate() {
        let name = |other: &Scope<'_>| called(subject, other.statement);
        let deny = scopes.iter().find(|other| {
            scope.statement.allows()
                && other.statement.effect == Effect::Deny
                && other.covers(scope)
        });
        if let Some(deny) = deny {
            out.push(finding(
                Code::UnreachableStatement,
                &scope.statement.span,
                format!(
                    "{} denies everything that this statement allows",
                    name(deny)
                ),
                "leave one of the two out",
            ));
            continue;
        }
        let mut others = scopes.iter().enumerate();
        let other = others.find(|(other_at, other)| {
            *other_at != at
                && other.statement.effect == scope.statement.effect
                && other.covers(scope)
                && (*other_at < at || !scope.covers(other))
        });
        if let Some((_, other)) = other {
            out.push(finding(
                Code::RedundantStatement,
                &scope.statement.span,
                format!("{} says this already", name(other)),
                "leave this statement out",
            ));
        }
    }
}

/// What a statement is called in a sentence: its Sid, or its line.
fn called(subject: &Subject<'_>, statement: &Statement) -> String {
    match &statement.sid {
        Some(sid) if !sid.text.is_empty() => format!("the statement {}", sid.text),
        _ => {
            let before = subject.document.text.get(..statement.span.start);
            let line = before.unwrap_or_default().matches('\n').count() + 1;
            format!("the statement in line {line}")
        }
    }
}
