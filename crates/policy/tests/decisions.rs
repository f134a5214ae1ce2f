//! Decisions: the evaluation order, the interaction table, accounts, reasons and sentences.
#![allow(clippy::panic, reason = "a table with a mistake must fail")]

mod common;

use common::case::{ALLOW, Case, DENY, ROLE, SILENT, caller, names, resource, word};
use common::{ACCOUNT, OTHER, anonymous, session, user};
use locum_policy::{PolicyType, Reason, ResourceRule};

const CASES: &str = include_str!("cases/decisions.txt");

fn statements(word: &str) -> &'static str {
    match word {
        "-" => "-",
        "allow" => ALLOW,
        "silent" => SILENT,
        "deny" => DENY,
        other => panic!("no policy {other}"),
    }
}

/// Runs one line under each rule that it names.
fn check(line: &str) {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let [name, rules, named, identity, session, expected] = columns[..] else {
        panic!("six columns: {line}");
    };
    for letter in rules.chars() {
        let rule = match letter {
            'S' => ResourceRule::Standard,
            'T' => ResourceRule::Trust,
            'K' => ResourceRule::KeyPolicy,
            other => panic!("no rule {other}"),
        };
        let decision = Case {
            principal: caller(name),
            identity: statements(identity),
            session: statements(session),
            resource: &resource(named),
            rule,
        }
        .decide();
        // Without a policy of its own, or one that speaks of it, a resource grants nothing.
        let expected = match (expected, letter) {
            ("no-trust", 'S' | 'K') => "no-resource",
            (expected, _) => expected,
        };
        assert_eq!(word(decision.reason()), expected, "{letter}: {line}");
        assert_eq!(
            decision.is_allowed(),
            matches!(expected, "allow" | "root"),
            "{line}"
        );
        assert_eq!(
            decision.is_cross_account(),
            name.ends_with("@other"),
            "{line}"
        );
        // What belongs to the owner of the resource is not told across accounts.
        let hidden = match decision.reason() {
            Reason::ExplicitDeny(denied) => {
                let owners = [PolicyType::Resource, PolicyType::RoleTrust];
                decision.is_cross_account() && owners.contains(&denied.policy_type)
            }
            reason => matches!(reason, Reason::CrossAccount(_)),
        };
        let told = (!hidden).then_some(*decision.reason());
        assert_eq!(decision.told(), told, "{line}");
    }
}

#[test]
fn the_cases_of_the_table() {
    let lines = CASES.lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for line in lines {
        check(line);
        count += 1;
    }
    assert!(count > 90, "{count}");
}

/// Rows of the attack list that the table holds.
#[test]
fn pol_13_names_that_are_nearly_the_callers_do_not_match() {
    let near = CASES
        .split("# Names that are nearly the caller's.\n")
        .nth(1)
        .unwrap();
    let near = near.split('#').next().unwrap();
    assert!(near.lines().count() > 15);
    for line in near.lines() {
        assert!(line.ends_with("no-trust"), "{line}");
        check(line);
    }
}

#[test]
fn reasons_name_the_statement() {
    let statements = format!("{SILENT},{ALLOW}");
    let case = Case {
        principal: user(ACCOUNT),
        identity: &statements,
        session: "-",
        resource: "-",
        rule: ResourceRule::Standard,
    };
    match *case.decide().reason() {
        Reason::Allowed(found) => {
            assert_eq!(
                (found.policy_type, found.policy, found.statement),
                (PolicyType::Identity, 0, 1)
            );
        }
        other => panic!("{other:?}"),
    }
    let statements = format!("{SILENT},{ALLOW},{DENY}");
    let case = Case {
        principal: session(ACCOUNT),
        identity: ALLOW,
        session: &statements,
        resource: "-",
        rule: ResourceRule::Standard,
    };
    match *case.decide().reason() {
        Reason::ExplicitDeny(found) => {
            assert_eq!(
                (found.policy_type, found.policy, found.statement),
                (PolicyType::Session, 0, 2)
            );
        }
        other => panic!("{other:?}"),
    }
}

