//! What an author should know about a policy: errors, security warnings, warnings, suggestions.
//!
//! The checks are those of IAM Access Analyzer's ValidatePolicy, and more; each names a fact that is
//! certain from the text and the catalogue of actions, never a guess about what is meant. What one
//! statement says is checked only where it could be read: a statement with an error in it has that
//! error, and findings about its actions, but no others.

mod actions;
mod conditions;
mod faults;
mod grants;
mod keys;
mod kind;
mod narrow;
mod never;
mod operands;
mod overlap;
mod resources;
mod size;
mod trust;
mod values;
mod variables;

use std::ops::Range;

use crate::code::Code;
use crate::document::{Document, Effect, Statement};
use crate::finding::{Finding, Kind};
use crate::limits::FINDINGS_MAX;

pub use kind::guess_kind;

/// What is reviewed.
struct Subject<'a> {
    document: &'a Document,
    kind: Kind,
    /// The account that the policy is written in, if that is known.
    account: Option<&'a str>,
}

type Findings = Vec<Finding>;

/// Everything that is worth saying about a policy of that kind: whatever
/// [`Document::check`] refuses, with plainer words, and what it accepts and an author may regret.
/// `account` is the account that the policy is written in, if that is known: with it, trust in others
/// is told from trust in oneself. At most [`FINDINGS_MAX`] findings, in the order of the text, the
/// severe ones first where several stand at one place.
///
/// ```
/// use locum_policy::{Code, Kind, review};
///
/// let text = r#"{"Version": "2012-10-17", "Statement": {
///     "Effect": "Allow", "Action": "s3:GetObjct", "Resource": "*"}}"#;
/// let findings = review(text, Kind::Managed, None);
/// assert_eq!(findings[0].code, Code::InvalidAction);
/// assert_eq!(findings[0].help, "did you mean s3:GetObject?");
/// assert_eq!(&text[findings[0].span.clone()], "\"s3:GetObjct\"");
/// ```
pub fn review(text: &str, kind: Kind, account: Option<&str>) -> Vec<Finding> {
    let reading = faults::read(text, kind);
    let mut findings = reading.findings;
    // The names of actions can be told whatever else is wrong.
    for statement in &reading.refused {
        actions::check(statement, &mut findings);
    }
    if let Some(document) = &reading.document {
        let subject = Subject {
            document,
            kind,
            account,
        };
        look(&subject, &mut findings);
    }
    findings.sort_by_key(|finding| (finding.span.start, finding.severity, finding.code));
    findings.dedup();
    if findings.len() > FINDINGS_MAX {
        // What is refused must not be pushed out by what could be nicer.
        findings.sort_by_key(|finding| (finding.severity, finding.span.start));
        findings.truncate(FINDINGS_MAX);
        findings.sort_by_key(|finding| (finding.span.start, finding.severity, finding.code));
    }
    findings
}

fn look(subject: &Subject<'_>, out: &mut Findings) {
    size::check(subject, out);
    values::version(subject, out);
    values::shape(subject, out);
    for statement in &subject.document.statements {
        actions::check(statement, out);
        resources::check(subject, statement, out);
        conditions::check(subject, statement, out);
        operands::check(statement, out);
        never::check(subject, statement, out);
        variables::check(subject, statement, out);
        grants::check(subject, statement, out);
        trust::check(subject, statement, out);
    }
    overlap::check(subject, out);
}

fn finding(
    code: Code,
    span: &Range<usize>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Finding {
    Finding {
        severity: code.severity(),
        code,
        message: message.into(),
        help: help.into(),
        span: span.clone(),
    }
}

impl Subject<'_> {
    /// Whether an Allow of this kind of document gives anybody anything; the other kinds only limit.
    fn grants(&self) -> bool {
        matches!(self.kind, Kind::Managed | Kind::Inline) || self.names_principals()
    }

    /// Whether the document belongs to a resource and says who may use it.
    fn names_principals(&self) -> bool {
        matches!(self.kind, Kind::Trust | Kind::Resource)
    }
}

impl Statement {
    fn allows(&self) -> bool {
        self.effect == Effect::Allow
    }
}

/// Names for a sentence: `a, b and c`.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}
