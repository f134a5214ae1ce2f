//! Policies, and exactly what a review finds in them: code and place of each finding.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "tests say what went wrong by panicking"
)]

use std::collections::BTreeSet;

use locum_policy::{Code, Document, Finding, Kind, Severity, guess_kind, limits, review};
use proptest::prelude::*;

/// Their form is told at the head of the file.
const CASES: &str = include_str!("cases/review.txt");
/// Characters of a place that are compared; longer ones end with `…`.
const PLACE_CHARACTERS: usize = 60;

struct Case<'a> {
    name: &'a str,
    kind: Kind,
    account: Option<&'a str>,
    policy: &'a str,
    expected: Vec<&'a str>,
}

fn cases() -> impl Iterator<Item = Case<'static>> {
    CASES.split("\n== ").skip(1).map(|text| {
        let (name, rest) = text.split_once('\n').unwrap();
        let (kind, rest) = rest.split_once('\n').unwrap();
        let (policy, expected) = rest
            .split_once("\n--\n")
            .unwrap_or_else(|| panic!("{name}: no --"));
        let (kind, account) = match kind.split_once(' ') {
            Some((kind, account)) => (kind, Some(account)),
            None => (kind, None),
        };
        Case {
            name,
            kind: self::kind(kind),
            account,
            policy,
            expected: expected
                .lines()
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .collect(),
        }
    })
}

fn kind(name: &str) -> Kind {
    match name {
        "managed" => Kind::Managed,
        "inline" => Kind::Inline,
        "session" => Kind::Session,
        "trust" => Kind::Trust,
        "boundary" => Kind::Boundary,
        "resource" => Kind::Resource,
        "scp" => Kind::Scp,
        "rcp" => Kind::Rcp,
        other => panic!("there is no kind {other}"),
    }
}

fn told(policy: &str, finding: &Finding) -> String {
    let place = policy[finding.span.clone()]
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let short: String = place.chars().take(PLACE_CHARACTERS).collect();
    let more = if short.len() < place.len() { "…" } else { "" };
    format!("{}: {short}{more}", finding.code)
}

