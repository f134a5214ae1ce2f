//! Comparing policies that name principals, against brute force over callers of every kind.
#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what went wrong by panicking; generated indices are in range"
)]

mod common;

use std::collections::BTreeMap;

use common::{ACCOUNT, Fact, Facts, OTHER, anonymous, compile, document, provider, service};
use locum_policy::{
    Comparison, Document, Policies, Policy, PolicyType, Principal, PrincipalKind, Request,
    ResourceRule, Unsure, compare, decide,
};

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let sides = u64::try_from(sides).unwrap_or(1);
        usize::try_from((self.0 >> 33) % sides).unwrap_or(0)
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }
}

const PRINCIPALS: &[&str] = &[
    r#""*""#,
    r#"{"AWS":"111122223333"}"#,
    r#"{"AWS":"arn:aws:iam::444455556666:root"}"#,
    r#"{"AWS":"arn:aws-cn:iam::111122223333:root"}"#,
    r#"{"AWS":"arn:aws:iam::111122223333:user/ada"}"#,
    r#"{"AWS":"AIDAIOSFODNN7EXAMPLE"}"#,
    r#"{"AWS":"arn:aws:iam::111122223333:role/app/Deploy"}"#,
    r#"{"AWS":"AROAIOSFODNN7EXAMPLE"}"#,
    r#"{"AWS":"AROAIOSFODNN7EXAMPLE:run-7"}"#,
    r#"{"AWS":"arn:aws:sts::111122223333:assumed-role/Deploy/run-7"}"#,
    r#"{"AWS":"arn:aws:sts::111122223333:federated-user/bob"}"#,
    r#"{"Service":"ec2.amazonaws.com"}"#,
    r#"{"Federated":"accounts.google.com"}"#,
    r#"{"AWS":["arn:aws:iam::111122223333:user/ada","111122223333"]}"#,
    r#"{"AWS":["arn:aws:iam::111122223333:role/app/Deploy","111122223333","arn:aws:sts::111122223333:assumed-role/Deploy/run-7"]}"#,
];

const CONDITIONS: &[&str] = &[
    "",
    "",
    r#","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:user/*"}}"#,
    r#","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/app/*"}}"#,
    r#","Condition":{"StringNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}}"#,
    r#","Condition":{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#,
    r#","Condition":{"StringNotEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]}}"#,
    r#","Condition":{"StringLike":{"aws:userid":"AROAIOSFODNN7EXAMPLE:*"}}"#,
    r#","Condition":{"StringEquals":{"sts:ExternalId":"x"}}"#,
    r#","Condition":{"StringEquals":{"aws:PrincipalType":"User"}}"#,
    r#","Condition":{"StringEquals":{"aws:username":"ada"}}"#,
    r#","Condition":{"Null":{"aws:PrincipalArn":"true"}}"#,
];

