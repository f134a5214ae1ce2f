//! What one decision of the policy engine costs.

use std::hint::black_box;

use locum_policy::{
    ConditionKey, Context, Document, Kind, KnownKey, Policies, Policy, Principal, PrincipalKind,
    Request, ResourceRule, Value, Values, decide,
};
use locum_sigv4::KeyCache;

use crate::client::trust;
use crate::report::Section;
use crate::requests::EXTERNAL_ID;
use crate::sigv4::{ours, typical};
use crate::timing::{Cost, batch, median_cost};

const ROUNDS: usize = 15;
const CALLS: usize = 20_000;

struct Facts;

impl Context for Facts {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        match key {
            ConditionKey::Known(KnownKey::ExternalId) => Values::One(Value::Str(EXTERNAL_ID)),
            ConditionKey::Known(KnownKey::SourceIp) => {
                Values::One(Value::Ip(std::net::Ipv4Addr::new(10, 1, 2, 3).into()))
            }
            ConditionKey::PrincipalTag(tag) if **tag == *"team" => {
                Values::One(Value::Str("platform"))
            }
            _ => Values::Absent,
        }
    }
}

fn compile(text: &str, kind: Kind) -> Policy {
    let document = Document::check(text, kind);
    Policy::compile(&document.unwrap_or_else(|findings| panic!("{findings:?}\n{text}")))
}

/// An identity policy of `count` statements, the last of which allows.
fn long(count: usize) -> String {
    let mut statements: Vec<String> = (1..count)
        .map(|number| {
            format!(
                r#"{{"Effect":"Allow","Action":["s3:Get*","dynamodb:Query"],"Resource":"arn:aws:s3:::bucket-{number}/*","Condition":{{"StringEquals":{{"aws:PrincipalTag/team":"t{number}"}}}}}}"#
            )
        })
        .collect();
    statements.push(r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/${aws:PrincipalTag/team}-*","Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}}"#.to_owned());
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        statements.join(",")
    )
}

/// One decision, after `first`.
fn cost(identity: &Policy, trust: &Policy, first: impl Fn()) -> Cost {
    let principal = Principal {
        kind: PrincipalKind::User {
            arn: "arn:aws:iam::111122223333:user/ada",
            id: "AIDAEXAMPLEEXAMPLE12",
        },
        account: "111122223333",
    };
    let request = Request {
        action: "sts:AssumeRole",
        resource: "arn:aws:iam::444455556666:role/platform-deploy",
        principal: &principal,
        context: &Facts,
    };
    let policies = Policies {
        identity: &[identity],
        boundary: None,
        session: None,
        resource: Some(trust),
        resource_rule: ResourceRule::Trust,
        resource_account: "444455556666",
        scp: None,
        rcp: None,
    };
    let costs: Vec<Cost> = (0..ROUNDS)
        .map(|_| {
            batch(CALLS, |_| {
                first();
                assert!(black_box(decide(black_box(&request), &policies)).is_allowed())
            })
        })
        .collect();
    median_cost(costs.get(1..).unwrap_or(&costs))
}

/// The section of the report.
pub fn run() -> Section {
    let mut section = Section::new(
        "Policy decisions",
        "`sts:AssumeRole` on a role of another account: the caller's policy (the last statement allows, with a tag as \
         variable and an address range) and the role's trust policy (with an external id). Policies are compiled once, \
         when first used. The last row is all that a core does for a caller before the call itself: the headers of a POST \
         of AssumeRole parsed for their signature, that verified with the signing key cached, and the decision.",
        &["policy of the caller", "CPU per decision", "allocations"],
    );
    let trust_text = trust("AIDAEXAMPLEEXAMPLE12");
    let trust = Policy::compile(&Document::parse(&trust_text).expect("a trust policy"));
    for count in [1, 5, 50] {
        let own = compile(&long(count), Kind::Inline);
        let cost = cost(&own, &trust, || ());
        section.row(&[
            format!("{count} statement{}", if count == 1 { "" } else { "s" }),
            format!("{:.0} ns", cost.ns),
            format!("{:.1}", cost.allocations),
        ]);
    }
    let request = typical(None);
    let keys = KeyCache::new(1_024);
    let own = compile(&long(5), Kind::Inline);
    let both = cost(&own, &trust, || ours(&request, &keys));
    section.row(&[
        "5 statements, the signature verified first".to_owned(),
        format!("{:.0} ns", both.ns),
        format!("{:.1}", both.allocations),
    ]);
    section.note(format!(
        "Signature and decision together, from a parsed HTTP request: {:.0} a second on one core.",
        1e9 / both.ns
    ));
    let text = long(5);
    let making = median_cost(
        &(0..ROUNDS)
            .map(|_| batch(500, |_| drop(black_box(compile(&text, Kind::Inline)))))
            .collect::<Vec<_>>(),
    );
    section.note(format!(
        "Checking and compiling the policy of 5 statements ({} bytes): {:.0} µs, {:.0} allocations, once per version.",
        text.len(),
        making.ns / 1_000.0,
        making.allocations
    ));
    section
}
