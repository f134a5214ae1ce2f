//! What a record is found by: its attributes, read from its JSON, and their hashes.

use super::texts::Texts;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};
use std::borrow::Cow;
use std::fmt;

/// What a record can be looked up by. The numbers are stored: none is ever used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Attribute {
    /// `eventID`.
    EventId = 1,
    /// `requestID`.
    RequestId = 2,
    /// `eventName`: `AssumeRole`.
    EventName = 3,
    /// `readOnly`: `true` or `false`.
    ReadOnly = 4,
    /// The user as LookupEvents names it: a user's name, a session's name, `root`.
    Username = 5,
    /// The ARN of a resource, and the name at its end.
    ResourceName = 6,
    /// `AWS::IAM::Role`.
    ResourceType = 7,
    /// `iam.amazonaws.com`.
    EventSource = 8,
    /// The key that signed.
    AccessKeyId = 9,
    /// `AIDA…`, `AROA…:session`.
    PrincipalId = 10,
    /// The ARN of the caller.
    PrincipalArn = 11,
    /// The ARN of the role whose session calls, and its name.
    Role = 12,
    /// The ARN of the session that calls, the ARN of the session that was issued, and the id of the
    /// key that was issued.
    Session = 13,
    /// `sourceIdentity`, the caller's or the one that was set.
    SourceIdentity = 14,
    /// `errorCode`.
    ErrorCode = 15,
    /// `recipientAccountId`.
    Account = 16,
    /// `sharedEventID`.
    SharedEventId = 17,
    /// Whether the call was refused or failed: `true` or `false`.
    Failed = 18,
    /// `awsRegion`.
    Region = 19,
}

impl Attribute {
    /// How many records have a value in common, roughly: few, some, or most.
    pub(super) fn frequency(self) -> u8 {
        match self {
            Attribute::Region | Attribute::ReadOnly | Attribute::Failed => 2,
            Attribute::EventSource
            | Attribute::EventName
            | Attribute::ResourceType
            | Attribute::ErrorCode
            | Attribute::Account => 1,
            _ => 0,
        }
    }
}

/// Bits of a hash that are kept: a posting is the hash and, in 16 bits more, the record.
const HASH_BITS: u32 = 48;

/// The hash of an attribute's value, eight bytes at a time. Nothing depends on its being hard to guess, since
/// every hit is compared with what was asked. It is stored: another one is another form of the segments.
pub(super) fn hash(attribute: Attribute, value: &str) -> u64 {
    let (words, rest) = value.as_bytes().as_chunks::<8>();
    let mut hash = 0x9e37_79b9_7f4a_7c15 ^ u64::from(attribute as u8);
    for word in words {
        hash = fold(hash ^ u64::from_le_bytes(*word), 0xa076_1d64_78bd_642f);
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    hash = fold(hash ^ u64::from_le_bytes(last), 0xe703_7ed1_a0b4_28db);
    fold(hash ^ value.len() as u64, 0x8ebc_6af0_9c88_c6e3) >> (64 - HASH_BITS)
}

/// Both halves of a product in one.
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    (product as u64) ^ (product >> 64) as u64
}

/// A resource of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource<'a> {
    /// Its ARN.
    pub arn: Cow<'a, str>,
    /// `AWS::IAM::Role`.
    pub kind: Option<Cow<'a, str>>,
}

/// What is told of a record by its attributes.
#[derive(Clone, Debug, Default)]
pub struct Facts<'a> {
    /// Unix seconds of `eventTime`.
    pub time_s: i64,
    /// `awsRegion`.
    pub region: Cow<'a, str>,
    /// `recipientAccountId`; empty when nobody was authenticated.
    pub account: Cow<'a, str>,
    /// What LookupEvents calls the user; none when nobody was authenticated.
    pub username: Option<Cow<'a, str>>,
    /// `resources`.
    pub resources: Vec<Resource<'a>>,
    values: Vec<(Attribute, Cow<'a, str>)>,
}