fn statement(dice: &mut Dice, resources: &[&str]) -> String {
    let effect = ["Allow", "Allow", "Deny"][dice.roll(3)];
    let element = match (effect, dice.roll(3)) {
        ("Deny", 0) => "NotPrincipal",
        _ => "Principal",
    };
    let principal = dice.pick(PRINCIPALS);
    let action = dice.pick(&["sts:AssumeRole", "sts:*", "sts:TagSession", "sts:Assume*"]);
    let resource = match resources {
        [] => String::new(),
        resources => format!(r#","Resource":"{}""#, dice.pick(resources)),
    };
    let condition = dice.pick(CONDITIONS);
    format!(
        r#"{{"Effect":"{effect}","{element}":{principal},"Action":"{action}"{resource}{condition}}}"#
    )
}

fn policy(dice: &mut Dice, resources: &[&str]) -> String {
    let count = 1 + dice.roll(2);
    let statements: Vec<String> = (0..count).map(|_| statement(dice, resources)).collect();
    statements.join(",")
}

/// A caller and what its requests say of it.
struct Asking {
    principal: Principal<'static>,
    facts: Facts,
}

fn role_session(
    role_arn: &'static str,
    role_id: &'static str,
    session_arn: &'static str,
    session_name: &'static str,
) -> Asking {
    let id = format!("{role_id}:{session_name}");
    let kind = PrincipalKind::RoleSession {
        role_arn,
        role_id,
        session_arn,
        session_name,
    };
    asking(kind, ACCOUNT, role_arn, &id, "AssumedRole")
}

fn asking(
    kind: PrincipalKind<'static>,
    account: &'static str,
    arn: &str,
    id: &str,
    principal_type: &str,
) -> Asking {
    let facts = Facts::default()
        .str("aws:principalarn", arn)
        .str("aws:principalaccount", account)
        .str("aws:userid", id)
        .str("aws:principaltype", principal_type);
    let principal = Principal { kind, account };
    Asking { principal, facts }
}

fn user(arn: &'static str, id: &'static str, account: &'static str) -> Asking {
    let mut found = asking(PrincipalKind::User { arn, id }, account, arn, id, "User");
    let name = arn.rsplit('/').next().unwrap_or_default();
    found.facts = found.facts.str("aws:username", name);
    found
}

fn federated(arn: &'static str, user_arn: &'static str, user_id: &'static str) -> Asking {
    let id = format!("{ACCOUNT}:{}", arn.rsplit('/').next().unwrap_or_default());
    let kind = PrincipalKind::FederatedUser {
        arn,
        user_arn,
        user_id,
    };
    asking(kind, ACCOUNT, arn, &id, "FederatedUser")
}

fn root(account: &'static str) -> Asking {
    let arn = format!("arn:aws:iam::{account}:root");
    asking(PrincipalKind::Root, account, &arn, account, "Account")
}

fn users() -> Vec<Asking> {
    const NAMED: &str = "AIDAIOSFODNN7EXAMPLE";
    const OTHER_ID: &str = "AIDAXXXXXXXXXXXXXXXX";
    let cases = [
        ("arn:aws:iam::111122223333:user/ada", NAMED, ACCOUNT),
        ("arn:aws:iam::111122223333:user/ada", OTHER_ID, ACCOUNT),
        ("arn:aws:iam::111122223333:user/eve", NAMED, ACCOUNT),
        ("arn:aws:iam::111122223333:user/team/eve", OTHER_ID, ACCOUNT),
        ("arn:aws-cn:iam::111122223333:user/eve", OTHER_ID, ACCOUNT),
        ("arn:aws:iam::444455556666:user/ada", OTHER_ID, OTHER),
        (
            "arn:aws:iam::777788889999:user/eve",
            OTHER_ID,
            "777788889999",
        ),
    ];
    cases
        .map(|(arn, id, account)| user(arn, id, account))
        .into()
}

fn sessions() -> Vec<Asking> {
    const NAMED: &str = "AROAIOSFODNN7EXAMPLE";
    const OTHER_ID: &str = "AROAXXXXXXXXXXXXXXXX";
    const DEPLOY: &str = "arn:aws:iam::111122223333:role/app/Deploy";
    const RUN_7: &str = "arn:aws:sts::111122223333:assumed-role/Deploy/run-7";
    const RUN_8: &str = "arn:aws:sts::111122223333:assumed-role/Deploy/run-8";
    const OTHER_RUN: &str = "arn:aws:sts::111122223333:assumed-role/Other/run-9";
    let roles = [
        (DEPLOY, NAMED, RUN_7, "run-7"),
        (DEPLOY, OTHER_ID, RUN_7, "run-7"),
        (DEPLOY, NAMED, RUN_8, "run-8"),
        (
            "arn:aws:iam::111122223333:role/Deploy",
            OTHER_ID,
            RUN_7,
            "run-7",
        ),
        (
            "arn:aws:iam::111122223333:role/Other",
            OTHER_ID,
            OTHER_RUN,
            "run-9",
        ),
    ];
    let bob = "arn:aws:sts::111122223333:federated-user/bob";
    let eve = "arn:aws:sts::111122223333:federated-user/eve";
    let (ada_user, eve_user) = (
        "arn:aws:iam::111122223333:user/ada",
        "arn:aws:iam::111122223333:user/eve",
    );
    let mut found: Vec<Asking> = roles
        .map(|(role, id, arn, name)| role_session(role, id, arn, name))
        .into();
    found.push(federated(bob, ada_user, "AIDAIOSFODNN7EXAMPLE"));
    found.push(federated(eve, ada_user, "AIDAXXXXXXXXXXXXXXXX"));
    found.push(federated(eve, eve_user, "AIDAXXXXXXXXXXXXXXXX"));
    found
}

fn everybody() -> Vec<Asking> {
    let outside = |principal| Asking {
        principal,
        facts: Facts::default(),
    };
    let mut nobody = outside(anonymous());
    nobody.facts = nobody.facts.str("aws:principaltype", "Anonymous");
    let mut found = users();
    found.extend(sessions());
    found.extend([
        root(ACCOUNT),
        root(OTHER),
        outside(service("ec2.amazonaws.com")),
        outside(service("lambda.amazonaws.com")),
        outside(provider("accounts.google.com")),
        outside(provider("graph.facebook.com")),
        nobody,
    ]);
    found
}

/// Every decision about everybody under every kind of other policies, as one long row.
fn decisions(policy: &Policy, kind: PolicyType, everybody: &[Asking]) -> Vec<bool> {
    let allow = compile(&document(
        r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
    ));
    let all: &[&Policy] = &[&allow];
    let none: &[&Policy] = &[];
    let own = [
        (all, None),
        (none, None),
        (all, Some(all)),
        (none, Some(all)),
        (none, Some(none)),
    ];
    let (rule, resources): (_, &[&str]) = match kind {
        PolicyType::RoleTrust => (
            ResourceRule::Trust,
            &["arn:aws:iam::111122223333:role/role"],
        ),
        _ => (
            ResourceRule::Standard,
            &["*", "arn:aws:s3:::b/k", "arn:aws-cn:s3:::b/k"],
        ),
    };
    let mut found = Vec::new();
    for Asking { principal, facts } in everybody {
        for external in ["", "x"] {
            let mut facts = facts.clone();
            if !external.is_empty() {
                facts = facts.with("sts:externalid", Fact::Str(external.to_owned()));
            }
            for action in ["sts:AssumeRole", "sts:TagSession", "sts:GetFederationToken"] {
                for resource in resources {
                    for (identity, session) in own {
                        for resource_account in [ACCOUNT, OTHER, "777788889999", "123456789012"] {
                            let request = Request {
                                action,
                                resource,
                                principal,
                                context: &facts,
                            };
                            let policies = Policies {
                                identity,
                                boundary: None,
                                session,
                                resource: Some(policy),
                                resource_rule: rule,
                                resource_account,
                                scp: None,
                                rcp: None,
                            };
                            found.push(decide(&request, &policies).is_allowed());
                        }
                    }
                }
            }
        }
    }
    found
}

fn check(kind: PolicyType, seeds: std::ops::Range<u64>) -> BTreeMap<&'static str, u32> {
    let resources: &[&str] = match kind {
        PolicyType::RoleTrust => &[],
        _ => &["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/k"],
    };
    let everybody = everybody();
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in seeds {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 77);
        dice.roll(2);
        let (old, new) = (policy(&mut dice, resources), policy(&mut dice, resources));
        let compiled = |text: &str| compile(&document(text));
        let before = decisions(&compiled(&old), kind, &everybody);
        let after = decisions(&compiled(&new), kind, &everybody);
        let mut pairs = before.iter().zip(&after);
        let each = before.len() / everybody.len();
        let shown = pairs
            .position(|(before, after)| *after && !before)
            .map(|at| everybody[at / each].principal);
        let parsed = |text: &str| match Document::parse(&document(text)) {
            Ok(document) => document,
            Err(findings) => panic!("{text}: {findings:?}"),
        };
        let (old_document, new_document) = (parsed(&old), parsed(&new));
        let found = compare(&[&old_document], &[&new_document], kind);
        let word = match &found {
            Comparison::NotMorePermissive => {
                assert!(
                    shown.is_none(),
                    "seed {seed}\n old {old}\n new {new}\n {shown:?}"
                );
                "no"
            }
            Comparison::MorePermissive { witness, .. } => {
                assert!(witness.decide(&[&new_document]).is_allowed());
                assert!(!witness.decide(&[&old_document]).is_allowed());
                if shown.is_some() {
                    "more"
                } else {
                    "more, outside of the universe"
                }
            }
            Comparison::Unknown(unsure) => {
                assert_ne!(
                    *unsure,
                    Unsure::Disagreement,
                    "seed {seed}\n old {old}\n new {new}"
                );
                "unknown"
            }
        };
        *counts.entry(word).or_default() += 1;
    }
    counts
}

#[test]
fn trust_policies_compare_as_everybody_says() {
    let counts = check(PolicyType::RoleTrust, 0..200);
    assert_eq!(counts.get("unknown"), None, "{counts:?}");
}

#[test]
fn resource_policies_compare_as_everybody_says() {
    let counts = check(PolicyType::Resource, 0..120);
    assert_eq!(counts.get("unknown"), None, "{counts:?}");
}
