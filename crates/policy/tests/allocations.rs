//! The common path of a decision allocates nothing.

mod common;
/// The questions that the engines are compared on.
#[allow(
    dead_code,
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::manual_is_multiple_of,
    clippy::panic,
    reason = "written for a benchmark"
)]
#[path = "../../../benchmarks/src/workload.rs"]
mod workload;

use std::alloc::System;
use std::sync::{Mutex, PoisonError};

use common::{ACCOUNT, Fact, Facts, compile, session};
use locum_policy::{Policies, Request, ResourceRule, decide};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time: the allocator counts for all threads.
static ALONE: Mutex<()> = Mutex::new(());

/// A context whose look-ups do not allocate either.
struct Fixed(Facts);

impl locum_policy::Context for Fixed {
    fn values<'a>(&'a self, key: &locum_policy::ConditionKey) -> locum_policy::Values<'a> {
        use locum_policy::{ConditionKey, KnownKey, Value, Values};
        match key {
            ConditionKey::Known(KnownKey::ExternalId) => Values::One(Value::Str("secret")),
            ConditionKey::Known(KnownKey::SourceIp) => {
                Values::One(Value::Ip(std::net::Ipv4Addr::new(10, 1, 2, 3).into()))
            }
            ConditionKey::Known(KnownKey::CurrentTime) => Values::One(Value::Date(1_767_225_600)),
            ConditionKey::Known(KnownKey::MultiFactorAuthAge) => Values::One(Value::Int(12)),
            ConditionKey::PrincipalTag(tag) if **tag == *"team" => Values::One(Value::Str("red")),
            _ => Values::Absent,
        }
    }
}

/// 20 policies of 10 statements, joined: all about the action, half of them about the resource, the
/// last one allowing.
#[test]
fn a_decision_on_a_plan_allocates_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let statement = |number: usize| {
        let condition = match number % 8 / 2 {
            _ if number == 199 => r#""IpAddress":{"aws:SourceIp":"10.0.0.0/8"}"#.to_owned(),
            0 => format!(r#""StringLike":{{"aws:PrincipalTag/team":"t{number}-*"}}"#),
            1 => format!(r#""IpAddress":{{"aws:SourceIp":"192.0.{number}.0/24"}}"#),
            2 => r#""DateLessThan":{"aws:CurrentTime":"2020-01-01"}"#.to_owned(),
            _ => format!(r#""ForAnyValue:StringEquals":{{"aws:TagKeys":["k{number}"]}}"#),
        };
        let bucket = if number.is_multiple_of(2) || number == 199 {
            "data"
        } else {
            "other"
        };
        format!(
            r#"{{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::{bucket}/*","Condition":{{{condition}}}}}"#
        )
    };
    let policies: Vec<_> = (0..20)
        .map(|policy| {
            (0..10)
                .map(|index| statement(policy * 10 + index))
                .collect::<Vec<_>>()
        })
        .map(|statements| compile(&common::document(&statements.join(","))))
        .collect();
    let plan = locum_policy::Policy::join(&policies.iter().collect::<Vec<_>>());
    let principal = session(ACCOUNT);
    let context = Fixed(Facts::default());
    let request = Request {
        action: "s3:GetObject",
        resource: "arn:aws:s3:::data/2026/may.csv",
        principal: &principal,
        context: &context,
    };
    let policies = Policies {
        identity: &[&plan],
        boundary: Some(&plan),
        session: None,
        resource: None,
        resource_rule: ResourceRule::Standard,
        resource_account: ACCOUNT,
        scp: Some(&[&[&plan], &[&plan]]),
        rcp: None,
    };
    let region = Region::new(ALLOCATOR);
    let mut allowed = 0;
    for _ in 0..100 {
        allowed += usize::from(decide(&request, &policies).is_allowed());
    }
    let used = region.change();
    assert_eq!(allowed, 100);
    assert!(used.allocations < 100, "{used:?}");
}

#[test]
fn a_typical_decision_allocates_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let trust = compile(&common::document(
        r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole",
            "Condition":{"StringEquals":{"sts:ExternalId":"secret"},"IpAddress":{"aws:SourceIp":"10.0.0.0/8"},
                         "NumericLessThan":{"aws:MultiFactorAuthAge":"3600"},"StringLike":{"aws:SourceIp":"10.*"}}},
           {"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2030"}}}"#,
    ));
    let own = compile(&common::document(
        r#"{"Effect":"Allow","Action":["s3:*","sts:Assume*"],"Resource":["arn:aws:s3:::x/*","arn:aws:iam::*:role/${aws:PrincipalTag/team}-*-?eploy"]},
           {"Effect":"Deny","NotAction":"sts:*","Resource":"*"}"#,
    ));
    let principal = session(ACCOUNT);
    let context = Fixed(Facts::default().with("unused", Fact::Bool(true)));
    let request = Request {
        action: "sts:AssumeRole",
        resource: "arn:aws:iam::111122223333:role/red-app-deploy",
        principal: &principal,
        context: &context,
    };
    let policies = Policies {
        identity: &[&own],
        boundary: None,
        session: Some(&[&own]),
        resource: Some(&trust),
        resource_rule: ResourceRule::Trust,
        resource_account: ACCOUNT,
        scp: None,
        rcp: None,
    };
    assert_eq!(context.0.0.len(), 1);
    let region = Region::new(ALLOCATOR);
    let mut allowed = 0;
    for _ in 0..100 {
        allowed += usize::from(decide(&request, &policies).is_allowed());
    }
    let used = region.change();
    assert_eq!(allowed, 100);
    // The harness's own thread may allocate a little; a decision that did would do it 100 times.
    assert!(used.allocations < 100, "{used:?}");
}

/// A statement of many services and many resources takes no place for each pair of them.
#[test]
fn pol_10_a_compiled_statement_is_not_services_times_resources() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let compiled = |services: usize, resources: usize| {
        let services: Vec<String> = (0..services).map(|n| format!("\"s{n}:Get\"")).collect();
        let resources: Vec<String> = (0..resources)
            .map(|n| format!("\"arn:aws:s3:::b{n}\""))
            .collect();
        let text = common::document(&format!(
            r#"{{"Effect":"Allow","Action":[{}],"Resource":[{}]}}"#,
            services.join(","),
            resources.join(",")
        ));
        let region = Region::new(ALLOCATOR);
        drop(compile(&text));
        region.change().bytes_allocated
    };
    // Five times the names, and 25 times the pairs.
    let (some, many) = (compiled(20, 20), compiled(100, 100));
    assert!(many < 8 * some, "{some} {many}");
}

/// The questions of the benchmark, and their twins that are answered the other way.
#[test]
fn the_questions_of_the_benchmark_allocate_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (workload, twins) in workload::all() {
        for question in std::iter::once(&workload).chain(&twins) {
            let compiled = workload::Compiled::new(question);
            let region = Region::new(ALLOCATOR);
            let right = (0..100)
                .filter(|_| compiled.is_allowed(question) == question.is_allowed)
                .count();
            let used = region.change();
            assert_eq!(right, 100, "{}", question.name);
            assert!(used.allocations < 100, "{} {used:?}", question.name);
        }
    }
}
