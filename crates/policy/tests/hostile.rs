//! Documents and requests made of odd pieces: whatever is accepted decides without a panic.

mod common;

use std::time::{Duration, Instant};

use common::{ACCOUNT, Fact, Facts, compile, document, session, user};
use locum_policy::{Document, Kind, Policies, Policy, Request, ResourceRule, decide};
use proptest::prelude::*;

/// Text of the pieces that mean something somewhere.
fn odd() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        proptest::sample::select(
            &[
                "*",
                "?",
                "$",
                "{",
                "}",
                "${",
                "${aws:username}",
                "${*}",
                "${a:b, 'c'}",
                ":",
                "::",
                "arn",
                "arn:aws:s3:::",
                "aws",
                "s3",
                "/",
                "a",
                "\u{e9}",
                "1",
                "-",
                ".",
                "T",
                "Z",
                "2026-01-01",
                "true",
                "10.0.0.0/8",
                "=",
                ",",
                "'",
                " ",
                "AROAIOSFODNN7EXAMPLE",
            ][..],
        ),
        0..6,
    )
    .prop_map(|pieces| pieces.concat())
}

const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotLike",
    "StringLike",
    "StringEqualsIgnoreCase",
    "NumericLessThan",
    "DateGreaterThan",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "ArnLike",
    "ArnNotEquals",
    "Null",
    "ForAllValues:StringLike",
    "ForAnyValue:NumericEquals",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 6000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pol_25_odd_policies_and_requests_never_panic(
        action in odd(), resource in odd(), principal in odd(), value in odd(), operand in odd(),
        operator in proptest::sample::select(OPERATORS), asked in odd(), target in odd(),
    ) {
        let identity = document(&format!(
            r#"{{"Effect":"Allow","Action":["s3:*","{action}"],"Resource":["*","{resource}"],"Condition":{{"{operator}":{{"aws:username":"{operand}"}}}}}}"#
        ));
        let trust = document(&format!(
            r#"{{"Effect":"Deny","Principal":{{"AWS":"{principal}"}},"Action":"*"}}"#
        ));
        let read = |text: &str| Document::parse(text).ok().map(|document| Policy::compile(&document));
        let facts = Facts::default().str("aws:username", &value).with("aws:userid", Fact::Int(1));
        let caller = session(ACCOUNT);
        let identity = read(&identity);
        let identity: Vec<&Policy> = identity.iter().collect();
        let trust = read(&trust);
        for (action, resource) in [(asked.as_str(), target.as_str()), ("s3:GetObject", "arn:aws:s3:::a")] {
            let request = Request { action, resource, principal: &caller, context: &facts };
            let policies = Policies {
                identity: &identity,
                boundary: None,
session: None,
                resource: trust.as_ref(),
                resource_rule: ResourceRule::Standard,
                resource_account: ACCOUNT,
scp: None,
rcp: None,
            };
            let decision = decide(&request, &policies);
            prop_assert!(!decision.is_allowed() || !identity.is_empty());
        }
    }

    #[test]
    fn pol_25_what_is_saved_can_be_loaded(action in odd(), resource in odd(), operand in odd(), operator in proptest::sample::select(OPERATORS)) {
        let text = document(&format!(
            r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}","Condition":{{"{operator}":{{"aws:username":"{operand}"}}}}}}"#
        ));
        for kind in [Kind::Managed, Kind::Inline, Kind::Session] {
            if Document::check(&text, kind).is_ok() {
                prop_assert!(Document::parse(&text).is_ok(), "{}", text);
            }
        }
    }
}

#[test]
fn pol_10_hostile_policies_decide_in_linear_time() {
    let tag = "a".repeat(256);
    let facts = Facts::default()
        .str("aws:PrincipalTag/t", &tag)
        .str("aws:UserAgent", &"a".repeat(8000));
    let patterns = [
        format!("*{}b", "a?".repeat(1000)),
        format!("{}b", "*a".repeat(1000)),
        format!("{}b", "*${aws:PrincipalTag/t}".repeat(20)),
        format!("*{}?b*", "${aws:PrincipalTag/t}".repeat(8)),
    ];
    let started = Instant::now();
    for pattern in patterns {
        let policy = compile(&document(&format!(
            r#"{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::{pattern}","Condition":{{"StringLike":{{"aws:UserAgent":"{pattern}"}}}}}}"#
        )));
        let principal = user(ACCOUNT);
        let resource = format!("arn:aws:s3:::{}", "a".repeat(2000));
        let request = Request {
            action: "s3:GetObject",
            resource: &resource,
            principal: &principal,
            context: &facts,
        };
        let policies = Policies {
            identity: &[&policy],
            boundary: None,
            session: None,
            resource: None,
            resource_rule: ResourceRule::Standard,
            resource_account: ACCOUNT,
            scp: None,
            rcp: None,
        };
        assert!(!decide(&request, &policies).is_allowed());
    }
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}
