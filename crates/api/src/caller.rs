//! Who is calling: made only by `authenticate`, from a verified signature.

use std::sync::Arc;

use locum_policy::{Principal, PrincipalKind};
use locum_sigv4::Verified;
use locum_store::{Account, Role, User};

use crate::session::Claims;

/// What kind of principal calls, with the live entity behind it.
#[derive(Debug, Clone)]
pub enum Identity {
    /// The account's root user.
    Root,
    /// An IAM user.
    User(Arc<User>),
    /// A session of a role.
    RoleSession(Arc<Role>),
}

/// An authenticated caller. Its existence proves that the signature was right, the key active, the
/// session alive and its principal still there.
pub struct Caller {
    /// Who it is.
    pub identity: Identity,
    /// The account it belongs to.
    pub account: Arc<Account>,
    /// The session, when the credentials are temporary.
    pub session: Option<Claims>,
    /// The key that signed.
    pub access_key_id: String,
    /// The ARN that AWS shows: root, user, or assumed-role session.
    pub arn: String,
    /// The ARN that policies name: root, user, or role with its path.
    pub principal_arn: String,
    /// The region that the signature is scoped to.
    pub region: String,
    _verified: Verified,
}

impl Caller {
    /// Puts a caller together. Only `authenticate` has a [`Verified`] to give.
    pub(crate) fn new(
        verified: Verified,
        partition: &str,
        account: Arc<Account>,
        identity: Identity,
        session: Option<Claims>,
        scope: (String, String),
    ) -> Caller {
        let id = account.id;
        let (arn, principal_arn) = match &identity {
            Identity::Root => {
                let arn = format!("arn:{partition}:iam::{id}:root");
                (arn.clone(), arn)
            }
            Identity::User(user) => {
                let arn = format!("arn:{partition}:iam::{id}:user{}{}", user.path, user.name);
                (arn.clone(), arn)
            }
            Identity::RoleSession(role) => {
                let name = session
                    .as_ref()
                    .map_or("", |session| session.session_name.as_str());
                (
                    format!(
                        "arn:{partition}:sts::{id}:assumed-role/{}/{name}",
                        role.name
                    ),
                    format!("arn:{partition}:iam::{id}:role{}{}", role.path, role.name),
                )
            }
        };
        let (access_key_id, region) = scope;
        Caller {
            identity,
            account,
            session,
            access_key_id,
            arn,
            principal_arn,
            region,
            _verified: verified,
        }
    }

    /// `aws:userid` and GetCallerIdentity's UserId.
    pub fn user_id(&self) -> String {
        match &self.identity {
            Identity::Root => self.account.id.to_string(),
            Identity::User(user) => user.id.clone(),
            Identity::RoleSession(role) => format!("{}:{}", role.id, self.session_name()),
        }
    }

    /// RoleSessionName; empty for everyone else.
    pub fn session_name(&self) -> &str {
        self.session
            .as_ref()
            .map_or("", |session| session.session_name.as_str())
    }

    /// Is this the root user, in person or through GetSessionToken?
    pub fn is_root(&self) -> bool {
        matches!(self.identity, Identity::Root)
    }

    /// The value of principal tag `key` (any case): session tags win over the entity's own.
    pub(crate) fn principal_tag(&self, key: &str) -> Option<&str> {
        let session = self.session.iter().flat_map(|session| {
            session
                .tags
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str()))
        });
        let own = match &self.identity {
            Identity::Root => &[][..],
            Identity::User(user) => &user.tags[..],
            Identity::RoleSession(role) => &role.tags[..],
        };
        let own = own.iter().map(|tag| (tag.key.as_str(), tag.value.as_str()));
        session
            .chain(own)
            .find(|(held, _)| held.eq_ignore_ascii_case(key))
            .map(|(_, value)| value)
    }

    /// The caller as the policy engine sees it. `account` is the twelve-digit text of the account id.
    pub(crate) fn principal<'a>(&'a self, account: &'a str) -> Principal<'a> {
        let kind = match &self.identity {
            Identity::Root => PrincipalKind::Root,
            Identity::User(user) => PrincipalKind::User {
                arn: &self.arn,
                id: &user.id,
            },
            Identity::RoleSession(role) => PrincipalKind::RoleSession {
                role_arn: &self.principal_arn,
                role_id: &role.id,
                session_arn: &self.arn,
                session_name: self.session_name(),
            },
        };
        Principal { kind, account }
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Caller")
            .field("arn", &self.arn)
            .finish_non_exhaustive()
    }
}
