//! Principals as policies name them, and whether the one who asks is meant.

use crate::arn::Arn;
use crate::document::PrincipalType;
use crate::question::Question;
use crate::request::{Principal, PrincipalKind};
use crate::truth::Truth;

/// One entry of a `Principal` or `NotPrincipal` element, compiled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PrincipalPattern {
    /// `*`
    Everyone,
    /// An account, by number (any partition) or by the ARN of its root user.
    Account {
        partition: Option<Box<str>>,
        account: Box<str>,
    },
    /// `AIDA…`
    UserId(Box<str>),
    /// `AROA…`
    RoleId(Box<str>),
    /// `AROA…:session`
    RoleSession {
        role_id: Box<str>,
        session: Box<str>,
    },
    /// A user's ARN in a document that was not bound to unique ids.
    User(Box<str>),
    /// A role's ARN, likewise.
    Role(Box<str>),
    /// `arn:aws:sts::A:assumed-role/name/session`, likewise.
    AssumedRole(Box<str>),
    /// `arn:aws:sts::A:federated-user/name`
    FederatedUser(Box<str>),
    /// An identity provider; `*` for any.
    Provider(Box<str>),
    /// A service principal; `*` for any.
    Service(Box<str>),
    /// Somebody who cannot ask here (canonical users of S3).
    Nobody,
}

/// How an Allow of a resource's policy names the caller: what else the caller still needs
/// (reference: the interaction table of the evaluation rules).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grant {
    /// Not at all.
    None,
    /// By account: the caller's own policies decide.
    Delegated,
    /// As the role of a session or the user of a federated one: boundary and session policies
    /// still count, identity policies do not.
    Limited,
    /// As itself: nothing but an explicit Deny counts.
    Full,
}

impl PrincipalPattern {
    /// Compiles one entry; `None` when it is no principal of that type.
    pub(crate) fn compile(kind: PrincipalType, text: &str) -> Option<PrincipalPattern> {
        match kind {
            PrincipalType::Everyone => Some(PrincipalPattern::Everyone),
            PrincipalType::Aws => aws(text),
            PrincipalType::Federated => {
                is_provider(text).then(|| PrincipalPattern::Provider(text.into()))
            }
            PrincipalType::Service => {
                is_service(text).then(|| PrincipalPattern::Service(text.into()))
            }
            PrincipalType::CanonicalUser => {
                let hex = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                hex.then_some(PrincipalPattern::Nobody)
            }
        }
    }

    /// How this entry grants to the caller.
    pub(crate) fn grant(&self, question: &Question<'_>) -> Grant {
        let caller = question.principal;
        use PrincipalKind as Kind;
        use PrincipalPattern as Named;
        let grant_if = |matched: bool, grant| if matched { grant } else { Grant::None };
        match (self, &caller.kind) {
            (Named::Everyone, _) => Grant::Full,
            (Named::Account { .. }, Kind::Root) => {
                grant_if(self.is_account_of(question), Grant::Full)
            }
            (Named::Account { .. }, _) => grant_if(self.is_account_of(question), Grant::Delegated),
            (Named::UserId(named), Kind::User { id, .. }) => grant_if(**named == **id, Grant::Full),
            (Named::User(named), Kind::User { arn, .. }) => grant_if(**named == **arn, Grant::Full),
            (Named::UserId(named), Kind::FederatedUser { user_id, .. }) => {
                grant_if(**named == **user_id, Grant::Limited)
            }
            (Named::User(named), Kind::FederatedUser { user_arn, .. }) => {
                grant_if(**named == **user_arn, Grant::Limited)
            }
            (Named::RoleId(named), Kind::RoleSession { role_id, .. }) => {
                grant_if(**named == **role_id, Grant::Limited)
            }
            (Named::Role(named), Kind::RoleSession { role_arn, .. }) => {
                grant_if(**named == **role_arn, Grant::Limited)
            }
            _ => grant_if(self.names_session(caller), Grant::Full),
        }
    }

    /// Whether the entry names the session, the provider or the service that asks.
    fn names_session(&self, caller: &Principal<'_>) -> bool {
        use PrincipalKind as Kind;
        use PrincipalPattern as Named;
        match (self, &caller.kind) {
            (
                Named::RoleSession {
                    role_id: named_id,
                    session,
                },
                Kind::RoleSession {
                    role_id,
                    session_name,
                    ..
                },
            ) => **named_id == **role_id && **session == **session_name,
            (Named::AssumedRole(named), Kind::RoleSession { session_arn, .. }) => {
                **named == **session_arn
            }
            (Named::FederatedUser(named), Kind::FederatedUser { arn, .. }) => **named == **arn,
            (Named::Provider(named), Kind::Federated { provider }) => {
                **named == *"*" || **named == **provider
            }
            (Named::Service(named), Kind::Service { name }) => **named == *"*" || **named == **name,
            _ => false,
        }
    }

    /// Whether this is the caller's account.
    fn is_account_of(&self, question: &Question<'_>) -> bool {
        let caller = question.principal;
        let PrincipalPattern::Account {
            partition: named,
            account,
        } = self
        else {
            return false;
        };
        let owned = matches!(
            caller.kind,
            PrincipalKind::Root
                | PrincipalKind::User { .. }
                | PrincipalKind::RoleSession { .. }
                | PrincipalKind::FederatedUser { .. }
        );
        let same_partition = || match (named, question.partition()) {
            (Some(named), Some(partition)) => **named == *partition,
            _ => true,
        };
        owned && **account == *caller.account && same_partition()
    }
}

