//! Conditions of one statement that exclude each other, so that it never applies.

use super::conditions::{demands, is_negated, resolve};
use super::{Findings, Subject, finding, overlap};
use crate::catalogue::Arity;
use crate::code::Code;
use crate::cover::{ResourceShape, Shape};
use crate::document::{ConditionEntry, Spanned, Statement};
use crate::operator::{Base, OrderTest, Qualifier, StringTest};
use crate::variable::Variables;

pub(super) fn check(subject: &Subject<'_>, statement: &Statement, out: &mut Findings) {
    let entries = &statement.conditions;
    let values = entries.iter().flat_map(|entry| &entry.values);
    if !overlap::is_affordable(values.chain(entries.iter().map(|entry| &entry.key))) {
        return;
    }
    let variables = subject.document.variables();
    // Of several values one may match here and another there.
    let single = |entry: &ConditionEntry| {
        let key = resolve(statement, &entry.key.text);
        key.is_ok_and(|key| key.is_some_and(|key| key.arity == Arity::Single))
    };
    for (at, later) in entries.iter().enumerate() {
        let mut earlier = entries.iter().take(at);
        let found = earlier.any(|earlier| {
            earlier.key.text.eq_ignore_ascii_case(&later.key.text)
                && (excludes(earlier, later, variables)
                    || excludes(later, earlier, variables)
                    || (single(later) && are_apart(earlier, later, variables)))
        });
        if found {
            out.push(finding(
                Code::UnreachableStatement,
                &later.key.span,
                format!(
                    "the conditions on {} exclude each other: the statement never applies",
                    later.key.text
                ),
                "leave one of them out, or write two statements",
            ));
            return;
        }
    }
}

/// Whether no request meets both: `one` needs the key, and the other refuses what it takes. A `yes` is
/// certain.
fn excludes(one: &ConditionEntry, other: &ConditionEntry, variables: Variables) -> bool {
    if !demands(one) {
        return false;
    }
    if other.operator.base == Base::Null {
        let mut values = other.values.iter();
        return !other.values.is_empty() && values.all(|value| is(value, "true"));
    }
    is_negated(other.operator.base)
        && are_comparable(one, other)
        && one.values.iter().all(|value| {
            let mut refused = other.values.iter();
            refused.any(|refused| includes((other, refused), (one, value), variables))
        })
}

/// Whether no value meets both, one of which needs the key.
fn are_apart(one: &ConditionEntry, other: &ConditionEntry, variables: Variables) -> bool {
    (demands(one) || demands(other))
        && !is_negated(other.operator.base)
        && are_comparable(one, other)
        && one.values.iter().all(|value| {
            let mut taken = other.values.iter();
            taken.all(|taken| differ((other, taken), (one, value), variables))
        })
}

/// Whether both are about one value and have some themselves, the first of them those that it takes.
fn are_comparable(one: &ConditionEntry, other: &ConditionEntry) -> bool {
    let plain = |entry: &ConditionEntry| {
        entry.operator.qualifier == Qualifier::None && !entry.values.is_empty()
    };
    plain(one) && plain(other) && !is_negated(one.operator.base)
}

fn is(value: &Spanned, word: &str) -> bool {
    value.text.eq_ignore_ascii_case(word)
}

/// A value, under the operator of its condition.
type Operand<'a> = (&'a ConditionEntry, &'a Spanned);

/// The shape of a string; `None` under operators that compare otherwise, and for what they take literally.
fn shape((entry, value): Operand<'_>, variables: Variables) -> Option<Shape> {
    let Base::String(test, _) = entry.operator.base else {
        return None;
    };
    let literal = test == StringTest::Equals && !value.text.contains(['*', '?']);
    let readable = test == StringTest::Like || literal;
    Shape::new(&value.text, variables).filter(|_| readable)
}

/// Whether whatever matches `inner` matches `outer` as well.
fn includes(outer: Operand<'_>, inner: Operand<'_>, variables: Variables) -> bool {
    let equals = OrderTest::Equals;
    match (outer.0.operator.base, inner.0.operator.base) {
        (Base::String(..), Base::String(..)) => {
            match (shape(outer, variables), shape(inner, variables)) {
                (Some(outer), Some(inner)) => outer.covers(&inner),
                _ => false,
            }
        }
        (Base::Arn(_), Base::Arn(_)) => {
            let arn = |(_, value): Operand<'_>| ResourceShape::new(&value.text, variables);
            match (arn(outer), arn(inner)) {
                (Some(outer), Some(inner)) => outer.covers(&inner),
                _ => false,
            }
        }
        (Base::Ip(_), Base::Ip(_)) => outer.1.text == inner.1.text,
        (Base::Numeric(one, _), Base::Numeric(other, _))
        | (Base::Date(one, _), Base::Date(other, _)) => {
            one == equals && other == equals && outer.1.text == inner.1.text
        }
        _ => false,
    }
}

/// Whether nothing matches both.
fn differ(one: Operand<'_>, other: Operand<'_>, variables: Variables) -> bool {
    match (one.0.operator.base, other.0.operator.base) {
        (Base::Bool, Base::Bool) => {
            let word = |value: &Spanned| is(value, "true") || is(value, "false");
            word(one.1) && word(other.1) && !is(one.1, &other.1.text)
        }
        (Base::String(..), Base::String(..)) => {
            match (shape(one, variables), shape(other, variables)) {
                (Some(one), Some(other)) => !one.meets(&other),
                _ => false,
            }
        }
        _ => false,
    }
}