impl<'a> Facts<'a> {
    /// The first value of an attribute.
    pub fn get(&self, attribute: Attribute) -> Option<&str> {
        let mut values = self.values.iter();
        let found = values.find(|(held, _)| *held == attribute);
        found.map(|(_, value)| value.as_ref())
    }

    /// Whether the record has the attribute with this value.
    pub fn has(&self, attribute: Attribute, value: &str) -> bool {
        let mut values = self.values.iter();
        values.any(|(held, text)| *held == attribute && text == value)
    }

    /// Attributes and values; one attribute may have several.
    pub fn values(&self) -> impl Iterator<Item = (Attribute, &str)> {
        let values = self.values.iter();
        values.map(|(attribute, value)| (*attribute, value.as_ref()))
    }

    fn add(&mut self, attribute: Attribute, value: Option<Cow<'a, str>>) {
        let value = value.filter(|value| !value.is_empty());
        self.values.extend(value.map(|value| (attribute, value)));
    }
}

type Text<'a> = Option<Cow<'a, str>>;

/// A text or null, borrowed where it stands: a `Cow` in an `Option` would be copied.
fn borrowed<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Text<'a>, D::Error> {
    struct Borrowing;
    impl<'de> Visitor<'de> for Borrowing {
        type Value = Text<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text or null")
        }
        fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
            Ok(Some(Cow::Borrowed(text)))
        }
        fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
            Ok(Some(Cow::Owned(text.to_owned())))
        }
        fn visit_none<E>(self) -> Result<Text<'de>, E> {
            Ok(None)
        }
        fn visit_unit<E>(self) -> Result<Text<'de>, E> {
            Ok(None)
        }
        fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<Text<'de>, D::Error> {
            some.deserialize_str(self)
        }
    }
    deserializer.deserialize_option(Borrowing)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(default, borrow)]
    user_identity: Option<UserIdentity<'a>>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    event_time: Text<'a>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    event_source: Text<'a>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    event_name: Text<'a>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    aws_region: Text<'a>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    error_code: Text<'a>,
    #[serde(default)]
    request_parameters: Texts,
    #[serde(default)]
    response_elements: Texts,
    #[serde(rename = "requestID", default, borrow, deserialize_with = "borrowed")]
    request_id: Text<'a>,
    #[serde(rename = "eventID", default, borrow, deserialize_with = "borrowed")]
    event_id: Text<'a>,
    #[serde(
        rename = "sharedEventID",
        default,
        borrow,
        deserialize_with = "borrowed"
    )]
    shared_event_id: Text<'a>,
    #[serde(default)]
    read_only: Option<bool>,
    #[serde(default, borrow)]
    resources: Option<Vec<ResourceIn<'a>>>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    recipient_account_id: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserIdentity<'a> {
    #[serde(rename = "type", default, borrow, deserialize_with = "borrowed")]
    kind: Text<'a>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    principal_id: Text<'a>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    arn: Text<'a>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    access_key_id: Text<'a>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    user_name: Text<'a>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    invoked_by: Text<'a>,
    #[serde(default, borrow)]
    session_context: Option<SessionContext<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionContext<'a> {
    #[serde(default, borrow)]
    session_issuer: Option<SessionIssuer<'a>>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    source_identity: Text<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionIssuer<'a> {
    #[serde(default, borrow, deserialize_with = "borrowed")]
    arn: Text<'a>,
    #[serde(default, borrow, deserialize_with = "borrowed")]
    user_name: Text<'a>,
}

#[derive(Deserialize)]
struct ResourceIn<'a> {
    #[serde(rename = "ARN", default, borrow, deserialize_with = "borrowed")]
    arn: Text<'a>,
    #[serde(rename = "type", default, borrow, deserialize_with = "borrowed")]
    kind: Text<'a>,
}

