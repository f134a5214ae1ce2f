//! What is wrong with a policy document: the finding, its severity, and the kinds of documents.

use std::ops::Range;

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

/// How bad a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The document is refused.
    Error,
    /// The document is accepted; its author may have meant something else.
    Warning,
}

/// One thing that is wrong with a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// AWS's own sentence, as it stands in the error answer.
    pub message: String,
    /// Where: bytes of the document's text.
    pub span: Range<usize>,
}
