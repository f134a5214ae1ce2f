//! Findings as programs read them: JSON in the manner of ValidatePolicy, and SARIF 2.1.0.

use locum_policy::{Code, Finding, Severity};
use serde_json::{Value, json};

use super::source::{Place, Source};

/// Where the codes are told.
const INFORMATION: &str = "https://github.com/locum-iam/locum/blob/main/docs/policies.md";
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A policy, and what was found in it.
pub type Reviewed = (Source, Vec<Finding>);

/// All findings as one object: `findings`, each with `file` and the members of ValidatePolicy's.
#[must_use]
pub fn json(reviewed: &[Reviewed]) -> Value {
    let findings: Vec<Value> = each(reviewed)
        .map(|(source, finding)| {
            let place = |offset| {
                let Place {
                    line,
                    column,
                    offset,
                } = source.place(offset);
                json!({"line": line, "column": column, "offset": offset})
            };
            json!({
                "file": source.name,
                "findingType": finding.severity.name(),
                "issueCode": finding.code.name(),
                "findingDetails": finding.message,
                "help": finding.help,
                "locations": [{
                    "span": {"start": place(finding.span.start), "end": place(finding.span.end)},
                }],
            })
        })
        .collect();
    json!({"findings": findings})
}

/// All findings as a SARIF log with one run.
#[must_use]
pub fn sarif(reviewed: &[Reviewed]) -> Value {
    let mut codes: Vec<Code> = each(reviewed).map(|(_, finding)| finding.code).collect();
    codes.sort();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let results: Vec<Value> = each(reviewed)
        .map(|(source, finding)| {
            let index = codes.binary_search(&finding.code).unwrap_or_default();
            result(source, finding, index)
        })
        .collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "locum policy check",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": INFORMATION,
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn each(reviewed: &[Reviewed]) -> impl Iterator<Item = (&Source, &Finding)> {
    reviewed
        .iter()
        .flat_map(|(source, findings)| findings.iter().map(move |finding| (source, finding)))
}

fn rule(code: Code) -> Value {
    let tags = match code.severity() {
        Severity::SecurityWarning => json!(["security"]),
        _ => json!([]),
    };
    json!({
        "id": code.name(),
        "shortDescription": {"text": code.summary()},
        "helpUri": format!("{INFORMATION}#findings"),
        "defaultConfiguration": {"level": level(code.severity())},
        "properties": {"tags": tags},
    })
}

fn result(source: &Source, finding: &Finding, rule: usize) -> Value {
    let (start, end) = (
        source.place(finding.span.start),
        source.place(finding.span.end),
    );
    let text = match finding.help.as_str() {
        "" => finding.message.clone(),
        help => format!("{}\n{help}", finding.message),
    };
    json!({
        "ruleId": finding.code.name(),
        "ruleIndex": rule,
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&source.name)},
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        }}],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error | Severity::SecurityWarning => "error",
        Severity::Warning => "warning",
        Severity::Suggestion => "note",
    }
}

/// A file's name as the reference of a URI: bytes that it cannot hold are escaped.
fn uri(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.trim_start_matches("./").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            // Windows paths name folders with a back slash.
            b'\\' if cfg!(windows) => out.push('/'),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
