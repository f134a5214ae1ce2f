//! Laws that hold for all policies and requests, on generated ones (POL-22).
#![allow(clippy::indexing_slicing, reason = "generated indices are in range")]

mod common;

use common::{
    ACCOUNT, Fact, Facts, OTHER, anonymous, compile, document, federated_user, root, service,
    session, user,
};
use locum_policy::{
    Decision, Document, Policies, Policy, Principal, Request, ResourceRule, decide,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const ACTIONS: &[&str] = &[
    "*",
    "s3:*",
    "s3:Get*",
    "s3:GetObject",
    "S3:put*",
    "iam:*",
    "sts:AssumeRole",
];
const ASKED: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "iam:GetUser",
    "sts:AssumeRole",
    "kms:Decrypt",
];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:iam::111122223333:role/*",
];
const TARGETS: &[&str] = &[
    "*",
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::ada/k",
    "arn:aws:iam::111122223333:role/x",
];
const CONDITIONS: &[&str] = &[
    "{}",
    r#"{"StringEquals":{"aws:username":"ada"}}"#,
    r#"{"StringNotEquals":{"aws:username":"ada"}}"#,
    r#"{"NumericLessThan":{"aws:MultiFactorAuthAge":"10"}}"#,
    r#"{"NumericNotEquals":{"aws:username":"10"}}"#,
    r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#,
    r#"{"ForAnyValue:StringNotEquals":{"aws:TagKeys":["a","b"]}}"#,
    r#"{"StringNotEquals":{"aws:TagKeys":"a"}}"#,
    r#"{"Null":{"aws:username":"true"}}"#,
    r#"{"BoolIfExists":{"aws:SecureTransport":"false"}}"#,
];
const PRINCIPALS: &[&str] = &[
    r#""*""#,
    r#"{"AWS":"111122223333"}"#,
    r#"{"AWS":"444455556666"}"#,
    r#"{"AWS":["AIDAIOSFODNN7EXAMPLE","AROAIOSFODNN7EXAMPLE"]}"#,
    r#"{"AWS":"AROAIOSFODNN7EXAMPLE:run-7"}"#,
    r#"{"Service":"ec2.amazonaws.com"}"#,
];

fn statement(principal: Option<&'static str>) -> impl Strategy<Value = String> {
    let effect = prop_oneof![3 => Just("Allow"), 1 => Just("Deny")];
    (effect, parts(principal.is_some()))
        .prop_map(|(effect, parts)| format!(r#"{{"Effect":"{effect}",{parts}}}"#))
}

/// Everything of a statement but its effect.
fn parts(with_principal: bool) -> impl Strategy<Value = String> {
    (
        any::<bool>(),
        subsequence(ACTIONS, 1..3),
        prop_oneof![4 => Just(false), 1 => Just(true)],
        subsequence(RESOURCES, 1..3),
        select(CONDITIONS),
        select(PRINCIPALS),
    )
        .prop_map(
            move |(not_action, actions, not_resource, resources, condition, principal)| {
                let list = |items: &[&str]| {
                    let items: Vec<String> =
                        items.iter().map(|item| format!("\"{item}\"")).collect();
                    items.join(",")
                };
                let principal = if with_principal {
                    format!("\"Principal\":{principal},")
                } else {
                    String::new()
                };
                format!(
                    r#"{principal}"{}Action":[{}],"{}Resource":[{}],"Condition":{condition}"#,
                    if not_action { "Not" } else { "" },
                    list(&actions),
                    if not_resource { "Not" } else { "" },
                    list(&resources),
                )
            },
        )
}

fn statements(with_principal: bool) -> impl Strategy<Value = Vec<String>> {
    let principal = with_principal.then_some("");
    proptest::collection::vec(statement(principal), 0..4)
}

fn facts() -> impl Strategy<Value = Facts> {
    (
        any::<[bool; 4]>(),
        subsequence(&["a", "b", "c", ""][..], 0..4),
    )
        .prop_map(|(has, tags)| {
            let mut facts = Facts::default();
            if has[0] {
                facts = facts.str("aws:username", "ada");
            }
            if has[1] {
                facts = facts.with("aws:MultiFactorAuthAge", Fact::Int(5));
            }
            if has[2] {
                facts = facts.with("aws:SecureTransport", Fact::Bool(has[0]));
            }
            if has[3] {
                facts = facts.many("aws:TagKeys", &tags);
            }
            facts
        })
}

#[derive(Debug, Clone)]
struct World {
    identity: Vec<String>,
    session: Option<Vec<String>>,
    resource: Option<Vec<String>>,
    rule: ResourceRule,
    caller: usize,
    action: &'static str,
    target: &'static str,
    facts: Facts,
}

fn callers() -> Vec<Principal<'static>> {
    vec![
        user(ACCOUNT),
        session(ACCOUNT),
        user(OTHER),
        session(OTHER),
        federated_user(),
        root(ACCOUNT),
        root(OTHER),
        service("ec2.amazonaws.com"),
        anonymous(),
    ]
}

fn world() -> impl Strategy<Value = World> {
    (
        statements(false),
        proptest::option::of(statements(false)),
        proptest::option::of(statements(true)),
        select(&[ResourceRule::Standard, ResourceRule::Trust][..]),
        0..callers().len(),
        select(ASKED),
        select(TARGETS),
        facts(),
    )
        .prop_map(
            |(identity, session, resource, rule, caller, action, target, facts)| World {
                identity,
                session,
                resource,
                rule,
                caller,
                action,
                target,
                facts,
            },
        )
}

fn policy(statements: &[String]) -> Option<Policy> {
    (!statements.is_empty()).then(|| compile(&document(&statements.join(","))))
}

impl World {
    fn decide(&self) -> Decision {
        let identity = policy(&self.identity);
        let session = self.session.as_deref().map(policy);
        let resource = self.resource.as_deref().and_then(policy);
        let identity: Vec<&Policy> = identity.iter().collect();
        let session: Option<Vec<&Policy>> = session.as_ref().map(|policy| policy.iter().collect());
        let principal = callers()[self.caller];
        let request = Request {
            action: self.action,
            resource: self.target,
            principal: &principal,
            context: &self.facts,
        };
        decide(
            &request,
            &Policies {
                identity: &identity,
                boundary: None,
                session: session.as_deref(),
                resource: resource.as_ref(),
                resource_rule: self.rule,
                resource_account: ACCOUNT,
                scp: None,
                rcp: None,
            },
        )
    }

    fn is_allowed(&self) -> bool {
        self.decide().is_allowed()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pol_22_adding_a_deny_never_allows_more(world in world(), parts in parts(false), with in parts(true), place in 0..3_usize) {
        let mut more = world.clone();
        match place {
            0 => more.identity.push(format!(r#"{{"Effect":"Deny",{parts}}}"#)),
            1 => {
                if let Some(session) = &mut more.session {
                    session.push(format!(r#"{{"Effect":"Deny",{parts}}}"#));
                }
            }
            _ => {
                if let Some(resource) = &mut more.resource {
                    resource.push(format!(r#"{{"Effect":"Deny",{with}}}"#));
                }
            }
        }
        prop_assert!(world.is_allowed() || !more.is_allowed());
    }

    #[test]
    fn pol_22_adding_an_allow_never_denies_more(world in world(), parts in parts(false), with in parts(true), place in 0..3_usize) {
        let mut more = world.clone();
        match place {
            0 => more.identity.push(format!(r#"{{"Effect":"Allow",{parts}}}"#)),
            1 => {
                if let Some(session) = &mut more.session {
                    session.push(format!(r#"{{"Effect":"Allow",{parts}}}"#));
                }
            }
            _ => more.resource.get_or_insert_default().push(format!(r#"{{"Effect":"Allow",{with}}}"#)),
        }
        prop_assert!(!world.is_allowed() || more.is_allowed());
    }

    #[test]
    fn pol_22_order_and_duplicates_are_irrelevant(world in world()) {
        let mut turned = world.clone();
        turned.identity.reverse();
        turned.session.iter_mut().for_each(|session| session.reverse());
        turned.resource.iter_mut().for_each(|resource| resource.reverse());
        let mut twice = world.clone();
        twice.identity.extend(world.identity.clone());
        if let (Some(resource), Some(more)) = (&mut twice.resource, &world.resource) {
            resource.extend(more.clone());
        }
        prop_assert_eq!(world.is_allowed(), turned.is_allowed());
        prop_assert_eq!(world.is_allowed(), twice.is_allowed());
    }

    #[test]
    fn pol_22_a_session_policy_never_adds(world in world()) {
        // A federated user without one has nothing at all; everybody else has the whole.
        prop_assume!(callers()[world.caller].account != ACCOUNT || world.caller != 4);
        let without = World { session: None, ..world.clone() };
        prop_assert!(without.is_allowed() || !world.is_allowed());
    }

    #[test]
    fn pol_22_nothing_is_allowed_without_an_allow(mut world in world()) {
        let lists = [Some(&mut world.identity), world.resource.as_mut()];
        for list in lists.into_iter().flatten() {
            list.retain(|statement| statement.contains(r#""Effect":"Deny""#));
        }
        let own_root = world.caller == 5 && world.rule == ResourceRule::Standard;
        prop_assert!(!world.is_allowed() || own_root);
    }

    #[test]
    fn pol_22_many_policies_are_as_one(world in world()) {
        let principal = callers()[world.caller];
        let request = Request { action: world.action, resource: world.target, principal: &principal, context: &world.facts };
        let separate: Vec<Policy> = world.identity.iter().filter_map(|s| policy(std::slice::from_ref(s))).collect();
        let separate: Vec<&Policy> = separate.iter().collect();
        let joined = policy(&world.identity);
        let joined: Vec<&Policy> = joined.iter().collect();
        let base = Policies { identity: &joined, boundary: None,
session: None, resource: None, resource_rule: ResourceRule::Standard, resource_account: ACCOUNT ,
scp: None,
rcp: None};
        let one = decide(&request, &base).is_allowed();
        let many = decide(&request, &Policies { identity: &separate, ..base }).is_allowed();
        prop_assert_eq!(one, many);
    }

    #[test]
    fn pol_22_a_document_read_twice_decides_alike(world in world()) {
        for statements in [&world.identity, &world.resource.clone().unwrap_or_default()] {
            if statements.is_empty() {
                continue;
            }
            let text = document(&statements.join(","));
            let again = Document::parse(&text).unwrap();
            prop_assert_eq!(again.unbind(&|_| None), text);
        }
        prop_assert_eq!(world.decide(), world.decide());
    }
}
