//! How boundaries, session policies and the organization's policies meet grants of every kind.
#![allow(clippy::panic, reason = "a table with a mistake must fail")]

mod common;

use common::case::{ALLOW, DENY, ROLE, SILENT, caller, resource, word};
use common::{ACCOUNT, Facts, compile, document, user};
use locum_policy::{Decision, Policies, Policy, PolicyType, Reason, Request, ResourceRule, decide};

const CASES: &str = include_str!("cases/interaction.txt");

fn statements(word: &str, principal: &str) -> Option<String> {
    let statement = match word {
        "-" | "none" => return None,
        "allow" => ALLOW,
        "silent" => SILENT,
        "deny" => DENY,
        other => panic!("no policy {other}"),
    };
    Some(document(&statement.replacen(
        "{\"Effect\"",
        &format!("{{{principal}\"Effect\""),
        1,
    )))
}

fn policy(word: &str) -> Option<Policy> {
    statements(word, "").as_deref().map(compile)
}

/// One policy a level; a level of `none` has none. A Deny stands beside an Allow, as it does there.
fn levels(words: &str, principal: &str) -> Option<Vec<Vec<Policy>>> {
    let level = |word: &str| {
        let beside = (word == "deny").then(|| statements("allow", principal));
        let texts = [statements(word, principal), beside.flatten()];
        texts.iter().flatten().map(|text| compile(text)).collect()
    };
    (words != "-").then(|| words.split('/').map(level).collect())
}

/// Borrows levels as the engine takes them.
fn borrowed(levels: &[Vec<Policy>]) -> Vec<Vec<&Policy>> {
    levels.iter().map(|level| level.iter().collect()).collect()
}

fn slices<'a>(levels: &'a [Vec<&'a Policy>]) -> Vec<&'a [&'a Policy]> {
    levels.iter().map(Vec::as_slice).collect()
}

fn decision(columns: &[&str], rule: ResourceRule) -> Decision {
    let [name, _, named, identity, boundary, session, scp, rcp, _] = columns[..] else {
        panic!("nine columns: {columns:?}");
    };
    let [identity, boundary, session] = [identity, boundary, session].map(policy);
    let named = resource(named);
    let named = (named != "-").then(|| compile(&document(&named)));
    let scp = levels(scp, "");
    let rcp = levels(rcp, "\"Principal\":\"*\",");
    let [scp_levels, rcp_levels] =
        [&scp, &rcp].map(|all| borrowed(all.as_deref().unwrap_or_default()));
    let [scp_slices, rcp_slices] = [slices(&scp_levels), slices(&rcp_levels)];
    let identity: Vec<&Policy> = identity.iter().collect();
    let session_list: Vec<&Policy> = session.iter().collect();
    let principal = caller(name);
    let request = Request {
        action: "sts:AssumeRole",
        resource: ROLE,
        principal: &principal,
        context: &Facts::default(),
    };
    let policies = Policies {
        identity: &identity,
        boundary: boundary.as_ref(),
        session: session.is_some().then_some(&session_list),
        resource: named.as_ref(),
        resource_rule: rule,
        resource_account: ACCOUNT,
        scp: scp.is_some().then_some(&scp_slices),
        rcp: rcp.is_some().then_some(&rcp_slices),
    };
    decide(&request, &policies)
}

#[test]
fn pol_22_the_cases_of_the_interaction_table() {
    let mut count = 0;
    for line in CASES.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split_whitespace().collect();
        for letter in columns[1].chars() {
            let (rule, expected) = match (letter, columns[8]) {
                ('S', "no-trust") => (ResourceRule::Standard, "no-resource"),
                ('S', expected) => (ResourceRule::Standard, expected),
                ('K', "no-trust") => (ResourceRule::KeyPolicy, "no-resource"),
                ('K', expected) => (ResourceRule::KeyPolicy, expected),
                ('T', expected) => (ResourceRule::Trust, expected),
                (other, _) => panic!("no rule {other}"),
            };
            let decision = decision(&columns, rule);
            assert_eq!(word(decision.reason()), expected, "{letter}: {line}");
            assert_eq!(
                decision.is_allowed(),
                matches!(expected, "allow" | "root"),
                "{line}"
            );
            count += 1;
        }
    }
    assert!(count > 200, "{count}");
}

/// Policies of all levels are counted through.
#[test]
fn reasons_count_policies_through_the_levels() {
    let [allow, deny] = [ALLOW, DENY].map(|text| compile(&document(text)));
    let principal = user(ACCOUNT);
    let request = Request {
        action: "sts:AssumeRole",
        resource: ROLE,
        principal: &principal,
        context: &Facts::default(),
    };
    let policies = Policies {
        identity: &[&allow],
        boundary: None,
        session: None,
        resource: None,
        resource_rule: ResourceRule::Standard,
        resource_account: ACCOUNT,
        scp: Some(&[&[&allow, &allow], &[&allow, &deny]]),
        rcp: None,
    };
    match *decide(&request, &policies).reason() {
        Reason::ExplicitDeny(found) => {
            assert_eq!((found.policy_type, found.policy), (PolicyType::Scp, 3));
        }
        other => panic!("{other:?}"),
    }
    let none = Policies {
        scp: Some(&[]),
        ..policies
    };
    assert_eq!(
        *decide(&request, &none).reason(),
        Reason::NoAllow(PolicyType::Scp)
    );
}

/// How the sentence ends for each type that can be named, and for a caller of another account.
#[test]
fn sentences_of_the_other_types() {
    for (line, suffix) in [
        (
            "user S - allow silent - - - x",
            " because no permissions boundary allows the sts:AssumeRole action",
        ),
        (
            "user S - allow - - silent - x",
            " because no service control policy allows the sts:AssumeRole action",
        ),
        (
            "user S - allow - - - silent x",
            " because no resource control policy allows the sts:AssumeRole action",
        ),
        (
            "user S - allow deny - - - x",
            " with an explicit deny in a permissions boundary",
        ),
        (
            "user S - allow - - deny - x",
            " with an explicit deny in a service control policy",
        ),
        (
            "user S - allow - - - deny x",
            " with an explicit deny in a resource control policy",
        ),
        ("user@other S * allow - - - deny x", ""),
        (
            "user@other S * allow - - deny - x",
            " with an explicit deny in a service control policy",
        ),
        ("user@other S * allow - - silent - x", ""),
    ] {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let said = decision(&columns, ResourceRule::Standard).sentence(
            "arn:aws:iam::1:user/x",
            "sts:AssumeRole",
            ROLE,
        );
        let base = "User: arn:aws:iam::1:user/x is not authorized to perform: sts:AssumeRole";
        assert_eq!(
            said,
            format!("{base} on resource: {ROLE}{suffix}"),
            "{line}"
        );
    }
}
