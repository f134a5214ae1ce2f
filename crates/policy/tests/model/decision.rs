//! Evaluation (section 7): which policies must allow, which may deny, and the reason of the answer.

use locum_policy::{PolicyType, PrincipalKind, ResourceRule};

use super::document::Document;
use super::principal::Needs;
use super::statement::{Place, applies};
use super::truth::Truth;
use super::{Question, arn};

/// All policies that bear on a question.
#[derive(Debug, Clone)]
pub(crate) struct Policies<'p> {
    pub(crate) identity: Vec<&'p Document>,
    pub(crate) boundary: Option<&'p Document>,
    pub(crate) session: Option<Vec<&'p Document>>,
    pub(crate) resource: Option<&'p Document>,
    pub(crate) rule: ResourceRule,
    pub(crate) resource_account: &'p str,
    pub(crate) scp: Levels<'p>,
    pub(crate) rcp: Levels<'p>,
}

/// Control policies, one list a level: root, organizational units, account.
type Levels<'p> = Option<Vec<Vec<&'p Document>>>;

/// The answer in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Verdict {
    Allowed,
    /// The root user of the resource's account, without a policy.
    Root,
    /// A Deny in a policy of that type, as [`type_name`] has it.
    Denied(&'static str),
    /// No Allow in policies of that type.
    Lacks(&'static str),
    /// No Allow on one side or the other of two accounts.
    CrossAccount,
    /// Neither action nor resource is one: there is nothing that a policy could allow.
    NoQuestion,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) verdict: Verdict,
    pub(crate) cross_account: bool,
}

impl Answer {
    pub(crate) fn is_allowed(self) -> bool {
        matches!(self.verdict, Verdict::Allowed | Verdict::Root)
    }
}

/// One word for a type of policy.
pub(crate) fn type_name(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::Identity => "identity",
        PolicyType::Resource => "resource",
        PolicyType::RoleTrust => "trust",
        PolicyType::Session => "session",
        PolicyType::Boundary => "boundary",
        PolicyType::Scp => "scp",
        PolicyType::Rcp => "rcp",
    }
}

pub(crate) fn decide(policies: &Policies<'_>, question: &Question<'_>) -> Answer {
    let has_account = !question.account.is_empty();
    let belongs_to_account = !matches!(
        question.caller,
        PrincipalKind::Service { .. } | PrincipalKind::Federated { .. } | PrincipalKind::Anonymous
    );
    let same_account = has_account && question.account == policies.resource_account;
    let cross_account = belongs_to_account && !same_account;
    let verdict = match explicit_deny(policies, question) {
        _ if !is_question(question) => Verdict::NoQuestion,
        Some(denied) => denied,
        None if !belongs_to_account => without_account(policies, question),
        None if cross_account => across(policies, question),
        None => within(policies, question),
    };
    Answer {
        verdict,
        cross_account,
    }
}

/// Longer actions are not read.
const ACTION_BYTES_MAX: usize = 128;

/// Sections 2 and 3: an action is `service:Name` with one colon, a resource an ARN or `*`.
fn is_question(question: &Question<'_>) -> bool {
    let is_action = question.action.len() <= ACTION_BYTES_MAX
        && question
            .action
            .split_once(':')
            .is_some_and(|(service, name)| {
                !service.is_empty() && !name.is_empty() && !name.contains(':')
            });
    is_action && (question.resource == "*" || arn::split(question.resource).is_some())
}

/// 7.1 step 1: a Deny anywhere ends it; 7.4 has the order in which one is named.
fn explicit_deny(policies: &Policies<'_>, question: &Question<'_>) -> Option<Verdict> {
    let levels = |levels: &Levels<'_>, place| {
        let mut all = levels.iter().flatten().flatten();
        all.any(|document| denies(document, place, question))
    };
    let caller = |document: &&Document| denies(document, Place::Caller, question);
    let mut resource = policies.resource.iter();
    if levels(&policies.scp, Place::Caller) {
        Some(Verdict::Denied("scp"))
    } else if levels(&policies.rcp, Place::Rcp) {
        Some(Verdict::Denied("rcp"))
    } else if resource.any(|document| denies(document, Place::Resource, question)) {
        Some(Verdict::Denied(resource_name(policies)))
    } else if policies.identity.iter().any(caller) {
        Some(Verdict::Denied("identity"))
    } else if policies.boundary.iter().any(caller) {
        Some(Verdict::Denied("boundary"))
    } else if policies.session.iter().flatten().any(caller) {
        Some(Verdict::Denied("session"))
    } else {
        None
    }
}

