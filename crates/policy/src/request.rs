//! The question: who asks for which action on which resource, and under which policies.

use crate::arn::Arn;
use crate::key::ConditionKey;
use crate::policy::Policy;
use crate::value::Values;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Principal<'a> {
    /// What kind of principal, with its names.
    pub kind: PrincipalKind<'a>,
    /// The account of the principal: 12 digits, or empty when anonymous.
    pub account: &'a str,
}

/// The kinds of principals that can ask.
#[derive(Debug, Clone, Copy)]
pub enum PrincipalKind<'a> {
    /// The root user of the account.
    Root,
    /// An IAM user, also in a session from `GetSessionToken`.
    User {
        /// `arn:aws:iam::A:user/path/name`
        arn: &'a str,
        /// `AIDA…`
        id: &'a str,
    },
    /// A session of a role.
    RoleSession {
        /// `arn:aws:iam::A:role/path/name`
        role_arn: &'a str,
        /// `AROA…`
        role_id: &'a str,
        /// `arn:aws:sts::A:assumed-role/name/session`
        session_arn: &'a str,
        /// The session's name alone.
        session_name: &'a str,
    },
    /// A session from `GetFederationToken`.
    FederatedUser {
        /// `arn:aws:sts::A:federated-user/name`
        arn: &'a str,
        /// The user who asked for the session: `arn:aws:iam::A:user/path/name`
        user_arn: &'a str,
        /// That user's unique id, `AIDA…`
        user_id: &'a str,
    },
    /// Somebody whom an identity provider vouches for (`AssumeRoleWithWebIdentity`, `…WithSAML`).
    Federated {
        /// The provider's ARN, or the host name of a built-in one.
        provider: &'a str,
    },
    /// An AWS service such as `ec2.amazonaws.com`.
    Service {
        /// The service principal's name.
        name: &'a str,
    },
    /// Nobody known.
    Anonymous,
}

/// The request's condition values, pulled one key at a time.
pub trait Context {
    /// The values of one key in this request. Nothing is asked that no condition asks for. Names
    /// in `key` are lower case; compare tag names ignoring ASCII case. A tag or a foreign key is asked for
    /// once, as long as a decision is about few of them; a known key is asked for by each statement that
    /// tests it, and should cost no more than a look at a field.
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a>;
}

/// One question to [`decide`](crate::decide).
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Such as `sts:AssumeRole`; compared ignoring ASCII case. What is no action is refused.
    pub action: &'a str,
    /// An ARN, or `*` for actions without a resource. Anything else is refused.
    pub resource: &'a str,
    /// Who asks.
    pub principal: &'a Principal<'a>,
    /// The condition values.
    pub context: &'a dyn Context,
}

/// How the resource's own policy and the caller's policies combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceRule {
    /// Same account: either side may allow. Cross-account: both must.
    Standard,
    /// A role's trust policy: an identity policy's Allow alone never suffices; the trust policy
    /// must name the principal, or delegate to its account. The root user is no exception.
    Trust,
    /// The policy of a KMS key. Decides exactly as [`Trust`](ResourceRule::Trust) does: only the key's
    /// policy gives the key away, and policies of identities, or being the root user, count for what it
    /// delegates to the account (`"AWS": "arn:aws:iam::ACCOUNT:root"` or the account's number). The two
    /// differ in names alone: what lacks or denies is a resource-based policy here, as AWS says it of
    /// keys. Source: "Key policies in AWS KMS".
    KeyPolicy,
}

impl ResourceRule {
    /// The rule for the policy of the resource with this ARN: [`KeyPolicy`](ResourceRule::KeyPolicy) for a
    /// KMS key, [`Standard`](ResourceRule::Standard) for anything else. A role has no policy but its trust
    /// policy, which is asked about assuming it alone: whoever asks that says
    /// [`Trust`](ResourceRule::Trust).
    pub fn of_resource(arn: &str) -> ResourceRule {
        match Arn::parse(arn) {
            Some(arn) if arn.service == "kms" && arn.resource.starts_with("key/") => {
                ResourceRule::KeyPolicy
            }
            _ => ResourceRule::Standard,
        }
    }

    /// Whether nobody gets at the resource, its own account included, unless its policy says so.
    pub(crate) fn must_grant(self) -> bool {
        match self {
            ResourceRule::Standard => false,
            ResourceRule::Trust | ResourceRule::KeyPolicy => true,
        }
    }
}

/// The text of AWS's own resource control policy `RCPFullAWSAccess`. It is attached to the root, to each
/// organizational unit and to each account, and stays so: those that customers write only deny.
pub const RCP_FULL_AWS_ACCESS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"#;

/// The compiled policies that bear on a request. A list may hold them one by one, or several joined
/// by [`Policy::join`]: the answer is the same, found faster.
#[derive(Clone, Copy)]
pub struct Policies<'a> {
    /// The user's (own and its groups') or role's policies; empty for root.
    pub identity: &'a [&'a Policy],
    /// The permissions boundary; `None` when none is set.
    pub boundary: Option<&'a Policy>,
    /// The session policies; `None` when none was passed.
    pub session: Option<&'a [&'a Policy]>,
    /// The resource's own policy.
    pub resource: Option<&'a Policy>,
    /// How `resource` combines with the others.
    pub resource_rule: ResourceRule,
    /// The account that owns the resource, 12 digits.
    pub resource_account: &'a str,
    /// Service control policies of the caller's account, one slice a level (root, organizational
    /// units, account): every level must allow, and no level at all allows nothing. `None` when they do not apply: management account,
    /// service-linked role, no organization, a caller of no account. What is given is enforced,
    /// whoever calls.
    pub scp: Option<&'a [&'a [&'a Policy]]>,
    /// Resource control policies of the resource's account, in the same way. They bind callers of
    /// any account and of none; [`RCP_FULL_AWS_ACCESS`] is among those of every level. `None` when they do not apply: management account, no organization,
    /// a service that has none.
    pub rcp: Option<&'a [&'a [&'a Policy]]>,
}

impl<'a> Policies<'a> {
    /// Policies of the caller alone, on a resource of that account without a policy of its own: the start
    /// for `Policies { boundary: Some(…), ..Policies::of_identity(…) }`.
    pub fn of_identity(identity: &'a [&'a Policy], resource_account: &'a str) -> Policies<'a> {
        Policies {
            identity,
            boundary: None,
            session: None,
            resource: None,
            resource_rule: ResourceRule::Standard,
            resource_account,
            scp: None,
            rcp: None,
        }
    }
}
