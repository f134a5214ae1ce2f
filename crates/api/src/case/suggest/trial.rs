//! Tries changes with the engine; a text is compiled once for all trials.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use locum_policy::{Document, Policies, Policy, PolicyType, ResourceRule, decide};
use serde_json::Value;

use super::Change;
use crate::case::{Case, CasePolicy, ContextValue, Recorded, Rule, slices};
use crate::limits;

/// A case whose changes are tried.
pub(super) struct Trial<'a> {
    case: &'a Case,
    compiled: HashMap<Arc<str>, Rc<Policy>>,
    left: usize,
}

impl<'a> Trial<'a> {
    pub(super) fn new(case: &'a Case) -> Trial<'a> {
        Trial {
            case,
            compiled: HashMap::new(),
            left: limits::SUGGESTION_TRIALS_MAX,
        }
    }

    /// Whether the request is allowed with these changes; never after so many trials that an answer
    /// would be waited for.
    pub(super) fn allows(&mut self, changes: &[Change]) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let changed = changes.iter().try_fold(self.case.clone(), changed);
        changed.is_some_and(|case| self.decide(&case))
    }

    fn compile(&mut self, held: &CasePolicy) -> Rc<Policy> {
        let Some(text) = &held.text else {
            return Rc::new(Policy::deny_all());
        };
        if let Some(known) = self.compiled.get(text) {
            return known.clone();
        }
        let document = Document::parse(text).ok();
        let policy = document.map_or_else(Policy::deny_all, |found| Policy::compile(&found));
        let policy = Rc::new(policy);
        self.compiled.insert(text.clone(), policy.clone());
        policy
    }

    fn decide(&mut self, case: &Case) -> bool {
        let mut of_kind = |kind: PolicyType| -> Vec<Rc<Policy>> {
            let held = case.of_kind(kind);
            held.map(|held| self.compile(held)).collect()
        };
        let (identity, boundary) = (of_kind(PolicyType::Identity), of_kind(PolicyType::Boundary));
        let (session, resource) = (of_kind(PolicyType::Session), of_kind(case.resource_type()));
        let mut levels = |kind: PolicyType| -> Option<Vec<Vec<Rc<Policy>>>> {
            let mut levels = vec![Vec::new(); case.levels(kind)?];
            for held in case.of_kind(kind) {
                let policy = self.compile(held);
                if let Some(level) = levels.get_mut(held.level) {
                    level.push(policy);
                }
            }
            Some(levels)
        };
        let (scp, rcp) = (levels(PolicyType::Scp), levels(PolicyType::Rcp));
        let (scp, rcp) = (lent(scp.as_deref()), lent(rcp.as_deref()));
        let (scp, rcp) = (slices(scp.as_deref()), slices(rcp.as_deref()));
        let identity: Vec<&Policy> = identity.iter().map(Rc::as_ref).collect();
        let session: Vec<&Policy> = session.iter().map(Rc::as_ref).collect();
        let recorded = Recorded::new(&case.context);
        let principal = case.asked.principal.principal();
        let policies = Policies {
            identity: &identity,
            boundary: boundary.first().map(Rc::as_ref),
            session: (!session.is_empty()).then_some(&session),
            resource: resource.first().map(Rc::as_ref),
            resource_rule: match case.asked.resource_rule {
                Rule::Standard => ResourceRule::Standard,
                Rule::Trust => ResourceRule::Trust,
                Rule::KeyPolicy => ResourceRule::KeyPolicy,
            },
            resource_account: &case.asked.resource_account,
            scp: scp.as_deref(),
            rcp: rcp.as_deref(),
        };
        decide(&case.request(&principal, &recorded), &policies).is_allowed()
    }
}

/// The policies of each level, borrowed.
fn lent(levels: Option<&[Vec<Rc<Policy>>]>) -> Option<Vec<Vec<&Policy>>> {
    let levels = levels?.iter();
    Some(
        levels
            .map(|level| level.iter().map(Rc::as_ref).collect())
            .collect(),
    )
}

/// The case with one change more; none when it cannot be made.
fn changed(mut case: Case, change: &Change) -> Option<Case> {
    match change {
        Change::Context { key, value } => {
            case.context
                .retain(|held| !held.key.eq_ignore_ascii_case(key));
            let value = value.as_ref().map(|value| ContextValue::one(key, value));
            case.context.extend(value);
        }
        // A policy of their own is as good as a statement in one that is there.
        Change::Allow {
            kind: kind @ (PolicyType::Identity | PolicyType::Session),
            bound,
            ..
        } => {
            let text = format!(r#"{{"Version":"2012-10-17","Statement":[{bound}]}}"#);
            case.policies.push(CasePolicy {
                kind: *kind,
                name: String::new(),
                text: Some(text.into()),
                level: 0,
            });
        }
        Change::Allow {
            kind,
            policy,
            bound,
            ..
        } => {
            let bound: Value = serde_json::from_str(bound).ok()?;
            let of_kind = case.policies.iter_mut().filter(|held| held.kind == *kind);
            let held = of_kind.into_iter().nth(*policy)?;
            edit(held, |statements| statements.push(bound))?;
        }
        Change::Drop {
            kind,
            policy,
            statement,
            ..
        } => {
            let of_kind = case.policies.iter_mut().filter(|held| held.kind == *kind);
            let held = of_kind.into_iter().nth(*policy)?;
            // It goes on standing there, about nothing: other statements keep their numbers.
            edit(held, |statements| {
                if let Some(found) = statements.get_mut(*statement) {
                    emptied(found);
                }
            })?;
        }
    }
    Some(case)
}

/// Gives the statement an action that nobody asks for.
fn emptied(found: &mut Value) {
    if let Some(members) = found.as_object_mut() {
        members.remove("NotAction");
        members.insert("Action".to_owned(), Value::from("locum:Nothing"));
    }
}

/// Edits the statements of a policy's text.
fn edit(held: &mut CasePolicy, change: impl FnOnce(&mut Vec<Value>)) -> Option<()> {
    let mut document: Value = serde_json::from_str(held.text.as_deref()?).ok()?;
    let statements = document.get_mut("Statement")?;
    if !statements.is_array() {
        *statements = Value::Array(vec![statements.take()]);
    }
    change(statements.as_array_mut()?);
    held.text = Some(document.to_string().into());
    Some(())
}
