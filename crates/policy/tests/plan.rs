//! Joined policies decide as they do one by one, for the same reason.
#![allow(clippy::indexing_slicing, reason = "generated indices are in range")]

mod common;

use std::cell::Cell;

use common::{ACCOUNT, Facts, OTHER, compile, document, federated_user, root, session, user};
use locum_policy::{
    ConditionKey, Context, Decision, Policies, Policy, PolicyType, Reason, Request, ResourceRule,
    StatementRef, Values, decide,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const ACTIONS: &[&str] = &[
    "*",
    "*:*",
    "s3:*",
    "s3:Get*",
    "s3:GetObject",
    "S3:getobject",
    "s3:Get?bject",
    "s3-outposts:*",
    "iam:*",
    "iam:GetUser",
];
const ASKED: &[&str] = &["s3:GetObject", "s3:PutObject", "iam:GetUser", "s4:Get"];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::b*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::b/k1",
    "arn:aws:s3:::b/k?",
    "arn:aws:s3:::*/k",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:s3:::b/${aws:userid}*",
    "arn:aws:s3:eu-*::b/*",
    "arn:*:s3::*:b/k",
    "arn:aws-cn:s3:::b/k",
];
const TARGETS: &[&str] = &[
    "*",
    "nonsense",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::b/k1",
    "arn:aws:s3:::ada/k",
    "arn:aws:s3:eu-west-1::b/k",
];
const CONDITIONS: &[&str] = &[
    "{}",
    r#"{"StringEquals":{"aws:username":"ada"}}"#,
    r#"{"StringEquals":{"aws:username":"eve"}}"#,
    r#"{"StringLike":{"aws:username":"a*"},"Null":{"aws:userid":"true"}}"#,
    r#"{"NumericNotEquals":{"aws:username":"10"}}"#,
    r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}}"#,
];
const PRINCIPALS: &[&str] = &[
    r#""*""#,
    r#"{"AWS":"111122223333"}"#,
    r#"{"AWS":"AIDAIOSFODNN7EXAMPLE"}"#,
    r#"{"AWS":["444455556666","AROAIOSFODNN7EXAMPLE"]}"#,
];

fn list(items: &[&str]) -> String {
    items
        .iter()
        .map(|item| format!("\"{item}\""))
        .collect::<Vec<_>>()
        .join(",")
}

fn statement(with_principal: bool) -> impl Strategy<Value = String> {
    (
        prop_oneof![3 => Just("Allow"), 1 => Just("Deny")],
        prop_oneof![6 => Just(""), 1 => Just("Not")],
        subsequence(ACTIONS, 1..3),
        prop_oneof![6 => Just(""), 1 => Just("Not")],
        subsequence(RESOURCES, 1..4),
        select(CONDITIONS),
        select(PRINCIPALS),
    )
        .prop_map(move |(effect, not_action, actions, not_resource, resources, condition, principal)| {
            let (actions, resources) = (list(&actions), list(&resources));
            let principal = if with_principal { format!("\"Principal\":{principal},") } else { String::new() };
            format!(
                r#"{{{principal}"Effect":"{effect}","{not_action}Action":[{actions}],"{not_resource}Resource":[{resources}],"Condition":{condition}}}"#
            )
        })
}

fn policies(with_principal: bool) -> impl Strategy<Value = Vec<String>> {
    let policy = proptest::collection::vec(statement(with_principal), 1..5);
    let policy = policy.prop_map(|statements| document(&statements.join(",")));
    proptest::collection::vec(policy, 0..5)
}

fn asked(
    policies: &Policies<'_>,
    caller: usize,
    action: &str,
    resource: &str,
    facts: &Facts,
) -> Decision {
    let callers = [
        user(ACCOUNT),
        session(ACCOUNT),
        user(OTHER),
        federated_user(),
        root(ACCOUNT),
    ];
    let request = Request {
        action,
        resource,
        principal: &callers[caller],
        context: facts,
    };
    decide(&request, policies)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pol_20_joined_policies_decide_as_one_by_one(
        identity in policies(false),
        session in proptest::option::of(policies(false)),
        levels in proptest::collection::vec(policies(true), 0..3),
        caller in 0..5_usize,
        (action, resource) in (select(ASKED), select(TARGETS)),
        has in any::<[bool; 2]>(),
        split in 0..5_usize,
    ) {
        let compiled = |texts: &[String]| texts.iter().map(|text| compile(text)).collect::<Vec<_>>();
        let (identity, session) = (compiled(&identity), session.as_deref().map(compiled));
        let levels: Vec<Vec<Policy>> = levels.iter().map(|level| compiled(level)).collect();
        let mut facts = Facts::default();
        if has[0] {
            facts = facts.str("aws:username", "ada");
        }
        if has[1] {
            facts = facts.many("aws:TagKeys", &["a", "b"]);
        }
        let each: Vec<&Policy> = identity.iter().collect();
        let session: Option<Vec<&Policy>> = session.as_ref().map(|list| list.iter().collect());
        let levels: Vec<Vec<&Policy>> = levels.iter().map(|level| level.iter().collect()).collect();
        let rcp: Vec<&[&Policy]> = levels.iter().map(Vec::as_slice).collect();
        let one_by_one = Policies {
            identity: &each,
            boundary: None,
            session: session.as_deref(),
            resource: None,
            resource_rule: ResourceRule::Standard,
            resource_account: ACCOUNT,
            scp: None,
            rcp: (!rcp.is_empty()).then_some(&rcp),
        };
        // Joined as a whole, and in two parts: a plan beside another, and a plan of plans.
        let whole = Policy::join(&each);
        let (first, second) = each.split_at(split.min(each.len()));
        let (first, second) = (Policy::join(first), Policy::join(second));
        let again = Policy::join(&[&first, &second]);
        let session_plan = session.as_ref().map(|list| Policy::join(list));
        let session_list: Vec<&Policy> = session_plan.iter().collect();
        let level_plans: Vec<Policy> = levels.iter().map(|level| Policy::join(level)).collect();
        let level_plans: Vec<[&Policy; 1]> = level_plans.iter().map(|level| [level]).collect();
        let level_plans: Vec<&[&Policy]> = level_plans.iter().map(<[_; 1]>::as_slice).collect();
        let expected = asked(&one_by_one, caller, action, resource, &facts);
        for identity in [&[&whole][..], &[&first, &second], &[&again]] {
            let planned = Policies {
                identity,
                session: session.as_ref().map(|_| &*session_list),
                rcp: (!level_plans.is_empty()).then_some(&level_plans),
                ..one_by_one
            };
            prop_assert_eq!(asked(&planned, caller, action, resource, &facts), expected);
        }
    }
}

