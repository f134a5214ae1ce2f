//! How entities become bytes and come back: one version byte, what the indexes need, then JSON.
//!
//! ```text
//! byte 0       version of the record's form (1)
//! bytes 1..3   length of the links, big endian
//! links        unique id, then the names the unit's indexes count, separated by line feeds
//! rest         JSON of the private structs in `v1`
//! ```
//! What stands in the links stands nowhere else, so the two cannot disagree. A newer form is a new
//! version and a new module beside `v1`; every older version stays readable. An unknown version or
//! field is an error, never a guess.

pub(crate) mod link;
mod v1;

use crate::change::{Key, Record};
use crate::engine::RecordError;
use crate::id::Unit;
use crate::limits::RECORD_BYTES_MAX;
use crate::seal::Sealer;
use crate::table::Damage;
use bytes::Bytes;
use std::borrow::Cow;
use std::sync::Arc;

/// The version that is written.
pub(crate) const VERSION: u8 = 1;
/// Bytes before the links.
const PREFIX: usize = 3;

/// What a unit's records need to be decoded: where they stand and who opens their secrets.
#[derive(Debug)]
pub struct Context {
    pub(crate) unit: Unit,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) damage: Damage,
}

impl Context {
    pub(crate) fn new(unit: Unit, sealer: Arc<Sealer>) -> Context {
        Context {
            unit,
            sealer,
            damage: Damage::default(),
        }
    }

    pub(crate) fn report_damage(&self, error: RecordError) {
        self.damage.report(error);
    }
}

/// The unique id and linked names of a decoded entity.
pub struct Links<'a> {
    pub(crate) id: &'a str,
    pub(crate) names: Vec<Cow<'a, str>>,
}

/// The tables of a unit, as the byte that begins a stored key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    AccountMeta = 1,
    User = 2,
    Role = 3,
    Policy = 4,
    AccessKey = 5,
    Group = 6,
    InstanceProfile = 7,
    LoginProfile = 8,
    MfaDevice = 9,
    SshPublicKey = 10,
    SigningCertificate = 11,
    ServerCertificate = 12,
    ServiceCredential = 13,
    OidcProvider = 14,
    SamlProvider = 15,
    InstallationMeta = 16,
    SessionKey = 17,
    Organization = 18,
    AccountSummary = 19,
    CreateAccountRequest = 20,
    TrailKey = 24,
    Trail = 40,
    LastUse = 34,
    ReportPart = 35,
    DeletionTask = 32,
    Job = 33,
    LastAccess = 36,
    /// Not a record: the row that counts a unit's records, for its stamp.
    UnitRow = 254,
    /// Not a record: what proves the master key.
    KeyCheck = 255,
}

impl Kind {
    pub(crate) fn from_byte(byte: u8) -> Option<Kind> {
        Some(match byte {
            1 => Kind::AccountMeta,
            2 => Kind::User,
            3 => Kind::Role,
            4 => Kind::Policy,
            5 => Kind::AccessKey,
            6 => Kind::Group,
            7 => Kind::InstanceProfile,
            8 => Kind::LoginProfile,
            9 => Kind::MfaDevice,
            10 => Kind::SshPublicKey,
            11 => Kind::SigningCertificate,
            12 => Kind::ServerCertificate,
            13 => Kind::ServiceCredential,
            14 => Kind::OidcProvider,
            15 => Kind::SamlProvider,
            16 => Kind::InstallationMeta,
            17 => Kind::SessionKey,
            18 => Kind::Organization,
            19 => Kind::AccountSummary,
            20 => Kind::CreateAccountRequest,
            24 => Kind::TrailKey,
            40 => Kind::Trail,
            34 => Kind::LastUse,
            35 => Kind::ReportPart,
            32 => Kind::DeletionTask,
            33 => Kind::Job,
            36 => Kind::LastAccess,
            _ => return None,
        })
    }

    /// Whether records of this kind belong into the unit.
    pub(crate) fn fits(self, unit: Unit) -> bool {
        match unit {
            Unit::Account(_) => matches!(self as u8, 0..16 | 32..128),
            Unit::Installation => (16..32).contains(&(self as u8)),
        }
    }
}

