//! Values of condition keys, as the request's context gives them.

use std::net::IpAddr;

/// One value of a condition key. Operators of another family see its canonical text: dates as
/// ISO 8601 in UTC (`2026-05-04T03:02:01Z`), numbers in decimal, `true` and `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text, compared as it stands.
    Str(&'a str),
    /// A whole number.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// An instant in Unix seconds.
    Date(i64),
    /// An address; a v4 address inside v6 counts as v4.
    Ip(IpAddr),
}

/// What a request's context holds under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values<'a> {
    /// The key is not in the request.
    Absent,
    /// A single-valued key.
    One(Value<'a>),
    /// A multi-valued key, possibly empty.
    Many(&'a [&'a str]),
}
