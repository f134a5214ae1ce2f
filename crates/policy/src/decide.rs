//! The decision: one evaluation order over all policies that bear on a request.
//!
//! 1. An explicit Deny anywhere ends it: the resource's policy, then identity, then session.
//! 2. The resource's policy grants: to the caller itself, to its role or user, to its account, or
//!    not at all.
//! 3. Same account: the grant decides which of the caller's policies still count. Across accounts
//!    both sides must allow.

use crate::arn::Arn;
use crate::decision::{Decision, PolicyType, Reason, StatementRef};
use crate::limits::ACTION_BYTES_MAX;
use crate::policy::{Policy, Question};
use crate::principal::{Grant, partition_of};
use crate::request::{Policies, PrincipalKind, Request, ResourceRule};

/// Answers `request` from `policies`: denied unless something allows it, and whatever allows it,
/// denied when anything denies it. Allocates nothing unless a pattern is unusually long.
pub fn decide(request: &Request<'_>, policies: &Policies<'_>) -> Decision {
    let cross_account = is_cross_account(request, policies);
    let mut buffer = [0; ACTION_BYTES_MAX];
    let question = question(request, &mut buffer);
    let reason = match question {
        Some(question) => match explicit_deny(&question, policies) {
            Some(denied) => Reason::ExplicitDeny(denied),
            None if cross_account => across(&question, policies),
            None => within(&question, policies),
        },
        // No action that any policy could name.
        None if cross_account => Reason::CrossAccount,
        None => Reason::NoAllow(PolicyType::Identity),
    };
    Decision::new(reason, cross_account)
}

/// Prepares the request; `None` when its action is none.
fn question<'a>(request: &Request<'a>, buffer: &'a mut [u8]) -> Option<Question<'a>> {
    let action = buffer.get_mut(..request.action.len())?;
    action.copy_from_slice(request.action.as_bytes());
    action.make_ascii_lowercase();
    let (service, name) = std::str::from_utf8(action).ok()?.split_once(':')?;
    let resource = Arn::parse(request.resource);
    let partition = partition_of(request.principal).or(resource.map(|arn| arn.partition));
    Some(Question {
        service,
        name,
        resource,
        partition,
        principal: request.principal,
        context: request.context,
    })
}

fn is_cross_account(request: &Request<'_>, policies: &Policies<'_>) -> bool {
    let account = request.principal.account;
    match request.principal.kind {
        PrincipalKind::Root
        | PrincipalKind::User { .. }
        | PrincipalKind::RoleSession { .. }
        | PrincipalKind::FederatedUser { .. } => {
            account.is_empty() || account != policies.resource_account
        }
        PrincipalKind::Federated { .. }
        | PrincipalKind::Service { .. }
        | PrincipalKind::Anonymous => false,
    }
}

fn resource_type(policies: &Policies<'_>) -> PolicyType {
    match policies.resource_rule {
        ResourceRule::Standard => PolicyType::Resource,
        ResourceRule::Trust => PolicyType::RoleTrust,
    }
}

fn explicit_deny(question: &Question<'_>, policies: &Policies<'_>) -> Option<StatementRef> {
    let resource = policies.resource.and_then(|policy| {
        policy
            .resource_deny(question)
            .map(|statement| StatementRef {
                policy_type: resource_type(policies),
                policy: 0,
                statement,
            })
    });
    let session = policies.session.unwrap_or_default();
    resource
        .or_else(|| {
            first(PolicyType::Identity, policies.identity, |policy| {
                policy.identity_deny(question)
            })
        })
        .or_else(|| {
            first(PolicyType::Session, session, |policy| {
                policy.identity_deny(question)
            })
        })
}

/// The first policy of a list that answers, and its statement.
fn first(
    policy_type: PolicyType,
    policies: &[&Policy],
    answer: impl Fn(&Policy) -> Option<usize>,
) -> Option<StatementRef> {
    let mut policies = policies.iter().enumerate();
    policies.find_map(|(policy, compiled)| {
        answer(compiled).map(|statement| StatementRef {
            policy_type,
            policy,
            statement,
        })
    })
}

/// What the resource's policy grants.
fn resource_grant(question: &Question<'_>, policies: &Policies<'_>) -> (Grant, StatementRef) {
    let (grant, statement) = policies
        .resource
        .map_or((Grant::None, 0), |policy| policy.resource_grant(question));
    let granted = StatementRef {
        policy_type: resource_type(policies),
        policy: 0,
        statement,
    };
    (grant, granted)
}

/// The Allow of the caller's identity policies, if its session policies allow as well.
fn caller_allow(
    question: &Question<'_>,
    policies: &Policies<'_>,
) -> Result<StatementRef, PolicyType> {
    let identity = first(PolicyType::Identity, policies.identity, |policy| {
        policy.identity_allow(question)
    });
    let identity = identity.ok_or(PolicyType::Identity)?;
    session_allow(question, policies)?;
    Ok(identity)
}

/// Whether the session policies let it pass. A federated user has only what was passed to it; a
/// role session without session policies has all that the role has.
fn session_allow(question: &Question<'_>, policies: &Policies<'_>) -> Result<(), PolicyType> {
    match policies.session {
        Some(session) => {
            let allow = |policy: &Policy| policy.identity_allow(question);
            match first(PolicyType::Session, session, allow) {
                Some(_) => Ok(()),
                None => Err(PolicyType::Session),
            }
        }
        None => match question.principal.kind {
            PrincipalKind::FederatedUser { .. } => Err(PolicyType::Session),
            _ => Ok(()),
        },
    }
}

/// Caller and resource in the same account, or a caller of no account.
fn within(question: &Question<'_>, policies: &Policies<'_>) -> Reason {
    let trust = policies.resource_rule == ResourceRule::Trust;
    if matches!(question.principal.kind, PrincipalKind::Root) && !trust {
        return Reason::Root;
    }
    let (grant, granted) = resource_grant(question, policies);
    let alone = !matches!(
        question.principal.kind,
        PrincipalKind::User { .. }
            | PrincipalKind::RoleSession { .. }
            | PrincipalKind::FederatedUser { .. }
    );
    match grant {
        Grant::Full => Reason::Allowed(granted),
        _ if alone => Reason::NoAllow(resource_type(policies)),
        Grant::Limited => match session_allow(question, policies) {
            Ok(()) => Reason::Allowed(granted),
            Err(lacking) => Reason::NoAllow(lacking),
        },
        // A caller that its own policies do not allow hears only that: whether the role is there and
        // whom it trusts is not for them to learn.
        Grant::None if trust => match caller_allow(question, policies) {
            Ok(_) => Reason::NoAllow(PolicyType::RoleTrust),
            Err(lacking) => Reason::NoAllow(lacking),
        },
        Grant::Delegated | Grant::None => match caller_allow(question, policies) {
            Ok(allowed) => Reason::Allowed(allowed),
            Err(lacking) => Reason::NoAllow(lacking),
        },
    }
}

/// Across accounts: the resource's policy must grant in whatever way, and the caller's own
/// policies must allow. A root user has none and needs none.
fn across(question: &Question<'_>, policies: &Policies<'_>) -> Reason {
    let (grant, granted) = resource_grant(question, policies);
    if grant == Grant::None {
        return Reason::CrossAccount;
    }
    if matches!(question.principal.kind, PrincipalKind::Root) {
        return Reason::Allowed(granted);
    }
    match caller_allow(question, policies) {
        Ok(_) => Reason::Allowed(granted),
        Err(_) => Reason::CrossAccount,
    }
}