/// Where the account is named, the caller's own policy decides; across accounts the resource's is told.
#[test]
fn reasons_name_the_policy_that_decides() {
    for (caller, expected) in [
        (user(ACCOUNT), PolicyType::Identity),
        (user(OTHER), PolicyType::Resource),
    ] {
        let named = names("AWS", caller.account);
        let case = Case {
            principal: caller,
            identity: ALLOW,
            session: "-",
            resource: &named,
            rule: ResourceRule::Standard,
        };
        match *case.decide().reason() {
            Reason::Allowed(found) => assert_eq!(found.policy_type, expected),
            other => panic!("{other:?}"),
        }
    }
}

/// Caller, names, identity, session, rule, and how the sentence ends.
const SENTENCES: &[(&str, &str, &str, &str, ResourceRule, &str)] = &[
    (
        "user",
        "-",
        "-",
        "-",
        ResourceRule::Standard,
        " because no identity-based policy allows the sts:AssumeRole action",
    ),
    (
        "user",
        "AWS:111122223333",
        "-",
        "-",
        ResourceRule::Trust,
        " because no identity-based policy allows the sts:AssumeRole action",
    ),
    (
        "user",
        "-",
        "allow",
        "-",
        ResourceRule::Trust,
        " because no role trust policy allows the sts:AssumeRole action",
    ),
    (
        "role",
        "-",
        "allow",
        "silent",
        ResourceRule::Standard,
        " because no session policy allows the sts:AssumeRole action",
    ),
    (
        "anonymous",
        "-",
        "-",
        "-",
        ResourceRule::Standard,
        " because no resource-based policy allows the sts:AssumeRole action",
    ),
    (
        "user",
        "-",
        "deny",
        "-",
        ResourceRule::Standard,
        " with an explicit deny in an identity-based policy",
    ),
    (
        "role",
        "-",
        "allow",
        "deny",
        ResourceRule::Standard,
        " with an explicit deny in a session policy",
    ),
    (
        "user",
        "*!deny",
        "allow",
        "-",
        ResourceRule::Standard,
        " with an explicit deny in a resource-based policy",
    ),
    (
        "user",
        "*!deny",
        "allow",
        "-",
        ResourceRule::Trust,
        " with an explicit deny in the role trust policy",
    ),
    ("user@other", "-", "allow", "-", ResourceRule::Trust, ""),
    ("user@other", "*", "-", "-", ResourceRule::Trust, ""),
    (
        "user@other",
        "*!deny",
        "allow",
        "-",
        ResourceRule::Trust,
        "",
    ),
    (
        "user",
        "-",
        "allow",
        "-",
        ResourceRule::KeyPolicy,
        " because no resource-based policy allows the sts:AssumeRole action",
    ),
    (
        "root",
        "-",
        "-",
        "-",
        ResourceRule::KeyPolicy,
        " because no resource-based policy allows the sts:AssumeRole action",
    ),
    (
        "user",
        "AWS:111122223333",
        "-",
        "-",
        ResourceRule::KeyPolicy,
        " because no identity-based policy allows the sts:AssumeRole action",
    ),
    (
        "user",
        "*!deny",
        "allow",
        "-",
        ResourceRule::KeyPolicy,
        " with an explicit deny in a resource-based policy",
    ),
    ("user@other", "-", "allow", "-", ResourceRule::KeyPolicy, ""),
    (
        "user@other",
        "*",
        "deny",
        "-",
        ResourceRule::Trust,
        " with an explicit deny in an identity-based policy",
    ),
];

#[test]
fn sentences() {
    for (name, named, identity, session, rule, suffix) in SENTENCES.iter().copied() {
        let decision = Case {
            principal: caller(name),
            identity: statements(identity),
            session: statements(session),
            resource: &resource(named),
            rule,
        }
        .decide();
        assert!(!decision.is_allowed());
        let said = decision.sentence("arn:aws:iam::1:user/x", "sts:AssumeRole", ROLE);
        let base = "User: arn:aws:iam::1:user/x is not authorized to perform: sts:AssumeRole";
        assert_eq!(said, format!("{base} on resource: {ROLE}{suffix}"));
    }
    let decision = Case {
        principal: anonymous(),
        identity: "-",
        session: "-",
        resource: "-",
        rule: ResourceRule::Trust,
    }
    .decide();
    assert_eq!(
        decision.sentence("", "sts:AssumeRoleWithWebIdentity", ROLE),
        "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    );
}
