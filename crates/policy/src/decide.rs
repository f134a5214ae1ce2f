//! The decision: the evaluation order over the compiled policies that bear on a request.

use crate::decision::{Decision, PolicyType, StatementRef};
use crate::lookup::Lookup;
use crate::order::{self, Answer, Answers, Situation};
use crate::policy::{Origin, Policy};
use crate::principal::Grant;
use crate::question::Question;
use crate::request::{Policies, PrincipalKind, Request};

/// Answers `request` from `policies`: denied unless something allows it, and whatever allows it,
/// denied when anything denies it. Allocates nothing unless a pattern is unusually long.
pub fn decide(request: &Request<'_>, policies: &Policies<'_>) -> Decision {
    answer(request, policies, Indexed)
}

/// How the statements of a policy are found that apply.
pub(crate) trait Search: Copy {
    /// The first Deny of a caller's policy that applies.
    fn callers_deny<'q>(self, policy: &'q Policy, question: &Question<'q>) -> Option<&'q Origin>;
    /// The first Allow of a caller's policy that applies.
    fn callers_allow<'q>(self, policy: &'q Policy, question: &Question<'q>) -> Option<&'q Origin>;
    /// The first Deny of a resource's policy that applies.
    fn resources_deny<'q>(self, policy: &'q Policy, question: &Question<'q>) -> Option<&'q Origin>;
    /// The strongest grant of a resource's policy, and the first statement that makes it.
    fn resources_grant<'q>(
        self,
        policy: &'q Policy,
        question: &Question<'q>,
    ) -> Option<(Grant, &'q Origin)>;
}

/// By the index of each policy.
#[derive(Clone, Copy)]
struct Indexed;

impl Search for Indexed {
    #[inline]
    fn callers_deny<'q>(self, policy: &'q Policy, question: &Question<'q>) -> Option<&'q Origin> {
        policy.callers_deny(question)
    }

    #[inline]
    fn callers_allow<'q>(self, policy: &'q Policy, question: &Question<'q>) -> Option<&'q Origin> {
        policy.callers_allow(question)
    }

    #[inline]
    fn resources_deny<'q>(self, policy: &'q Policy, question: &Question<'q>) -> Option<&'q Origin> {
        policy.resources_deny(question)
    }

    #[inline]
    fn resources_grant<'q>(
        self,
        policy: &'q Policy,
        question: &Question<'q>,
    ) -> Option<(Grant, &'q Origin)> {
        policy.resources_grant(question)
    }
}

/// The decision, however statements are found.
pub(crate) fn answer(
    request: &Request<'_>,
    policies: &Policies<'_>,
    search: impl Search,
) -> Decision {
    let situation = Situation::of(request, policies);
    let lookup = Lookup::new(request.context);
    let reason = match Question::prepare(request, &lookup) {
        Some(question) => {
            let compiled = Compiled {
                question: &question,
                policies,
                situation: &situation,
                search,
            };
            order::reason(&situation, &compiled)
        }
        None => situation.nothing_asked(),
    };
    Decision::new(reason, situation.across)
}

/// Compiled policies, asked one question.
struct Compiled<'a, S> {
    search: S,
    question: &'a Question<'a>,
    policies: &'a Policies<'a>,
    situation: &'a Situation,
}

impl<'a, S: Search> Answers for Compiled<'a, S> {
    // Whoever asks names the type, so of this one and the next only one arm is left at each place.
    #[inline(always)]
    fn deny(&self, policy_type: PolicyType) -> Option<StatementRef> {
        let deny = |policy: &'a Policy| self.search.callers_deny(policy, self.question);
        let resource_deny = |policy: &'a Policy| self.search.resources_deny(policy, self.question);
        let policies = self.policies;
        match policy_type {
            PolicyType::Scp => first(policy_type, policies.scp?.iter().copied().flatten(), deny),
            PolicyType::Rcp => {
                let levels = policies.rcp?.iter().copied().flatten();
                first(policy_type, levels, resource_deny)
            }
            PolicyType::Resource | PolicyType::RoleTrust => {
                let kind = self.situation.resource_type();
                first(kind, &policies.resource, resource_deny)
            }
            PolicyType::Identity => first(policy_type, policies.identity, deny),
            PolicyType::Boundary => first(policy_type, &policies.boundary, deny),
            PolicyType::Session => first(policy_type, policies.session?, deny),
        }
    }

    #[inline(always)]
    fn allow(&self, policy_type: PolicyType) -> Answer {
        let allow = |policy: &'a Policy| self.search.callers_allow(policy, self.question);
        let resource_allow = |policy: &'a Policy| {
            let granted = self.search.resources_grant(policy, self.question);
            granted.map(|(_, statement)| statement)
        };
        let policies = self.policies;
        let found = match policy_type {
            PolicyType::Scp => return every_level(policy_type, policies.scp, allow),
            PolicyType::Rcp => return every_level(policy_type, policies.rcp, resource_allow),
            PolicyType::Resource | PolicyType::RoleTrust => None,
            PolicyType::Identity => {
                if matches!(self.question.principal.kind, PrincipalKind::Root) {
                    return Answer::NotAsked;
                }
                first(policy_type, policies.identity, allow)
            }
            PolicyType::Boundary => match policies.boundary {
                Some(_) => first(policy_type, &policies.boundary, allow),
                None => return Answer::NotAsked,
            },
            // A federated user has only what was passed to it; a session of a role without session
            // policies has all that the role has.
            PolicyType::Session => match (policies.session, self.question.principal.kind) {
                (Some(session), _) => first(policy_type, session, allow),
                (None, PrincipalKind::FederatedUser { .. }) => None,
                (None, _) => return Answer::NotAsked,
            },
        };
        found.map_or(Answer::Lacking, Answer::Allowed)
    }

    #[inline(always)]
    fn grant(&self) -> Option<(Grant, StatementRef)> {
        let policy = self.policies.resource?;
        let (grant, origin) = self.search.resources_grant(policy, self.question)?;
        let policy_type = self.situation.resource_type();
        Some((grant, reference(policy_type, 0, origin)))
    }
}

/// The first policy of a list that answers, and its statement.
#[inline(always)]
fn first<'a>(
    policy_type: PolicyType,
    policies: impl IntoIterator<Item = &'a &'a Policy>,
    answer: impl Fn(&'a Policy) -> Option<&'a Origin>,
) -> Option<StatementRef> {
    let mut before = 0;
    for policy in policies {
        if let Some(origin) = answer(policy) {
            return Some(reference(policy_type, before, origin));
        }
        before += policy.documents();
    }
    None
}

fn reference(policy_type: PolicyType, before: usize, origin: &Origin) -> StatementRef {
    StatementRef {
        policy_type,
        policy: before + origin.document,
        statement: origin.index,
    }
}

/// Whether every level has a policy that answers. A level without policies allows nothing.
#[inline]
fn every_level<'a>(
    policy_type: PolicyType,
    levels: Option<&'a [&'a [&'a Policy]]>,
    answer: impl Fn(&'a Policy) -> Option<&'a Origin>,
) -> Answer {
    match levels {
        Some(levels) => each_level(policy_type, levels, answer),
        None => Answer::NotAsked,
    }
}

fn each_level<'a>(
    policy_type: PolicyType,
    levels: &'a [&'a [&'a Policy]],
    answer: impl Fn(&'a Policy) -> Option<&'a Origin>,
) -> Answer {
    let mut last = Answer::Lacking;
    for level in levels {
        match first(policy_type, *level, &answer) {
            Some(found) => last = Answer::Allowed(found),
            None => return Answer::Lacking,
        }
    }
    last
}
