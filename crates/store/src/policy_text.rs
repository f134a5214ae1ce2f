//! A policy document as stored: its text, and its compiled form made once on first use.

use locum_policy::{Document, Policy};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A policy's text with its compiled form. Clones share both, so an entity that is copied to be
/// changed keeps what was compiled.
#[derive(Clone)]
pub struct PolicyText(Arc<Inner>);

struct Inner {
    text: Arc<str>,
    compiled: OnceLock<Policy>,
}

impl PolicyText {
    /// Keeps the text as it is; nothing is parsed yet.
    pub fn new(text: impl Into<Arc<str>>) -> PolicyText {
        PolicyText(Arc::new(Inner {
            text: text.into(),
            compiled: OnceLock::new(),
        }))
    }

    /// The text as stored (a trust policy's principals are bound to unique ids).
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The compiled policy. Text that no longer parses becomes a policy that denies everything.
    pub fn policy(&self) -> &Policy {
        self.0
            .compiled
            .get_or_init(|| match Document::parse(&self.0.text) {
                Ok(document) => Policy::compile(&document),
                Err(_) => Policy::deny_all(),
            })
    }
}

impl PartialEq for PolicyText {
    fn eq(&self, other: &PolicyText) -> bool {
        self.text() == other.text()
    }
}

impl Eq for PolicyText {}

impl fmt::Debug for PolicyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PolicyText").field(&self.text()).finish()
    }
}
