//! JSON documents as a tree, with limits and without repeated names; and the writing of strings.

use crate::limits::{JSON_VALUES_MAX, NESTING_MAX};
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

/// A JSON value.
#[derive(Debug)]
pub(crate) enum Json<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    /// Sorted by name without regard to case; no two names differ in case only.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Parses one document. Depth, number of values and repeated names are checked while reading.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Json<'a>, serde_json::Error> {
        let left = Cell::new(JSON_VALUES_MAX);
        let mut source = serde_json::Deserializer::from_slice(bytes);
        let json = Seed {
            depth: NESTING_MAX,
            left: &left,
        }
        .deserialize(&mut source)?;
        source.end()?;
        Ok(json)
    }

    /// The member of an object; the flag says whether its name is written exactly so.
    pub(crate) fn member(&self, name: &str) -> Option<(&str, &Json<'a>)> {
        let Json::Object(members) = self else {
            return None;
        };
        let at = members.binary_search_by(|(n, _)| fold_cmp(n, name)).ok()?;
        members.get(at).map(|(n, value)| (n.as_ref(), value))
    }

    /// The text of a member, for answers read by the client.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        match self.member(name) {
            Some((_, Json::Text(text))) => Some(text),
            _ => None,
        }
    }

    /// What AWS calls a value of this kind when it cannot convert it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Json::Null => "NULL_VALUE",
            Json::Boolean(true) => "TRUE_VALUE",
            Json::Boolean(false) => "FALSE_VALUE",
            Json::Integer(_) => "NUMBER_VALUE",
            Json::Float(_) => "DECIMAL_VALUE",
            Json::Text(_) => "STRING_VALUE",
            Json::List(_) => "LIST_VALUE",
            Json::Object(_) => "STRUCTURE_VALUE",
        }
    }
}

fn fold_cmp(a: &str, b: &str) -> std::cmp::Ordering {
    a.bytes()
        .map(|b| b.to_ascii_lowercase())
        .cmp(b.bytes().map(|b| b.to_ascii_lowercase()))
}

/// Carries the limits down the document.
#[derive(Clone, Copy)]
struct Seed<'s> {
    depth: usize,
    left: &'s Cell<usize>,
}

impl Seed<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let depth = self
            .depth
            .checked_sub(1)
            .ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Seed { depth, ..self })
    }

    fn count<E: Error>(self) -> Result<(), E> {
        let left = self
            .left
            .get()
            .checked_sub(1)
            .ok_or_else(|| E::custom("too many values"))?;
        self.left.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<Json<'de>, D::Error> {
        self.count()?;
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(value).map_or(Json::Float(value as f64), Json::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        let inner = self.deeper()?;
        let mut members: Vec<(Cow<'de, str>, Json<'de>)> = Vec::new();
        while let Some(Json::Text(name)) = entries.next_key_seed(inner)? {
            members.push((name, entries.next_value_seed(inner)?));
        }
        members.sort_by(|a, b| fold_cmp(&a.0, &b.0));
        let mut pairs = members.iter().zip(members.iter().skip(1));
        if pairs.any(|(a, b)| a.0.eq_ignore_ascii_case(&b.0)) {
            return Err(A::Error::custom("a member is given more than once"));
        }
        Ok(Json::Object(members))
    }
}

/// Appends a JSON string with its quotes.
pub fn push_string(out: &mut String, text: &str) {
    use std::fmt::Write;
    out.push('"');
    // No early exit: so the compiler looks at many bytes at once.
    let special = text.bytes().fold(false, |found, b| {
        found | !(0x20..0x7f).contains(&b) | (b == b'"') | (b == b'\\')
    });
    if !special {
        out.push_str(text);
    } else {
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                // Control characters, line ends that some readers split at, and marks that turn text round.
                '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' => {
                    let _ = write!(out, "\\u{:04x}", c as u32);
                }
                c => out.push(c),
            }
        }
    }
    out.push('"');
}
