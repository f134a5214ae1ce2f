//! Who is supposed to call in a question about policies, told by an ARN or a name.

use locum_policy::{Arn, Principal, PrincipalKind};

/// A principal with its own texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supposed {
    kind: Kind,
    account: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Somebody,
    Root,
    User(String),
    Role {
        arn: String,
        session_arn: String,
        session: String,
    },
    FederatedUser {
        arn: String,
        /// Of the user who asked for the session, if that is known.
        user_arn: String,
    },
    Service(String),
    Federated(String),
    Anonymous,
}

/// The session that stands for a role that was named itself.
const SESSION: &str = "simulation";

impl Supposed {
    /// Nobody in particular, of that account.
    #[must_use]
    pub fn somebody(account: &str) -> Supposed {
        Supposed {
            kind: Kind::Somebody,
            account: account.to_owned(),
        }
    }

    /// Reads the ARN of a user, role, session, federated user, root user or provider, the name of a
    /// service (`ec2.amazonaws.com`), or `anonymous`.
    ///
    /// # Errors
    /// A sentence when it is none of these.
    pub fn parse(text: &str) -> Result<Supposed, String> {
        let of = |account: &str, kind| Supposed {
            kind,
            account: account.to_owned(),
        };
        if text == "anonymous" {
            return Ok(of("", Kind::Anonymous));
        }
        let Some(arn) = Arn::parse(text) else {
            return match text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn") {
                true => Ok(of("", Kind::Service(text.to_owned()))),
                false => Err(UNKNOWN.to_owned()),
            };
        };
        let (word, name) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
        let own = || text.to_owned();
        let kind = match (arn.service, word, name) {
            ("iam", "root", "") => Kind::Root,
            ("iam", "user", name) if !name.is_empty() => Kind::User(own()),
            ("iam", "role", name) if !name.is_empty() => {
                let role = name.rsplit('/').next().unwrap_or(name);
                let (partition, account) = (arn.partition, arn.account);
                Kind::Role {
                    arn: own(),
                    session_arn: format!(
                        "arn:{partition}:sts::{account}:assumed-role/{role}/{SESSION}"
                    ),
                    session: SESSION.to_owned(),
                }
            }
            ("sts", "assumed-role", name) => {
                let (role, session) = name.split_once('/').ok_or(UNKNOWN)?;
                let (partition, account) = (arn.partition, arn.account);
                Kind::Role {
                    arn: format!("arn:{partition}:iam::{account}:role/{role}"),
                    session_arn: own(),
                    session: session.to_owned(),
                }
            }
            ("sts", "federated-user", name) if !name.is_empty() => Kind::FederatedUser {
                arn: own(),
                user_arn: String::new(),
            },
            ("iam", "oidc-provider" | "saml-provider", _) => Kind::Federated(own()),
            _ => return Err(UNKNOWN.to_owned()),
        };
        account(arn.account)?;
        Ok(of(arn.account, kind))
    }

    /// The federated user whose session that user asked for, by ARN.
    ///
    /// # Errors
    /// A sentence when it is no federated user, or not of that user's account.
    pub fn with_parent(self, parent: &str) -> Result<Supposed, String> {
        let user = Supposed::parse(parent)?;
        match (self.kind, user.kind) {
            (Kind::FederatedUser { arn, .. }, Kind::User(user_arn))
                if user.account == self.account =>
            {
                Ok(Supposed {
                    kind: Kind::FederatedUser { arn, user_arn },
                    account: self.account,
                })
            }
            _ => Err("a federated user's parent is a user of the same account".to_owned()),
        }
    }

    /// The account, empty for those of none.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// As the engine takes it. Unique ids are not known here: policies that hold ids do not match.
    #[must_use]
    pub fn principal(&self) -> Principal<'_> {
        let kind = match &self.kind {
            Kind::Somebody => PrincipalKind::User { arn: "", id: "" },
            Kind::Root => PrincipalKind::Root,
            Kind::User(arn) => PrincipalKind::User { arn, id: "" },
            Kind::Role {
                arn,
                session_arn,
                session,
            } => PrincipalKind::RoleSession {
                role_arn: arn,
                role_id: "",
                session_arn,
                session_name: session,
            },
            Kind::FederatedUser { arn, user_arn } => PrincipalKind::FederatedUser {
                arn,
                user_arn,
                user_id: "",
            },
            Kind::Service(name) => PrincipalKind::Service { name },
            Kind::Federated(provider) => PrincipalKind::Federated { provider },
            Kind::Anonymous => PrincipalKind::Anonymous,
        };
        Principal {
            kind,
            account: &self.account,
        }
    }
}

/// Reads an account's number.
///
/// # Errors
/// A sentence when it is none.
pub fn account(text: &str) -> Result<String, String> {
    let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    match digits {
        true => Ok(text.to_owned()),
        false => Err("an account is twelve digits".to_owned()),
    }
}

const UNKNOWN: &str = "it is the ARN of a user, role, session, root user or provider, a service such as \
                       ec2.amazonaws.com, or anonymous";
