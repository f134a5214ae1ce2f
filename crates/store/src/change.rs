//! Writes as values: what is put, what is deleted, at which revision, and the events that go with it.

use crate::entity::{
    AccessKey, AccountMeta, DeletionTask, Group, InstanceProfile, Job, LastAccess, LastUse,
    LoginProfile, ManagedPolicy, MfaDevice, OidcProvider, ReportPart, Role, SamlProvider,
    ServerCertificate, ServiceCredential, SigningCertificate, SshPublicKey, Trail, User,
};
use crate::event_policy::EventPolicy;
use crate::id::{AccountId, Revision, Unit};
use crate::installation::{
    AccountSummary, CreateAccountRequest, InstallationMeta, Organization, SessionKeyEpoch, TrailKey,
};

/// One entity to be put; it replaces what stands under its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Of an account: a user.
    User(User),
    /// Of an account: a role.
    Role(Role),
    /// Of an account: a customer managed policy.
    Policy(ManagedPolicy),
    /// Of an account: an access key.
    AccessKey(AccessKey),
    /// Of an account: a group.
    Group(Group),
    /// Of an account: an instance profile.
    InstanceProfile(InstanceProfile),
    /// Of an account: a password.
    LoginProfile(LoginProfile),
    /// Of an account: an MFA device.
    MfaDevice(MfaDevice),
    /// Of an account: a public key for SSH.
    SshPublicKey(SshPublicKey),
    /// Of an account: a signing certificate.
    SigningCertificate(SigningCertificate),
    /// Of an account: a server certificate.
    ServerCertificate(ServerCertificate),
    /// Of an account: a credential for one service.
    ServiceCredential(ServiceCredential),
    /// Of an account: the last use of a key or role.
    LastUse(LastUse),
    /// Of an account: a part of the credential report.
    ReportPart(ReportPart),
    /// Of an account: an OpenID Connect provider.
    OidcProvider(OidcProvider),
    /// Of an account: a SAML provider.
    SamlProvider(SamlProvider),
    /// Of an account: what came of deleting a service-linked role.
    DeletionTask(DeletionTask),
    /// Of an account: a trail.
    Trail(Trail),
    /// Of an account: what a user, a role or root last did.
    LastAccess(LastAccess),
    /// Of an account: a report of last accesses.
    Job(Job),
    /// Of an account: the account itself. A new account needs it.
    AccountMeta(AccountMeta),
    /// Of the installation: the installation itself. A new installation needs it.
    InstallationMeta(InstallationMeta),
    /// Of the installation: a key of the session key ring.
    SessionKey(SessionKeyEpoch),
    /// Of the installation: the organization.
    Organization(Organization),
    /// Of the installation: an entry of the account index.
    AccountSummary(AccountSummary),
    /// Of the installation: a request to create an account.
    CreateAccountRequest(CreateAccountRequest),
    /// Of the installation: a key that signs digests of the trail.
    TrailKey(TrailKey),
}

impl Record {
    /// Where the record stands in its unit.
    pub fn key(&self) -> Key {
        match self {
            Record::User(value) => Key::User(value.name.to_ascii_lowercase()),
            Record::Role(value) => Key::Role(value.name.to_ascii_lowercase()),
            Record::Policy(value) => Key::Policy(value.name.to_ascii_lowercase()),
            Record::AccessKey(value) => Key::AccessKey(value.id.clone()),
            Record::Group(value) => Key::Group(value.name.to_ascii_lowercase()),
            Record::InstanceProfile(value) => Key::InstanceProfile(value.name.to_ascii_lowercase()),
            Record::LoginProfile(value) => Key::LoginProfile(value.user_id.clone()),
            Record::MfaDevice(value) => {
                Key::MfaDevice(format!("{}{}", value.path, value.name).to_ascii_lowercase())
            }
            Record::SshPublicKey(value) => Key::SshPublicKey(value.id.clone()),
            Record::SigningCertificate(value) => Key::SigningCertificate(value.id.clone()),
            Record::ServerCertificate(value) => {
                Key::ServerCertificate(value.name.to_ascii_lowercase())
            }
            Record::ServiceCredential(value) => Key::ServiceCredential(value.id.clone()),
            Record::LastUse(value) => Key::LastUse(value.id.clone()),
            Record::ReportPart(value) => Key::ReportPart(value.number),
            Record::OidcProvider(value) => Key::OidcProvider(value.url.to_ascii_lowercase()),
            Record::SamlProvider(value) => Key::SamlProvider(value.name.to_ascii_lowercase()),
            Record::DeletionTask(value) => Key::DeletionTask(value.id.to_ascii_lowercase()),
            Record::Trail(value) => Key::Trail(Trail::place(&value.home_region, &value.name)),
            Record::LastAccess(value) => Key::LastAccess(value.id.clone()),
            Record::Job(value) => Key::Job(value.id.to_ascii_lowercase()),
            Record::AccountMeta(_) => Key::AccountMeta,
            Record::InstallationMeta(_) => Key::InstallationMeta,
            Record::SessionKey(value) => Key::SessionKey(value.epoch),
            Record::Organization(_) => Key::Organization,
            Record::AccountSummary(value) => Key::AccountSummary(value.id),
            Record::CreateAccountRequest(value) => Key::CreateAccountRequest(value.id.clone()),
            Record::TrailKey(value) => Key::TrailKey(value.fingerprint.clone()),
        }
    }
}

