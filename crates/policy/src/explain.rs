//! Why a decision is what it is: every statement of every policy, with what matched and what did not.
//!
//! The decision comes of the same evaluation order and the same statements as that of
//! [`decide`](crate::decide), asked one by one instead of by the index.

mod json;
mod record;
mod report;
mod text;
mod view;

use crate::decide::{Search, answer};
use crate::decision::PolicyType;
use crate::document::{Document, Effect};
use crate::lookup::Lookup;
use crate::order::Situation;
use crate::policy::{Origin, Policy};
use crate::principal::Grant;
use crate::question::Question;
use crate::request::{Policies, Request, ResourceRule};
use crate::truth::Truth;

pub use report::{
    ConditionReport, Explanation, Outcome, PolicyReport, PolicyValue, RequestValues,
    StatementReport,
};
pub use text::in_lines;
pub use view::View;

/// A policy with what a person knows it by.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The policy's name or ARN.
    pub name: &'a str,
    /// What it says; `None` for stored text that no longer parses, which denies everything.
    pub document: Option<&'a Document>,
}

/// The policies that bear on a request, by their names: the fields of [`Policies`].
#[derive(Debug, Clone, Copy)]
pub struct NamedPolicies<'a> {
    /// The user's or role's policies; empty for root.
    pub identity: &'a [Named<'a>],
    /// The permissions boundary.
    pub boundary: Option<Named<'a>>,
    /// The session policies.
    pub session: Option<&'a [Named<'a>]>,
    /// The resource's own policy.
    pub resource: Option<Named<'a>>,
    /// How `resource` combines with the others.
    pub resource_rule: ResourceRule,
    /// The account that owns the resource.
    pub resource_account: &'a str,
    /// Service control policies, one slice a level.
    pub scp: Option<&'a [&'a [Named<'a>]]>,
    /// Resource control policies, one slice a level.
    pub rcp: Option<&'a [&'a [Named<'a>]]>,
}

impl<'a> NamedPolicies<'a> {
    /// Policies of the caller alone, as [`Policies::of_identity`].
    pub fn of_identity(identity: &'a [Named<'a>], resource_account: &'a str) -> NamedPolicies<'a> {
        NamedPolicies {
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

/// Explains the decision on `request`. It takes as long as there are statements, and is for people:
/// for enforcement there is [`decide`](crate::decide), which answers the same.
pub fn explain(request: &Request<'_>, policies: &NamedPolicies<'_>) -> Explanation {
    let one = |named: &Named<'_>| match named.document {
        Some(document) => Policy::compile(document),
        None => Policy::deny_all(),
    };
    let list = |named: &[Named<'_>]| named.iter().map(one).collect::<Vec<_>>();
    let levels = |levels: Option<&[&[Named<'_>]]>| {
        levels.map(|levels| levels.iter().map(|level| list(level)).collect::<Vec<_>>())
    };
    let compiled = Compiled {
        identity: list(policies.identity),
        boundary: policies.boundary.as_ref().map(one),
        session: policies.session.map(list),
        resource: policies.resource.as_ref().map(one),
        scp: levels(policies.scp),
        rcp: levels(policies.rcp),
    };
    let decision = compiled.ask(policies, |policies| answer(request, policies, OneByOne));
    let situation = compiled.ask(policies, |policies| Situation::of(request, policies));
    let lookup = Lookup::new(request.context);
    let reports = match Question::prepare(request, &lookup) {
        Some(question) => compiled.reports(policies, &situation, &question, request),
        None => Vec::new(),
    };
    Explanation {
        decision,
        action: request.action.to_owned(),
        resource: request.resource.to_owned(),
        policies: reports,
    }
}

/// The policies of [`NamedPolicies`], compiled.
struct Compiled {
    identity: Vec<Policy>,
    boundary: Option<Policy>,
    session: Option<Vec<Policy>>,
    resource: Option<Policy>,
    scp: Option<Vec<Vec<Policy>>>,
    rcp: Option<Vec<Vec<Policy>>>,
}

impl Compiled {
    /// Lends them in the shape that a decision takes.
    fn ask<T>(&self, named: &NamedPolicies<'_>, ask: impl FnOnce(&Policies<'_>) -> T) -> T {
        fn levels(of: Option<&[Vec<Policy>]>) -> Option<Vec<Vec<&Policy>>> {
            Some(of?.iter().map(|level| level.iter().collect()).collect())
        }
        fn slices<'a>(of: Option<&'a [Vec<&'a Policy>]>) -> Option<Vec<&'a [&'a Policy]>> {
            Some(of?.iter().map(Vec::as_slice).collect())
        }
        let identity: Vec<&Policy> = self.identity.iter().collect();
        let session: Option<Vec<&Policy>> = self.session.as_ref().map(|list| list.iter().collect());
        let (scp, rcp) = (levels(self.scp.as_deref()), levels(self.rcp.as_deref()));
        let (scp, rcp) = (slices(scp.as_deref()), slices(rcp.as_deref()));
        ask(&Policies {
            identity: &identity,
            boundary: self.boundary.as_ref(),
            session: session.as_deref(),
            resource: self.resource.as_ref(),
            resource_rule: named.resource_rule,
            resource_account: named.resource_account,
            scp: scp.as_deref(),
            rcp: rcp.as_deref(),
        })
    }

    /// One report a policy, in the order in which types are named.
    fn reports<'q>(
        &'q self,
        named: &NamedPolicies<'_>,
        situation: &Situation,
        question: &Question<'q>,
        request: &Request<'_>,
    ) -> Vec<PolicyReport> {
        let mut reports = Vec::new();
        let mut add = |policy_type, level, named: &[Named<'_>], policies: &'q [Policy]| {
            for (named, policy) in named.iter().zip(policies) {
                let of_type = |report: &&PolicyReport| report.policy_type == policy_type;
                let index = reports.iter().filter(of_type).count();
                let statements = record::statements(policy_type, named, policy, question, request);
                reports.push(PolicyReport {
                    policy_type,
                    level,
                    index,
                    name: named.name.to_owned(),
                    text: named.document.map_or("", Document::text).into(),
                    statements,
                });
            }
        };
        for (policy_type, named, levels) in [
            (PolicyType::Scp, named.scp, &self.scp),
            (PolicyType::Rcp, named.rcp, &self.rcp),
        ] {
            let levels = levels.as_deref().unwrap_or_default();
            for (level, (named, policies)) in
                named.iter().copied().flatten().zip(levels).enumerate()
            {
                add(policy_type, Some(level), named, policies);
            }
        }
        let resource = self.resource.as_slice();
        add(
            situation.resource_type(),
            None,
            named.resource.as_slice(),
            resource,
        );
        add(PolicyType::Identity, None, named.identity, &self.identity);
        let boundary = self.boundary.as_slice();
        add(
            PolicyType::Boundary,
            None,
            named.boundary.as_slice(),
            boundary,
        );
        let session = self.session.as_deref().unwrap_or_default();
        add(
            PolicyType::Session,
            None,
            named.session.unwrap_or_default(),
            session,
        );
        reports
    }
}

/// Statement after statement, without an index.
#[derive(Clone, Copy)]
struct OneByOne;

impl Search for OneByOne {
    fn callers_deny<'q>(self, policy: &'q Policy, question: &Question<'q>) -> Option<&'q Origin> {
        let mut denies = policy.about(Effect::Deny, question);
        let found =
            denies.find(|(_, s)| s.as_callers(s.resources(question), question) != Truth::No);
        found.map(|(origin, _)| origin)
    }

    fn callers_allow<'q>(self, policy: &'q Policy, question: &Question<'q>) -> Option<&'q Origin> {
        let mut allows = policy.about(Effect::Allow, question);
        let found =
            allows.find(|(_, s)| s.as_callers(s.resources(question), question) == Truth::Yes);
        found.map(|(origin, _)| origin)
    }

    fn resources_deny<'q>(self, policy: &'q Policy, question: &Question<'q>) -> Option<&'q Origin> {
        let mut denies = policy.about(Effect::Deny, question);
        let found =
            denies.find(|(_, s)| s.as_resources_deny(s.resources(question), question) != Truth::No);
        found.map(|(origin, _)| origin)
    }

    fn resources_grant<'q>(
        self,
        policy: &'q Policy,
        question: &Question<'q>,
    ) -> Option<(Grant, &'q Origin)> {
        let mut best = None;
        for (origin, statement) in policy.about(Effect::Allow, question) {
            let grant = statement.as_resources_allow(statement.resources(question), question);
            if grant > best.map_or(Grant::None, |(grant, _)| grant) {
                best = Some((grant, origin));
            }
        }
        best
    }
}
