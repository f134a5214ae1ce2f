//! Comparing two policies: hand-written pairs, each with what it shows.
#![allow(clippy::panic, reason = "tests say what went wrong by panicking")]

mod comparing;

use comparing::{parsed, verdict};
use locum_policy::{
    Comparison, PolicyType, Possibility, Relation, Unsure, can_ever, compare, relation,
};

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

#[test]
fn what_can_ever_be_allowed() {
    let policy = parsed(
        r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::b/*"},
        {"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/*","Condition":{"StringEquals":{"iam:PassedToService":"ec2.amazonaws.com"}}},
        {"Effect":"Deny","Action":"s3:Delete*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}},
        {"Effect":"Deny","Action":"s3:PutBucketPolicy","Resource":"*"}"#,
    );
    let cases = [
        ("s3:GetObject", "arn:aws:s3:::b/k", true),
        ("s3:GetObject", "arn:aws:s3:::c/k", false),
        ("s3:GetObject", "arn:aws:s3:::*/k", true),
        ("s3:DeleteObject", "*", true),
        ("s3:PutBucketPolicy", "*", false),
        ("iam:PassRole", "arn:aws:iam::111122223333:role/admin", true),
        ("iam:CreateUser", "*", false),
        ("*", "*", true),
    ];
    for (action, resource, expected) in cases {
        let found = can_ever(&[&policy], PolicyType::Identity, action, resource);
        match &found {
            Possibility::Possible { witness, .. } => {
                assert!(expected, "{action} {resource}: {witness:?}");
                assert!(witness.decide(&[&policy]).is_allowed());
            }
            Possibility::Impossible => assert!(!expected, "{action} {resource}"),
            Possibility::Unknown(unsure) => panic!("{action} {resource}: {unsure}"),
        }
    }
}

#[test]
fn policies_are_lists() {
    let (get, put) = (
        parsed(r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#),
        parsed(r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}"#),
    );
    let both =
        parsed(r#"{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}"#);
    let kind = PolicyType::Identity;
    assert_eq!(
        relation(&[&get, &put], &[&both], kind),
        Relation::Equivalent
    );
    assert!(matches!(
        relation(&[&get], &[&put], kind),
        Relation::Incomparable(..)
    ));
    assert!(matches!(
        relation(&[&get], &[&both], kind),
        Relation::MorePermissive(_)
    ));
    assert!(matches!(
        relation(&[&both], &[&put], kind),
        Relation::LessPermissive(_)
    ));
    let two = compare(&[&get, &put], &[&both], PolicyType::Resource);
    assert_eq!(two, Comparison::Unknown(Unsure::Unsupported));
    let rcp = compare(&[&get], &[&both], PolicyType::Rcp);
    assert_eq!(rcp, Comparison::Unknown(Unsure::Unsupported));
}