/// The attributes of a record; `None` when the line is no record.
pub fn facts(record: &[u8]) -> Option<Facts<'_>> {
    // Once for all texts instead of once for each.
    let record = std::str::from_utf8(record).ok()?;
    let read: Record<'_> = serde_json::from_str(record).ok()?;
    let mut facts = Facts {
        time_s: crate::day::time_of(read.event_time.as_deref()?)?,
        region: read.aws_region.unwrap_or_default(),
        account: read.recipient_account_id.unwrap_or_default(),
        ..Facts::default()
    };
    facts.add(Attribute::EventId, read.event_id);
    facts.add(Attribute::RequestId, read.request_id);
    facts.add(Attribute::SharedEventId, read.shared_event_id);
    facts.add(Attribute::EventName, read.event_name);
    facts.add(Attribute::EventSource, read.event_source);
    let read_only = read.read_only.map(|read| Cow::Borrowed(truth(read)));
    facts.add(Attribute::ReadOnly, read_only);
    let failed = read.error_code.is_some();
    facts.add(Attribute::Failed, Some(Cow::Borrowed(truth(failed))));
    facts.add(Attribute::ErrorCode, read.error_code);
    let account = facts.account.clone();
    facts.add(Attribute::Account, Some(account));
    let region = facts.region.clone();
    facts.add(Attribute::Region, Some(region));
    add_resources(&mut facts, read.resources.unwrap_or_default());
    if let Some(identity) = read.user_identity {
        add_identity(&mut facts, identity);
    }
    let issued = read.response_elements;
    for issued in [issued.access_key_id, issued.arn] {
        facts.add(Attribute::Session, issued.map(Cow::Owned));
    }
    let set = read.request_parameters.source_identity;
    if set.as_deref() != facts.get(Attribute::SourceIdentity) {
        facts.add(Attribute::SourceIdentity, set.map(Cow::Owned));
    }
    Some(facts)
}

fn truth(value: bool) -> &'static str {
    match value {
        true => "true",
        false => "false",
    }
}

/// What stands behind the last slash, borrowed as long as the text.
fn last_name<'a>(text: &Cow<'a, str>) -> Option<Cow<'a, str>> {
    match text {
        Cow::Borrowed(text) => text.rsplit_once('/').map(|(_, name)| Cow::Borrowed(name)),
        Cow::Owned(text) => text
            .rsplit_once('/')
            .map(|(_, name)| Cow::Owned(name.to_owned())),
    }
}

fn add_resources<'a>(facts: &mut Facts<'a>, resources: Vec<ResourceIn<'a>>) {
    for resource in resources {
        let Some(arn) = resource.arn else {
            continue;
        };
        let name = last_name(&arn);
        facts.add(Attribute::ResourceName, Some(arn.clone()));
        facts.add(Attribute::ResourceName, name);
        facts.add(Attribute::ResourceType, resource.kind.clone());
        let kind = resource.kind;
        facts.resources.push(Resource { arn, kind });
    }
}

fn add_identity<'a>(facts: &mut Facts<'a>, identity: UserIdentity<'a>) {
    let session_name = identity.arn.as_ref().and_then(last_name);
    let username = match identity.kind.as_deref() {
        Some("Root") => Some(Cow::Borrowed("root")),
        Some("AssumedRole" | "FederatedUser") => session_name,
        Some("AWSService") => identity.invoked_by,
        _ => identity.user_name,
    };
    facts.username.clone_from(&username);
    facts.add(Attribute::Username, username);
    facts.add(Attribute::AccessKeyId, identity.access_key_id);
    facts.add(Attribute::PrincipalId, identity.principal_id);
    if identity.kind.as_deref() == Some("AssumedRole") {
        facts.add(Attribute::Session, identity.arn.clone());
    }
    facts.add(Attribute::PrincipalArn, identity.arn);
    if let Some(context) = identity.session_context {
        if let Some(issuer) = context.session_issuer {
            facts.add(Attribute::Role, issuer.arn);
            facts.add(Attribute::Role, issuer.user_name);
        }
        facts.add(Attribute::SourceIdentity, context.source_identity);
    }
}
