//! What a record is found by: its attributes, read from its JSON, and their hashes.

use super::json::Json;
use std::borrow::Cow;

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
    /// The ARN of a resource, and the name at its end; the id of a key or certificate that a call was about.
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

/// Values that most records have room for.
const VALUES_USUAL: usize = 28;

/// Bits of a hash that are kept: a posting is the hash and, in 16 bits more, the record.
pub(super) const HASH_BITS: u32 = 48;

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
    /// Its ARN; the id of what has none.
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

/// The members of a record that tell its attributes.
#[derive(Default)]
struct Record<'a> {
    identity: Identity<'a>,
    event_time: Text<'a>,
    event_source: Text<'a>,
    event_name: Text<'a>,
    aws_region: Text<'a>,
    error_code: Text<'a>,
    /// Of the parameters.
    source_identity: Text<'a>,
    /// Of the answer: the id of the key and the ARN of the session that were issued.
    issued: [Text<'a>; 2],
    request_id: Text<'a>,
    event_id: Text<'a>,
    shared_event_id: Text<'a>,
    read_only: Option<bool>,
    resources: Vec<(Text<'a>, Text<'a>)>,
    /// Of parameters and answer: what has an id and no ARN, as CloudTrail too tells it in look-ups alone.
    keys: Vec<(Text<'a>, Text<'a>)>,
    recipient_account_id: Text<'a>,
}

/// `userIdentity`, and what is wanted of its `sessionContext`.
#[derive(Default)]
struct Identity<'a> {
    kind: Text<'a>,
    principal_id: Text<'a>,
    arn: Text<'a>,
    access_key_id: Text<'a>,
    user_name: Text<'a>,
    invoked_by: Text<'a>,
    source_identity: Text<'a>,
    issuer_arn: Text<'a>,
    issuer_name: Text<'a>,
}

impl<'a> Record<'a> {
    fn read(text: &'a str) -> Option<Record<'a>> {
        let mut record = Record::default();
        let mut json = Json::new(text);
        json.members(|json, name| record.member(json, name))?;
        json.end()?;
        Some(record)
    }

    fn member(&mut self, json: &mut Json<'a>, name: &str) -> Option<()> {
        match name {
            "userIdentity" => json.members(|json, name| self.identity.member(json, name))?,
            "eventTime" => self.event_time = json.text()?,
            "eventSource" => self.event_source = json.text()?,
            "eventName" => self.event_name = json.text()?,
            "awsRegion" => self.aws_region = json.text()?,
            "errorCode" => self.error_code = json.text()?,
            "requestParameters" => json.members_if_any(|json, name| {
                match name {
                    "sourceIdentity" => self.source_identity = json.text_if_any()?,
                    _ => read_key(&mut self.keys, json, name)?,
                }
                Some(())
            })?,
            "responseElements" => json.members_if_any(|json, name| match name {
                "accessKey" | "sSHPublicKey" | "certificate" | "serviceSpecificCredential" => {
                    json.members_if_any(|json, name| read_key(&mut self.keys, json, name))
                }
                _ => read_issued(&mut self.issued, json, name),
            })?,
            "requestID" => self.request_id = json.text()?,
            "eventID" => self.event_id = json.text()?,
            "sharedEventID" => self.shared_event_id = json.text()?,
            "readOnly" => self.read_only = json.truth()?,
            "resources" => json.elements(|json| {
                let mut resource = (None, None);
                json.members(|json, name| {
                    match name {
                        "ARN" => resource.0 = json.text()?,
                        "type" => resource.1 = json.text()?,
                        _ => json.skip()?,
                    }
                    Some(())
                })?;
                self.resources.push(resource);
                Some(())
            })?,
            "recipientAccountId" => self.recipient_account_id = json.text()?,
            _ => json.skip()?,
        }
        Some(())
    }
}

/// The id of a key or certificate, if the member is one, with its type where CloudTrail has one.
fn read_key<'a>(
    keys: &mut Vec<(Text<'a>, Text<'a>)>,
    json: &mut Json<'a>,
    name: &str,
) -> Option<()> {
    let kind = match name {
        "accessKeyId" | "rootAccessKeyId" => Some(Cow::Borrowed("AWS::IAM::AccessKey")),
        "sSHPublicKeyId" | "certificateId" | "serviceSpecificCredentialId" => None,
        _ => return json.skip(),
    };
    let id = json.text_if_any()?.filter(|id| !id.is_empty());
    if id.is_some() && !keys.iter().any(|(held, _)| *held == id) {
        keys.push((id, kind));
    }
    Some(())
}

