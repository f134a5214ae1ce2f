//! The names of condition operators: `[ForAllValues:|ForAnyValue:]Base[IfExists]`.

use std::fmt;

/// A whole operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Operator {
    pub(crate) qualifier: Qualifier,
    pub(crate) base: Base,
    pub(crate) missing: Missing,
}

/// How the values of a multi-valued key count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Qualifier {
    None,
    ForAllValues,
    ForAnyValue,
}

/// What a missing key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Missing {
    /// A positive operator fails, a negated one holds.
    AsUsual,
    /// `…IfExists`: the condition holds.
    Holds,
}

/// Whether an operator asks for a match or for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Sense {
    Positive,
    Negated,
}

/// How strings are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum StringTest {
    Equals,
    EqualsIgnoreCase,
    Like,
}

/// How numbers and dates are compared: request value on the left, policy value on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum OrderTest {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

/// The operator without qualifier and suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Base {
    String(StringTest, Sense),
    Numeric(OrderTest, Sense),
    Date(OrderTest, Sense),
    Bool,
    Binary,
    Ip(Sense),
    Arn(Sense),
    Null,
}

impl fmt::Display for Operator {
    /// The name as policies write it; `ArnEquals` and `ArnLike` are one operator, and so are their
    /// negations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.qualifier {
            Qualifier::None => "",
            Qualifier::ForAllValues => "ForAllValues:",
            Qualifier::ForAnyValue => "ForAnyValue:",
        })?;
        let not = |sense| if sense == Sense::Negated { "Not" } else { "" };
        match self.base {
            Base::String(StringTest::Equals, sense) => write!(f, "String{}Equals", not(sense)),
            Base::String(StringTest::EqualsIgnoreCase, sense) => {
                write!(f, "String{}EqualsIgnoreCase", not(sense))
            }
            Base::String(StringTest::Like, sense) => write!(f, "String{}Like", not(sense)),
            Base::Numeric(test, sense) => write!(f, "Numeric{}{}", not(sense), test.name()),
            Base::Date(test, sense) => write!(f, "Date{}{}", not(sense), test.name()),
            Base::Bool => f.write_str("Bool"),
            Base::Binary => f.write_str("BinaryEquals"),
            Base::Ip(sense) => write!(f, "{}IpAddress", not(sense)),
            Base::Arn(sense) => write!(f, "Arn{}Like", not(sense)),
            Base::Null => f.write_str("Null"),
        }?;
        f.write_str(match self.missing {
            Missing::AsUsual => "",
            Missing::Holds => "IfExists",
        })
    }
}

impl Base {
    /// What it takes a value for, in a sentence.
    pub(crate) fn reads(self) -> &'static str {
        match self {
            Base::String(..) => "text",
            Base::Numeric(..) => "a number",
            Base::Date(..) => "a date",
            Base::Bool => "true or false",
            Base::Binary => "base64",
            Base::Ip(_) => "an address",
            Base::Arn(_) => "an ARN",
            Base::Null => "present or absent",
        }
    }
}

impl OrderTest {
    fn name(self) -> &'static str {
        match self {
            OrderTest::Equals => "Equals",
            OrderTest::LessThan => "LessThan",
            OrderTest::LessThanEquals => "LessThanEquals",
            OrderTest::GreaterThan => "GreaterThan",
            OrderTest::GreaterThanEquals => "GreaterThanEquals",
        }
    }
}

impl Operator {
    /// Reads an operator's name; `None` when there is no such operator. Case counts.
    pub(crate) fn parse(name: &str) -> Option<Operator> {
        let (qualifier, name) = if let Some(rest) = name.strip_prefix("ForAllValues:") {
            (Qualifier::ForAllValues, rest)
        } else if let Some(rest) = name.strip_prefix("ForAnyValue:") {
            (Qualifier::ForAnyValue, rest)
        } else {
            (Qualifier::None, name)
        };
        let (missing, name) = match name.strip_suffix("IfExists") {
            Some(name) => (Missing::Holds, name),
            None => (Missing::AsUsual, name),
        };
        let base = base(name)?;
        let bare = qualifier == Qualifier::None && missing == Missing::AsUsual;
        (base != Base::Null || bare).then_some(Operator {
            qualifier,
            base,
            missing,
        })
    }
}

fn base(name: &str) -> Option<Base> {
    use Sense::{Negated, Positive};
    if let Some(rest) = name.strip_prefix("Numeric") {
        return order(rest).map(|(test, sense)| Base::Numeric(test, sense));
    }
    if let Some(rest) = name.strip_prefix("Date") {
        return order(rest).map(|(test, sense)| Base::Date(test, sense));
    }
    Some(match name {
        "StringEquals" => Base::String(StringTest::Equals, Positive),
        "StringNotEquals" => Base::String(StringTest::Equals, Negated),
        "StringEqualsIgnoreCase" => Base::String(StringTest::EqualsIgnoreCase, Positive),
        "StringNotEqualsIgnoreCase" => Base::String(StringTest::EqualsIgnoreCase, Negated),
        "StringLike" => Base::String(StringTest::Like, Positive),
        "StringNotLike" => Base::String(StringTest::Like, Negated),
        "Bool" => Base::Bool,
        "BinaryEquals" => Base::Binary,
        "IpAddress" => Base::Ip(Positive),
        "NotIpAddress" => Base::Ip(Negated),
        "ArnEquals" | "ArnLike" => Base::Arn(Positive),
        "ArnNotEquals" | "ArnNotLike" => Base::Arn(Negated),
        "Null" => Base::Null,
        _ => return None,
    })
}

fn order(name: &str) -> Option<(OrderTest, Sense)> {
    let test = match name {
        "NotEquals" => return Some((OrderTest::Equals, Sense::Negated)),
        "Equals" => OrderTest::Equals,
        "LessThan" => OrderTest::LessThan,
        "LessThanEquals" => OrderTest::LessThanEquals,
        "GreaterThan" => OrderTest::GreaterThan,
        "GreaterThanEquals" => OrderTest::GreaterThanEquals,
        _ => return None,
    };
    Some((test, Sense::Positive))
}
