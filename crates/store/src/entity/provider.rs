//! Identity providers of an account, and what is remembered of the deletion of service-linked roles.

use super::Tag;

/// An OpenID Connect identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcProvider {
    /// The issuer without its scheme: host and path, in the case given.
    pub url: String,
    /// Unix seconds.
    pub created_s: i64,
    /// Audiences that tokens may be for, in the order given.
    pub client_ids: Vec<String>,
    /// SHA-1 of certificates of the issuer's server, 40 hexadecimal digits each.
    pub thumbprints: Vec<String>,
    /// In the order given.
    pub tags: Vec<Tag>,
}

/// A SAML 2.0 identity provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SamlProvider {
    /// Unique in the account ignoring case.
    pub name: String,
    /// Upper-case letters and digits, never reused.
    pub id: String,
    /// Unix seconds.
    pub created_s: i64,
    /// Unix seconds until which the metadata may be used.
    pub valid_until_s: i64,
    /// The metadata document as it was given.
    pub metadata: String,
    /// In the order given.
    pub tags: Vec<Tag>,
}

/// The deletion of a service-linked role, once it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletionTask {
    /// `task/aws-service-role/SERVICE/ROLE/UUID`.
    pub id: String,
    /// Unix seconds.
    pub created_s: i64,
}