/// An entity that can be kept. Sealed: implemented in `v1` only.
pub trait Stored: Sized + Send + Sync + 'static {
    /// What the unit's indexes need.
    fn links(&self) -> Links<'_>;
    /// Reads an encoded record.
    fn decode(raw: &Bytes, key: &str, context: &Context) -> Result<Self, RecordError>;
}

/// The links of an encoded record, without decoding it.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub(crate) id: &'a str,
    rest: Option<&'a str>,
}

impl<'a> Header<'a> {
    pub(crate) fn read(raw: &'a [u8]) -> Result<Header<'a>, &'static str> {
        let (links, _) = split(raw)?;
        let text = std::str::from_utf8(links).map_err(|_| "links are not UTF-8")?;
        Ok(match text.split_once('\n') {
            Some((id, rest)) => Header {
                id,
                rest: Some(rest),
            },
            None => Header {
                id: text,
                rest: None,
            },
        })
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.rest.into_iter().flat_map(|rest| rest.split('\n'))
    }
}

fn split(raw: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    let (prefix, rest) = raw
        .split_at_checked(PREFIX)
        .ok_or("shorter than its prefix")?;
    let [_, high, low] = prefix else {
        return Err("shorter than its prefix");
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    rest.split_at_checked(length)
        .ok_or("shorter than its links")
}

/// Refuses records of a version that this program does not know. Checked when a unit is loaded, so
/// that nothing of a unit written by a newer program is served by an older one.
pub(crate) fn check_version(raw: &[u8], unit: Unit, key: &str) -> Result<(), RecordError> {
    match raw.first() {
        Some(&VERSION) => Ok(()),
        Some(&version) => Err(RecordError::Version {
            unit,
            key: key.to_owned(),
            version,
        }),
        None => Err(RecordError::Form {
            unit,
            key: key.to_owned(),
            what: "empty record".to_owned(),
        }),
    }
}

/// Splits a record into links and JSON, after checking its version.
pub(crate) fn open<'a>(
    raw: &'a [u8],
    unit: Unit,
    key: &str,
) -> Result<(Header<'a>, &'a [u8]), RecordError> {
    check_version(raw, unit, key)?;
    let form = |what: &str| RecordError::Form {
        unit,
        key: key.to_owned(),
        what: what.to_owned(),
    };
    let header = Header::read(raw).map_err(form)?;
    let (_, body) = split(raw).map_err(form)?;
    Ok((header, body))
}

/// A record ready to be stored: its place and its bytes.
#[derive(Debug)]
pub(crate) struct Encoded {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) raw: Vec<u8>,
}

/// Encodes a record, sealing its secrets. The error says what cannot be stored.
pub(crate) fn encode(record: &Record, unit: Unit, sealer: &Sealer) -> Result<Encoded, EncodeError> {
    let (kind, name) = place(&record.key());
    let mut raw = vec![VERSION, 0, 0];
    let links = match record {
        Record::User(value) => value.links(),
        Record::Role(value) => value.links(),
        Record::Policy(value) => value.links(),
        Record::AccessKey(value) => value.links(),
        Record::Group(value) => value.links(),
        Record::InstanceProfile(value) => value.links(),
        Record::LoginProfile(value) => value.links(),
        Record::MfaDevice(value) => value.links(),
        Record::SshPublicKey(value) => value.links(),
        Record::SigningCertificate(value) => value.links(),
        Record::ServerCertificate(value) => value.links(),
        Record::ServiceCredential(value) => value.links(),
        Record::LastUse(value) => value.links(),
        Record::ReportPart(value) => value.links(),
        Record::OidcProvider(value) => value.links(),
        Record::SamlProvider(value) => value.links(),
        Record::DeletionTask(value) => value.links(),
        Record::LastAccess(value) => value.links(),
        Record::Job(value) => value.links(),
        Record::AccountMeta(value) => value.links(),
        Record::InstallationMeta(value) => value.links(),
        Record::SessionKey(value) => value.links(),
        Record::Organization(value) => value.links(),
        Record::AccountSummary(value) => value.links(),
        Record::CreateAccountRequest(value) => value.links(),
        Record::Trail(value) => value.links(),
        Record::TrailKey(value) => value.links(),
    };
    let names = links.names.iter().map(|name| &**name);
    for (index, link) in std::iter::once(links.id).chain(names).enumerate() {
        if link.contains('\n') {
            return Err(EncodeError::Form("a line feed in an id or ARN"));
        }
        if index > 0 {
            raw.push(b'\n');
        }
        raw.extend_from_slice(link.as_bytes());
    }
    let length = u16::try_from(raw.len() - PREFIX).map_err(|_| EncodeError::TooLarge {
        size: raw.len(),
        size_max: usize::from(u16::MAX),
    })?;
    if let Some(place) = raw.get_mut(1..PREFIX) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    v1::write(record, unit, &name, sealer, &mut raw)?;
    if raw.len() > RECORD_BYTES_MAX {
        return Err(EncodeError::TooLarge {
            size: raw.len(),
            size_max: RECORD_BYTES_MAX,
        });
    }
    Ok(Encoded { kind, name, raw })
}

