//! The context of a request as values that a record keeps, and as the engine asks for them again.

use locum_policy::{ConditionKey, Context, KnownKey, Value, Values};
use serde::{Deserialize, Serialize};

use crate::caller::{Caller, Identity};
use crate::json;
use crate::limits;
use crate::needs::Needs;

/// One key of a request's context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContextValue {
    /// As policies write it, such as `aws:SourceIp` or `aws:PrincipalTag/team`.
    pub(crate) key: String,
    #[serde(flatten)]
    pub(crate) held: Held,
}

/// What the request has under a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Held {
    /// The value of a key that has one.
    Value(String),
    /// The values of a key that may have several.
    Values(Vec<String>),
    /// More than one value of a key that can have one: the number of them.
    Ambiguous(usize),
}

impl ContextValue {
    pub(crate) fn one(key: &str, value: &str) -> ContextValue {
        ContextValue {
            key: key.to_owned(),
            held: Held::Value(value.to_owned()),
        }
    }

    /// The values, none when they are ambiguous.
    pub(crate) fn values(&self) -> &[String] {
        match &self.held {
            Held::Value(value) => std::slice::from_ref(value),
            Held::Values(values) => values,
            Held::Ambiguous(_) => &[],
        }
    }
}

/// Everything that the request's context has: known keys, and the tags of caller, request and resource.
/// Values are cut to what a record can hold.
pub(crate) fn context_of(
    context: &dyn Context,
    caller: &Caller,
    needs: &Needs<'_>,
) -> Vec<ContextValue> {
    let mut found = Vec::new();
    let mut add = |name: String, key: &ConditionKey| {
        let cut = |text: &str| json::clip(text, limits::RECORD_TEXT_BYTES_MAX).to_owned();
        let held = match context.values(key) {
            Values::Absent => return,
            Values::One(Value::Str(text)) => Held::Value(cut(text)),
            Values::One(value) => Held::Value(value.to_string()),
            Values::Many(values) => Held::Values(values.iter().map(|text| cut(text)).collect()),
            Values::Ambiguous => Held::Ambiguous(2),
        };
        let is_new = |known: &ContextValue| !known.key.eq_ignore_ascii_case(&name);
        if found.iter().all(is_new) {
            found.push(ContextValue { key: name, held });
        }
    };
    for key in KnownKey::ALL {
        add(key.name().to_owned(), &ConditionKey::Known(*key));
    }
    let mut tags = |kind: &str, names: &mut dyn Iterator<Item = &str>| {
        for name in names {
            let name = format!("aws:{kind}/{name}");
            add(name.clone(), &ConditionKey::parse(&name));
        }
    };
    let session = caller.session.iter().flat_map(|session| &session.tags);
    tags("PrincipalTag", &mut session.map(|(name, _)| name.as_str()));
    let own = match &caller.identity {
        Identity::Root => &[][..],
        Identity::User(user) => &user.tags[..],
        Identity::RoleSession(role) => &role.tags[..],
    };
    tags("PrincipalTag", &mut own.iter().map(|tag| tag.key.as_str()));
    tags(
        "RequestTag",
        &mut needs.request_tags.iter().map(|(name, _)| *name),
    );
    tags(
        "ResourceTag",
        &mut needs.resource_tags.iter().map(|(name, _)| *name),
    );
    found
}

/// Whether the key tells what the owner of the resource knows, and nobody else.
pub(crate) fn is_owners(key: &str) -> bool {
    matches!(
        ConditionKey::parse(key),
        ConditionKey::ResourceTag(_)
            | ConditionKey::Known(
                KnownKey::ResourceAccount | KnownKey::ResourceOrgId | KnownKey::ResourceOrgPaths
            )
    )
}

/// Kept values, as the engine asks for them.
pub(crate) struct Recorded<'a> {
    held: Vec<(ConditionKey, &'a Held, Vec<&'a str>)>,
}

impl<'a> Recorded<'a> {
    pub(crate) fn new(values: &'a [ContextValue]) -> Recorded<'a> {
        let held = values.iter().map(|value| {
            let texts = value.values().iter().map(String::as_str).collect();
            (ConditionKey::parse(&value.key), &value.held, texts)
        });
        Recorded {
            held: held.collect(),
        }
    }
}

impl Context for Recorded<'_> {
    fn values<'b>(&'b self, key: &ConditionKey) -> Values<'b> {
        let found = self.held.iter().find(|(held, _, _)| held == key);
        match found {
            None => Values::Absent,
            Some((_, Held::Value(text), _)) => Values::One(Value::Str(text)),
            Some((_, Held::Values(_), texts)) => Values::Many(texts),
            Some((_, Held::Ambiguous(_), _)) => Values::Ambiguous,
        }
    }
}
