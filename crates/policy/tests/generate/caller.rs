//! Callers of every kind, and the names by which policies may mean them.

use locum_policy::{Principal, PrincipalKind};

use super::Random;

pub(crate) const HOME: &str = "111122223333";
pub(crate) const AWAY: &str = "444455556666";

/// Who asks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Root,
    User {
        arn: String,
        id: String,
    },
    Role(Box<Role>),
    FederatedUser {
        arn: String,
        user_arn: String,
        user_id: String,
    },
    Federated {
        provider: String,
    },
    Service {
        name: String,
    },
    Anonymous,
}

/// A session of a role.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Role {
    role_arn: String,
    role_id: String,
    session_arn: String,
    session_name: String,
}

const USERS: &[&str] = &["ada", "eve", "Ada", "ada2"];
const ROLES: &[&str] = &["Deploy", "deploy", "Deploy2", "x"];
const PATHS: &[&str] = &["", "app/", "team/a/"];
const SESSIONS: &[&str] = &["run-7", "run-71", "ada", "a:b"];
const SERVICES: &[&str] = &["ec2.amazonaws.com", "lambda.amazonaws.com"];
const PROVIDERS: &[&str] = &[
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "arn:aws:iam::111122223333:oidc-provider/idp.example.com",
    "arn:aws:iam::111122223333:saml-provider/corp",
];

/// Twenty letters made of a name and what it belongs to.
fn unique_id(prefix: &str, account: &str, name: &str) -> String {
    let letters = name.bytes().map(|byte| match byte {
        b'a'..=b'z' => char::from(byte.to_ascii_uppercase()),
        b'A'..=b'Z' => char::from(b'2' + byte % 8),
        _ => '7',
    });
    let name: String = letters.collect();
    let first = account.get(..1).unwrap_or("0");
    format!("{prefix}{:Z<16}", format!("A{first}{name}"))
}

impl Caller {
    pub(crate) fn generate(random: &mut Random) -> Caller {
        let account = if random.chance(75) { HOME } else { AWAY };
        let partition = if random.chance(95) { "aws" } else { "aws-cn" };
        let path = *random.pick(PATHS);
        let user = *random.pick(USERS);
        let user_arn = format!("arn:{partition}:iam::{account}:user/{path}{user}");
        let user_id = unique_id("AIDA", account, user);
        let kind = match random.below(100) {
            0..32 => Kind::User {
                arn: user_arn,
                id: user_id,
            },
            32..65 => {
                let role = *random.pick(ROLES);
                let session = *random.pick(SESSIONS);
                Kind::Role(Box::new(Role {
                    role_arn: format!("arn:{partition}:iam::{account}:role/{path}{role}"),
                    role_id: unique_id("AROA", account, role),
                    session_arn: format!(
                        "arn:{partition}:sts::{account}:assumed-role/{role}/{session}"
                    ),
                    session_name: session.to_owned(),
                }))
            }
            65..77 => Kind::FederatedUser {
                arn: format!("arn:{partition}:sts::{account}:federated-user/{user}"),
                user_arn,
                user_id,
            },
            77..85 => Kind::Root,
            85..90 => Kind::Service {
                name: (*random.pick(SERVICES)).to_owned(),
            },
            90..95 => Kind::Federated {
                provider: (*random.pick(PROVIDERS)).to_owned(),
            },
            _ => Kind::Anonymous,
        };
        let account = match kind {
            Kind::Service { .. } | Kind::Federated { .. } | Kind::Anonymous => "",
            _ => account,
        };
        Caller {
            account: account.to_owned(),
            kind,
        }
    }

    pub(crate) fn principal(&self) -> Principal<'_> {
        Principal {
            kind: self.kind(),
            account: &self.account,
        }
    }

    pub(crate) fn kind(&self) -> PrincipalKind<'_> {
        match &self.kind {
            Kind::Root => PrincipalKind::Root,
            Kind::User { arn, id } => PrincipalKind::User { arn, id },
            Kind::Role(role) => PrincipalKind::RoleSession {
                role_arn: &role.role_arn,
                role_id: &role.role_id,
                session_arn: &role.session_arn,
                session_name: &role.session_name,
            },
            Kind::FederatedUser {
                arn,
                user_arn,
                user_id,
            } => PrincipalKind::FederatedUser {
                arn,
                user_arn,
                user_id,
            },
            Kind::Federated { provider } => PrincipalKind::Federated { provider },
            Kind::Service { name } => PrincipalKind::Service { name },
            Kind::Anonymous => PrincipalKind::Anonymous,
        }
    }

    /// Whether it has policies of its own: identity, boundary, session.
    pub(crate) fn has_policies(&self) -> bool {
        matches!(
            self.kind,
            Kind::User { .. } | Kind::Role(_) | Kind::FederatedUser { .. }
        )
    }

    /// Whether it belongs to an account.
    pub(crate) fn has_account(&self) -> bool {
        !self.account.is_empty()
    }

    /// The value of `aws:PrincipalArn`.
    pub(crate) fn arn(&self) -> Option<String> {
        Some(match &self.kind {
            Kind::Root => format!("arn:aws:iam::{}:root", self.account),
            Kind::User { arn, .. } | Kind::FederatedUser { arn, .. } => arn.clone(),
            Kind::Role(role) => role.role_arn.clone(),
            _ => return None,
        })
    }

    /// Every way in which an element may list this caller.
    pub(crate) fn names(&self) -> Vec<(&'static str, String)> {
        let account = &self.account;
        let mut names = Vec::new();
        if self.has_account() {
            names.push(("AWS", account.clone()));
            names.push(("AWS", format!("arn:aws:iam::{account}:root")));
        }
        match &self.kind {
            Kind::User { arn, id } => {
                names.extend([("AWS", arn.clone()), ("AWS", id.clone())]);
            }
            Kind::Role(role) => {
                names.extend([
                    ("AWS", role.role_arn.clone()),
                    ("AWS", role.role_id.clone()),
                ]);
                names.push(("AWS", role.session_arn.clone()));
                names.push(("AWS", format!("{}:{}", role.role_id, role.session_name)));
            }
            Kind::FederatedUser {
                arn,
                user_arn,
                user_id,
            } => {
                names.extend([("AWS", user_arn.clone()), ("AWS", user_id.clone())]);
                names.push(("AWS", arn.clone()));
            }
            Kind::Federated { provider } => names.push(("Federated", provider.clone())),
            Kind::Service { name } => names.push(("Service", name.clone())),
            Kind::Root | Kind::Anonymous => {}
        }
        names
    }
}