/// The place of a record in its unit. Names are compared ignoring ASCII case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A user's name.
    User(String),
    /// A role's name.
    Role(String),
    /// A managed policy's name.
    Policy(String),
    /// An access key's id.
    AccessKey(String),
    /// A group's name.
    Group(String),
    /// An instance profile's name.
    InstanceProfile(String),
    /// A user's unique id.
    LoginProfile(String),
    /// An MFA device's path and name.
    MfaDevice(String),
    /// A public key's id.
    SshPublicKey(String),
    /// A signing certificate's id.
    SigningCertificate(String),
    /// A server certificate's name.
    ServerCertificate(String),
    /// A service credential's id.
    ServiceCredential(String),
    /// Id of an access key or unique id of a role.
    LastUse(String),
    /// The number of a part of the credential report.
    ReportPart(u32),
    /// An OpenID Connect provider's URL without its scheme.
    OidcProvider(String),
    /// A SAML provider's name.
    SamlProvider(String),
    /// The id of a deletion task.
    DeletionTask(String),
    /// A trail's home region and name, see [`Trail::place`].
    Trail(String),
    /// Unique id of a user or role, or the account's id for root.
    LastAccess(String),
    /// The id of a report.
    Job(String),
    /// The account itself; cannot be deleted.
    AccountMeta,
    /// The installation itself; cannot be deleted.
    InstallationMeta,
    /// An epoch of the session key ring.
    SessionKey(u32),
    /// The organization.
    Organization,
    /// An entry of the account index.
    AccountSummary(AccountId),
    /// The id of a request to create an account.
    CreateAccountRequest(String),
    /// The fingerprint of a key that signs digests.
    TrailKey(String),
}

/// What changes in one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitWrite {
    /// The unit.
    pub unit: Unit,
    /// The revision of the value that was read; [`Revision::NONE`]: the unit must not exist.
    pub expects: Revision,
    /// Put after the deletes, so a rename is one delete and one put.
    pub puts: Vec<Record>,
    /// Deleting what is not there is no error.
    pub deletes: Vec<Key>,
}

/// One record for the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Unix seconds; its UTC day names the trail's file.
    pub time_s: i64,
    /// One CloudTrail JSON object without a line feed. It must be unique (its `eventID` makes it
    /// so): after a crash, records already in the trail are recognised by their bytes.
    pub record: Vec<u8>,
    /// Texts that the record refers to by their hashes, kept before the record is durable. Only a
    /// change without writes may have them.
    pub policies: Vec<EventPolicy>,
}

impl Event {
    /// A record that refers to no policy.
    pub fn new(time_s: i64, record: Vec<u8>) -> Event {
        Event {
            time_s,
            record,
            policies: Vec::new(),
        }
    }
}

/// The only kind of write: all of it becomes durable, or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// At most one write per unit.
    pub writes: Vec<UnitWrite>,
    /// In the order in which they are to stand in the trail.
    pub events: Vec<Event>,
    /// Idempotency token; kept for the distributed engine, not used by the embedded ones.
    pub token: Option<Vec<u8>>,
}

impl Change {
    /// A change that only records what happened.
    pub fn event(event: Event) -> Change {
        Change {
            events: vec![event],
            ..Change::default()
        }
    }
}

/// A change as the log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedChange {
    /// The shard whose log it stands in.
    pub shard: u16,
    /// Its revision: one more than its predecessor's in this shard.
    pub revision: Revision,
    /// SHA-256 over the predecessor's chain value and this change as stored.
    pub chain: [u8; 32],
    /// What was written.
    pub writes: Vec<LoggedWrite>,
}

/// What a logged change did to one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedWrite {
    /// The unit.
    pub unit: Unit,
    /// Records put.
    pub puts: Vec<Record>,
    /// Records deleted.
    pub deletes: Vec<Key>,
}
