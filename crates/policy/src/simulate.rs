//! Simulation: what the engine would decide, with a context that somebody types in, and why.
//!
//! The decision is that of [`decide`](crate::decide): a simulator that answers otherwise than the
//! enforcement is worse than none.

mod entries;
mod keys;
mod principal;

use crate::decision::{PolicyType, Reason};
use crate::document::Effect;
use crate::explain::{
    Explanation, NamedPolicies, Outcome, PolicyReport, RequestValues, StatementReport, explain,
};
use crate::request::Request;

pub use entries::{ContextEntries, ContextEntry, ContextKeyType, EntryError};
pub use principal::principal_entries;

/// What a simulated request comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SimulatedDecision {
    /// `allowed`
    Allowed,
    /// `explicitDeny`: a statement denies it.
    ExplicitDeny,
    /// `implicitDeny`: nothing allows it.
    ImplicitDeny,
}

impl SimulatedDecision {
    /// IAM's word for it (`PolicyEvaluationDecisionType`).
    pub fn word(self) -> &'static str {
        match self {
            SimulatedDecision::Allowed => "allowed",
            SimulatedDecision::ExplicitDeny => "explicitDeny",
            SimulatedDecision::ImplicitDeny => "implicitDeny",
        }
    }
}

/// A place in a policy's text. Both count from 1; columns are characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A statement that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchedStatement {
    /// The name that its policy was given.
    pub policy: String,
    /// In which list the policy is.
    pub policy_type: PolicyType,
    /// Its index in the document.
    pub statement: usize,
    /// Its first character.
    pub start: Position,
    /// Just behind its last character.
    pub end: Position,
}

/// What one action on one resource comes to.
#[derive(Debug, Clone)]
pub struct Simulated {
    /// The decision.
    pub decision: SimulatedDecision,
    /// The statement that denies it, or all that allow it; none when it is denied implicitly.
    pub matched: Vec<MatchedStatement>,
    /// Condition keys that statements about the action and resource ask for and the context does not
    /// have, as written in the policies, sorted, each once.
    pub missing: Vec<String>,
    /// Whether the permissions boundary lets it pass; `None` without one.
    pub allowed_by_boundary: Option<bool>,
    /// Whether the organization's policies let it pass; `None` when none were given.
    pub allowed_by_organizations: Option<bool>,
    /// The whole story.
    pub explanation: Explanation,
}

impl Simulated {
    /// What the policies of these types come to by themselves, whatever the others say.
    pub fn alone(&self, types: &[PolicyType]) -> SimulatedDecision {
        let reports = self.explanation.policies.iter();
        let of_types = reports.filter(|report| types.contains(&report.policy_type));
        let statements = || of_types.clone().flat_map(|report| &report.statements);
        // A policy that no longer parses denies everything.
        let broken = of_types.clone().any(|report| report.statements.is_empty());
        if broken || statements().any(denies) {
            SimulatedDecision::ExplicitDeny
        } else if statements().any(allows) {
            SimulatedDecision::Allowed
        } else {
            SimulatedDecision::ImplicitDeny
        }
    }
}

/// Simulates one request.
pub fn simulate(request: &Request<'_>, policies: &NamedPolicies<'_>) -> Simulated {
    let explanation = explain(request, policies);
    let decision = match explanation.decision().reason() {
        Reason::Allowed(_) | Reason::Root => SimulatedDecision::Allowed,
        Reason::ExplicitDeny(_) => SimulatedDecision::ExplicitDeny,
        Reason::NoAllow(_) | Reason::CrossAccount(_) => SimulatedDecision::ImplicitDeny,
    };
    let reports = &explanation.policies;
    let allowed_by_boundary = policies
        .boundary
        .map(|_| passes(reports, PolicyType::Boundary, 1));
    let organizations = [
        (PolicyType::Scp, policies.scp),
        (PolicyType::Rcp, policies.rcp),
    ];
    let given = organizations.iter().any(|(_, levels)| levels.is_some());
    let allowed_by_organizations = given.then(|| {
        let mut given = organizations.iter();
        given.all(|(kind, levels)| levels.is_none_or(|levels| passes(reports, *kind, levels.len())))
    });
    Simulated {
        decision,
        matched: matched(&explanation, decision),
        missing: missing(reports),
        allowed_by_boundary,
        allowed_by_organizations,
        explanation,
    }
}

/// Whether the policies of one type neither deny nor lack an Allow at any of their levels.
fn passes(reports: &[PolicyReport], kind: PolicyType, levels: usize) -> bool {
    let of_kind = || reports.iter().filter(|report| report.policy_type == kind);
    let denied = of_kind().any(|report| {
        // A policy that no longer parses denies everything.
        report.statements.is_empty() || report.statements.iter().any(denies)
    });
    let allows = |level: usize| {
        let here = |report: &&PolicyReport| report.level.unwrap_or(0) == level;
        of_kind()
            .filter(here)
            .any(|report| report.statements.iter().any(allows))
    };
    !denied && (0..levels).all(allows)
}

fn denies(statement: &StatementReport) -> bool {
    statement.effect == Effect::Deny && statement.outcome != Outcome::No
}

fn allows(statement: &StatementReport) -> bool {
    statement.effect == Effect::Allow && statement.outcome == Outcome::Yes
}

/// The statements that make the decision.
fn matched(explanation: &Explanation, decision: SimulatedDecision) -> Vec<MatchedStatement> {
    let reports = explanation.policies.iter();
    match (decision, explanation.decision().reason()) {
        (_, Reason::ExplicitDeny(denied)) => {
            let mut reports = reports.filter(|report| {
                report.policy_type == denied.policy_type && report.index == denied.policy
            });
            let report = reports.next();
            let found = report.and_then(|report| {
                let mut statements = report.statements.iter();
                let found = statements.find(|statement| statement.index == denied.statement)?;
                Some(located(report, found))
            });
            found.into_iter().collect()
        }
        (SimulatedDecision::Allowed, _) => reports
            .flat_map(|report| {
                let allowing = report.statements.iter().filter(|found| allows(found));
                allowing.map(move |found| located(report, found))
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn located(report: &PolicyReport, statement: &StatementReport) -> MatchedStatement {
    MatchedStatement {
        policy: report.name.clone(),
        policy_type: report.policy_type,
        statement: statement.index,
        start: position(&report.text, statement.span.start),
        end: position(&report.text, statement.span.end),
    }
}

/// Where the byte `at` of `text` stands.
fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let in_line = before.get(line_start..).unwrap_or_default();
    Position {
        line: before.matches('\n').count() + 1,
        column: in_line.chars().count() + 1,
    }
}

/// The keys that statements wait for, those that are about the request otherwise.
fn missing(reports: &[PolicyReport]) -> Vec<String> {
    let is_about = |statement: &&StatementReport| {
        let resource = statement.resource.as_ref();
        statement.action.0 != Outcome::No && resource.is_none_or(|found| found.0 != Outcome::No)
    };
    let statements = reports.iter().flat_map(|report| &report.statements);
    let conditions = statements
        .filter(is_about)
        .flat_map(|statement| &statement.conditions);
    let absent = conditions.filter(|found| found.request_values == RequestValues::Missing);
    keys::each_once(absent.map(|found| found.key.clone()).collect())
}
