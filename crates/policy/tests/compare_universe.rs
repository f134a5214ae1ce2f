//! The comparison against brute force: small policies over small universes, every request asked.
#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what went wrong by panicking; generated indices are in range"
)]

mod common;

use std::collections::BTreeMap;

use common::{Fact, Facts, ask, compile, document};
use locum_policy::{Comparison, Document, PolicyType, Relation, compare, relation};

/// A small generator of numbers, so that a failure can be repeated from its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let sides = u64::try_from(sides).unwrap_or(1);
        usize::try_from((self.0 >> 33) % sides).unwrap_or(0)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }

    fn some(&mut self, from: &[&str], most: usize) -> String {
        let count = 1 + self.roll(most);
        let picked: Vec<String> = (0..count)
            .map(|_| format!("\"{}\"", self.pick(from)))
            .collect();
        format!("[{}]", picked.join(","))
    }
}

const ACTIONS: &[&str] = &[
    "a:x", "a:y", "a:*", "a:x*", "a:?y", "*", "b:x", "A:X?", "a:*y",
];
const RESOURCES: &[&str] = &[
    "*",
    "arn:p:s:::a",
    "arn:p:s:::a*",
    "arn:p:s:::*b",
    "arn:p:s:*::a?",
    "arn:p:s:::a:*",
    "arn:p:s:::${aws:username}",
    "arn:p:s:::${aws:username}*",
    "arn:p:s:::a${aws:username}",
    "arn:p:s:::${aws:username, 'b'}",
    "arn:*:s::1:*",
];
const TEXTS: &[&str] = &[
    "a",
    "b",
    "a*",
    "*b",
    "?",
    "*",
    "${aws:username}",
    "${s:k, 'a'}",
    "A",
    "",
];
const ARNS: &[&str] = &[
    "arn:p:s:::a",
    "arn:p:s:::*",
    "arn:*:s:::a*",
    "*",
    "arn:p:s:::${aws:username}",
];

