//! Values of condition keys, as the request's context gives them, and their canonical text.

use std::fmt::{self, Write};
use std::net::IpAddr;

use crate::date;

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

impl fmt::Display for Value<'_> {
    /// The canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Text::of(*self).as_str())
    }
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
    /// A single-valued key that the request fills twice, such as tags whose names differ in case
    /// only. Which one is meant cannot be told: no condition on it allows, any denies.
    Ambiguous,
}

/// The canonical text of a value, without allocation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text<'a> {
    Borrowed(&'a str),
    Short(Short),
}

impl<'a> Text<'a> {
    #[inline]
    pub(crate) fn of(value: Value<'a>) -> Text<'a> {
        match value {
            Value::Str(text) => Text::Borrowed(text),
            _ => Text::written(value),
        }
    }

    #[inline(never)]
    fn written(value: Value<'a>) -> Text<'a> {
        let mut short = Short::default();
        // Writing to `Short` cannot fail: every text below is shorter than its buffer.
        let _ = match value {
            Value::Str(text) => return Text::Borrowed(text),
            Value::Bool(true) => return Text::Borrowed("true"),
            Value::Bool(false) => return Text::Borrowed("false"),
            Value::Int(number) => write!(short, "{number}"),
            Value::Ip(address) => write!(short, "{}", address.to_canonical()),
            Value::Date(seconds) => {
                let [year, month, day, hour, minute, second] = date::civil(seconds);
                write!(
                    short,
                    "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
                )
            }
        };
        Text::Short(short)
    }

    #[inline]
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Text::Borrowed(text) => text,
            Text::Short(short) => short.as_str(),
        }
    }
}

const SHORT_BYTES: usize = 47;

/// Text of numbers, dates and addresses, kept in place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Short {
    bytes: [u8; SHORT_BYTES],
    length: u8,
}

impl Default for Short {
    fn default() -> Self {
        Short {
            bytes: [0; SHORT_BYTES],
            length: 0,
        }
    }
}

impl Short {
    fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length));
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let start = usize::from(self.length);
        let end = start + text.len();
        let free = self.bytes.get_mut(start..end).ok_or(fmt::Error)?;
        free.copy_from_slice(text.as_bytes());
        self.length = u8::try_from(end).map_err(|_| fmt::Error)?;
        Ok(())
    }
}
