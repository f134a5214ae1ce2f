//! What users sign in and sign with beside access keys, and what is known of the use of all of it.
//!
//! Whoever owns one is named by unique id: a rename keeps it, and a user made again under an old name
//! does not inherit it.

use super::Tag;
use crate::Secret;

/// A user's password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginProfile {
    /// `AIDA…` of its user; at most one each.
    pub user_id: String,
    /// Unix seconds.
    pub created_s: i64,
    /// Unix seconds of the last change of the password.
    pub changed_s: i64,
    /// Whether the user must choose another one at the next sign-in.
    pub reset_required: bool,
    /// Random, and the same for all passwords of this user: a new one is compared with the old ones
    /// at the price of one hash.
    pub salt: Vec<u8>,
    /// Hashes of the password and of those before it, newest first. Sealed at rest.
    pub hashes: Vec<Secret>,
    /// Wrong passwords in a row.
    pub failures: Failures,
}

/// Wrong codes or passwords in a row; a right one ends the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: u32,
    /// Unix seconds of the last one.
    pub last_s: i64,
}

/// A virtual MFA device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MfaDevice {
    /// Unique with its path in the account.
    pub name: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// `AIDA…` of the user it is assigned to.
    pub user_id: Option<String>,
    /// What the codes are made of. Sealed at rest.
    pub seed: Secret,
    /// Unix seconds.
    pub created_s: i64,
    /// Unix seconds of its assignment.
    pub enabled_s: Option<i64>,
    /// In the order given.
    pub tags: Vec<Tag>,
    /// How many time steps its clock is ahead of ours.
    pub drift_steps: i64,
    /// The time step of the last code that was used: no code of it or before it is good again.
    pub last_step: Option<i64>,
    /// Wrong codes in a row.
    pub failures: Failures,
}

/// Whether a credential may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialStatus {
    /// It may.
    Active,
    /// Kept, but refused.
    Inactive,
}

/// A user's public key for SSH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshPublicKey {
    /// `APKA…`.
    pub id: String,
    /// `AIDA…`.
    pub user_id: String,
    /// DER of its SubjectPublicKeyInfo.
    pub spki: Vec<u8>,
    /// Whether it may be used.
    pub status: CredentialStatus,
    /// Unix seconds.
    pub uploaded_s: i64,
}

/// A certificate that a user signs with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningCertificate {
    /// 24 letters and digits.
    pub id: String,
    /// `AIDA…`; `None` for the account's root user.
    pub user_id: Option<String>,
    /// PEM.
    pub body: String,
    /// Whether it may be used.
    pub status: CredentialStatus,
    /// Unix seconds.
    pub uploaded_s: i64,
}

/// A certificate of a server, with its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerCertificate {
    /// Unique in the account ignoring case.
    pub name: String,
    /// Begins and ends with `/`.
    pub path: String,
    /// `ASCA…`.
    pub id: String,
    /// PEM.
    pub body: String,
    /// PEM, the issuer of `body` first.
    pub chain: Option<String>,
    /// PEM of the private key; answered to nobody. Sealed at rest.
    pub private_key: Secret,
    /// Unix seconds.
    pub uploaded_s: i64,
    /// Unix seconds of the end of its validity.
    pub expires_s: i64,
    /// In the order given.
    pub tags: Vec<Tag>,
}

/// A user name and password, or an API key, for one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCredential {
    /// `ACCA…`.
    pub id: String,
    /// `AIDA…`.
    pub user_id: String,
    /// `codecommit.amazonaws.com`.
    pub service: String,
    /// The name that the service knows, without regard to later renames of the user.
    pub service_user_name: String,
    /// The password or API key, shown once. Sealed at rest.
    pub secret: Secret,
    /// Whether it may be used.
    pub status: CredentialStatus,
    /// Unix seconds.
    pub created_s: i64,
    /// Unix seconds.
    pub expires_s: Option<i64>,
}

/// When an access key or a role was last used. Gathered in memory and kept now and then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastUse {
    /// Id of the access key, or unique id of the role.
    pub id: String,
    /// Unix seconds.
    pub time_s: i64,
    /// `iam`.
    pub service: String,
    /// The region of the signature.
    pub region: String,
}

/// One part of an account's credential report: together, in their order, they are one gzip file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPart {
    /// 0 is the first.
    pub number: u32,
    /// Unix seconds when the report was made; the same in all parts.
    pub generated_s: i64,
    /// Bytes of the file.
    pub bytes: Vec<u8>,
}

/// What passwords of an account's users must be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordPolicy {
    /// Characters at least.
    pub length_min: u32,
    /// An ASCII lower-case letter.
    pub require_lowercase: bool,
    /// An ASCII upper-case letter.
    pub require_uppercase: bool,
    /// An ASCII digit.
    pub require_numbers: bool,
    /// One of IAM's symbols.
    pub require_symbols: bool,
    /// Whether every user may change the own password.
    pub allow_users_to_change: bool,
    /// Days that a password is good for.
    pub age_days_max: Option<u32>,
    /// How many earlier passwords may not come again.
    pub reuse_prevention: Option<u32>,
    /// Whether only an administrator helps once a password has expired.
    pub hard_expiry: Option<bool>,
}