/// Decodes a record of any kind (the change log holds all of them).
pub(crate) fn decode(
    kind: Kind,
    name: &str,
    raw: &Bytes,
    context: &Context,
) -> Result<Record, RecordError> {
    Ok(match kind {
        Kind::User => Record::User(Stored::decode(raw, name, context)?),
        Kind::Role => Record::Role(Stored::decode(raw, name, context)?),
        Kind::Policy => Record::Policy(Stored::decode(raw, name, context)?),
        Kind::AccessKey => Record::AccessKey(Stored::decode(raw, name, context)?),
        Kind::Group => Record::Group(Stored::decode(raw, name, context)?),
        Kind::InstanceProfile => Record::InstanceProfile(Stored::decode(raw, name, context)?),
        Kind::LoginProfile => Record::LoginProfile(Stored::decode(raw, name, context)?),
        Kind::MfaDevice => Record::MfaDevice(Stored::decode(raw, name, context)?),
        Kind::SshPublicKey => Record::SshPublicKey(Stored::decode(raw, name, context)?),
        Kind::SigningCertificate => Record::SigningCertificate(Stored::decode(raw, name, context)?),
        Kind::ServerCertificate => Record::ServerCertificate(Stored::decode(raw, name, context)?),
        Kind::ServiceCredential => Record::ServiceCredential(Stored::decode(raw, name, context)?),
        Kind::LastUse => Record::LastUse(Stored::decode(raw, name, context)?),
        Kind::ReportPart => Record::ReportPart(Stored::decode(raw, name, context)?),
        Kind::OidcProvider => Record::OidcProvider(Stored::decode(raw, name, context)?),
        Kind::SamlProvider => Record::SamlProvider(Stored::decode(raw, name, context)?),
        Kind::DeletionTask => Record::DeletionTask(Stored::decode(raw, name, context)?),
        Kind::LastAccess => Record::LastAccess(Stored::decode(raw, name, context)?),
        Kind::Job => Record::Job(Stored::decode(raw, name, context)?),
        Kind::AccountMeta => Record::AccountMeta(Stored::decode(raw, name, context)?),
        Kind::InstallationMeta => Record::InstallationMeta(Stored::decode(raw, name, context)?),
        Kind::SessionKey => Record::SessionKey(Stored::decode(raw, name, context)?),
        Kind::Organization => Record::Organization(Stored::decode(raw, name, context)?),
        Kind::AccountSummary => Record::AccountSummary(Stored::decode(raw, name, context)?),
        Kind::CreateAccountRequest => {
            Record::CreateAccountRequest(Stored::decode(raw, name, context)?)
        }
        Kind::Trail => Record::Trail(Stored::decode(raw, name, context)?),
        Kind::TrailKey => Record::TrailKey(Stored::decode(raw, name, context)?),
        Kind::UnitRow | Kind::KeyCheck => {
            return Err(crate::installation::misplaced(context.unit, name));
        }
    })
}

