//! A request context that somebody types in: names, types and values, checked before they count.

use crate::catalogue::{self, ValueType};
use crate::compare::{Type, type_of};
use crate::condition::is_base64;
use crate::date::Instant;
use crate::ip::Range;
use crate::key::ConditionKey;
use crate::limits::{CONTEXT_ENTRIES_MAX, CONTEXT_VALUES_MAX};
use crate::number::Decimal;
use crate::request::Context;
use crate::value::{Value, Values};

/// The type of a context key (IAM's `ContextKeyTypeEnum`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContextKeyType {
    base: Base,
    /// Whether the key may have several values.
    pub is_list: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Base {
    String,
    Numeric,
    Boolean,
    Ip,
    Binary,
    Date,
}

impl ContextKeyType {
    /// A single text.
    pub const STRING: ContextKeyType = ContextKeyType {
        base: Base::String,
        is_list: false,
    };
    /// A list of texts.
    pub const STRING_LIST: ContextKeyType = ContextKeyType {
        base: Base::String,
        is_list: true,
    };

    /// What AWS documents a key's single value to be; a text where it does not, or where texts are compared.
    pub fn of_key(name: &str) -> ContextKeyType {
        let base = match ConditionKey::parse(name) {
            ConditionKey::Other(name) => listed(&name),
            key => match type_of(&key) {
                Type::Bool => Base::Boolean,
                Type::Whole => Base::Numeric,
                Type::Date | Type::Epoch => Base::Date,
                Type::Ip => Base::Ip,
                Type::Text | Type::Arn | Type::Account => Base::String,
            },
        };
        let is_list = false;
        ContextKeyType { base, is_list }
    }

    /// Reads IAM's word for it: `string`, `stringList`, `numeric`, `boolean`, `ip`, `binary`, `date`,
    /// and their lists.
    pub fn parse(word: &str) -> Option<ContextKeyType> {
        let (base, is_list) = match word.strip_suffix("List") {
            Some(base) => (base, true),
            None => (word, false),
        };
        let base = match base {
            "string" => Base::String,
            "numeric" => Base::Numeric,
            "boolean" => Base::Boolean,
            "ip" => Base::Ip,
            "binary" => Base::Binary,
            "date" => Base::Date,
            _ => return None,
        };
        Some(ContextKeyType { base, is_list })
    }

    fn fits(self, value: &str) -> bool {
        match self.base {
            Base::String => true,
            Base::Numeric => Decimal::parse(value).is_some(),
            Base::Boolean => ["true", "false"]
                .iter()
                .any(|word| value.eq_ignore_ascii_case(word)),
            Base::Ip => value.parse::<std::net::IpAddr>().is_ok() || Range::parse(value).is_some(),
            Base::Binary => is_base64(value),
            Base::Date => Instant::parse(value).is_some(),
        }
    }
}

/// The type that the catalogue gives a service's key.
fn listed(name: &str) -> Base {
    let service = name.split_once(':').map(|(prefix, _)| prefix);
    let key = service
        .and_then(catalogue::service)
        .and_then(|service| service.key(name));
    match key.map(|key| key.value) {
        Some(ValueType::Bool) => Base::Boolean,
        Some(ValueType::Numeric) => Base::Numeric,
        Some(ValueType::Date) => Base::Date,
        Some(ValueType::IpAddress) => Base::Ip,
        Some(ValueType::String | ValueType::Arn) | None => Base::String,
    }
}

/// One context key of a simulated request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextEntry {
    /// Such as `aws:SourceIp`; compared ignoring ASCII case.
    pub key: String,
    /// What its values are.
    pub key_type: ContextKeyType,
    /// One value, or any number for a list.
    pub values: Vec<String>,
}

/// Why entries cannot be a context.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Two entries for one key.
    #[error("The context key {0} is given more than once.")]
    Repeated(String),
    /// No value, or several where the type allows one.
    #[error("The context key {0} takes exactly one value.")]
    NotOne(String),
    /// A value that is not of the type.
    #[error("The value {value} of the context key {key} is not of its type.")]
    Mistyped {
        /// The key.
        key: String,
        /// The value.
        value: String,
    },
    /// More entries or values than a request has.
    #[error(
        "There are more than {CONTEXT_ENTRIES_MAX} context keys, or {CONTEXT_VALUES_MAX} values of one."
    )]
    TooMany,
}

/// A checked context, sorted by key.
#[derive(Debug, Clone)]
pub struct ContextEntries<'a>(Vec<(ConditionKey, Held<'a>)>);

#[derive(Debug, Clone)]
enum Held<'a> {
    One(&'a str),
    Many(Vec<&'a str>),
}

impl<'a> ContextEntries<'a> {
    /// Checks entries: each key once, each value of its type.
    ///
    /// # Errors
    /// [`EntryError`] for the first that cannot be.
    pub fn new(entries: &'a [ContextEntry]) -> Result<ContextEntries<'a>, EntryError> {
        if entries.len() > CONTEXT_ENTRIES_MAX {
            return Err(EntryError::TooMany);
        }
        let mut held = ContextEntries(Vec::with_capacity(entries.len()));
        for entry in entries {
            let key = ConditionKey::parse(&entry.key);
            let Err(place) = held.find(&key) else {
                return Err(EntryError::Repeated(entry.key.clone()));
            };
            held.0.insert(place, (key, entry.held()?));
        }
        Ok(held)
    }

    /// Where a key stands, or where it belongs.
    fn find(&self, key: &ConditionKey) -> Result<usize, usize> {
        self.0.binary_search_by(|(held, _)| held.cmp(key))
    }
}

impl ContextEntry {
    /// A key with one text; conditions of any family read it as their own type.
    pub fn text(key: &str, value: &str) -> ContextEntry {
        ContextEntry {
            key: key.to_owned(),
            key_type: ContextKeyType::STRING,
            values: vec![value.to_owned()],
        }
    }

    fn held(&self) -> Result<Held<'_>, EntryError> {
        if self.values.len() > CONTEXT_VALUES_MAX {
            return Err(EntryError::TooMany);
        }
        if let Some(value) = self.values.iter().find(|value| !self.key_type.fits(value)) {
            return Err(EntryError::Mistyped {
                key: self.key.clone(),
                value: value.clone(),
            });
        }
        let values = self.values.iter().map(String::as_str);
        match (self.key_type.is_list, self.values.as_slice()) {
            (true, _) => Ok(Held::Many(values.collect())),
            (false, [value]) => Ok(Held::One(value)),
            (false, _) => Err(EntryError::NotOne(self.key.clone())),
        }
    }
}

impl Context for ContextEntries<'_> {
    fn values<'b>(&'b self, key: &ConditionKey) -> Values<'b> {
        let place = self.find(key).ok();
        let held = place.and_then(|place| self.0.get(place));
        match held.map(|(_, held)| held) {
            None => Values::Absent,
            Some(Held::One(value)) => Values::One(Value::Str(value)),
            Some(Held::Many(values)) => Values::Many(values),
        }
    }
}
