//! Many statements about the same action and resource, told apart by a condition: found as they are
//! one by one.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "indices are in range, generated documents can be read"
)]

mod common;

use common::{ACCOUNT, Fact, Facts, document, user};
use locum_policy::{
    Document, Named, NamedPolicies, Policies, Policy, Request, ResourceRule, decide, explain,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringLike",
    "StringNotLike",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringEqualsIfExists",
    "ForAnyValue:StringLike",
    "ForAnyValue:StringEquals",
    "ForAnyValue:StringNotEquals",
    "ForAllValues:StringLike",
    "NumericEquals",
];
const ADDRESS_OPERATORS: &[&str] = &[
    "IpAddress",
    "NotIpAddress",
    "IpAddressIfExists",
    "ForAnyValue:IpAddress",
    "ForAllValues:IpAddress",
];
const NETWORKS: &[&str] = &[
    "10.0.0.0/8",
    "10.1.0.0/16",
    "10.1.2.3",
    "0.0.0.0/0",
    "::/0",
    "2001:db8::/32",
    "::ffff:10.1.0.0/112",
];
const DATE_OPERATORS: &[&str] = &[
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThanIfExists",
    "ForAllValues:DateGreaterThan",
];
const DATES: &[&str] = &[
    "2026-01-01",
    "2026-01-02T00:00:00Z",
    "2026-01-02T00:00:00.5Z",
    "1767312001",
    "2027",
];
const KEYS: &[&str] = &["aws:username", "aws:PrincipalTag/a", "aws:TagKeys"];
const OPERANDS: &[&str] = &[
    "1",
    "12",
    "12*",
    "1*",
    "*",
    "*2",
    "?2",
    "",
    "a",
    "ab",
    "ab*",
    "${aws:userid}",
    "a${aws:userid}*",
];
const TEXTS: &[&str] = &["", "1", "12", "123", "a", "ab", "abc", "A"];

fn text_condition() -> impl Strategy<Value = String> {
    // Few draw the rarer operators, so that there is enough behind a gate.
    let operator = prop_oneof![3 => select(&OPERATORS[..2]), 1 => select(OPERATORS)];
    (operator, select(KEYS), subsequence(OPERANDS, 1..3)).prop_map(|(operator, key, operands)| {
        let numeric = operator == "NumericEquals";
        let operands: Vec<String> = match numeric {
            true => vec!["\"12\"".to_owned()],
            false => operands.iter().map(|text| format!("\"{text}\"")).collect(),
        };
        format!(r#""{operator}":{{"{key}":[{}]}}"#, operands.join(","))
    })
}

/// Conditions on addresses and dates, mostly of the kinds that make a gate.
fn condition() -> impl Strategy<Value = String> {
    let of = |operators: &'static [&'static str],
              key: &'static str,
              operands: &'static [&'static str]| {
        let operator = prop_oneof![3 => select(&operators[..1]), 1 => select(operators)];
        (operator, subsequence(operands, 1..3)).prop_map(move |(operator, operands)| {
            format!(r#""{operator}":{{"{key}":{operands:?}}}"#)
        })
    };
    prop_oneof![
        2 => text_condition(),
        1 => of(ADDRESS_OPERATORS, "aws:SourceIp", NETWORKS),
        1 => of(DATE_OPERATORS, "aws:CurrentTime", DATES),
        1 => of(&DATE_OPERATORS[2..], "aws:CurrentTime", DATES),
    ]
}

fn address() -> impl Strategy<Value = Option<Fact>> {
    let ip = select(
        &[
            "10.1.2.3",
            "10.2.0.0",
            "11.0.0.1",
            "::ffff:10.1.2.3",
            "2001:db8::1",
        ][..],
    );
    prop_oneof![
        1 => Just(None),
        6 => ip.clone().prop_map(|ip| Some(Fact::Ip(ip.parse().unwrap()))),
        1 => ip.prop_map(|ip| Some(Fact::Str(ip.to_owned()))),
        1 => Just(Some(Fact::Ambiguous)),
        1 => Just(Some(Fact::Many(vec!["10.1.2.3", "11.0.0.1"]))),
    ]
}

fn instant() -> impl Strategy<Value = Option<Fact>> {
    let seconds = select(&[1_767_225_600, 1_767_312_000, 1_767_312_001, 1_798_761_600][..]);
    prop_oneof![
        1 => Just(None),
        6 => seconds.clone().prop_map(|seconds| Some(Fact::Date(seconds))),
        1 => seconds.prop_map(|seconds| Some(Fact::Int(seconds))),
        1 => Just(Some(Fact::Str("2026-01-02".to_owned()))),
        1 => Just(Some(Fact::Ambiguous)),
    ]
}

