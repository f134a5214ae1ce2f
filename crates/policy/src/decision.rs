//! The answer: allowed or not, and why, in AWS's words.

/// The types of policies that take part in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyType {
    /// A user's, group's or role's own policy.
    Identity,
    /// A policy of the resource.
    Resource,
    /// The trust policy of a role.
    RoleTrust,
    /// A policy passed when the session was made.
    Session,
    /// A permissions boundary.
    Boundary,
    /// A service control policy of the organization.
    Scp,
    /// A resource control policy of the organization.
    Rcp,
}

/// Names one statement among the policies of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatementRef {
    /// Which list of policies.
    pub policy_type: PolicyType,
    /// Index of the policy in its slice.
    pub policy: usize,
    /// Index of the statement in its document.
    pub statement: usize,
}

/// Why a decision is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The Allow that decided.
    Allowed(StatementRef),
    /// The root user of the resource's account: allowed without a policy.
    Root,
    /// The Deny that decided.
    ExplicitDeny(StatementRef),
    /// The policy type that lacked an Allow.
    NoAllow(PolicyType),
    /// A cross-account refusal without an explicit Deny: AWS tells the caller no reason.
    CrossAccount,
}

/// The answer of [`decide`](crate::decide).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    reason: Reason,
    cross_account: bool,
}

impl Decision {
    pub(crate) fn new(reason: Reason, cross_account: bool) -> Decision {
        Decision {
            reason,
            cross_account,
        }
    }

    /// Whether the request may go on.
    pub fn is_allowed(&self) -> bool {
        matches!(self.reason, Reason::Allowed(_) | Reason::Root)
    }

    /// Why.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// Whether the caller and the resource belong to different accounts.
    pub fn is_cross_account(&self) -> bool {
        self.cross_account
    }

    /// AWS's sentence for the caller of a refused request.
    pub fn sentence(&self, caller_arn: &str, action: &str, resource: &str) -> String {
        format!("User: {caller_arn} is not authorized to perform: {action} on resource: {resource}")
    }
}
