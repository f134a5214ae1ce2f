//! Joined policies decide as they do one by one, for the same reason.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "generated indices are in range, generated documents can be read"
)]

mod common;

use std::cell::Cell;

use common::{
    ACCOUNT, Facts, OTHER, anonymous, compile, document, federated_user, root,
    session as session_of, user,
};
use locum_policy::{
    ConditionKey, Context, Document, Effect, Explanation, Named, NamedPolicies, Outcome, Policies,
    Policy, PolicyType, Reason, Request, ResourceRule, StatementRef, Values, decide, explain,
    limits,
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

/// A whole question, in text.
#[derive(Debug)]
struct Question {
    identity: Vec<String>,
    session: Option<Vec<String>>,
    boundary: Option<String>,
    resource: Option<String>,
    rule: ResourceRule,
    scp: Vec<Vec<String>>,
    rcp: Vec<Vec<String>>,
    caller: usize,
    action: &'static str,
    target: &'static str,
    facts: Facts,
}

fn question() -> impl Strategy<Value = Question> {
    let one = |with_principal| policies(with_principal).prop_map(|mut list| list.pop());
    let levels = |with_principal| proptest::collection::vec(policies(with_principal), 0..3);
    let half = |levels: Vec<Vec<String>>, given| if given { levels } else { Vec::new() };
    (
        (
            policies(false),
            proptest::option::of(policies(false)),
            one(false),
            one(true),
        ),
        select(
            &[
                ResourceRule::Standard,
                ResourceRule::Trust,
                ResourceRule::KeyPolicy,
            ][..],
        ),
        (levels(false), levels(true), any::<[bool; 4]>()),
        (0..7_usize, select(ASKED), select(TARGETS)),
    )
        .prop_map(
            move |(
                (identity, session, boundary, resource),
                rule,
                (scp, rcp, has),
                (caller, action, target),
            )| {
                let mut facts = Facts::default();
                if has[0] {
                    facts = facts.str("aws:username", "ada");
                }
                if has[1] {
                    facts = facts.many("aws:TagKeys", &["a", "b"]);
                }
                let (scp, rcp) = (half(scp, has[2]), half(rcp, has[3]));
                Question {
                    identity,
                    session,
                    boundary,
                    resource,
                    rule,
                    scp,
                    rcp,
                    caller,
                    action,
                    target,
                    facts,
                }
            },
        )
}

/// Documents, as they are compiled and as they are explained.
struct Read {
    documents: Vec<Document>,
    policies: Vec<Policy>,
}

impl Read {
    fn new(texts: &[String]) -> Read {
        let documents: Vec<Document> = texts
            .iter()
            .map(|text| Document::parse(text).unwrap())
            .collect();
        let policies = documents.iter().map(Policy::compile).collect();
        Read {
            documents,
            policies,
        }
    }

    fn each(&self) -> Vec<&Policy> {
        self.policies.iter().collect()
    }

    fn named(&self) -> Vec<Named<'_>> {
        self.documents
            .iter()
            .map(|document| Named {
                name: "x",
                document: Some(document),
            })
            .collect()
    }
}