#[test]
fn every_case_has_its_findings_and_no_others() {
    let mut wrong = String::new();
    for case in cases() {
        let findings = review(case.policy, case.kind, case.account);
        let found: Vec<String> = findings.iter().map(|f| told(case.policy, f)).collect();
        if found != case.expected {
            wrong += &format!(
                "== {}\n{}\nnot\n{}\n\n",
                case.name,
                found.join("\n"),
                case.expected.join("\n")
            );
        }
        for finding in findings {
            // What IAM refuses is an error, whatever the same is in a policy that it takes.
            let refused = Document::check(case.policy, case.kind).is_err();
            let severities = [
                Some(finding.code.severity()),
                refused.then_some(Severity::Error),
            ];
            assert!(
                severities.contains(&Some(finding.severity)),
                "{}",
                case.name
            );
            assert!(!finding.message.is_empty(), "{}", case.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What each finding says and what it advises, case by case. `LOCUM_UPDATE_CASES=1` writes it anew.
#[test]
fn every_finding_says_what_is_wrong() {
    let mut found =
        "# What the findings of review.txt say, and what helps: written by the tests.\n".to_owned();
    for case in cases() {
        let findings = review(case.policy, case.kind, case.account);
        if !findings.is_empty() {
            found += &format!("\n== {}\n", case.name);
        }
        for finding in findings {
            found += &format!("{}: {}\n", finding.code, finding.message);
            if !finding.help.is_empty() {
                found += &format!("  help: {}\n", finding.help);
            }
        }
    }
    if std::env::var_os("LOCUM_UPDATE_CASES").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/review_words.txt");
        std::fs::write(path, &found).unwrap();
    }
    let expected = include_str!("cases/review_words.txt");
    for (found, expected) in found.split("\n== ").zip(expected.split("\n== ")) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

/// Codes that no case shows yet, with the reason.
const UNSHOWN: &[(Code, &str)] = &[
    (Code::DocumentTooLarge, "too long for a case: below"),
    (Code::SizeIdentity, "too long for a case: below"),
    (Code::SizeSession, "too long for a case: below"),
    (Code::SizeTrust, "too long for a case: below"),
    (Code::SizeTrustDefault, "too long for a case: below"),
    (Code::SizeResource, "too long for a case: below"),
    (Code::SizeScp, "too long for a case: below"),
    (Code::SizeRcp, "too long for a case: below"),
    (Code::PolicyRefused, "for refusals to come"),
];

#[test]
fn a_kind_is_guessed_by_who_and_what() {
    let actions = r#""Effect": "Allow", "Action": "s3:GetObject""#;
    let assume = r#""Effect": "Allow", "Action": ["sts:AssumeRole", "s3:GetObject"]"#;
    let every = r#""Effect": "Allow", "Action": "*""#;
    let (who, what) = (r#""Principal": "*""#, r#""Resource": "*""#);
    for (version, elements, kind) in [
        (
            "2012-10-17",
            format!("{actions}, {who}, {what}"),
            Kind::Resource,
        ),
        ("2012-10-17", format!("{assume}, {who}"), Kind::Trust),
        ("2008-10-17", format!("{assume}, {who}"), Kind::Trust),
        ("2012-10-17", format!("{every}, {who}"), Kind::Trust),
        // The resource was forgotten.
        ("2012-10-17", format!("{actions}, {who}"), Kind::Resource),
        ("2012-10-17", format!("{actions}, {what}"), Kind::Managed),
        ("2008-10-17", format!("{actions}, {what}"), Kind::Inline),
    ] {
        let text = format!(r#"{{"Version": "{version}", "Statement": {{{elements}}}}}"#);
        assert_eq!(guess_kind(&text), kind, "{text}");
    }
}

#[test]
fn every_code_has_a_case() {
    let shown: BTreeSet<&str> = cases()
        .flat_map(|case| case.expected)
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    let missing: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| UNSHOWN.iter().all(|(unshown, _)| unshown != *code))
        .map(|code| code.name())
        .filter(|name| !shown.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn codes_are_unique_and_worst_first() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(Code::ALL.is_sorted_by_key(|code| code.severity()));
    assert!(
        Severity::Error < Severity::SecurityWarning && Severity::Warning < Severity::Suggestion
    );
}

fn codes_of(statement: &str) -> Vec<Code> {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": {{{statement}}}}}"#);
    review(&text, Kind::Managed, None)
        .iter()
        .map(|f| f.code)
        .collect()
}

#[test]
fn pol_02_the_review_warns_of_for_all_values_that_holds_without_the_key() {
    let allow = r#""Effect": "Allow", "Action": "kms:CreateGrant", "Resource": "*""#;
    let condition = r#""ForAllValues:StringEquals": {"kms:GrantOperations": "Decrypt"}"#;
    let checked = r#""Null": {"kms:GrantOperations": "false"}"#;
    assert_eq!(
        codes_of(&format!("{allow}, \"Condition\": {{{condition}}}")),
        [Code::ForAllValuesWithoutNull]
    );
    assert_eq!(
        codes_of(&format!(
            "{allow}, \"Condition\": {{{condition}, {checked}}}"
        )),
        []
    );
}

#[test]
fn pol_03_the_review_warns_of_a_deny_that_requests_without_the_key_escape() {
    let deny = r#""Effect": "Deny", "Action": "s3:*", "Resource": "*""#;
    let with = |operator: &str| {
        codes_of(&format!(
            r#"{deny}, "Condition": {{"{operator}": {{"aws:PrincipalOrgPaths": "o-1/*"}}}}"#
        ))
    };
    assert_eq!(with("ForAnyValue:StringNotLike"), [Code::DenyMissesAbsent]);
    assert_eq!(with("ForAnyValue:StringNotLikeIfExists"), []);
    assert_eq!(with("ForAllValues:StringNotLike"), []);
}

/// Texts like policies, with something replaced, doubled or cut out.
fn damaged() -> impl Strategy<Value = String> {
    let policies: Vec<&'static str> = cases().map(|case| case.policy).collect();
    let part = prop::sample::select(vec![
        "", "\"", "{", "}", "[", "]", ",", ":", "*", "${", "\u{e9}", "\u{4e2d}", "\\u0041", "0",
        "null", "Not", "IfExists",
    ]);
    (
        prop::sample::select(policies),
        any::<prop::sample::Index>(),
        0..8_usize,
        part,
    )
        .prop_map(|(policy, at, cut, part)| {
            let characters: Vec<char> = policy.chars().collect();
            let at = at.index(characters.len());
            let before: String = characters.iter().take(at).collect();
            let after: String = characters.iter().skip(at + cut).collect();
            format!("{before}{part}{after}")
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_reviewed_within_itself(text in damaged()) {
        for kind in [Kind::Managed, Kind::Trust, Kind::Resource, Kind::Rcp, guess_kind(&text)] {
            for finding in review(&text, kind, Some("111122223333")) {
                prop_assert!(text.get(finding.span.clone()).is_some(), "{finding:?}");
                prop_assert!(!finding.message.is_empty());
            }
            // What a review calls no error, a check accepts, and the other way round.
            let errors = review(&text, kind, None).iter().any(|f| f.severity == Severity::Error);
            prop_assert!(errors || Document::check(&text, kind).is_ok());
        }
    }
}

fn allow(resources: usize) -> String {
    let list: Vec<String> = (0..resources)
        .map(|n| format!("\"arn:aws:s3:::bucket-{n:05}/*\""))
        .collect();
    format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "s3:GetObject", "Resource": [{}]}}}}"#,
        list.join(", ")
    )
}

fn deny_everyone(resources: usize) -> String {
    allow(resources).replace(
        "\"Effect\": \"Allow\"",
        "\"Effect\": \"Deny\", \"Principal\": \"*\"",
    )
}

fn trust(roles: usize) -> String {
    let list: Vec<String> = (0..roles)
        .map(|n| format!("\"arn:aws:iam::111122223333:role/role-{n:05}\""))
        .collect();
    format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"AWS": [{}]}}}}}}"#,
        list.join(", ")
    )
}

