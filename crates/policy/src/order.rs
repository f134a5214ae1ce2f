//! The evaluation order: which types of policies are asked, in which order, and what a caller needs.
//!
//! 1. An explicit Deny anywhere ends it.
//! 2. The organization's policies must allow at every level.
//! 3. The resource's policy grants: to the caller itself, to its role or user, to its account, or not
//!    at all. That, and whose account it is, decides what else must allow ([`needed`]).

use crate::decision::{PolicyType, Reason, StatementRef};
use crate::principal::Grant;
use crate::request::{Policies, PrincipalKind, Request, ResourceRule};
use crate::text::same;

/// What the policies of each type answer; `Resource` stands for a role's trust policy as well.
pub(crate) trait Answers {
    /// The first Deny that applies.
    fn deny(&self, policy_type: PolicyType) -> Option<StatementRef>;

    /// Whether the type lets the request pass.
    fn allow(&self, policy_type: PolicyType) -> Answer;

    /// The strongest grant of the resource's policy, and its statement.
    fn grant(&self) -> Option<(Grant, StatementRef)>;
}

/// What one type says of a request that nothing denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// An Allow applies.
    Allowed(StatementRef),
    /// There is none of this type, and none is needed.
    NotAsked,
    /// No Allow applies.
    Lacking,
}

/// Where caller and resource stand to each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation {
    caller: Caller,
    pub(crate) across: bool,
    rule: ResourceRule,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    /// A user, or a session of a role or a user.
    Member,
    /// The root user: needs no identity policy.
    Root,
    /// A service, somebody whom an identity provider vouches for, nobody known: no policies of its own.
    Outside,
}

impl Situation {
    #[inline]
    pub(crate) fn of(request: &Request<'_>, policies: &Policies<'_>) -> Situation {
        let account = request.principal.account;
        let caller = match request.principal.kind {
            PrincipalKind::Root => Caller::Root,
            PrincipalKind::User { .. }
            | PrincipalKind::RoleSession { .. }
            | PrincipalKind::FederatedUser { .. } => Caller::Member,
            PrincipalKind::Federated { .. }
            | PrincipalKind::Service { .. }
            | PrincipalKind::Anonymous => Caller::Outside,
        };
        let owner = policies.resource_account;
        let at_home = !account.is_empty() && same(account.as_bytes(), owner.as_bytes());
        Situation {
            caller,
            across: caller != Caller::Outside && !at_home,
            rule: policies.resource_rule,
        }
    }

    /// What the resource's policy is called.
    pub(crate) fn resource_type(&self) -> PolicyType {
        match self.rule {
            ResourceRule::Standard | ResourceRule::KeyPolicy => PolicyType::Resource,
            ResourceRule::Trust => PolicyType::RoleTrust,
        }
    }

    /// Why a request without an action that any policy could name is refused.
    pub(crate) fn nothing_asked(&self) -> Reason {
        self.refused(PolicyType::Identity)
    }

    fn refused(&self, lacking: PolicyType) -> Reason {
        let lacking = match lacking {
            PolicyType::Resource => self.resource_type(),
            lacking => lacking,
        };
        match self.across {
            true => Reason::CrossAccount(lacking),
            false => Reason::NoAllow(lacking),
        }
    }
}

/// What must allow beside the organization's policies.
struct Needed {
    identity: bool,
    /// Boundary and session policies.
    limits: bool,
    /// The resource's policy, which should have granted and did not.
    resource: bool,
}

impl Needed {
    const NOTHING: Needed = Needed {
        identity: false,
        limits: false,
        resource: false,
    };
    const LIMITS: Needed = Needed {
        limits: true,
        ..Needed::NOTHING
    };
    const CALLERS: Needed = Needed {
        identity: true,
        ..Needed::LIMITS
    };
    const ALL: Needed = Needed {
        resource: true,
        ..Needed::CALLERS
    };
    const RESOURCE: Needed = Needed {
        resource: true,
        ..Needed::NOTHING
    };

    /// The interaction table of the evaluation rules in the reference.
    fn by(situation: &Situation, grant: Grant) -> Needed {
        let granted = grant > Grant::None;
        match (situation.caller, grant) {
            (Caller::Outside, Grant::Full) => Needed::NOTHING,
            (Caller::Outside, _) => Needed::RESOURCE,
            // Across accounts both sides must allow, and silence blocks whatever is named.
            _ if situation.across && granted => Needed::CALLERS,
            _ if situation.across => Needed::ALL,
            (Caller::Member, Grant::Full) => Needed::NOTHING,
            // A root user's session has what was passed to it, and no more.
            (Caller::Member, Grant::Limited) | (Caller::Root, Grant::Full | Grant::Limited) => {
                Needed::LIMITS
            }
            (_, Grant::None) if situation.rule.must_grant() => Needed::ALL,
            (_, Grant::Delegated | Grant::None) => Needed::CALLERS,
        }
    }
}

/// The Deny that decides: the first, in the order in which types are named when several deny.
fn explicit_deny(answers: &impl Answers) -> Option<StatementRef> {
    answers
        .deny(PolicyType::Scp)
        .or_else(|| answers.deny(PolicyType::Rcp))
        .or_else(|| answers.deny(PolicyType::Resource))
        .or_else(|| answers.deny(PolicyType::Identity))
        .or_else(|| answers.deny(PolicyType::Boundary))
        .or_else(|| answers.deny(PolicyType::Session))
}

/// The reason, whichever it is.
#[inline(always)]
pub(crate) fn reason(situation: &Situation, answers: &impl Answers) -> Reason {
    if let Some(denied) = explicit_deny(answers) {
        return Reason::ExplicitDeny(denied);
    }
    let granted = answers.grant();
    let grant = granted.map_or(Grant::None, |(grant, _)| grant);
    let mut allowed = granted.map(|(_, statement)| statement);
    if grant == Grant::Delegated && !situation.across {
        // The account's own policy is what decides.
        allowed = None;
    }
    let needed = Needed::by(situation, grant);
    let is_lacking = |policy_type| answers.allow(policy_type) == Answer::Lacking;
    if is_lacking(PolicyType::Scp) {
        return situation.refused(PolicyType::Scp);
    }
    if is_lacking(PolicyType::Rcp) {
        return situation.refused(PolicyType::Rcp);
    }
    if needed.identity {
        match answers.allow(PolicyType::Identity) {
            Answer::Lacking => return situation.refused(PolicyType::Identity),
            Answer::Allowed(statement) => allowed = allowed.or(Some(statement)),
            Answer::NotAsked => {}
        }
    }
    if needed.limits && is_lacking(PolicyType::Boundary) {
        return situation.refused(PolicyType::Boundary);
    }
    if needed.limits && is_lacking(PolicyType::Session) {
        return situation.refused(PolicyType::Session);
    }
    // Last: a caller that its own policies do not allow hears only that; whether a role is there and
    // whom it trusts is not for them.
    if needed.resource {
        return situation.refused(PolicyType::Resource);
    }
    match allowed {
        _ if situation.caller == Caller::Root
            && !situation.across
            && !situation.rule.must_grant() =>
        {
            Reason::Root
        }
        Some(statement) => Reason::Allowed(statement),
        None => situation.refused(PolicyType::Identity),
    }
}
