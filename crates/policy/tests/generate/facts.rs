//! The values of condition keys in a request, in a table.

use std::net::IpAddr;

use locum_policy::{ConditionKey, Context, Value, Values};

/// What stands under one key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact {
    Str(String),
    Int(i64),
    Bool(bool),
    Date(i64),
    Ip(IpAddr),
    Many(Vec<String>),
    Ambiguous,
}

/// Keys in lower case and what stands under them; the first of a key counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Facts(pub(crate) Vec<(String, Fact)>);

impl Facts {
    pub(crate) fn get(&self, key: &str) -> Option<&Fact> {
        let key = lower(key);
        self.0.iter().find(|(k, _)| *k == key).map(|(_, fact)| fact)
    }

    /// Sets a key that has no value yet.
    pub(crate) fn add(&mut self, key: &str, fact: Fact) {
        if self.get(key).is_none() {
            self.0.push((lower(key), fact));
        }
    }

    /// The table as both evaluators ask it.
    pub(crate) fn bound(&self) -> Bound<'_> {
        Bound(
            self.0
                .iter()
                .map(|(key, fact)| {
                    let many = match fact {
                        Fact::Many(values) => values.iter().map(String::as_str).collect(),
                        _ => Vec::new(),
                    };
                    (key.as_str(), fact, many)
                })
                .collect(),
        )
    }
}

/// In lower case; `iam:ResourceTag/…` is another name of `aws:ResourceTag/…`.
fn lower(key: &str) -> String {
    let key = key.to_ascii_lowercase();
    match key.strip_prefix("iam:resourcetag/") {
        Some(tag) => format!("aws:resourcetag/{tag}"),
        None => key,
    }
}

/// Facts with their lists as slices.
pub(crate) struct Bound<'f>(Vec<(&'f str, &'f Fact, Vec<&'f str>)>);

impl Bound<'_> {
    /// The values of a key in lower case.
    pub(crate) fn lookup(&self, key: &str) -> Values<'_> {
        let Some((_, fact, many)) = self.0.iter().find(|(k, ..)| *k == key) else {
            return Values::Absent;
        };
        Values::One(match fact {
            Fact::Str(text) => Value::Str(text),
            Fact::Int(number) => Value::Int(*number),
            Fact::Bool(truth) => Value::Bool(*truth),
            Fact::Date(seconds) => Value::Date(*seconds),
            Fact::Ip(address) => Value::Ip(*address),
            Fact::Many(_) => return Values::Many(many),
            Fact::Ambiguous => return Values::Ambiguous,
        })
    }
}

impl Context for Bound<'_> {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        self.lookup(&lower(&key.to_string()))
    }
}
