//! Policies compared in a test: the answer in a word, and what must be so of every witness.
#![allow(clippy::panic, reason = "tests say what went wrong by panicking")]

use locum_policy::{Comparison, ConditionKey, Document, Held, PolicyType, Witness, compare};

pub(crate) fn parsed(text: &str) -> Document {
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
pub(crate) fn verdict(old: &str, new: &str, kind: PolicyType) -> (&'static str, Comparison) {
    let (old, new) = (parsed(old), parsed(new));
    let found = compare(&[&old], &[&new], kind);
    let word = match &found {
        Comparison::NotMorePermissive => "no",
        Comparison::MorePermissive { witness, .. } => {
            assert!(witness.decide(&[&new]).is_allowed(), "{witness:?}");
            assert!(!witness.decide(&[&old]).is_allowed(), "{witness:?}");
            says_who(witness);
            "more"
        }
        Comparison::Unknown(_) => "unknown",
    };
    (word, found)
}

/// Who asks is who the context says.
fn says_who(witness: &Witness) {
    let held = |name: &str| {
        let key = ConditionKey::parse(name);
        match witness.context.iter().find(|(known, _)| *known == key)? {
            (_, Held::One(text)) => Some(text.as_str()),
            _ => None,
        }
    };
    let of_account = |name: &String| name.starts_with("arn:");
    let Some(principal) = witness.principal().filter(of_account) else {
        return;
    };
    let last = |arn: &str| arn.rsplit('/').next().map(str::to_owned);
    if let Some(arn) = held("aws:PrincipalArn") {
        match principal.contains(":assumed-role/") {
            true => assert_eq!(principal.rsplit('/').nth(1), arn.rsplit('/').next()),
            false => assert_eq!(principal, arn),
        }
    }
    if let Some(name) = held("aws:username") {
        assert_eq!(last(&principal).as_deref(), Some(name), "{witness:?}");
    }
    if let Some((_, session)) = held("aws:userid").and_then(|id| id.split_once(':')) {
        assert_eq!(last(&principal).as_deref(), Some(session), "{witness:?}");
    }
}
