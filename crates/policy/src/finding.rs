//! What is wrong with a policy document: the finding, its severity, and the kinds of documents.

use std::ops::Range;

use crate::code::Code;

/// What a document is going to be used as: the rules, and AWS's sentences, differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Customer managed policy: needs `"Version": "2012-10-17"`.
    Managed,
    /// Inline policy of a user or role: the older version is allowed.
    Inline,
    /// Session policy: the rules of identity policies.
    Session,
    /// Role trust policy.
    Trust,
    /// Permissions boundary: a managed policy, with the rules of one.
    Boundary,
    /// Policy of a resource other than a role: needs a principal and a resource.
    Resource,
    /// Service control policy of an organization: names no principal.
    Scp,
    /// Resource control policy that a customer writes: only denies, everyone, named services.
    Rcp,
}

/// How bad a [`Finding`] is, the worst first; the names are IAM Access Analyzer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The document is refused, or a part of it cannot do what it says.
    Error,
    /// It allows more than is good, or denies less than it seems to.
    SecurityWarning,
    /// Its author may have meant something else.
    Warning,
    /// It could be written better.
    Suggestion,
}

impl Severity {
    /// Access Analyzer's name for it: `SECURITY_WARNING`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "ERROR",
            Severity::SecurityWarning => "SECURITY_WARNING",
            Severity::Warning => "WARNING",
            Severity::Suggestion => "SUGGESTION",
        }
    }
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is called.
    pub code: Code,
    /// What is wrong. From [`Document::check`](crate::Document::check) it is AWS's own sentence, as
    /// it stands in the error answer.
    pub message: String,
    /// What can be done about it; empty from [`Document::check`](crate::Document::check).
    pub help: String,
    /// Where: bytes of the document's text.
    pub span: Range<usize>,
}