/// Whether the caller is exempt from a Deny with `NotPrincipal`: every identity that it carries
/// (account, user or role, session) must be listed, because each of them is checked.
pub(crate) fn is_exempt(listed: &[PrincipalPattern], question: &Question<'_>) -> bool {
    let any = |test: &dyn Fn(&PrincipalPattern) -> bool| listed.iter().any(test);
    if any(&|entry| *entry == PrincipalPattern::Everyone) {
        return true;
    }
    let account = || any(&|entry| entry.is_account_of(question));
    let grant = |grant| any(&|entry| entry.grant(question) == grant);
    match question.principal.kind {
        PrincipalKind::Root => account(),
        PrincipalKind::User { .. } => account() && grant(Grant::Full),
        PrincipalKind::RoleSession { .. } | PrincipalKind::FederatedUser { .. } => {
            account() && grant(Grant::Limited) && grant(Grant::Full)
        }
        PrincipalKind::Federated { .. } | PrincipalKind::Service { .. } => grant(Grant::Full),
        PrincipalKind::Anonymous => false,
    }
}

/// Whether a Deny with `Principal` means the caller.
pub(crate) fn is_denied(listed: &[PrincipalPattern], question: &Question<'_>) -> Truth {
    let mut listed = listed.iter();
    listed
        .any(|entry| entry.grant(question) > Grant::None)
        .into()
}

/// The partition of the caller's ARN, if it has one.
pub(crate) fn partition_of<'a>(caller: &Principal<'a>) -> Option<&'a str> {
    let arn = match caller.kind {
        PrincipalKind::User { arn, .. } | PrincipalKind::FederatedUser { arn, .. } => arn,
        PrincipalKind::RoleSession { role_arn, .. } => role_arn,
        _ => return None,
    };
    Arn::parse(arn).map(|arn| arn.partition)
}

/// What an `AWS` principal is, before any binding.
pub(crate) fn aws(text: &str) -> Option<PrincipalPattern> {
    if text == "*" {
        return Some(PrincipalPattern::Everyone);
    }
    if is_account(text) {
        return Some(PrincipalPattern::Account {
            partition: None,
            account: text.into(),
        });
    }
    if let Some(id) = unique_id(text) {
        return Some(id);
    }
    let plain = |c: char| !matches!(c, '*' | '?' | '$' | '{' | '}') && c.is_ascii_graphic();
    let arn = Arn::parse(text).filter(|_| text.chars().all(plain))?;
    if !arn.region.is_empty() || !is_account(arn.account) {
        return None;
    }
    let (kind, name) = arn.resource.split_once('/').unwrap_or((arn.resource, ""));
    let path_and_name = !name.is_empty() && name.split('/').all(|part| !part.is_empty());
    let whole = || text.into();
    match (arn.service, kind) {
        ("iam", "root") if arn.resource == "root" => Some(PrincipalPattern::Account {
            partition: Some(arn.partition.into()),
            account: arn.account.into(),
        }),
        ("iam", "user") if path_and_name => Some(PrincipalPattern::User(whole())),
        ("iam", "role") if path_and_name => Some(PrincipalPattern::Role(whole())),
        ("sts", "assumed-role")
            if path_and_name && name.matches('/').count() == 1 && !name.contains(':') =>
        {
            Some(PrincipalPattern::AssumedRole(whole()))
        }
        ("sts", "federated-user") if path_and_name && !name.contains('/') => {
            Some(PrincipalPattern::FederatedUser(whole()))
        }
        _ => None,
    }
}

fn unique_id(text: &str) -> Option<PrincipalPattern> {
    let (id, session) = match text.split_once(':') {
        Some((id, session)) => (id, Some(session)),
        None => (text, None),
    };
    let shaped = id.len() >= 16
        && id
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !shaped {
        return None;
    }
    match (id.get(..4)?, session) {
        ("AIDA", None) => Some(PrincipalPattern::UserId(id.into())),
        ("AROA", None) => Some(PrincipalPattern::RoleId(id.into())),
        ("AROA", Some(session)) if !session.is_empty() && !session.contains(['*', '?', ':']) => {
            Some(PrincipalPattern::RoleSession {
                role_id: id.into(),
                session: session.into(),
            })
        }
        _ => None,
    }
}

/// Twelve digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The ARN of a provider in IAM, or the host name of a built-in one.
fn is_provider(text: &str) -> bool {
    match Arn::parse(text) {
        Some(arn) => {
            arn.service == "iam"
                && arn.region.is_empty()
                && is_account(arn.account)
                && ["saml-provider/", "oidc-provider/"].iter().any(|prefix| {
                    arn.resource
                        .strip_prefix(prefix)
                        .is_some_and(|name| !name.is_empty() && !name.contains(['*', '?', '$']))
                })
        }
        None => text == "*" || (is_host(text) && text.contains('.')),
    }
}

/// `ec2.amazonaws.com` and its like, in every partition.
fn is_service(text: &str) -> bool {
    let domains = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".amazon.com",
        ".aws.internal",
        ".aws.com",
    ];
    let named = domains.iter().any(|domain| {
        text.strip_suffix(domain)
            .is_some_and(|name| !name.is_empty())
    });
    text == "*" || (named && is_host(text))
}

fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.bytes().all(plain)
    };
    text.split('.').all(label)
}
