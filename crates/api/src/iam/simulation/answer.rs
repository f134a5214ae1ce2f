//! What a simulation answers about one action: one result for all resources, and one for each of them.

use locum_policy::{PolicyType, Position, Simulated, SimulatedDecision};
use locum_wire::iam::{self, EvaluationResult, ResourceSpecificResult};

use super::super::policy::figure;

/// What EvalResourceName says of several resources. AWS does not document it (unconfirmed).
const SEVERAL: &str = "*";

/// One result for the action: the most restrictive decision over all resources, and the decision for each
/// of them in its ResourceSpecificResults. Source: API_EvaluationResult ("a single EvaluationResult per
/// action"). About `*` alone, which stands for no resource in particular, AWS says neither those nor
/// EvalDecisionDetails (recorded).
pub(super) fn about(
    action: &str,
    simulated: &[(&str, Simulated)],
    crosses: bool,
) -> EvaluationResult {
    let all = || simulated.iter().map(|(_, simulated)| simulated);
    let decisions = all().map(|simulated| simulated.decision);
    let decision = decisions.fold(SimulatedDecision::Allowed, stricter);
    let deciding = all().filter(|simulated| simulated.decision == decision);
    let mut matched = Vec::new();
    for statement in deciding.flat_map(statements) {
        if !matched.contains(&statement) {
            matched.push(statement);
        }
    }
    let mut missing: Vec<String> = all().flat_map(|one| one.missing.clone()).collect();
    missing.sort_by_key(|key| key.to_ascii_lowercase());
    missing.dedup_by(|later, earlier| later.eq_ignore_ascii_case(earlier));
    let name = match simulated {
        [(resource, _)] => resource,
        _ => SEVERAL,
    };
    let boundary = all().filter_map(|one| one.allowed_by_boundary);
    let organizations = all().filter_map(|one| one.allowed_by_organizations);
    let organizations = every(organizations);
    let named = !matches!(simulated, [("*", _)]);
    // When policies of the organization deny, AWS looks no further.
    let details = named && organizations != Some(false);
    EvaluationResult {
        eval_action_name: action.to_owned(),
        eval_decision: decision.word().to_owned(),
        eval_decision_details: details.then(|| match crosses {
            true => contributions(all()),
            false => Vec::new(),
        }),
        eval_resource_name: Some(name.to_owned()),
        matched_statements: Some(matched),
        missing_context_values: Some(missing),
        organizations_decision_detail: organizations.map(|allowed| {
            iam::OrganizationsDecisionDetail {
                allowed_by_organizations: Some(allowed),
            }
        }),
        permissions_boundary_decision_detail: every(boundary).map(bounded),
        resource_specific_results: named.then(|| {
            let each = simulated.iter();
            each.map(|(resource, one)| specific(resource, one, crosses))
                .collect()
        }),
    }
}

fn specific(resource: &str, simulated: &Simulated, crosses: bool) -> ResourceSpecificResult {
    let details = crosses && simulated.allowed_by_organizations != Some(false);
    ResourceSpecificResult {
        eval_decision_details: details.then(|| contributions(std::iter::once(simulated))),
        eval_resource_decision: simulated.decision.word().to_owned(),
        eval_resource_name: resource.to_owned(),
        matched_statements: Some(statements(simulated).collect()),
        missing_context_values: Some(simulated.missing.clone()),
        permissions_boundary_decision_detail: simulated.allowed_by_boundary.map(bounded),
    }
}

fn bounded(allowed: bool) -> iam::PermissionsBoundaryDecisionDetail {
    iam::PermissionsBoundaryDecisionDetail {
        allowed_by_permissions_boundary: Some(allowed),
    }
}

/// Whether all of them are true; `None` without any.
fn every(told: impl Iterator<Item = bool>) -> Option<bool> {
    told.reduce(|one, other| one && other)
}

fn stricter(one: SimulatedDecision, other: SimulatedDecision) -> SimulatedDecision {
    use SimulatedDecision::{Allowed, ExplicitDeny, ImplicitDeny};
    match (one, other) {
        (ExplicitDeny, _) | (_, ExplicitDeny) => ExplicitDeny,
        (ImplicitDeny, _) | (_, ImplicitDeny) => ImplicitDeny,
        (Allowed, Allowed) => Allowed,
    }
}

/// What the policies of each account come to, for calls from one account into another. The keys are the
/// words that AWS has for the types of policies; that they are its keys here is unconfirmed.
fn contributions<'a>(
    simulated: impl Iterator<Item = &'a Simulated> + Clone,
) -> Vec<(String, String)> {
    let sides = [
        &[PolicyType::Identity][..],
        &[PolicyType::Resource, PolicyType::RoleTrust],
    ];
    let told = sides.iter().filter_map(|side| {
        let decided = simulated.clone().map(|one| one.alone(side));
        let decision = decided.fold(SimulatedDecision::Allowed, stricter);
        let key = source_type(*side.first()?).to_owned();
        Some((key, decision.word().to_owned()))
    });
    told.collect()
}

fn statements(simulated: &Simulated) -> impl Iterator<Item = iam::Statement> + '_ {
    let place = |position: Position| iam::Position {
        column: Some(figure(position.column)),
        line: Some(figure(position.line)),
    };
    simulated.matched.iter().map(move |found| iam::Statement {
        end_position: Some(place(found.end)),
        source_policy_id: Some(found.policy.clone()),
        source_policy_type: Some(source_type(found.policy_type).to_owned()),
        start_position: Some(place(found.start)),
    })
}

/// AWS answers these words, not the values of its model.
fn source_type(policy_type: PolicyType) -> &'static str {
    match policy_type {
        PolicyType::Resource | PolicyType::RoleTrust | PolicyType::Rcp => "Resource Policy",
        _ => "IAM Policy",
    }
}
