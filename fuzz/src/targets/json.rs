//! The JSON reader: what it takes is JSON to others as well, and every finding points at text.

use locum_policy::{Document, Kind};

use crate::model;

/// The input as the `Id` of a policy, so that any string is legal, and as a whole document.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let statement = r#"{"Effect":"Allow","Action":"s3:L","Resource":"*"}"#;
    let policy = format!(r#"{{"Version":"2012-10-17","Id":{text},"Statement":{statement}}}"#);
    for document in [text, &policy] {
        match Document::parse(document) {
            Ok(_) => {
                let other: Result<serde_json::Value, _> = serde_json::from_str(document);
                assert!(other.is_ok(), "not JSON: {document}");
                assert!(
                    model::Document::read(document).is_some(),
                    "ungrammatical: {document}"
                );
            }
            Err(findings) => super::document::points_at(document, &findings),
        }
        if let Err(findings) = Document::check(document, Kind::Inline) {
            super::document::points_at(document, &findings);
        }
    }
}
