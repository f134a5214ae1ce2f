//! The entities of an account, as plain values. How they are stored is known to `record` alone.

mod access;
mod credential;

pub use access::{ActionAccess, EntityAccess, Job, JobKind, LastAccess, Seen, ServiceAccess};
pub use credential::{
    CredentialStatus, Failures, LastUse, LoginProfile, MfaDevice, PasswordPolicy, ReportPart,
    ServerCertificate, ServiceCredential, SigningCertificate, SshPublicKey,
};
mod provider;

pub use provider::{DeletionTask, OidcProvider, SamlProvider};
mod trail;

pub use trail::{EventSelector, ReadWriteType, Trail};

use crate::{PolicyText, Secret};

/// A tag. Keys are unique within an entity ignoring case (IAM User Guide, "Tagging IAM resources").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// 1 to 128 characters, in the case given.
    pub key: String,
    /// 0 to 256 characters.
    pub value: String,
}

/// A policy embedded in a user, role or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InlinePolicy {
    /// Unique within its entity, compared exactly.
    pub name: String,
    /// The document.
    pub policy: PolicyText,
}

/// An IAM user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// In the case given at creation; unique in the account ignoring case.
    pub name: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// `AIDA…`, never reused.
    pub id: String,
    /// Unix seconds.
    pub created_s: i64,
    /// In the order given.
    pub tags: Vec<Tag>,
    /// Embedded policies.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of attached managed policies.
    pub attached: Vec<String>,
    /// Unique ids (`AGPA…`) of the groups that the user is in, oldest membership first.
    pub groups: Vec<String>,
    /// ARN of the managed policy that is the permissions boundary.
    pub boundary: Option<String>,
    /// Unix seconds of the last console sign-in.
    pub password_last_used_s: Option<i64>,
}

/// An IAM group. Who is in it is told by its users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// In the case given at creation; unique in the account ignoring case.
    pub name: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// `AGPA…`, never reused.
    pub id: String,
    /// Unix seconds.
    pub created_s: i64,
    /// Embedded policies.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of attached managed policies.
    pub attached: Vec<String>,
}

/// An instance profile: what hands a role to a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceProfile {
    /// In the case given at creation; unique in the account ignoring case.
    pub name: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// `AIPA…`, never reused.
    pub id: String,
    /// Unix seconds.
    pub created_s: i64,
    /// In the order given.
    pub tags: Vec<Tag>,
    /// Unique id (`AROA…`) of its role, if it has one.
    pub role: Option<String>,
}

/// An IAM role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// In the case given at creation; unique in the account ignoring case.
    pub name: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// `AROA…`, never reused.
    pub id: String,
    /// Unix seconds.
    pub created_s: i64,
    /// Up to 1,000 characters.
    pub description: Option<String>,
    /// Seconds, 3,600 to 43,200.
    pub max_session_duration_s: u32,
    /// The trust policy, its principals bound to unique ids.
    pub trust: PolicyText,
    /// In the order given.
    pub tags: Vec<Tag>,
    /// Embedded policies.
    pub inline: Vec<InlinePolicy>,
    /// ARNs of attached managed policies.
    pub attached: Vec<String>,
    /// ARN of the managed policy that is the permissions boundary.
    pub boundary: Option<String>,
    /// The service that owns this role (`elasticloadbalancing.amazonaws.com`), for service-linked ones.
    pub service_linked: Option<String>,
}

/// A customer managed policy. Its ARN follows from account, path and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedPolicy {
    /// Unique in the account ignoring case.
    pub name: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// `ANPA…`, never reused.
    pub id: String,
    /// Unix seconds.
    pub created_s: i64,
    /// Unix seconds of the last new version or change of default.
    pub updated_s: i64,
    /// Up to 1,000 characters.
    pub description: Option<String>,
    /// In the order given.
    pub tags: Vec<Tag>,
    /// Up to five, oldest first.
    pub versions: Vec<PolicyVersion>,
    /// The number of the version in force.
    pub default_version: u32,
    /// The highest number ever given; numbers are never reused.
    pub latest_version: u32,
}

impl ManagedPolicy {
    /// The version in force. `None` only when the record is inconsistent; that must deny.
    pub fn default(&self) -> Option<&PolicyVersion> {
        self.version(self.default_version)
    }

    /// One version by its number.
    pub fn version(&self, number: u32) -> Option<&PolicyVersion> {
        self.versions
            .iter()
            .find(|version| version.number == number)
    }
}

/// One version of a managed policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVersion {
    /// 1 is `v1`.
    pub number: u32,
    /// Unix seconds.
    pub created_s: i64,
    /// The document.
    pub text: PolicyText,
}

/// Whose access key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyOwner {
    /// The account's root user.
    Root,
    /// An IAM user: the id decides, the name finds it.
    User {
        /// `AIDA…`.
        id: String,
        /// The user's name.
        name: String,
    },
}

impl KeyOwner {
    /// The user's unique id; `None` for root.
    pub fn user_id(&self) -> Option<&str> {
        match self {
            KeyOwner::Root => None,
            KeyOwner::User { id, .. } => Some(id),
        }
    }
}

/// Whether a key may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStatus {
    /// May sign.
    Active,
    /// Kept, but refused.
    Inactive,
}

/// A long-term access key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// `AKIA…`.
    pub id: String,
    /// Whose key it is.
    pub user: KeyOwner,
    /// Sealed at rest.
    pub secret: Secret,
    /// Whether it may sign.
    pub status: KeyStatus,
    /// Unix seconds.
    pub created_s: i64,
}

/// Organizations' state of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    /// In use.
    Active,
    /// Closed by AWS's word; calls are refused.
    Suspended,
    /// Being closed.
    PendingClosure,
}

/// How an account came to the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinedMethod {
    /// By accepting an invitation; the management account counts as such.
    Invited,
    /// By `CreateAccount`.
    Created,
}

/// The root user's own facts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RootUser {
    /// Unix seconds of the last console sign-in.
    pub password_last_used_s: Option<i64>,
}

/// What an account is, beside its entities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountMeta {
    /// Organizations' account name.
    pub name: String,
    /// The owner's address.
    pub email: String,
    /// Unix seconds.
    pub created_s: i64,
    /// IAM's account alias.
    pub alias: Option<String>,
    /// Whether it may be used.
    pub status: AccountStatus,
    /// How it came to be.
    pub joined_method: JoinedMethod,
    /// The root user.
    pub root: RootUser,
    /// What passwords must be like; IAM's default when there is none.
    pub password_policy: Option<PasswordPolicy>,
    /// The URL that names the account as an issuer of tokens for services outside, while that is
    /// switched on.
    pub outbound_issuer: Option<String>,
}