fn resource_name(policies: &Policies<'_>) -> &'static str {
    match policies.rule {
        ResourceRule::Trust => "trust",
        ResourceRule::Standard | ResourceRule::KeyPolicy => "resource",
    }
}

fn denies(document: &Document, place: Place, question: &Question<'_>) -> bool {
    let mut denies = document.statements.iter().filter(|s| !s.allows);
    denies.any(|statement| applies(document, statement, place, question).0 != Truth::No)
}

fn allows(document: &Document, question: &Question<'_>) -> bool {
    let mut allows = document.statements.iter().filter(|s| s.allows);
    allows.any(|statement| applies(document, statement, Place::Caller, question).0 == Truth::Yes)
}

/// What the resource's policy leaves to be asked; `None` when it does not allow the caller.
fn resource_allows(policies: &Policies<'_>, question: &Question<'_>) -> Option<Needs> {
    let document = policies.resource?;
    let allows = document.statements.iter().filter(|s| s.allows);
    allows
        .map(|statement| applies(document, statement, Place::Resource, question))
        .filter(|(applies, _)| *applies == Truth::Yes)
        .filter_map(|(_, needs)| needs)
        .min()
}

/// Every level must allow.
fn control_allows(levels: &Levels<'_>, place: Place, question: &Question<'_>) -> bool {
    let allows = |document: &&Document| {
        let mut allows = document.statements.iter().filter(|s| s.allows);
        allows.any(|statement| applies(document, statement, place, question).0 == Truth::Yes)
    };
    match levels {
        None => true,
        // No level at all allows nothing.
        Some(levels) => !levels.is_empty() && levels.iter().all(|level| level.iter().any(allows)),
    }
}

fn identity_allows(policies: &Policies<'_>, question: &Question<'_>) -> bool {
    policies.identity.iter().any(|d| allows(d, question))
}

fn boundary_allows(policies: &Policies<'_>, question: &Question<'_>) -> bool {
    policies.boundary.is_none_or(|d| allows(d, question))
}

/// A session of a role without a session policy has all of the role; one of a federated user has
/// nothing.
fn session_allows(policies: &Policies<'_>, question: &Question<'_>) -> bool {
    match (&policies.session, question.caller) {
        (Some(session), _) => session.iter().any(|d| allows(d, question)),
        (None, PrincipalKind::FederatedUser { .. }) => false,
        (None, _) => true,
    }
}

/// Steps 2 and 3: the organizations of the caller and of the resource, named in the order of 7.4.
fn controls(policies: &Policies<'_>, question: &Question<'_>) -> Option<Verdict> {
    if !control_allows(&policies.scp, Place::Caller, question) {
        return Some(Verdict::Lacks("scp"));
    }
    if !control_allows(&policies.rcp, Place::Rcp, question) {
        return Some(Verdict::Lacks("rcp"));
    }
    None
}

/// Services, providers and nobody: only the resource's side counts.
fn without_account(policies: &Policies<'_>, question: &Question<'_>) -> Verdict {
    if let Some(lacks) = controls(policies, question) {
        return lacks;
    }
    match resource_allows(policies, question) {
        Some(_) => Verdict::Allowed,
        None => Verdict::Lacks(resource_name(policies)),
    }
}

/// 7.2: both accounts must allow. A root user has no identity policies; where the reference says
/// that boundaries and session policies are not for it, those that are there count all the same.
fn across(policies: &Policies<'_>, question: &Question<'_>) -> Verdict {
    let is_root = matches!(question.caller, PrincipalKind::Root);
    let own_side = (is_root || identity_allows(policies, question))
        && boundary_allows(policies, question)
        && session_allows(policies, question);
    let resource_side = resource_allows(policies, question).is_some();
    let controls = controls(policies, question).is_none();
    if own_side && resource_side && controls {
        Verdict::Allowed
    } else {
        Verdict::CrossAccount
    }
}

/// 7.1, steps 2 to 7, and the table.
fn within(policies: &Policies<'_>, question: &Question<'_>) -> Verdict {
    if let Some(lacks) = controls(policies, question) {
        return lacks;
    }
    let named = resource_allows(policies, question);
    let is_root = matches!(question.caller, PrincipalKind::Root);
    if named == Some(Needs::Nothing) && !is_root {
        return Verdict::Allowed;
    }
    let needs_identity = named != Some(Needs::BoundaryAndSession) && !is_root;
    if needs_identity && !identity_allows(policies, question) {
        return Verdict::Lacks("identity");
    }
    if !boundary_allows(policies, question) {
        return Verdict::Lacks("boundary");
    }
    if !session_allows(policies, question) {
        return Verdict::Lacks("session");
    }
    // 7.3: for a role's trust and for a key of KMS an identity policy alone does not suffice: their
    // policy must name the principal, or delegate to the account. The root user is of that account.
    match (policies.rule, named) {
        (ResourceRule::Trust, None) => Verdict::Lacks("trust"),
        (ResourceRule::KeyPolicy, None) => Verdict::Lacks("resource"),
        (ResourceRule::Standard, _) if is_root => Verdict::Root,
        _ => Verdict::Allowed,
    }
}
