//! Conditions (section 5): operators, missing keys, IfExists, set qualifiers.

use std::cmp::Ordering;

use locum_policy::{Value, Values};

use super::document::Condition;
use super::pattern::{Piece, Text, Wild, begins, expand, matches};
use super::scalar::{bytes, canonical, number, truth_value};
use super::truth::{Truth, all, any, not, truth};
use super::{Question, arn, date, ip};

/// An operator's name in its parts.
struct Operator<'c> {
    for_all: bool,
    for_any: bool,
    if_exists: bool,
    negated: bool,
    /// Without qualifier, suffix and `Not`: `StringEquals`, `IpAddress`, …
    base: &'c str,
}

/// Positive operators and their negations.
const OPERATORS: &[(&str, &str)] = &[
    ("StringEquals", "StringNotEquals"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringLike", "StringNotLike"),
    ("NumericEquals", "NumericNotEquals"),
    ("NumericLessThan", ""),
    ("NumericLessThanEquals", ""),
    ("NumericGreaterThan", ""),
    ("NumericGreaterThanEquals", ""),
    ("DateEquals", "DateNotEquals"),
    ("DateLessThan", ""),
    ("DateLessThanEquals", ""),
    ("DateGreaterThan", ""),
    ("DateGreaterThanEquals", ""),
    ("Bool", ""),
    ("BinaryEquals", ""),
    ("IpAddress", "NotIpAddress"),
    ("ArnEquals", "ArnNotEquals"),
    ("ArnLike", "ArnNotLike"),
    ("Null", ""),
];

fn operator(name: &str) -> Option<Operator<'_>> {
    let (mut for_all, mut for_any) = (false, false);
    let mut rest = name;
    if let Some(after) = rest.strip_prefix("ForAllValues:") {
        (for_all, rest) = (true, after);
    } else if let Some(after) = rest.strip_prefix("ForAnyValue:") {
        (for_any, rest) = (true, after);
    }
    let if_exists = rest.ends_with("IfExists");
    let rest = rest.strip_suffix("IfExists").unwrap_or(rest);
    if rest == "Null" && (for_all || for_any || if_exists) {
        return None;
    }
    let (base, opposite) = OPERATORS
        .iter()
        .find(|(one, other)| rest == *one || rest == *other)?;
    Some(Operator {
        for_all,
        for_any,
        if_exists,
        negated: rest == *opposite,
        base,
    })
}

/// Whether a condition holds.
pub(crate) fn holds(condition: &Condition, variables: bool, question: &Question<'_>) -> Truth {
    let Some(operator) = operator(&condition.operator) else {
        return Truth::Unknown;
    };
    let found = question.values(&condition.key);
    if operator.base == "Null" {
        return null(condition, found);
    }
    // Which of two values counts cannot be told, so nothing about them can.
    if found == Values::Ambiguous {
        return Truth::Unknown;
    }
    let values: Vec<Value<'_>> = match found {
        Values::Absent | Values::Ambiguous => Vec::new(),
        Values::One(value) => vec![value],
        Values::Many(texts) => texts.iter().map(|text| Value::Str(text)).collect(),
    };
    if values.is_empty() {
        return truth(missing(&operator));
    }
    let one = |value: &Value<'_>| compare(&operator, *value, condition, variables, question);
    let nothing = values.iter().all(|value| *value == Value::Str(""));
    if operator.for_all {
        // True when the values resolve to nothing.
        return if nothing {
            Truth::Yes
        } else {
            all(values.iter().map(one))
        };
    }
    if operator.for_any {
        return if nothing {
            Truth::No
        } else {
            any(values.iter().map(one))
        };
    }
    if !operator.negated {
        return any(values.iter().map(one));
    }
    // Several values without a qualifier: "as ForAnyValue" and "a negated operator is true when
    // nothing matches" say different things unless the values agree.
    let (some, every) = (any(values.iter().map(one)), all(values.iter().map(one)));
    if some == every { some } else { Truth::Unknown }
}

fn missing(operator: &Operator<'_>) -> bool {
    match operator {
        Operator {
            if_exists: true, ..
        }
        | Operator { for_all: true, .. } => true,
        Operator { for_any: true, .. } => false,
        Operator { negated, .. } => *negated,
    }
}

/// `"true"`: the key is absent; `"false"`: it is there.
fn null(condition: &Condition, found: Values<'_>) -> Truth {
    let absent = matches!(found, Values::Absent | Values::Many([]));
    any(condition
        .operands
        .iter()
        .map(|operand| match truth_value(operand) {
            Some(wanted) => truth(wanted == absent),
            None => Truth::Unknown,
        }))
}

