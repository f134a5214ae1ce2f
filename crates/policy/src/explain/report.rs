//! An explanation as a value.

use std::ops::Range;
use std::sync::Arc;

use crate::decision::{Decision, PolicyType};
use crate::document::Effect;
use crate::explain::view::{Audience, View};
use crate::truth::Truth;

/// What [`explain`](crate::explain) found. Choose who reads it: [`for_caller`](Explanation::for_caller)
/// or [`for_owner`](Explanation::for_owner).
#[derive(Debug, Clone)]
pub struct Explanation {
    pub(crate) decision: Decision,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) policies: Vec<PolicyReport>,
}

impl Explanation {
    /// The decision, the same as that of [`decide`](crate::decide).
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// What the caller may know. Nothing of the resource's policies and its organization's resource
    /// control policies when it belongs to another account, or when the caller's own policies do not
    /// allow anyway; and in another account no values of the resource, such as its tags.
    pub fn for_caller(&self) -> View<'_> {
        View::new(self, Audience::Caller)
    }

    /// Everything, for whoever owns the resource and the policies.
    pub fn for_owner(&self) -> View<'_> {
        View::new(self, Audience::Owner)
    }
}

/// Whether something matches, holds or applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It cannot be told, such as whether a word is less than a number: it never allows and always
    /// denies.
    Unknown,
}

impl From<Truth> for Outcome {
    fn from(truth: Truth) -> Outcome {
        match truth {
            Truth::Yes => Outcome::Yes,
            Truth::No => Outcome::No,
            Truth::Unknown => Outcome::Unknown,
        }
    }
}

/// One policy.
#[derive(Debug, Clone)]
pub struct PolicyReport {
    /// In which list it is.
    pub policy_type: PolicyType,
    /// The level of a service or resource control policy, the root being 0.
    pub level: Option<usize>,
    /// Its index among the policies of its type, as in [`StatementRef`](crate::StatementRef).
    pub index: usize,
    /// Its name.
    pub name: String,
    /// Its text; empty when it no longer parses.
    pub text: Arc<str>,
    /// All of its statements, in their order.
    pub statements: Vec<StatementReport>,
}

/// One statement. Spans are bytes of the policy's text.
#[derive(Debug, Clone)]
pub struct StatementReport {
    /// Its index in the document.
    pub index: usize,
    /// Its `Sid`, if it has one.
    pub sid: Option<String>,
    /// Allow or Deny.
    pub effect: Effect,
    /// Whether it applies to the request; a Deny whose outcome is [`Outcome::Unknown`] denies.
    pub outcome: Outcome,
    /// Where it stands.
    pub span: Range<usize>,
    /// Whether it is about the action, and where that is said.
    pub action: (Outcome, Range<usize>),
    /// Whether it means the caller; `None` in policies that belong to the caller.
    pub principal: Option<(Outcome, Range<usize>)>,
    /// Whether it is about the resource; `None` in a statement that names none.
    pub resource: Option<(Outcome, Range<usize>)>,
    /// The resources that hold variables, resolved.
    pub resources: Vec<PolicyValue>,
    /// Its conditions, in their order.
    pub conditions: Vec<ConditionReport>,
}

/// One key under one operator.
#[derive(Debug, Clone)]
pub struct ConditionReport {
    /// The operator, such as `StringNotLike`.
    pub operator: String,
    /// The key as written.
    pub key: String,
    /// Whether the condition holds.
    pub outcome: Outcome,
    /// The values of the policy.
    pub policy_values: Vec<PolicyValue>,
    /// The values of the request.
    pub request_values: RequestValues,
    /// Where the key stands.
    pub span: Range<usize>,
    /// Whether the key tells something about the resource that its owner knows alone.
    pub(crate) is_owners: bool,
}

/// A value of a policy.
#[derive(Debug, Clone)]
pub struct PolicyValue {
    /// As written.
    pub written: String,
    /// With its variables replaced; one without value stays as it is. `None` when there are none.
    pub resolved: Option<String>,
    /// Whether a variable tells something about the resource that its owner knows alone.
    pub(crate) is_owners: bool,
}

/// What the request has under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestValues {
    /// Nothing: the key is missing.
    Missing,
    /// One value, or several, or none of a key that may have several.
    Are(Vec<String>),
    /// Several where there can be one: which is meant cannot be told.
    Ambiguous,
    /// Not for the reader.
    Hidden,
}