/// The statement that decided is reported as one that applies.
fn reports(explanation: &Explanation) -> Result<(), TestCaseError> {
    let decision = explanation.decision();
    let (owner, caller) = (explanation.for_owner(), explanation.for_caller());
    prop_assert!(!owner.text().is_empty() && !caller.json().is_empty());
    if let Reason::Allowed(found) | Reason::ExplicitDeny(found) = *decision.reason() {
        let mut reports = owner.policies().iter();
        let report =
            reports.find(|r| r.policy_type == found.policy_type && r.index == found.policy);
        let statement = report
            .and_then(|report| report.statements.get(found.statement))
            .unwrap();
        prop_assert_ne!(statement.outcome, Outcome::No);
        prop_assert_eq!(statement.effect == Effect::Deny, !decision.is_allowed());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pol_20_pol_24_joined_explained_and_one_by_one_are_alike(q in question(), split in 0..5_usize) {
        let identity = Read::new(&q.identity);
        let session = q.session.as_deref().map(Read::new);
        let [boundary, resource] = [&q.boundary, &q.resource].map(|text| Read::new(text.as_slice()));
        let [scp, rcp] = [&q.scp, &q.rcp].map(|levels| levels.iter().map(|level| Read::new(level)).collect::<Vec<_>>());
        let callers = [user(ACCOUNT), session_of(ACCOUNT), user(OTHER), session_of(OTHER), federated_user(), root(ACCOUNT), anonymous()];
        let request = Request { action: q.action, resource: q.target, principal: &callers[q.caller], context: &q.facts };

        let each = identity.each();
        let session_each = session.as_ref().map(Read::each);
        let levels_each = [&scp, &rcp].map(|levels| levels.iter().map(Read::each).collect::<Vec<_>>());
        let levels_each = levels_each.each_ref().map(|levels| levels.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let one_by_one = Policies {
            identity: &each,
            boundary: boundary.policies.first(),
            session: session_each.as_deref(),
            resource: resource.policies.first(),
            resource_rule: q.rule,
            resource_account: ACCOUNT,
            scp: (!scp.is_empty()).then_some(&levels_each[0]),
            rcp: (!rcp.is_empty()).then_some(&levels_each[1]),
        };
        let expected = decide(&request, &one_by_one);

        // Joined as a whole, and in two parts: a plan beside another, and a plan of plans.
        let whole = Policy::join(&each);
        let (first, second) = each.split_at(split.min(each.len()));
        let (first, second) = (Policy::join(first), Policy::join(second));
        let again = Policy::join(&[&first, &second]);
        let session_plan = session_each.as_ref().map(|list| Policy::join(list));
        let session_list: Vec<&Policy> = session_plan.iter().collect();
        let plans = levels_each.each_ref().map(|levels| levels.iter().map(|level| Policy::join(level)).collect::<Vec<_>>());
        let plans = plans.each_ref().map(|levels| levels.iter().map(|level| [level]).collect::<Vec<_>>());
        let plans = plans.each_ref().map(|levels| levels.iter().map(<[_; 1]>::as_slice).collect::<Vec<_>>());
        for identity in [&[&whole][..], &[&first, &second], &[&again]] {
            let planned = Policies {
                identity,
                session: session.as_ref().map(|_| &*session_list),
                scp: one_by_one.scp.map(|_| &*plans[0]),
                rcp: one_by_one.rcp.map(|_| &*plans[1]),
                ..one_by_one
            };
            prop_assert_eq!(decide(&request, &planned), expected);
        }

        // Explained, statement by statement without an index.
        let identity_named = identity.named();
        let session_named = session.as_ref().map(Read::named);
        let levels_named = [&scp, &rcp].map(|levels| levels.iter().map(Read::named).collect::<Vec<_>>());
        let levels_named = levels_named.each_ref().map(|levels| levels.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let explanation = explain(&request, &NamedPolicies {
            identity: &identity_named,
            boundary: boundary.named().first().copied(),
            session: session_named.as_deref(),
            resource: resource.named().first().copied(),
            resource_rule: q.rule,
            resource_account: ACCOUNT,
            scp: one_by_one.scp.map(|_| &*levels_named[0]),
            rcp: one_by_one.rcp.map(|_| &*levels_named[1]),
        });
        prop_assert_eq!(*explanation.decision(), expected);
        reports(&explanation)?;
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
fn each_tag_is_asked_for_once() {
    let statement = |number: usize| {
        format!(
            r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{{
            "StringNotEquals":{{"aws:PrincipalTag/team":"u{number}"}},"StringLike":{{"saml:aud":"u{number}"}}}}}}"#
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

/// A context that counts what it is asked for.
struct Told(Cell<usize>, Facts);

impl Context for Told {
    fn values<'a>(&'a self, key: &ConditionKey) -> Values<'a> {
        self.0.set(self.0.get() + 1);
        self.1.values(key)
    }
}

/// Whether a policy asked three times allows when each of `count` keys has its value but that one, and
/// how often the context was asked.
fn with_keys(count: usize, name: &str, wrong: Option<usize>) -> (bool, usize) {
    let key = |number: usize| match number % 4 {
        0 => format!("aws:PrincipalTag/{name}{number}"),
        1 => format!("aws:RequestTag/{name}{number}"),
        2 => format!("aws:ResourceTag/{name}{number}"),
        _ => format!("service:{name}{number}"),
    };
    let conditions: Vec<String> = (0..count)
        .map(|number| format!(r#""{}":"v{number}""#, key(number)))
        .collect();
    let policy = compile(&document(&format!(
        r#"{{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{{"StringEquals":{{{}}}}}}}"#,
        conditions.join(",")
    )));
    let facts = (0..count).fold(Facts::default(), |facts, number| {
        let value = if wrong == Some(number) { 0 } else { number };
        facts.str(&key(number), &format!("v{value}"))
    });
    let context = Told(Cell::new(0), facts);
    let principal = user(ACCOUNT);
    let request = Request {
        action: "s3:GetObject",
        resource: "*",
        principal: &principal,
        context: &context,
    };
    let policies = Policies {
        identity: &[&policy, &policy, &policy],
        boundary: Some(&policy),
        session: None,
        resource: None,
        resource_rule: ResourceRule::Standard,
        resource_account: ACCOUNT,
        scp: None,
        rcp: None,
    };
    let allowed = decide(&request, &policies).is_allowed();
    (allowed, context.0.get())
}

/// As many keys as a decision remembers, and more, wherever their places collide.
#[test]
fn keys_are_told_apart_and_remembered() {
    for count in [2, 7, limits::KEYS_HELD, 40] {
        let is_held = count <= limits::KEYS_HELD;
        let (allowed, asked) = with_keys(count, "k", None);
        assert!(allowed, "{count}");
        assert!(!is_held || asked == count, "{count} {asked}");
        for wrong in 1..count {
            let (allowed, asked) = with_keys(count, "k", Some(wrong));
            assert!(!allowed, "{count} {wrong}");
            assert!(!is_held || asked <= count, "{count} {asked}");
        }
    }
    for name in 'a'..='z' {
        let (allowed, asked) = with_keys(limits::KEYS_HELD, &name.to_string(), None);
        assert!(allowed && asked == limits::KEYS_HELD, "{name} {asked}");
    }
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
