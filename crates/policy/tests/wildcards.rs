//! Wildcards: against a table-filling oracle, over characters and not bytes, in linear time.
#![allow(clippy::indexing_slicing, reason = "the oracle is a table")]

mod common;

use std::time::{Duration, Instant};

use common::{Facts, identity};
use locum_policy::wildcard_match;
use proptest::prelude::*;

/// The obvious matcher: `table[i][j]` says that the first `i` of the pattern match the first `j`
/// of the text.
fn oracle(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let mut table = vec![vec![false; text.len() + 1]; pattern.len() + 1];
    table[0][0] = true;
    for i in 1..=pattern.len() {
        for j in 0..=text.len() {
            table[i][j] = match pattern[i - 1] {
                '*' => table[i - 1][j] || (j > 0 && table[i][j - 1]),
                '?' => j > 0 && table[i - 1][j - 1],
                c => j > 0 && c == text[j - 1] && table[i - 1][j - 1],
            };
        }
    }
    table[pattern.len()][text.len()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wildcards_agree_with_the_oracle(pattern in "[ab*?\u{e9}]{0,14}", text in "[ab\u{e9}]{0,18}") {
        prop_assert_eq!(wildcard_match(&pattern, &text), oracle(&pattern, &text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn long_segments_agree_with_the_oracle(
        segment in "[ab?]{66,150}", front in "[ab]{0,90}", back in "[ab]{0,9}", seed in "[ab]{150}", flip in any::<bool>(),
    ) {
        let pattern = format!("*{segment}*");
        let inner: String = segment.chars().zip(seed.chars()).map(|(c, s)| if c == '?' { s } else { c }).collect();
        let text = if flip { format!("{front}{back}") } else { format!("{front}{inner}{back}") };
        prop_assert_eq!(wildcard_match(&pattern, &text), oracle(&pattern, &text));
    }
}

#[test]
fn pol_10_hostile_patterns_take_linear_time() {
    let long = "a".repeat(8192);
    let mut slowest = (Duration::ZERO, String::new());
    for pattern in [
        format!("{}b", "a*".repeat(8)),
        format!("{}b", "a*".repeat(3071)),
        format!("{}b", "*a".repeat(3071)),
        format!("*{}b", "a?".repeat(3071)),
        format!("*{}b*", "a".repeat(4096)),
        format!("*{}b*", "?a".repeat(2048)),
        format!("*{}*b", "a?a".repeat(2000)),
        "*".repeat(6144),
        format!("{}b", "?*".repeat(3071)),
        format!("*{}b*", "?".repeat(30)),
    ] {
        let started = Instant::now();
        let matched = wildcard_match(&pattern, &long);
        let taken = started.elapsed();
        assert_eq!(matched, pattern.chars().all(|c| c == '*'), "{pattern:.20}");
        slowest = slowest.max((taken, format!("{pattern:.20}")));
    }
    // Far from the hours of a backtracking matcher, with room for a debug build on a busy machine.
    assert!(slowest.0 < Duration::from_secs(2), "{slowest:?}");
}

#[test]
fn pol_11_question_marks_are_characters() {
    for (pattern, text, expected) in [
        ("?", "\u{e9}", true),
        ("??", "\u{e9}", false),
        ("?", "\u{1f600}", true),
        ("??", "e\u{301}", true),
        ("*?", "\u{1f600}", true),
        ("*\u{e9}?", "a\u{e9}\u{1f600}", true),
        ("?*?", "\u{e9}", false),
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
        ("?", "", false),
        ("**", "", true),
        ("a*a", "a", false),
        ("a*a", "aa", true),
        ("ab*ba", "aba", false),
        ("*/x/*", "a/x/y/z:q", true),
    ] {
        assert_eq!(wildcard_match(pattern, text), expected, "{pattern} {text}");
        assert_eq!(oracle(pattern, text), expected, "oracle {pattern} {text}");
    }
}

/// Whether `pattern` as the resource of an Allow reaches `resource`.
fn reaches(pattern: &str, resource: &str, facts: &Facts) -> bool {
    let statement = format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"{pattern}"}}"#);
    identity(&statement, "s3:GetObject", resource, facts).is_allowed()
}

#[test]
fn pol_12_and_13_resources_are_matched_by_part() {
    for (pattern, resource, expected) in [
        ("*", "arn:aws:s3:::b/k", true),
        ("*", "*", true),
        ("arn:aws:s3:::b/*", "*", false),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b/k/l:m", true),
        ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
        ("arn:aws:s3:::b", "arn:aws:s3:::b1234", false),
        ("arn:aws:s3:::tenant1", "arn:aws:s3:::tenant1234/x", false),
        ("arn:aws:s3:::tenant1/*", "arn:aws:s3:::tenant1234/x", false),
        ("arn:aws:s3:::tenant1*", "arn:aws:s3:::tenant1234/x", true),
        ("arn:aws:s3:::B/*", "arn:aws:s3:::b/k", false),
        (
            "arn:aws:iam::111122223333:user/*",
            "arn:aws:iam::1111222233334:user/x",
            false,
        ),
        (
            "arn:aws:iam::11112222333:user/*",
            "arn:aws:iam::111122223333:user/x",
            false,
        ),
        (
            "arn:aws:iam::*:user/ada",
            "arn:aws:iam::111122223333:user/eve:user/ada",
            false,
        ),
        ("arn:aws:iam::*:role/x", "arn:aws:iam::1:a:role/x", false),
        (
            "arn:aws:iam:*:111122223333:role/x",
            "arn:aws:iam::111122223333:role/x",
            true,
        ),
        (
            "arn:aws:iam::111122223333:role/x",
            "arn:aws-cn:iam::111122223333:role/x",
            false,
        ),
        (
            "arn:aws:iam::111122223333:role/x",
            "arn:aws:sts::111122223333:role/x",
            false,
        ),
        (
            "arn:aws:iam::111122223333:role/?",
            "arn:aws:iam::111122223333:role/\u{e9}",
            true,
        ),
        ("arn:aws:s3:::*", "s3-is-no-arn", false),
        ("arn:aws:s3:::", "arn:aws:s3:::b", false),
    ] {
        assert_eq!(
            reaches(pattern, resource, &Facts::default()),
            expected,
            "{pattern} {resource}"
        );
    }
}

#[test]
fn pol_16_variables_in_resources() {
    let team = Facts::default().str("aws:PrincipalTag/team", "red");
    let none = Facts::default();
    let star = Facts::default().str("aws:PrincipalTag/team", "*");
    let pattern = "arn:aws:s3:::home/${aws:PrincipalTag/Team}/*";
    assert!(reaches(pattern, "arn:aws:s3:::home/red/x", &team));
    assert!(!reaches(pattern, "arn:aws:s3:::home/redder/x", &team));
    assert!(!reaches(pattern, "arn:aws:s3:::home/blue/x", &team));
    assert!(!reaches(pattern, "arn:aws:s3:::home/red/x", &none));
    assert!(!reaches(pattern, "arn:aws:s3:::home/red/x", &star));
    assert!(reaches(pattern, "arn:aws:s3:::home/*/x", &star));
    let default = "arn:aws:s3:::home/${aws:PrincipalTag/team, 'all'}/*";
    assert!(reaches(default, "arn:aws:s3:::home/all/x", &none));
    assert!(!reaches(default, "arn:aws:s3:::home/all/x", &team));
    assert!(reaches("arn:aws:s3:::a${*}b", "arn:aws:s3:::a*b", &none));
    assert!(!reaches("arn:aws:s3:::a${*}b", "arn:aws:s3:::axb", &none));
    assert!(reaches(
        "arn:aws:s3:::a${?}${$}*",
        "arn:aws:s3:::a?$",
        &none
    ));
    let long = "x".repeat(200);
    let tagged = Facts::default().str("aws:PrincipalTag/team", &long);
    assert!(reaches(
        "arn:aws:s3:::*?${aws:PrincipalTag/team}?*",
        &format!("arn:aws:s3:::a{long}b"),
        &tagged
    ));
    assert!(!reaches(
        "arn:aws:s3:::*?${aws:PrincipalTag/team}?*",
        &format!("arn:aws:s3:::{long}b"),
        &tagged
    ));
}

#[test]
fn pol_16_the_old_version_has_no_variables() {
    let text = r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::${aws:username}"}}"#;
    let policy = common::compile(text);
    let facts = Facts::default().str("aws:username", "ada");
    assert!(!common::ask(&[&policy], "s3:Get", "arn:aws:s3:::ada", &facts).is_allowed());
    assert!(common::ask(&[&policy], "s3:Get", "arn:aws:s3:::${aws:username}", &facts).is_allowed());
    let unclosed = text.replace("${aws:username}", "${");
    assert!(
        common::ask(
            &[&common::compile(&unclosed)],
            "s3:Get",
            "arn:aws:s3:::${",
            &facts
        )
        .is_allowed()
    );
}
