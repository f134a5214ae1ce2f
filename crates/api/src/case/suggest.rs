//! The smallest changes that would have allowed a refused request, each tried with the engine.
//!
//! Nothing is suggested that was not tried, and nothing with a wildcard but the `*` of actions that
//! have no resource.

mod conditions;
mod trial;

use locum_policy::{Effect, Outcome, PolicyReport, PolicyType, StatementReport};
use serde_json::{Value, json};

use super::Case;
use crate::limits;
use trial::Trial;

/// One change of a suggestion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// The request or the tags of a party have another value; `None`: they have it no more.
    Context { key: String, value: Option<String> },
    /// A statement more.
    Allow {
        kind: PolicyType,
        /// Index of the policy among those of its kind; a user's and a session's go where there is room.
        policy: usize,
        /// As it is to be written.
        statement: String,
        /// As the engine is asked: principals by their unique ids.
        bound: String,
    },
    /// A statement less.
    Drop {
        kind: PolicyType,
        /// Index of the policy among those of its kind, and its name.
        policy: usize,
        name: String,
        statement: usize,
        sid: Option<String>,
    },
}

/// Changes that together allow the request.
pub(crate) type Suggestion = Vec<Change>;

/// At most [`limits::SUGGESTIONS_MAX`] suggestions, those with the fewest changes; none for a request
/// that is allowed.
pub(crate) fn suggestions(case: &Case) -> Vec<Suggestion> {
    let mut trial = Trial::new(case);
    if trial.allows(&[]) {
        return Vec::new();
    }
    let simulated = case.simulate();
    let view = simulated.explanation.for_owner();
    let reports = view.policies();
    let mut changes = conditions::changes(case, reports);
    let (additions, removals) = (additions(case), removals(reports));
    changes.extend(additions.iter().cloned().map(|change| vec![change]));
    changes.extend(removals.iter().cloned().map(|change| vec![change]));
    changes.truncate(limits::SUGGESTION_CHANGES_TRIED_MAX);
    let found = fewest(&mut trial, &changes);
    if !found.is_empty() {
        return found;
    }
    // Several layers lack something: all that can be added, less what is not needed.
    let mut all: Vec<Change> = additions;
    all.extend(removals);
    if !trial.allows(&all) {
        return Vec::new();
    }
    let mut at = 0;
    while at < all.len() {
        let mut fewer = all.clone();
        fewer.remove(at);
        if trial.allows(&fewer) {
            all = fewer;
        } else {
            at += 1;
        }
    }
    vec![all]
}

/// Single changes that allow, else pairs.
fn fewest(trial: &mut Trial<'_>, changes: &[Suggestion]) -> Vec<Suggestion> {
    let mut found: Vec<Suggestion> = Vec::new();
    for change in changes {
        if found.len() < limits::SUGGESTIONS_MAX && trial.allows(change) {
            found.push(change.clone());
        }
    }
    if !found.is_empty() {
        return found;
    }
    for (at, first) in changes.iter().enumerate() {
        for second in changes.iter().skip(at + 1) {
            let both = [first.clone(), second.clone()].concat();
            if found.len() < limits::SUGGESTIONS_MAX && trial.allows(&both) {
                found.push(both);
            }
        }
    }
    found
}

/// An Allow for exactly this request, in each kind of policy that could hold one.
fn additions(case: &Case) -> Vec<Change> {
    let who = &case.asked.principal;
    let resource = literal(&case.asked.resource);
    let own = json!({ "Effect": "Allow", "Action": case.asked.action, "Resource": resource });
    let of_resource = |principal: &str| match case.resource_type() {
        PolicyType::RoleTrust => json!({
            "Effect": "Allow", "Principal": { "AWS": principal }, "Action": case.asked.action,
        }),
        _ => json!({
            "Effect": "Allow", "Principal": { "AWS": principal }, "Action": case.asked.action,
            "Resource": resource,
        }),
    };
    let mut found = Vec::new();
    let mut add = |kind: PolicyType, policy: usize, statement: &Value, bound: &Value| {
        found.push(Change::Allow {
            kind,
            policy,
            statement: statement.to_string(),
            bound: bound.to_string(),
        });
    };
    if !matches!(who.kind, super::WhoKind::Root) {
        add(PolicyType::Identity, 0, &own, &own);
    }
    for kind in [PolicyType::Boundary, PolicyType::Session] {
        if case.of_kind(kind).next().is_some() {
            add(kind, 0, &own, &own);
        }
    }
    // Each level of the organization has to allow; nobody writes an Allow in a resource control policy.
    let mut level = None;
    for (index, held) in case.of_kind(PolicyType::Scp).enumerate() {
        if level.replace(held.level) != Some(held.level) {
            add(PolicyType::Scp, index, &own, &own);
        }
    }
    let kind = case.resource_type();
    if case.of_kind(kind).next().is_some() {
        add(
            kind,
            0,
            &of_resource(who.entity_arn()),
            &of_resource(who.bound()),
        );
    }
    found
}

/// Every statement that denies, taken away.
fn removals(reports: &[PolicyReport]) -> Vec<Change> {
    let denies =
        |found: &&StatementReport| found.effect == Effect::Deny && found.outcome != Outcome::No;
    let of_policy = |report: &PolicyReport| -> Vec<Change> {
        let denying = report.statements.iter().filter(denies);
        denying
            .map(|found| Change::Drop {
                kind: report.policy_type,
                policy: report.index,
                name: report.name.clone(),
                statement: found.index,
                sid: found.sid.clone(),
            })
            .collect()
    };
    reports.iter().flat_map(of_policy).collect()
}

/// A resource that means itself alone: what would be a wildcard or a variable is escaped.
fn literal(resource: &str) -> String {
    if resource == "*" {
        return resource.to_owned();
    }
    let mut text = String::with_capacity(resource.len());
    for character in resource.chars() {
        match character {
            '*' | '?' | '$' => text.push_str(&format!("${{{character}}}")),
            other => text.push(other),
        }
    }
    text
}
