//! Reads the values that a policy compares with.

use super::{ArnOperand, BadOperand, Number, Test};
use crate::arn::ArnPattern;
use crate::date::Instant;
use crate::ip::Range;
use crate::number::Decimal;
use crate::operator::{Base, StringTest};
use crate::pattern::Pattern;
use crate::variable::{Variables, Wildcards};

/// The values of the policy, typed by the operator's family.
///
/// # Errors
/// The first that its operator cannot read.
pub(super) fn test(base: Base, values: &[&str], variables: Variables) -> Result<Test, BadOperand> {
    Ok(match base {
        Base::String(test, _) => {
            let wildcards = match test {
                StringTest::Like => Wildcards::On,
                StringTest::Equals | StringTest::EqualsIgnoreCase => Wildcards::Off,
            };
            let pattern = |text: &str| Pattern::compile(text, wildcards, variables).ok();
            Test::String(test, operands(values, pattern)?)
        }
        Base::Numeric(test, _) => Test::Numeric(
            test,
            operands(values, |text| {
                Decimal::parse(text).map(|_| Number {
                    text: text.into(),
                    whole: text.parse().ok(),
                })
            })?,
        ),
        Base::Date(test, _) => Test::Date(test, operands(values, Instant::parse)?),
        Base::Bool => {
            let patterns = operands(values, |text| {
                let pattern = Pattern::compile(text, Wildcards::Off, variables).ok()?;
                (is_boolean(text) || pattern.sole_variable().is_some()).then_some(pattern)
            })?;
            let accepts =
                |wanted: &str| values.iter().any(|text| text.eq_ignore_ascii_case(wanted));
            let variables = patterns.iter().filter_map(Pattern::sole_variable);
            Test::Bool {
                accepted: [accepts("false"), accepts("true")],
                variables: variables.cloned().collect(),
            }
        }
        Base::Binary => Test::Binary(operands(values, |text| {
            is_base64(text).then(|| text.into())
        })?),
        Base::Ip(_) => Test::Ip(operands(values, Range::parse)?),
        Base::Arn(_) => Test::Arn(operands(values, |text| arn_operand(text, variables))?),
        Base::Null => {
            let wants = operands(values, |text| is_boolean(text).then(|| is_true(text)))?;
            Test::Null {
                absent: wants.contains(&true),
                present: wants.contains(&false),
            }
        }
    })
}

fn operands<T>(values: &[&str], read: impl Fn(&str) -> Option<T>) -> Result<Box<[T]>, BadOperand> {
    let mut operands = Vec::with_capacity(values.len());
    for (index, text) in values.iter().enumerate() {
        operands.push(read(text).ok_or(BadOperand(index))?);
    }
    Ok(operands.into())
}

fn arn_operand(text: &str, variables: Variables) -> Option<ArnOperand> {
    if text == "*" {
        return Some(ArnOperand::Any);
    }
    if let Ok(pattern) = ArnPattern::compile(text, variables) {
        return Some(ArnOperand::Pattern(pattern));
    }
    let pattern = Pattern::compile(text, Wildcards::On, variables).ok()?;
    Some(ArnOperand::Variable(pattern.sole_variable()?.clone()))
}

pub(super) fn is_true(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

pub(super) fn is_boolean(text: &str) -> bool {
    is_true(text) || text.eq_ignore_ascii_case("false")
}

/// Whether the text is base64 in its only canonical form, so that equal bytes are equal texts:
/// standard alphabet, padded, no stray bits.
pub(crate) fn is_base64(text: &str) -> bool {
    let data = text.trim_end_matches('=');
    let padding = text.len() - data.len();
    let sextet = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let stray = match padding {
        0 => 0,
        1 => 0b11,
        2 => 0b1111,
        _ => return false,
    };
    let last = data.bytes().last().and_then(sextet).unwrap_or(0);
    text.len().is_multiple_of(4)
        && data.bytes().all(|byte| sextet(byte).is_some())
        && last & stray == 0
}
