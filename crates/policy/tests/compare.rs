//! Comparing two policies: hand-written pairs, each with what it shows.
#![allow(clippy::panic, reason = "tests say what went wrong by panicking")]

use locum_policy::{Comparison, Document, PolicyType, compare};

fn parsed(text: &str) -> Document {
    let text = if text.starts_with("{\"Version") {
        text.to_owned()
    } else {
        format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#)
    };
    match Document::parse(&text) {
        Ok(document) => document,
        Err(findings) => panic!("{text}: {findings:?}"),
    }
}

/// What the comparison says, in a word.
fn verdict(old: &str, new: &str, kind: PolicyType) -> (&'static str, Comparison) {
    let (old, new) = (parsed(old), parsed(new));
    let found = compare(&[&old], &[&new], kind);
    let word = match &found {
        Comparison::NotMorePermissive => "no",
        Comparison::MorePermissive { witness, .. } => {
            assert!(witness.decide(&[&new]).is_allowed(), "{witness:?}");
            assert!(!witness.decide(&[&old]).is_allowed(), "{witness:?}");
            "more"
        }
        Comparison::Unknown(_) => "unknown",
    };
    (word, found)
}

#[test]
fn pairs_compare_as_expected() {
    let cases = include_str!("cases/compare.txt");
    let mut lines = cases
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with('#') && !line.is_empty());
    let mut count = 0;
    let mut wrong = Vec::new();
    while let Some((number, head)) = lines.next() {
        let words: Vec<&str> = head.split_whitespace().collect();
        let [kind, forth, back] = words[..] else {
            panic!("line {}: {head}", number + 1);
        };
        let kind = match kind {
            "identity" => PolicyType::Identity,
            "trust" => PolicyType::RoleTrust,
            "resource" => PolicyType::Resource,
            other => panic!("line {}: {other}", number + 1),
        };
        let (Some((_, old)), Some((_, new))) = (lines.next(), lines.next()) else {
            panic!("line {}: a pair", number + 1);
        };
        for (first, second, expected) in [(old, new, forth), (new, old, back)] {
            let (found, comparison) = verdict(first, second, kind);
            if found != expected {
                wrong.push(format!(
                    "line {}: {expected} expected\n  old {first}\n  new {second}\n  {comparison:?}",
                    number + 1
                ));
            }
        }
        let (own, comparison) = verdict(old, old, kind);
        if own != "no" {
            wrong.push(format!("line {}: itself\n {comparison:?}", number + 1));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 3, "{count} cases");
}
