//! Values of the context with which a failed condition of an Allow would hold, or one of a Deny not.

use locum_policy::{
    ConditionKey, ConditionReport, Effect, KnownKey, Outcome, PolicyReport, StatementReport,
};

use super::{Change, Suggestion};
use crate::case::Case;
use crate::limits;

/// Sets of values, one set for each way to satisfy a statement.
pub(super) fn changes(case: &Case, reports: &[PolicyReport]) -> Vec<Suggestion> {
    let mut found: Vec<Suggestion> = Vec::new();
    for statement in reports.iter().flat_map(|report| &report.statements) {
        let sets = match statement.effect {
            Effect::Allow if statement.outcome != Outcome::Yes && is_about(statement) => {
                together(case, statement)
            }
            Effect::Deny if statement.outcome != Outcome::No => {
                let conditions = statement.conditions.iter();
                let one = |condition| candidates(case, condition, Effect::Deny);
                conditions
                    .flat_map(one)
                    .map(|change| vec![change])
                    .collect()
            }
            _ => Vec::new(),
        };
        for set in sets {
            if !set.is_empty() && !found.contains(&set) {
                found.push(set);
            }
        }
    }
    found
}

/// About this caller, action and resource, so that only its conditions fail.
fn is_about(statement: &StatementReport) -> bool {
    let matches = |part: Option<&Outcome>| part.is_none_or(|outcome| *outcome == Outcome::Yes);
    statement.action.0 == Outcome::Yes
        && matches(statement.principal.as_ref().map(|(outcome, _)| outcome))
        && matches(statement.resource.as_ref().map(|(outcome, _)| outcome))
}

/// All failed conditions of an Allow satisfied at once.
fn together(case: &Case, statement: &StatementReport) -> Vec<Suggestion> {
    let failed = statement.conditions.iter();
    let failed = failed.filter(|condition| condition.outcome != Outcome::Yes);
    let mut sets: Vec<Suggestion> = vec![Vec::new()];
    for condition in failed {
        let ways = candidates(case, condition, Effect::Allow);
        let longer = |set: &Suggestion| -> Vec<Suggestion> {
            let with = |way: &Change| [set.clone(), vec![way.clone()]].concat();
            ways.iter().map(with).collect()
        };
        sets = sets.iter().flat_map(longer).collect();
        sets.truncate(limits::SUGGESTION_CHANGES_TRIED_MAX);
    }
    sets
}

/// Keys that say who somebody is or what time it is: nobody sets them.
fn is_fixed(key: &ConditionKey) -> bool {
    matches!(
        key,
        ConditionKey::Known(
            KnownKey::PrincipalArn
                | KnownKey::PrincipalAccount
                | KnownKey::PrincipalOrgId
                | KnownKey::PrincipalOrgPaths
                | KnownKey::PrincipalIsAwsService
                | KnownKey::PrincipalServiceName
                | KnownKey::PrincipalServiceNamesList
                | KnownKey::PrincipalType
                | KnownKey::UserId
                | KnownKey::Username
                | KnownKey::FederatedProvider
                | KnownKey::TokenIssueTime
                | KnownKey::AssumedRoot
                | KnownKey::CurrentTime
                | KnownKey::EpochTime
                | KnownKey::ResourceAccount
                | KnownKey::ResourceOrgId
                | KnownKey::ResourceOrgPaths
                | KnownKey::ViaAwsService
        )
    )
}

/// Values to try for one condition: to make it hold for an Allow, to make it fail for a Deny.
fn candidates(case: &Case, condition: &ConditionReport, effect: Effect) -> Vec<Change> {
    let key = ConditionKey::parse(&condition.key);
    if is_fixed(&key) {
        return Vec::new();
    }
    let operator = condition.operator.rsplit(':').next().unwrap_or_default();
    let operator = operator.strip_suffix("IfExists").unwrap_or(operator);
    let is_negated = operator.contains("Not");
    let written = condition.policy_values.iter();
    let written = written.map(|value| value.resolved.as_ref().unwrap_or(&value.written).as_str());
    let with = |value: String| Change::Context {
        key: condition.key.clone(),
        value: Some(value),
    };
    let without = Change::Context {
        key: condition.key.clone(),
        value: None,
    };
    let has_it = case
        .context
        .iter()
        .any(|held| held.key.eq_ignore_ascii_case(&condition.key));
    let mut found: Vec<Change> = match operator {
        "Null" => Vec::new(),
        "Bool" if effect == Effect::Deny => written
            .map(|value| with(if value == "true" { "false" } else { "true" }.to_owned()))
            .collect(),
        // A value of the policy makes a plain condition hold and a negated one fail.
        _ if is_negated == (effect == Effect::Deny) => written
            .filter_map(|value| exact(operator, value))
            .map(with)
            .collect(),
        _ => Vec::new(),
    };
    found.truncate(limits::SUGGESTION_VALUES_MAX);
    if has_it && is_ones_own(&key) {
        found.push(without);
    }
    found
}

/// Keys that a request or an entity may do without.
fn is_ones_own(key: &ConditionKey) -> bool {
    matches!(
        key,
        ConditionKey::PrincipalTag(_)
            | ConditionKey::RequestTag(_)
            | ConditionKey::ResourceTag(_)
            | ConditionKey::Known(KnownKey::ExternalId | KnownKey::StsSourceIdentity)
    )
}

/// The value itself, unless it means many.
fn exact(operator: &str, value: &str) -> Option<String> {
    let plain = !value.contains(['*', '?']) && !value.contains("${");
    let value = plain.then_some(value)?;
    let moved = |by: i64| {
        value
            .parse::<i64>()
            .ok()?
            .checked_add(by)
            .map(|it| it.to_string())
    };
    match operator {
        "NumericLessThan" => moved(-1),
        "NumericGreaterThan" => moved(1),
        _ if operator.starts_with("Date") => None,
        "IpAddress" | "NotIpAddress" => {
            let address = value.split('/').next().unwrap_or(value);
            Some(address.to_owned())
        }
        _ => Some(value.to_owned()),
    }
}
