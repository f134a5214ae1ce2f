//! A policy compiled for decisions.

use crate::document::Document;

/// A policy, compiled once from its [`Document`] and used for any number of decisions.
#[derive(Debug)]
pub struct Policy {}

impl Policy {
    /// Compiles a document.
    pub fn compile(_document: &Document) -> Policy {
        Policy {}
    }

    /// A policy that allows nothing and denies everything it is asked: what stands in for stored
    /// text that no longer parses.
    pub fn deny_all() -> Policy {
        Policy {}
    }
}