#[test]
fn sizes_are_measured_against_the_quota_of_the_kind() {
    for (text, kind, expected) in [
        (allow(180), Kind::Managed, None),
        (allow(260), Kind::Managed, Some(Code::SizeIdentity)),
        (allow(260), Kind::Inline, None),
        (allow(400), Kind::Inline, Some(Code::SizeIdentity)),
        (allow(50), Kind::Session, None),
        (allow(100), Kind::Session, Some(Code::SizeSession)),
        (allow(180), Kind::Boundary, None),
        (allow(260), Kind::Boundary, Some(Code::SizeIdentity)),
        (allow(140), Kind::Scp, None),
        (allow(260), Kind::Scp, None),
        (allow(400), Kind::Scp, Some(Code::SizeScp)),
        (deny_everyone(140), Kind::Rcp, None),
        (deny_everyone(260), Kind::Rcp, Some(Code::SizeRcp)),
        (deny_everyone(900), Kind::Resource, None),
        (
            deny_everyone(1200),
            Kind::Resource,
            Some(Code::SizeResource),
        ),
        (trust(40), Kind::Trust, None),
        (trust(50), Kind::Trust, Some(Code::SizeTrustDefault)),
        (trust(100), Kind::Trust, Some(Code::SizeTrust)),
        (
            " ".repeat(600_000),
            Kind::Trust,
            Some(Code::DocumentTooLarge),
        ),
    ] {
        let found: Vec<Code> = review(&text, kind, None).iter().map(|f| f.code).collect();
        assert_eq!(
            found,
            expected.into_iter().collect::<Vec<_>>(),
            "{kind:?} {}",
            text.len()
        );
    }
}