/// The table and the name within it of a key.
pub(crate) fn place(key: &Key) -> (Kind, String) {
    let lower = |name: &String| name.to_ascii_lowercase();
    match key {
        Key::User(name) => (Kind::User, lower(name)),
        Key::Role(name) => (Kind::Role, lower(name)),
        Key::Policy(name) => (Kind::Policy, lower(name)),
        Key::AccessKey(id) => (Kind::AccessKey, lower(id)),
        Key::Group(name) => (Kind::Group, lower(name)),
        Key::InstanceProfile(name) => (Kind::InstanceProfile, lower(name)),
        Key::LoginProfile(name) => (Kind::LoginProfile, lower(name)),
        Key::MfaDevice(name) => (Kind::MfaDevice, lower(name)),
        Key::SshPublicKey(name) => (Kind::SshPublicKey, lower(name)),
        Key::SigningCertificate(name) => (Kind::SigningCertificate, lower(name)),
        Key::ServerCertificate(name) => (Kind::ServerCertificate, lower(name)),
        Key::ServiceCredential(name) => (Kind::ServiceCredential, lower(name)),
        Key::LastUse(name) => (Kind::LastUse, lower(name)),
        // Fixed width, so that parts are in their order.
        Key::ReportPart(number) => (Kind::ReportPart, format!("{number:010}")),
        Key::OidcProvider(url) => (Kind::OidcProvider, lower(url)),
        Key::SamlProvider(name) => (Kind::SamlProvider, lower(name)),
        Key::DeletionTask(id) => (Kind::DeletionTask, lower(id)),
        Key::LastAccess(id) => (Kind::LastAccess, lower(id)),
        Key::Job(id) => (Kind::Job, lower(id)),
        Key::AccountMeta => (Kind::AccountMeta, String::new()),
        Key::InstallationMeta => (Kind::InstallationMeta, String::new()),
        // Fixed width, so that the ring is in the order of its epochs.
        Key::SessionKey(epoch) => (Kind::SessionKey, format!("{epoch:010}")),
        Key::Organization => (Kind::Organization, String::new()),
        Key::AccountSummary(id) => (Kind::AccountSummary, id.to_string()),
        Key::CreateAccountRequest(id) => (Kind::CreateAccountRequest, lower(id)),
        Key::Trail(place) => (Kind::Trail, lower(place)),
        Key::TrailKey(fingerprint) => (Kind::TrailKey, lower(fingerprint)),
    }
}

/// The key of a place; `None` when the name does not fit the table.
pub(crate) fn key_at(kind: Kind, name: &str) -> Option<Key> {
    let owned = || name.to_owned();
    Some(match kind {
        Kind::User => Key::User(owned()),
        Kind::Role => Key::Role(owned()),
        Kind::Policy => Key::Policy(owned()),
        Kind::AccessKey => Key::AccessKey(name.to_ascii_uppercase()),
        Kind::Group => Key::Group(owned()),
        Kind::InstanceProfile => Key::InstanceProfile(owned()),
        Kind::LoginProfile => Key::LoginProfile(name.to_ascii_uppercase()),
        Kind::MfaDevice => Key::MfaDevice(owned()),
        Kind::SshPublicKey => Key::SshPublicKey(name.to_ascii_uppercase()),
        Kind::SigningCertificate => Key::SigningCertificate(name.to_ascii_uppercase()),
        Kind::ServerCertificate => Key::ServerCertificate(owned()),
        Kind::ServiceCredential => Key::ServiceCredential(name.to_ascii_uppercase()),
        Kind::LastUse => Key::LastUse(name.to_ascii_uppercase()),
        Kind::ReportPart => Key::ReportPart(name.parse().ok()?),
        Kind::OidcProvider => Key::OidcProvider(owned()),
        Kind::SamlProvider => Key::SamlProvider(owned()),
        Kind::DeletionTask => Key::DeletionTask(owned()),
        Kind::LastAccess => Key::LastAccess(name.to_ascii_uppercase()),
        Kind::Job => Key::Job(owned()),
        Kind::AccountMeta => Key::AccountMeta,
        Kind::InstallationMeta => Key::InstallationMeta,
        Kind::SessionKey => Key::SessionKey(name.parse().ok()?),
        Kind::Organization => Key::Organization,
        Kind::AccountSummary => Key::AccountSummary(crate::AccountId::parse(name)?),
        Kind::CreateAccountRequest => Key::CreateAccountRequest(owned()),
        Kind::Trail => Key::Trail(owned()),
        Kind::TrailKey => Key::TrailKey(owned()),
        Kind::UnitRow | Kind::KeyCheck => return None,
    })
}

/// Why a record cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EncodeError {
    #[error("record of {size} bytes, at most {size_max}")]
    TooLarge { size: usize, size_max: usize },
    #[error("record with {0}")]
    Form(&'static str),
}

#[cfg(test)]
mod tests;
