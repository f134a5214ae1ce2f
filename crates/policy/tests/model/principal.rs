//! Principals (section 4): whom an element names, and how.

use locum_policy::PrincipalKind;

use super::document::Element;
use super::truth::{Truth, truth};
use super::{Question, arn};

/// What a caller named by a resource's policy still needs (the table of 7.1), least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needs {
    /// Implicit denies are all ignored.
    Nothing,
    /// The boundary and the session policies must allow.
    BoundaryAndSession,
    /// Its account is named: the identity policies must allow as well.
    Everything,
}

/// How one entry of an element names the caller, if it does.
fn named(kind: &str, name: &str, question: &Question<'_>) -> Option<Needs> {
    if name == "*" && ["", "AWS"].contains(&kind) {
        return Some(Needs::Nothing);
    }
    let exactly = |hit: bool, needs: Needs| hit.then_some(needs);
    match (kind, question.caller) {
        ("Service", PrincipalKind::Service { name: caller }) => {
            exactly(name == caller, Needs::Nothing)
        }
        ("Federated", PrincipalKind::Federated { provider }) => {
            exactly(name == provider, Needs::Nothing)
        }
        ("AWS", caller) => {
            if is_account(name, question) {
                return Some(match caller {
                    PrincipalKind::Root => Needs::Nothing,
                    _ => Needs::Everything,
                });
            }
            named_directly(name, caller)
        }
        _ => None,
    }
}

/// Users, roles and sessions, by their ARN or by the unique id that saving makes of it.
fn named_directly(name: &str, caller: PrincipalKind<'_>) -> Option<Needs> {
    match caller {
        PrincipalKind::User { arn, id } => (name == arn || name == id).then_some(Needs::Nothing),
        PrincipalKind::RoleSession {
            role_arn,
            role_id,
            session_arn,
            session_name,
        } => {
            if name == session_arn || name == format!("{role_id}:{session_name}") {
                Some(Needs::Nothing)
            } else if name == role_arn || name == role_id {
                Some(Needs::BoundaryAndSession)
            } else {
                None
            }
        }
        PrincipalKind::FederatedUser {
            arn,
            user_arn,
            user_id,
        } => {
            if name == arn {
                Some(Needs::Nothing)
            } else if name == user_arn || name == user_id {
                Some(Needs::BoundaryAndSession)
            } else {
                None
            }
        }
        _ => None,
    }
}

/// `123456789012` or `arn:aws:iam::123456789012:root`, in the caller's own partition.
fn is_account(name: &str, question: &Question<'_>) -> bool {
    if question.account.is_empty() {
        return false;
    }
    if name == question.account {
        return true;
    }
    let Some([_, named, "iam", "", account, "root"]) = arn::split(name) else {
        return false;
    };
    account == question.account && partition(question).is_none_or(|own| own == named)
}

/// The caller's partition. A root user comes without an ARN: partitions do not meet, so it is of
/// that of what it asks for, and of none in particular when that is `*`.
fn partition<'a>(question: &Question<'a>) -> Option<&'a str> {
    let arn = match question.caller {
        PrincipalKind::User { arn, .. } | PrincipalKind::FederatedUser { arn, .. } => arn,
        PrincipalKind::RoleSession { role_arn, .. } => role_arn,
        _ => question.resource,
    };
    arn::split(arn).map(|[_, partition, ..]| partition)
}

/// Whether an element hits the caller, and what an Allow of it leaves to be asked.
pub(crate) fn hits(
    element: &Element<(String, String)>,
    question: &Question<'_>,
) -> (Truth, Option<Needs>) {
    if element.not {
        return (truth(!is_left_out(element, question)), None);
    }
    let needs = element
        .items
        .iter()
        .filter_map(|(kind, name)| named(kind, name, question))
        .min();
    (truth(needs.is_some()), needs)
}

/// NotPrincipal leaves out only whom it lists with all of their identities: "the account and role
/// are checked too".
fn is_left_out(element: &Element<(String, String)>, question: &Question<'_>) -> bool {
    let lists = |test: &dyn Fn(&str, &str) -> bool| {
        let mut items = element.items.iter();
        items.any(|(kind, name)| test(kind, name))
    };
    if lists(&|kind, name| name == "*" && ["", "AWS"].contains(&kind)) {
        return true;
    }
    let aws = |wanted: &[&str]| lists(&|kind, name| kind == "AWS" && wanted.contains(&name));
    let account = lists(&|kind, name| kind == "AWS" && is_account(name, question));
    match question.caller {
        PrincipalKind::Root => account,
        PrincipalKind::User { arn, id } => account && aws(&[arn, id]),
        PrincipalKind::RoleSession {
            role_arn,
            role_id,
            session_arn,
            session_name,
        } => {
            let session = format!("{role_id}:{session_name}");
            account && aws(&[role_arn, role_id]) && aws(&[session_arn, &session])
        }
        PrincipalKind::FederatedUser {
            arn,
            user_arn,
            user_id,
        } => account && aws(&[user_arn, user_id]) && aws(&[arn]),
        PrincipalKind::Service { name: caller } => {
            lists(&|kind, name| kind == "Service" && name == caller)
        }
        PrincipalKind::Federated { provider } => {
            lists(&|kind, name| kind == "Federated" && name == provider)
        }
        PrincipalKind::Anonymous => false,
    }
}