/// White space counts nowhere but in the policies of an organization.
#[test]
fn a_policy_may_be_as_long_as_its_quota() {
    let text = |length: usize| {
        let empty = allow(0).replace("[]", "\"arn:aws:s3:::/*\"");
        let rest = locum_policy::size_without_whitespace(&empty);
        empty.replace(":::", &format!(":::{}", "x".repeat(length - rest)))
    };
    for (kind, quota) in [
        (Kind::Managed, limits::MANAGED_POLICY_CHARACTERS_MAX),
        (Kind::Session, limits::SESSION_POLICY_CHARACTERS_MAX),
    ] {
        assert_eq!(review(&text(quota), kind, None), []);
        for more in 1..3 {
            assert_eq!(review(&text(quota + more), kind, None).len(), 1);
        }
    }
    let spaced = |length: usize| {
        let text = allow(1);
        format!("{text}{}", " ".repeat(length - text.len()))
    };
    let longest = limits::DOCUMENT_CHARACTERS_MAX;
    assert_eq!(review(&spaced(longest), Kind::Managed, None), []);
    let scp = limits::SCP_CHARACTERS_MAX;
    assert_eq!(review(&spaced(scp), Kind::Scp, None), []);
    for more in 1..3 {
        for (text, kind, code, message) in [
            (
                spaced(longest + more),
                Kind::Managed,
                Code::DocumentTooLarge,
                "the text has more than 131072 characters, which no call takes",
            ),
            (
                spaced(scp + more),
                Kind::Scp,
                Code::SizeScp,
                "the policy has more than 10240 characters, white space counted",
            ),
            (
                deny_everyone(1) + &" ".repeat(limits::RCP_CHARACTERS_MAX),
                Kind::Rcp,
                Code::SizeRcp,
                "the policy has more than 5120 characters, white space counted",
            ),
        ] {
            let found = review(&text, kind, None);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!((found[0].code, found[0].message.as_str()), (code, message));
            assert_eq!(found[0].span, 0..1);
        }
    }
}

#[test]
fn a_text_that_ends_too_soon_says_so() {
    let found = review("{\"Version\": \"2012-10-17\",", Kind::Managed, None);
    assert_eq!(found[0].message, "the text ends where more is expected");
}

#[test]
fn hostile_documents_are_reviewed_within_bounds() {
    let item = |n: usize| format!("\"arn:aws:s3:::{}{n}\"", "a*".repeat(60));
    let list: Vec<String> = (0..800).map(item).collect();
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "s3:*", "Resource": [{}]}}}}"#,
        list.join(", ")
    );
    let findings = review(&text, Kind::Inline, None);
    assert_eq!(findings.len(), 1, "{findings:?}");
    // Neither are two such statements compared, nor many resources with all types of a service.
    let deny = |list: &[String]| {
        format!(
            r#"{{"Effect": "Deny", "Action": "s3:*", "Resource": [{}]}}"#,
            list.join(", ")
        )
    };
    let twice = format!("{0}, {0}", deny(&list[..400]));
    let types = (0..6_000).map(|n| format!("\"arn:aws:s3:::{n}\""));
    let types = deny(&types.collect::<Vec<_>>()).replace("s3:*", "ec2:*");
    for statements in [twice, types] {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
        let findings = review(&text, Kind::Inline, None);
        assert_eq!(findings.len(), 1, "{:?}", findings.get(1));
    }
    let many = format!("[{}]", "{},".repeat(30_000).trim_end_matches(','));
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": {many}}}"#);
    let findings = review(&text, Kind::Managed, None);
    assert_eq!(findings.len(), locum_policy::limits::FINDINGS_MAX);
}

/// The documentation's tables of codes are those of the code.
#[test]
fn every_code_is_documented() {
    let page = include_str!("../../../docs/policies.md");
    let mut expected = String::new();
    let mut last = None;
    for code in Code::ALL {
        if last != Some(code.severity()) {
            last = Some(code.severity());
            let name = code.severity().name();
            expected += &format!("\n### {name}\n\n| code | what it says |\n|---|---|\n");
        }
        expected += &format!("| `{}` | {} |\n", code.name(), code.summary());
    }
    assert!(
        page.ends_with(&expected),
        "docs/policies.md should end with{expected}"
    );
}