/// What an answer says was issued: itself, or in the members where the STS operations have it.
fn read_issued<'a>(issued: &mut [Text<'a>; 2], json: &mut Json<'a>, name: &str) -> Option<()> {
    let [key, arn] = issued;
    let (wanted, held) = match name {
        "accessKeyId" => {
            *key = json.text_if_any()?;
            return Some(());
        }
        "arn" => {
            *arn = json.text_if_any()?;
            return Some(());
        }
        "credentials" => ("accessKeyId", key),
        "assumedRoleUser" | "federatedUser" => ("arn", arn),
        _ => return json.skip(),
    };
    *held = None;
    json.members_if_any(|json, name| {
        if name == wanted {
            *held = json.text_if_any()?;
            return Some(());
        }
        json.skip()
    })
}

impl<'a> Identity<'a> {
    fn member(&mut self, json: &mut Json<'a>, name: &str) -> Option<()> {
        match name {
            "type" => self.kind = json.text()?,
            "principalId" => self.principal_id = json.text()?,
            "arn" => self.arn = json.text()?,
            "accessKeyId" => self.access_key_id = json.text()?,
            "userName" => self.user_name = json.text()?,
            "invokedBy" => self.invoked_by = json.text()?,
            "sessionContext" => json.members(|json, name| self.context(json, name))?,
            _ => json.skip()?,
        }
        Some(())
    }

    fn context(&mut self, json: &mut Json<'a>, name: &str) -> Option<()> {
        match name {
            "sessionIssuer" => json.members(|json, name| {
                match name {
                    "arn" => self.issuer_arn = json.text()?,
                    "userName" => self.issuer_name = json.text()?,
                    _ => json.skip()?,
                }
                Some(())
            })?,
            "sourceIdentity" => self.source_identity = json.text()?,
            _ => json.skip()?,
        }
        Some(())
    }
}

/// The attributes of a record; `None` when the line is no record.
pub fn facts(record: &[u8]) -> Option<Facts<'_>> {
    // Once for all texts instead of once for each.
    let read = Record::read(std::str::from_utf8(record).ok()?)?;
    let mut facts = Facts {
        time_s: crate::day::time_of(read.event_time.as_deref()?)?,
        region: read.aws_region.unwrap_or_default(),
        account: read.recipient_account_id.unwrap_or_default(),
        values: Vec::with_capacity(VALUES_USUAL),
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
    add_resources(&mut facts, read.resources);
    for (id, kind) in read.keys {
        let Some(arn) = id else { continue };
        facts.add(Attribute::ResourceName, Some(arn.clone()));
        facts.add(Attribute::ResourceType, kind.clone());
        facts.resources.push(Resource { arn, kind });
    }
    add_identity(&mut facts, read.identity);
    for issued in read.issued {
        facts.add(Attribute::Session, issued);
    }
    let set = read.source_identity;
    if set.as_deref() != facts.get(Attribute::SourceIdentity) {
        facts.add(Attribute::SourceIdentity, set);
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

fn add_resources<'a>(facts: &mut Facts<'a>, resources: Vec<(Text<'a>, Text<'a>)>) {
    for (arn, kind) in resources {
        let Some(arn) = arn else {
            continue;
        };
        let name = last_name(&arn);
        facts.add(Attribute::ResourceName, Some(arn.clone()));
        facts.add(Attribute::ResourceName, name);
        facts.add(Attribute::ResourceType, kind.clone());
        facts.resources.push(Resource { arn, kind });
    }
}

fn add_identity<'a>(facts: &mut Facts<'a>, identity: Identity<'a>) {
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
    facts.add(Attribute::Role, identity.issuer_arn);
    facts.add(Attribute::Role, identity.issuer_name);
    facts.add(Attribute::SourceIdentity, identity.source_identity);
}