fn fact() -> impl Strategy<Value = Option<Fact>> {
    prop_oneof![
        1 => Just(None),
        5 => select(TEXTS).prop_map(|text| Some(Fact::Str(text.to_owned()))),
        1 => Just(Some(Fact::Int(12))),
        1 => Just(Some(Fact::Ambiguous)),
        3 => subsequence(TEXTS, 0..4).prop_map(|texts| Some(Fact::Many(texts))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pol_20_gates_change_nothing(
        statements in proptest::collection::vec((prop_oneof![6 => Just("Allow"), 1 => Just("Deny")], condition()), 10..60),
        facts in proptest::collection::vec(fact(), KEYS.len() + 1),
        (address, instant) in (address(), instant()),
        split in 0..60_usize,
    ) {
        let statements: Vec<String> = statements
            .iter()
            .map(|(effect, condition)| format!(r#"{{"Effect":"{effect}","Action":"s3:*","Resource":"*","Condition":{{{condition}}}}}"#))
            .collect();
        let (first, second) = statements.split_at(split.clamp(1, statements.len() - 1));
        let documents = [first, second].map(|half| Document::parse(&document(&half.join(","))).unwrap());
        let mut context = Facts::default();
        let facts = facts.into_iter().chain([address, instant]);
        for (key, fact) in KEYS.iter().chain(&["aws:userid", "aws:SourceIp", "aws:CurrentTime"]).zip(facts) {
            if let Some(fact) = fact {
                context = context.with(key, fact);
            }
        }
        let principal = user(ACCOUNT);
        let request = Request { action: "s3:GetObject", resource: "arn:aws:s3:::b/k", principal: &principal, context: &context };
        let policies = documents.each_ref().map(Policy::compile);
        let each = policies.each_ref();
        let plan = Policy::join(&each);
        let base = Policies {
            identity: &each,
            boundary: None,
            session: None,
            resource: None,
            resource_rule: ResourceRule::Standard,
            resource_account: ACCOUNT,
            scp: None,
            rcp: None,
        };
        let named = documents.each_ref().map(|document| Named { name: "x", document: Some(document) });
        let explained = explain(&request, &NamedPolicies {
            identity: &named,
            boundary: None,
            session: None,
            resource: None,
            resource_rule: ResourceRule::Standard,
            resource_account: ACCOUNT,
            scp: None,
            rcp: None,
        });
        prop_assert_eq!(&decide(&request, &base), explained.decision());
        prop_assert_eq!(&decide(&request, &Policies { identity: &[&plan], ..base }), explained.decision());
    }
}

/// At the bounds themselves, where one more or less would be seen.
#[test]
fn pol_20_bounds_are_exact() {
    let day = |day: usize| format!("2026-01-{:02}", day + 1);
    let network = |net: usize| format!("10.0.{net}.0/24");
    let first_s = 1_767_225_600_i64;
    let instants = (0..13).flat_map(|day| [-1, 0, 1].map(|off| first_s + day * 86_400 + off));
    let instants: Vec<Fact> = instants.map(Fact::Date).collect();
    let addresses = [
        "10.0.0.0",
        "10.0.3.255",
        "10.0.4.0",
        "10.0.11.255",
        "10.0.12.0",
        "9.255.255.255",
    ];
    let addresses: Vec<Fact> = addresses
        .iter()
        .map(|ip| Fact::Ip(ip.parse().unwrap()))
        .collect();
    type Operand<'a> = &'a dyn Fn(usize) -> String;
    let falling = |place: usize| day(11 - place);
    let shapes: [(&str, &str, Operand<'_>, &[Fact]); 5] = [
        ("DateLessThan", "aws:CurrentTime", &day, &instants),
        ("DateLessThanEquals", "aws:CurrentTime", &day, &instants),
        ("DateGreaterThan", "aws:CurrentTime", &falling, &instants),
        (
            "DateGreaterThanEquals",
            "aws:CurrentTime",
            &falling,
            &instants,
        ),
        ("IpAddress", "aws:SourceIp", &network, &addresses),
    ];
    for (operator, key, operand, facts) in shapes {
        let statements: Vec<String> = (0..12)
            .map(|place| {
                let operand = operand(place);
                format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{{"{operator}":{{"{key}":"{operand}"}}}}}}"#)
            })
            .collect();
        let read = Document::parse(&document(&statements.join(","))).unwrap();
        for fact in facts {
            assert_same(&read, &Facts::default().with(key, fact.clone()));
        }
    }
}

/// By the index and statement by statement.
fn assert_same(document: &Document, context: &Facts) {
    let policy = Policy::compile(document);
    let principal = user(ACCOUNT);
    let request = Request {
        action: "s3:GetObject",
        resource: "arn:aws:s3:::b/k",
        principal: &principal,
        context,
    };
    let named = [Named {
        name: "x",
        document: Some(document),
    }];
    let named = NamedPolicies {
        identity: &named,
        boundary: None,
        session: None,
        resource: None,
        resource_rule: ResourceRule::Standard,
        resource_account: ACCOUNT,
        scp: None,
        rcp: None,
    };
    let decision = decide(&request, &identity_only(&[&policy]));
    assert_eq!(
        &decision,
        explain(&request, &named).decision(),
        "{context:?}"
    );
}

fn identity_only<'a>(identity: &'a [&'a Policy]) -> Policies<'a> {
    Policies {
        identity,
        boundary: None,
        session: None,
        resource: None,
        resource_rule: ResourceRule::Standard,
        resource_account: ACCOUNT,
        scp: None,
        rcp: None,
    }
}