const STRING_OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringNotLike",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
];
const NUMERIC_OPERATORS: &[&str] = &[
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
];
const DATE_OPERATORS: &[&str] = &[
    "DateLessThan",
    "DateGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
];
const NETWORKS: &[&str] = &["10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "2001:db8::/32"];

/// Whether variables may stand in the policies.
#[derive(Clone, Copy, PartialEq)]
enum With {
    Variables,
    /// As before, and the user's name is there and not empty: else these two are mostly what differs.
    Values,
    Literals,
}

/// Every statement with values for variables asks this.
const NAMED: &str = r#""ForAnyValue:StringLike":{"aws:username":"?*"}"#;

fn condition(dice: &mut Dice, with: With) -> String {
    let qualifier = ["", "", "", "ForAllValues:", "ForAnyValue:"][dice.roll(5)];
    let suffix = ["", "", "IfExists"][dice.roll(3)];
    let usable = |text: &&&str| with != With::Literals || !text.contains('$');
    let texts: Vec<&str> = TEXTS.iter().filter(usable).copied().collect();
    let arns: Vec<&str> = ARNS.iter().filter(usable).copied().collect();
    let (operator, key, values) = match dice.roll(9) {
        0..=2 => {
            let base = format!("{qualifier}{}{suffix}", dice.pick(STRING_OPERATORS));
            let key = dice.pick(&["s:k", "s:k", "aws:username"]);
            (base, key, dice.some(&texts, 2))
        }
        3 => {
            let base = format!("{qualifier}{}{suffix}", dice.pick(NUMERIC_OPERATORS));
            (base, "s:n", dice.some(&["1", "2.5", "-1"], 2))
        }
        4 => {
            let base = format!("{}{suffix}", dice.pick(&["IpAddress", "NotIpAddress"]));
            (base, "aws:SourceIp", dice.some(NETWORKS, 2))
        }
        5 => {
            let arn = dice.pick(&["ArnEquals", "ArnNotEquals", "ArnLike"]);
            let base = format!("{qualifier}{arn}{suffix}");
            (base, "s:arn", dice.some(&arns, 2))
        }
        6 => {
            let values = dice.some(&["true", "false"], 1);
            (format!("Bool{suffix}"), "aws:SecureTransport", values)
        }
        7 => {
            let base = format!("{}{suffix}", dice.pick(DATE_OPERATORS));
            let values = dice.some(&["2026-01-01", "2026-06-01T00:00:00Z"], 1);
            (base, "aws:CurrentTime", values)
        }
        _ => {
            let key = dice.pick(&["s:k", "s:n", "aws:username"]);
            ("Null".to_owned(), key, dice.some(&["true", "false"], 1))
        }
    };
    format!(r#"{{"{operator}":{{"{key}":{values}}}}}"#)
}

fn statement(dice: &mut Dice, with: With) -> String {
    let effect = ["Allow", "Allow", "Deny"][dice.roll(3)];
    let action = ["Action", "Action", "Action", "NotAction"][dice.roll(4)];
    let resource = ["Resource", "Resource", "Resource", "NotResource"][dice.roll(4)];
    let resources: Vec<&str> = RESOURCES
        .iter()
        .copied()
        .filter(|t| with != With::Literals || !t.contains('$'))
        .collect();
    let condition = match dice.roll(5) {
        0 | 1 => "{}".to_owned(),
        _ => condition(dice, with),
    };
    let condition = match with {
        With::Values if condition == "{}" => format!("{{{NAMED}}}"),
        With::Values if !condition.contains("ForAnyValue:StringLike\"") => {
            condition.replacen('{', &format!("{{{NAMED},"), 1)
        }
        _ => condition,
    };
    let condition = match condition.as_str() {
        "{}" => String::new(),
        condition => format!(r#","Condition":{condition}"#),
    };
    format!(
        r#"{{"Effect":"{effect}","{action}":{},"{resource}":{}{condition}}}"#,
        dice.some(ACTIONS, 2),
        dice.some(&resources, 2)
    )
}

fn policy(dice: &mut Dice, with: With) -> String {
    let count = 1 + dice.roll(3);
    let statements: Vec<String> = (0..count).map(|_| statement(dice, with)).collect();
    statements.join(",")
}

/// What requests of the universe hold: nothing, or something under one key or two.
fn contexts() -> Vec<Facts> {
    let many = |values: &[&'static str]| Fact::Many(values.to_vec());
    let texts = |values: &[&str]| -> Vec<Fact> {
        let values = values.iter();
        values.map(|value| Fact::Str((*value).to_owned())).collect()
    };
    let mut of_k = texts(&["a", "b", "ab", "A", ""]);
    of_k.extend([many(&["a", "b"]), many(&["c"])]);
    let addresses = ["10.1.2.3", "10.2.0.0", "192.0.2.1", "2001:db8::1"];
    let keys = [
        ("aws:username", texts(&["a", "b", "c", ""])),
        ("s:k", of_k),
        ("s:n", texts(&["1", "2", "2.5", "-3", "x"])),
        ("s:arn", texts(&["arn:p:s:::a", "arn:q:s:::b", "no"])),
        ("aws:sourceip", texts(&addresses)),
        (
            "aws:currenttime",
            texts(&["2025-05-05", "2026-01-01", "2026-07-07"]),
        ),
        ("aws:securetransport", texts(&["true", "false"])),
    ];
    let mut contexts = vec![Facts::default()];
    for (key, facts) in &keys {
        let mut more = Vec::new();
        // Statements have one condition each, and a variable.
        for so_far in contexts.iter().filter(|facts| facts.0.len() < 2) {
            for fact in facts {
                more.push(so_far.clone().with(key, fact.clone()));
            }
        }
        contexts.extend(more);
    }
    contexts
}

/// All requests of a small universe.
fn universe() -> Vec<(&'static str, &'static str, Facts)> {
    let actions = ["a:x", "a:y", "a:zy", "a:xq", "b:x", "b:y", "c:d"];
    let resources = [
        "*",
        "arn:p:s:::a",
        "arn:p:s:::b",
        "arn:p:s:::ab",
        "arn:p:s:::a:b",
        "arn:q:s::1:a",
        "arn:p:s:::c",
        "arn:p:s:::cc",
    ];
    let contexts = contexts();
    let mut all = Vec::new();
    for action in actions {
        for resource in resources {
            let requests = contexts.iter();
            all.extend(requests.map(|facts| (action, resource, facts.clone())));
        }
    }
    all
}

fn parsed(statements: &str) -> Document {
    match Document::parse(&document(statements)) {
        Ok(document) => document,
        Err(findings) => panic!("{statements}: {findings:?}"),
    }
}

/// Compares generated pairs; the number of answers of each kind.
fn check(with: With, seeds: std::ops::Range<u64>) -> BTreeMap<&'static str, u32> {
    let universe = universe();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in seeds {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        dice.roll(2);
        let (old, new) = (policy(&mut dice, with), policy(&mut dice, with));
        let (before, after) = (compile(&document(&old)), compile(&document(&new)));
        let shown = universe.iter().find(|(action, resource, facts)| {
            ask(&[&after], action, resource, facts).is_allowed()
                && !ask(&[&before], action, resource, facts).is_allowed()
        });
        let (old_document, new_document) = (parsed(&old), parsed(&new));
        let found = compare(&[&old_document], &[&new_document], PolicyType::Identity);
        let word = match &found {
            Comparison::NotMorePermissive => {
                assert!(
                    shown.is_none(),
                    "seed {seed}\n old {old}\n new {new}\n {shown:?}"
                );
                "no"
            }
            Comparison::MorePermissive { witness, .. } => {
                assert!(witness.decide(&[&new_document]).is_allowed());
                assert!(!witness.decide(&[&old_document]).is_allowed());
                if shown.is_some() {
                    "more"
                } else {
                    "more, outside of the universe"
                }
            }
            Comparison::Unknown(unsure) => {
                assert!(
                    with != With::Literals
                        || matches!(unsure, locum_policy::Unsure::MixedOperators(_)),
                    "seed {seed}: {unsure:?}\n old {old}\n new {new}"
                );
                assert_ne!(
                    *unsure,
                    locum_policy::Unsure::Disagreement,
                    "seed {seed}\n old {old}\n new {new}"
                );
                if shown.is_some() {
                    "unknown, but more"
                } else {
                    "unknown"
                }
            }
        };
        *counts.entry(word).or_default() += 1;
    }
    counts
}

#[test]
fn policies_without_variables_compare_as_every_request_says() {
    let counts = check(With::Literals, 0..600);
    assert!(
        counts
            .get("more, outside of the universe")
            .copied()
            .unwrap_or(0)
            < 300,
        "{counts:?}"
    );
}

#[test]
fn policies_with_variables_compare_as_every_request_says() {
    let counts = check(With::Variables, 0..600);
    assert!(
        counts.get("unknown").copied().unwrap_or(0) < 3,
        "{counts:?}"
    );
}

#[test]
fn policies_with_values_of_variables_compare_as_every_request_says() {
    let counts = check(With::Values, 0..600);
    assert!(
        counts.get("unknown").copied().unwrap_or(0) < 40,
        "{counts:?}"
    );
}

/// An Allow that never matches: with it on one side only, equal policies are not equal word for word.
const NEVER: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Null":{"z:z":"true"},"StringEquals":{"z:z":"z"}}}"#;

#[test]
fn laws_of_comparison() {
    for seed in 0..250_u64 {
        let mut dice = Dice(seed ^ 0x5555_1234);
        let old = policy(&mut dice, With::Variables);
        let more = statement(&mut dice, With::Variables);
        let (allow, deny) = (
            more.replace("\"Deny\"", "\"Allow\""),
            more.replace("\"Allow\"", "\"Deny\""),
        );
        let old_document = parsed(&old);
        let kind = PolicyType::Identity;
        let other = parsed(&format!("{old},{NEVER}"));
        for other in [&old_document, &other] {
            let same = relation(&[&old_document], &[other], kind);
            assert_eq!(same, Relation::Equivalent, "{old}");
        }
        let denied = parsed(&format!("{NEVER},{old},{deny}"));
        let found = compare(&[&old_document], &[&denied], kind);
        assert_eq!(found, Comparison::NotMorePermissive, "{old}\n{deny}");
        let allowed = parsed(&format!("{allow},{old}"));
        let found = compare(&[&allowed], &[&other], kind);
        assert_eq!(found, Comparison::NotMorePermissive, "{old}\n{allow}");
    }
}
