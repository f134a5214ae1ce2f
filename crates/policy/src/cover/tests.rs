//! What covers and meets say is true of every text.
#![allow(clippy::unwrap_used, reason = "tests say what went wrong by panicking")]

use proptest::prelude::*;

use super::{ResourceShape, Shape};
use crate::pattern::wildcard_match;
use crate::variable::Variables;

fn shape(text: &str) -> Shape {
    Shape::new(text, Variables::On).unwrap()
}

fn resource(text: &str) -> ResourceShape {
    ResourceShape::new(text, Variables::On).unwrap()
}

#[test]
fn patterns_cover_what_they_include() {
    for (one, other, covers) in [
        ("*", "*", true),
        ("*", "", true),
        ("a*", "a", true),
        ("a*", "ab?*", true),
        ("a", "a*", false),
        ("?", "*", false),
        ("?", "?", true),
        ("?", "a", true),
        ("a", "?", false),
        ("*b", "ab", true),
        ("a*b*c", "axbxbxc", true),
        ("a*b*c", "a*b", false),
        ("Get*", "Put*", false),
        ("x-${aws:username}", "x-${aws:UserName}", true),
        ("x-${aws:username}", "x-ada", false),
        ("x-${aws:username}", "x-*", false),
        ("x-*", "x-${aws:username}", true),
        ("x-?", "x-${aws:username}", false),
        ("${*}", "*", false),
        ("${*}", "${*}", true),
        ("*", "${*}", true),
    ] {
        assert_eq!(shape(one).covers(&shape(other)), covers, "{one} {other}");
    }
}

#[test]
fn resources_are_compared_part_by_part() {
    for (one, other, covers, meets) in [
        ("*", "arn:aws:s3:::b", true, true),
        ("arn:aws:s3:::b", "*", false, true),
        ("arn:aws:s3:::*", "arn:aws:s3:::b:c/d", true, true),
        ("arn:aws:s3:*:*:b", "arn:aws:s3:::b", true, true),
        ("arn:aws:*:::b", "arn:aws:s3:eu-west-1::b", false, false),
        ("arn:aws:sqs:*:1*:q", "arn:aws:sqs:*:*2:q", false, true),
        (
            "arn:aws:s3:::b/${aws:username}",
            "arn:aws:s3:::b/x",
            false,
            true,
        ),
        (
            "arn:aws:s3:::b/${aws:username}",
            "arn:aws:s3:::c/*",
            false,
            false,
        ),
    ] {
        assert_eq!(
            resource(one).covers(&resource(other)),
            covers,
            "{one} {other}"
        );
        assert_eq!(
            resource(one).meets(&resource(other)),
            meets,
            "{one} {other}"
        );
        assert_eq!(
            resource(other).meets(&resource(one)),
            meets,
            "{other} {one}"
        );
    }
}

#[test]
fn names_of_a_type_hold_no_slash_where_there_is_none() {
    let (bucket, object) = (
        "arn:${Partition}:s3:::${BucketName}",
        "arn:${Partition}:s3:::${BucketName}/${ObjectName}",
    );
    let log = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}";
    for (kind, pattern, meets) in [
        (bucket, "*", true),
        (bucket, "arn:aws:s3:::*", true),
        (bucket, "arn:aws:s3:::b*", true),
        (bucket, "arn:aws:s3:::${aws:username}", true),
        (bucket, "arn:aws:s3:::?b", true),
        (bucket, "arn:aws:s3:::b/*", false),
        (bucket, "arn:aws:s3:::b/k", false),
        (bucket, "arn:aws:s3:::*/*", false),
        (bucket, "arn:aws:s3:::${aws:username}/*", false),
        (object, "arn:aws:s3:::b/*", true),
        (object, "arn:aws:s3:::b/k/l", true),
        (object, "arn:aws:s3:::b*", true),
        (object, "arn:aws:s3:::b", false),
        (log, "arn:aws:logs:eu-west-1:1:log-group:a/b", true),
    ] {
        let of_type = ResourceShape::of_type(kind).unwrap();
        assert_eq!(of_type.meets(&resource(pattern)), meets, "{kind} {pattern}");
        assert_eq!(resource(pattern).meets(&of_type), meets, "{pattern} {kind}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn what_is_covered_matches(one in "[ab*?]{0,6}", other in "[ab*?]{0,6}", text in "[ab]{0,7}") {
        let (a, b) = (shape(&one), shape(&other));
        let (matches_a, matches_b) = (wildcard_match(&one, &text), wildcard_match(&other, &text));
        if a.covers(&b) && matches_b {
            prop_assert!(matches_a, "{one} covers {other}, but not {text}");
        }
        if matches_a && matches_b {
            prop_assert!(a.meets(&b), "{one} and {other} meet in {text}");
        }
        prop_assert!(a.covers(&a));
        prop_assert!(!a.covers(&b) || a.meets(&b));
    }

    /// Where they meet there is a text: all of up to eight letters are tried.
    #[test]
    fn what_meets_has_a_text(one in "[ab?*]{0,3}", other in "[ab?*]{0,3}") {
        let mut texts = vec![String::new()];
        for _ in 0..6 {
            let longer: Vec<String> = texts.iter().flat_map(|t| [format!("{t}a"), format!("{t}b")]).collect();
            texts.extend(longer);
            texts.sort();
            texts.dedup();
        }
        let both = |text: &String| wildcard_match(&one, text) && wildcard_match(&other, text);
        prop_assert_eq!(shape(&one).meets(&shape(&other)), texts.iter().any(both));
    }
}