#[test]
fn the_statement_that_decides_is_named_where_it_stands() {
    let allow = |resource: &str| {
        format!(r#"{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::{resource}"}}"#)
    };
    let same = document(&format!("{},{}", allow("a"), allow("b")));
    let policies = [
        compile(&document(&allow("x"))),
        compile(&same),
        compile(&same),
        Policy::deny_all(),
    ];
    let ask = |list: &[&Policy], resource| {
        *common::ask(list, "s3:GetObject", resource, &Facts::default()).reason()
    };
    let expected = |policy, statement| StatementRef {
        policy_type: PolicyType::Identity,
        policy,
        statement,
    };
    let plan = Policy::join(&[&policies[0], &policies[1], &policies[2]]);
    assert_eq!(
        ask(&[&plan], "arn:aws:s3:::b"),
        Reason::Allowed(expected(1, 1))
    );
    let with = Policy::join(&[&plan, &policies[3]]);
    assert_eq!(
        ask(&[&with], "arn:aws:s3:::b"),
        Reason::ExplicitDeny(expected(3, 0))
    );
    assert_eq!(
        ask(&[&Policy::join(&[])], "arn:aws:s3:::b"),
        Reason::NoAllow(PolicyType::Identity)
    );
}

/// Counts what it is asked.
struct Counting(Cell<usize>);

impl Context for Counting {
    fn values<'a>(&'a self, _: &ConditionKey) -> Values<'a> {
        self.0.set(self.0.get() + 1);
        Values::Absent
    }
}

#[test]
fn each_key_is_asked_for_once() {
    let statement = |number: usize| {
        format!(
            r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{{
            "StringEquals":{{"aws:username":"u{number}"}},"IpAddress":{{"aws:SourceIp":"10.0.0.{number}"}}}}}}"#
        )
    };
    let statements: Vec<String> = (0..50).map(statement).collect();
    let policy = compile(&document(&statements.join(",")));
    let context = Counting(Cell::new(0));
    let principal = user(ACCOUNT);
    let request = Request {
        action: "s3:GetObject",
        resource: "*",
        principal: &principal,
        context: &context,
    };
    let policies = Policies {
        identity: &[&policy, &policy],
        boundary: None,
        session: None,
        resource: None,
        resource_rule: ResourceRule::Standard,
        resource_account: ACCOUNT,
        scp: None,
        rcp: None,
    };
    assert!(!decide(&request, &policies).is_allowed());
    assert!(context.0.get() <= 2, "{}", context.0.get());
}

/// Policies are kept per principal and shared between threads.
#[test]
fn a_plan_is_owned_and_shared() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    shared(&Policy::join(&[]));
}

/// A statement of many services and many resources stays small in the index.
#[test]
fn pol_10_services_times_resources_stay_bounded() {
    let services: Vec<String> = (0..400).map(|n| format!("\"s{n}:Get\"")).collect();
    let resources: Vec<String> = (0..400).map(|n| format!("\"arn:aws:s3:::b{n}\"")).collect();
    let statement = |effect: &str| {
        format!(
            r#"{{"Effect":"{effect}","Action":[{}],"Resource":[{}]}}"#,
            services.join(","),
            resources.join(",")
        )
    };
    let policy = compile(&document(&vec![statement("Allow"); 20].join(",")));
    let ask = |action, resource| {
        common::ask(&[&policy], action, resource, &Facts::default()).is_allowed()
    };
    assert!(ask("s399:Get", "arn:aws:s3:::b399"));
    assert!(!ask("s399:Get", "arn:aws:s3:::b400"));
    assert!(!ask("s400:Get", "arn:aws:s3:::b399"));
}
