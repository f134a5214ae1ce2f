//! An explanation as its reader may see it.

use crate::decision::{PolicyType, Reason};
use crate::explain::report::{
    ConditionReport, Explanation, PolicyReport, PolicyValue, RequestValues,
};

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Caller,
    Owner,
}

/// What one reader may see of an [`Explanation`].
#[derive(Clone)]
pub struct View<'a> {
    explanation: &'a Explanation,
    audience: Audience,
    policies: Vec<PolicyReport>,
}

impl<'a> View<'a> {
    pub(crate) fn new(explanation: &'a Explanation, audience: Audience) -> View<'a> {
        let mut view = View {
            explanation,
            audience,
            policies: Vec::new(),
        };
        let all = explanation.policies.iter();
        let shown = all.filter(|report| view.shows(report.policy_type)).cloned();
        view.policies = shown.collect();
        if audience == Audience::Caller && explanation.decision.is_cross_account() {
            view.policies.iter_mut().for_each(hide);
        }
        view
    }

    /// Whether the request may go on.
    pub fn is_allowed(&self) -> bool {
        self.explanation.decision.is_allowed()
    }

    /// Why; `None` when the reader is not told.
    pub fn reason(&self) -> Option<Reason> {
        let reason = *self.explanation.decision.reason();
        let decided = match reason {
            Reason::Allowed(statement) | Reason::ExplicitDeny(statement) => statement.policy_type,
            Reason::NoAllow(lacking) => lacking,
            Reason::Root => return Some(reason),
            // Which side lacks an Allow is the owner's to know.
            Reason::CrossAccount(_) => {
                return (self.audience == Audience::Owner).then_some(reason);
            }
        };
        self.shows(decided).then_some(reason)
    }

    /// The policies, those of one type together.
    pub fn policies(&self) -> &[PolicyReport] {
        &self.policies
    }

    /// The action that was asked for.
    pub fn action(&self) -> &str {
        &self.explanation.action
    }

    /// The resource that was asked for.
    pub fn resource(&self) -> &str {
        &self.explanation.resource
    }

    pub(crate) fn is_cross_account(&self) -> bool {
        self.explanation.decision.is_cross_account()
    }

    /// Whether policies of that type are for the reader.
    fn shows(&self, policy_type: PolicyType) -> bool {
        if self.audience == Audience::Owner || !policy_type.is_of_resource() {
            return true;
        }
        // Whom its own policies do not allow learns nothing of those of a resource.
        let got_so_far = match self.explanation.decision.reason() {
            Reason::Allowed(_) | Reason::Root => true,
            Reason::ExplicitDeny(statement) => statement.policy_type.is_of_resource(),
            Reason::NoAllow(lacking) => lacking.is_of_resource(),
            Reason::CrossAccount(_) => false,
        };
        got_so_far && !self.explanation.decision.is_cross_account()
    }
}

/// Takes away what the owner of the resource knows alone.
fn hide(report: &mut PolicyReport) {
    let hide_value = |value: &mut PolicyValue| {
        if value.is_owners {
            value.resolved = None;
        }
    };
    let hide_condition = |condition: &mut ConditionReport| {
        if condition.is_owners {
            condition.request_values = RequestValues::Hidden;
        }
        condition.policy_values.iter_mut().for_each(hide_value);
    };
    for statement in &mut report.statements {
        statement.resources.iter_mut().for_each(hide_value);
        statement.conditions.iter_mut().for_each(hide_condition);
    }
}
