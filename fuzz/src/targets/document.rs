//! The document parser and the checks of every kind: no panic, spans within the text, no contradictions.

use locum_policy::{Document, Finding, Kind, Policy};

use crate::model;

const KINDS: &[Kind] = &[
    Kind::Managed,
    Kind::Inline,
    Kind::Session,
    Kind::Trust,
    Kind::Boundary,
    Kind::Resource,
    Kind::Scp,
    Kind::Rcp,
];

/// The input as a document.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for kind in KINDS {
        match Document::check(text, *kind) {
            // What was saved can be loaded.
            Ok(_) => assert!(Document::parse(text).is_ok(), "{kind:?}: {text}"),
            Err(findings) => points_at(text, &findings),
        }
    }
    match Document::parse(text) {
        Ok(document) => taken(text, &document),
        Err(findings) => points_at(text, &findings),
    }
}

/// A document that is enforced.
fn taken(text: &str, document: &Document) {
    let read = model::Document::read(text);
    let read = read.unwrap_or_else(|| panic!("ungrammatical: {text}"));
    assert_eq!(document.text(), text);
    assert_eq!(document.unbind(&|_| None), text);
    for index in 0..read.statements.len() {
        let span = document.statement_span(index);
        assert!(
            span.is_some_and(|span| text.get(span).is_some()),
            "{index}: {text}"
        );
    }
    assert!(document.statement_span(read.statements.len()).is_none());
    let _ = Policy::compile(document);
    // Bound to ids and back it is the same document.
    let id = |arn: &str| {
        let prefix = if arn.contains(":user/") {
            "AIDA"
        } else {
            "AROA"
        };
        Some(format!("{prefix}{:0>16}", arn.len()))
    };
    if let Ok(bound) = document.bind(&id) {
        assert!(Document::parse(&bound).is_ok(), "{bound}");
    }
}

/// Every finding has words and lies within the text, at borders of characters.
pub(crate) fn points_at(text: &str, findings: &[Finding]) {
    assert!(!findings.is_empty(), "refused without a finding: {text}");
    for finding in findings {
        assert!(!finding.message.is_empty());
        assert!(
            text.get(finding.span.clone()).is_some(),
            "{finding:?}: {text}"
        );
    }
}
