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
    /// Index of the policy in its slice; documents that were joined count one by one, and those of
    /// service and resource control policies count through all levels.
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
    /// A cross-account refusal without an explicit Deny, and the policy type that lacked an Allow. AWS tells
    /// the caller no reason.
    CrossAccount(PolicyType),
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

    /// Why, as far as the caller may know; `None` when the policy that decided belongs to the owner
    /// of the resource in another account, or AWS tells no reason.
    pub fn told(&self) -> Option<Reason> {
        match self.reason {
            Reason::ExplicitDeny(denied) if !self.is_told(denied.policy_type) => None,
            Reason::NoAllow(lacking) if !self.is_told(lacking) => None,
            Reason::CrossAccount(_) => None,
            reason => Some(reason),
        }
    }

    /// AWS's sentence for the caller of a refused request: `User: ARN is not authorized to perform:
    /// ACTION on resource: RESOURCE` and the reason. Across accounts no reason is given but an
    /// explicit Deny in the caller's own policies. A caller without an ARN (`""`: web identity,
    /// SAML) hears `Not authorized to perform ACTION`.
    pub fn sentence(&self, caller_arn: &str, action: &str, resource: &str) -> String {
        if caller_arn.is_empty() {
            return format!("Not authorized to perform {action}");
        }
        let base = format!(
            "User: {caller_arn} is not authorized to perform: {action} on resource: {resource}"
        );
        match self.reason {
            Reason::ExplicitDeny(denied) if self.is_told(denied.policy_type) => {
                let (article, name) = denied.policy_type.words();
                format!("{base} with an explicit deny in {article} {name}")
            }
            Reason::NoAllow(lacking) if self.is_told(lacking) => {
                let (_, name) = lacking.words();
                format!("{base} because no {name} allows the {action} action")
            }
            _ => base,
        }
    }

    /// Whether the caller may know which type of policy decided: not when it belongs to the owner
    /// of the resource in another account.
    fn is_told(&self, policy_type: PolicyType) -> bool {
        !(self.cross_account && policy_type.is_of_resource())
    }
}

impl PolicyType {
    /// Whether such a policy is the resource's side's to write, and not the caller's.
    pub fn is_of_resource(self) -> bool {
        matches!(
            self,
            PolicyType::Resource | PolicyType::RoleTrust | PolicyType::Rcp
        )
    }

    /// AWS's name for it, such as `identity-based policy`.
    pub fn name(self) -> &'static str {
        self.words().1
    }

    /// Article and name in AWS's sentences.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            PolicyType::Identity => ("an", "identity-based policy"),
            PolicyType::Resource => ("a", "resource-based policy"),
            PolicyType::RoleTrust => ("the", "role trust policy"),
            PolicyType::Session => ("a", "session policy"),
            PolicyType::Boundary => ("a", "permissions boundary"),
            PolicyType::Scp => ("a", "service control policy"),
            PolicyType::Rcp => ("a", "resource control policy"),
        }
    }
}