/// One value of the request against all operands: any of them, or under negation none of them.
fn compare(
    operator: &Operator<'_>,
    value: Value<'_>,
    condition: &Condition,
    variables: bool,
    question: &Question<'_>,
) -> Truth {
    let text = text_of(operator.base, value, &condition.key);
    if !is_readable(operator.base, value, &text) {
        return Truth::Unknown;
    }
    let wild = match operator.base {
        "StringLike" | "ArnLike" | "ArnEquals" => Wild::Yes,
        _ => Wild::No,
    };
    let takes_variables = ["String", "Arn", "Bool"]
        .iter()
        .any(|family| operator.base.starts_with(family));
    let found = any(condition.operands.iter().map(|operand| {
        match expand(operand, variables && takes_variables, wild, question) {
            // Null matches nothing.
            Text::Null => Truth::No,
            Text::Unknown => match arn::split(&text) {
                Some(arn) if operator.base.starts_with("Arn") => {
                    arn::unclear(operand, arn, question)
                }
                _ if ["StringEquals", "StringLike"].contains(&operator.base)
                    && !text.starts_with(&begins(operand, wild)) =>
                {
                    Truth::No
                }
                _ => Truth::Unknown,
            },
            Text::Pieces(pieces) => pair(operator.base, value, &text, &pieces),
        }
    }));
    if operator.negated { not(found) } else { found }
}

/// The request's value as text. `aws:EpochTime` is a date and a number.
fn text_of(base: &str, value: Value<'_>, key: &str) -> String {
    match value {
        Value::Date(seconds)
            if base.starts_with("Numeric") && key.eq_ignore_ascii_case("aws:EpochTime") =>
        {
            seconds.to_string()
        }
        value => canonical(value),
    }
}

/// Whether a value of the request is one of the operator's type.
fn is_readable(base: &str, value: Value<'_>, text: &str) -> bool {
    match base {
        "Bool" => truth_value(text).is_some(),
        // Base64 is text; a number or a truth value holds none, whatever its letters spell.
        "BinaryEquals" => matches!(value, Value::Str(_)) && bytes(text).is_some(),
        "IpAddress" => ip::address(text).is_some(),
        "ArnEquals" | "ArnLike" => arn::split(text).is_some(),
        _ if base.starts_with("Numeric") => number(text).is_some(),
        _ if base.starts_with("Date") => instant(value, text).is_some(),
        _ => true,
    }
}

fn instant(value: Value<'_>, text: &str) -> Option<date::Instant> {
    match value {
        Value::Date(seconds) | Value::Int(seconds) => Some((seconds, 0)),
        _ => date::read(text),
    }
}

/// One value against one operand.
fn pair(base: &str, value: Value<'_>, text: &str, operand: &[Piece]) -> Truth {
    let chars: Vec<char> = text.chars().collect();
    let written: String = operand
        .iter()
        .map(|piece| match piece {
            Piece::Written(c) | Piece::Value(c) => *c,
            Piece::Many => '*',
            Piece::One => '?',
        })
        .collect();
    let told = match base {
        "StringEquals" => Some(text == written),
        "StringEqualsIgnoreCase" => return ignoring_case(text, &written),
        "StringLike" => Some(matches(operand, &chars)),
        "Bool" => equal(truth_value(text), truth_value(&written)),
        "BinaryEquals" => equal(bytes(text), bytes(&written)),
        "IpAddress" => ip::address(text).and_then(|address| ip::contains(&written, &address)),
        "ArnEquals" | "ArnLike" => {
            return arn::split(text).map_or(Truth::Unknown, |arn| arn::like(operand, arn));
        }
        _ => match base.strip_prefix("Numeric") {
            Some(test) => ordered(test, number(text), number(&written)),
            None => {
                let test = base.strip_prefix("Date").unwrap_or_default();
                ordered(test, instant(value, text), date::read(&written))
            }
        },
    };
    told.map_or(Truth::Unknown, truth)
}

fn equal<T: PartialEq>(one: Option<T>, other: Option<T>) -> Option<bool> {
    Some(one? == other?)
}

fn ordered<T: Ord>(test: &str, one: Option<T>, other: Option<T>) -> Option<bool> {
    let order = one?.cmp(&other?);
    Some(match test {
        "Equals" => order == Ordering::Equal,
        "LessThan" => order == Ordering::Less,
        "LessThanEquals" => order != Ordering::Greater,
        "GreaterThan" => order == Ordering::Greater,
        "GreaterThanEquals" => order != Ordering::Less,
        _ => return None,
    })
}

/// The reference says nothing of letters outside ASCII. Two texts that differ only in such
/// letters, and only in case, cannot be told apart or together.
fn ignoring_case(one: &str, other: &str) -> Truth {
    if one.eq_ignore_ascii_case(other) {
        return Truth::Yes;
    }
    let folded = |c: char| -> String { c.to_uppercase().flat_map(char::to_lowercase).collect() };
    let letters = one.chars().map(folded).eq(other.chars().map(folded));
    if letters { Truth::Unknown } else { Truth::No }
}
