//! The decision: the evaluation order over the compiled policies that bear on a request.

use crate::arn::Arn;
use crate::decision::{Decision, PolicyType, StatementRef};
use crate::limits::ACTION_BYTES_MAX;
use crate::order::{self, Answer, Answers, Situation};
use crate::policy::{Policy, Question};
use crate::principal::{Grant, partition_of};
use crate::request::{Policies, PrincipalKind, Request};

/// Answers `request` from `policies`: denied unless something allows it, and whatever allows it,
/// denied when anything denies it. Allocates nothing unless a pattern is unusually long.
pub fn decide(request: &Request<'_>, policies: &Policies<'_>) -> Decision {
    let situation = Situation::of(request, policies);
    let mut buffer = [0; ACTION_BYTES_MAX];
    let reason = match question(request, &mut buffer) {
        Some(question) => {
            let compiled = Compiled {
                question: &question,
                policies,
                situation: &situation,
            };
            order::reason(&situation, &compiled)
        }
        None => situation.nothing_asked(),
    };
    Decision::new(reason, situation.across)
}

/// Prepares the request; `None` when its action or its resource is none. No pattern but `*` could
/// name such a thing, so a Deny would miss what an Allow of everything lets pass.
pub(crate) fn question<'a>(request: &Request<'a>, buffer: &'a mut [u8]) -> Option<Question<'a>> {
    let action = buffer.get_mut(..request.action.len())?;
    action.copy_from_slice(request.action.as_bytes());
    action.make_ascii_lowercase();
    let (service, name) = std::str::from_utf8(action).ok()?.split_once(':')?;
    if service.is_empty() || name.is_empty() || name.contains(':') {
        return None;
    }
    let resource = match request.resource {
        "*" => None,
        text => Some(Arn::parse(text)?),
    };
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

/// Compiled policies, asked one question.
struct Compiled<'a> {
    question: &'a Question<'a>,
    policies: &'a Policies<'a>,
    situation: &'a Situation,
}

impl Answers for Compiled<'_> {
    fn deny(&self, policy_type: PolicyType) -> Option<StatementRef> {
        let deny = |policy: &Policy| policy.identity_deny(self.question);
        let resource_deny = |policy: &Policy| policy.resource_deny(self.question);
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

    fn allow(&self, policy_type: PolicyType) -> Answer {
        let allow = |policy: &Policy| policy.identity_allow(self.question);
        let resource_allow = |policy: &Policy| match policy.resource_grant(self.question) {
            (Grant::None, _) => None,
            (_, statement) => Some(statement),
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

    fn grant(&self) -> Option<(Grant, StatementRef)> {
        match self.policies.resource?.resource_grant(self.question) {
            (Grant::None, _) => None,
            (grant, statement) => Some((
                grant,
                StatementRef {
                    policy_type: self.situation.resource_type(),
                    policy: 0,
                    statement,
                },
            )),
        }
    }
}

/// The first policy of a list that answers, and its statement.
fn first<'a>(
    policy_type: PolicyType,
    policies: impl IntoIterator<Item = &'a &'a Policy>,
    answer: impl Fn(&Policy) -> Option<usize>,
) -> Option<StatementRef> {
    let mut policies = policies.into_iter().enumerate();
    policies.find_map(|(policy, compiled)| {
        answer(compiled).map(|statement| StatementRef {
            policy_type,
            policy,
            statement,
        })
    })
}

/// Whether every level has a policy that answers. A level without policies allows nothing.
fn every_level(
    policy_type: PolicyType,
    levels: Option<&[&[&Policy]]>,
    answer: impl Fn(&Policy) -> Option<usize>,
) -> Answer {
    let Some(levels) = levels else {
        return Answer::NotAsked;
    };
    let mut last = Answer::Lacking;
    for level in levels {
        match first(policy_type, *level, &answer) {
            Some(found) => last = Answer::Allowed(found),
            None => return Answer::Lacking,
        }
    }
    last
}
