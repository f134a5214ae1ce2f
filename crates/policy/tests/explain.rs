//! Explanations: as text, as JSON, for callers and owners, and never another decision.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the documents here can be read"
)]

mod common;

use common::{ACCOUNT, Facts, OTHER, session, user};
use locum_policy::{
    Document, Explanation, Named, NamedPolicies, Outcome, PolicyType, Principal, Reason, Request,
    RequestValues, ResourceRule, explain,
};

const READ: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ReadTeam",
      "Effect": "Allow",
      "Action": "s3:Get*",
      "Resource": "arn:aws:s3:::data/${aws:PrincipalTag/team}/*",
      "Condition": {
        "StringEquals": {"aws:username": ["ada", "eve"]},
        "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}
      }
    },
    {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
    {
      "Effect": "Deny",
      "Action": "*",
      "Resource": "*",
      "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": 3600}}
    }
  ]
}"#;

fn read(text: &str) -> Document {
    Document::parse(text).unwrap()
}

fn alone<'a>(identity: &'a [Named<'a>]) -> NamedPolicies<'a> {
    NamedPolicies {
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

fn ask(
    policies: &NamedPolicies<'_>,
    principal: &Principal<'_>,
    asked: (&str, &str),
    facts: &Facts,
) -> Explanation {
    let request = Request {
        action: asked.0,
        resource: asked.1,
        principal,
        context: facts,
    };
    explain(&request, policies)
}

fn golden(found: &str, expected: &str) {
    let expected = expected.trim_start_matches('\n');
    assert_eq!(
        found, expected,
        "\n--- found\n{found}\n--- expected\n{expected}"
    );
}

#[test]
fn what_matched_and_what_did_not_below_the_lines_that_say_it() {
    let document = read(READ);
    let identity = [Named {
        name: "reports",
        document: Some(&document),
    }];
    let facts = Facts::default()
        .str("aws:username", "bob")
        .str("aws:PrincipalTag/team", "red")
        .str("aws:MultiFactorAuthAge", "never");
    let found = ask(
        &alone(&identity),
        &user(ACCOUNT),
        ("s3:GetObject", "arn:aws:s3:::data/blue/x"),
        &facts,
    );
    golden(
        &found.for_caller().text(),
        r#"
Denied: statement 3 of the identity-based policy "reports".
s3:GetObject on arn:aws:s3:::data/blue/x

identity-based policy "reports", statement 1 "ReadTeam", Allow: does not apply
  7 |       "Action": "s3:Get*",
    |       ^^^^^^^^^^^^^^^^^^^ matches s3:GetObject
  8 |       "Resource": "arn:aws:s3:::data/${aws:PrincipalTag/team}/*",
    |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ does not match arn:aws:s3:::data/blue/x (resolved: "arn:aws:s3:::data/red/*")
 10 |         "StringEquals": {"aws:username": ["ada", "eve"]},
    |                          ^^^^^^^^^^^^^^ does not hold: the request has "bob"; StringEquals "ada" or "eve"
 11 |         "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}
    |                       ^^^^^^^^^^^^^^ does not hold: the request has no aws:SourceIp; IpAddress "10.0.0.0/8"

identity-based policy "reports", statement 3, Deny: cannot be evaluated, so it denies
 17 |       "Action": "*",
    |       ^^^^^^^^^^^^^ matches s3:GetObject
 18 |       "Resource": "*",
    |       ^^^^^^^^^^^^^^^ matches arn:aws:s3:::data/blue/x
 19 |       "Condition": {"NumericGreaterThan": {"aws:MultiFactorAuthAge": 3600}}
    |                                            ^^^^^^^^^^^^^^^^^^^^^^^^ cannot be told: the request has "never"; NumericGreaterThan "3600"

identity-based policy "reports": 1 statement is about other actions
"#,
    );
}

#[test]
fn as_json_with_stable_names() {
    let text = r#"{"Version":"2012-10-17","Statement":{"Sid":"A","Effect":"Allow","Action":"s3:Get*","Resource":"arn:aws:s3:::${aws:username}/*","Condition":{"ForAnyValue:StringLike":{"aws:TagKeys":"${aws:username}-*"},"Null":{"aws:SourceIp":true}}}}"#;
    let document = read(text);
    let identity = [Named {
        name: "a \"b\"",
        document: Some(&document),
    }];
    let facts = Facts::default()
        .str("aws:username", "ada")
        .many("aws:TagKeys", &["ada-1", "x"]);
    let found = ask(
        &alone(&identity),
        &user(ACCOUNT),
        ("s3:GetObject", "arn:aws:s3:::ada/x"),
        &facts,
    );
    golden(
        &found.for_owner().json(),
        concat!(
            r#"{"decision":"allow","crossAccount":false,"action":"s3:GetObject","resource":"arn:aws:s3:::ada/x","#,
            r#""reason":{"kind":"allowed","policyType":"identity","policy":0,"statement":0},"#,
            r#""policies":[{"type":"identity","level":null,"index":0,"name":"a \"b\"","statements":[{"index":0,"sid":"A","effect":"Allow","#,
            r#""applies":"yes","span":[36,231],"action":{"matches":"yes","span":[64,82]},"principal":null,"resource":{"matches":"yes","span":[83,126]},"#,
            r#""resolvedResources":[{"written":"arn:aws:s3:::${aws:username}/*","resolved":"arn:aws:s3:::ada/*"}],"#,
            r#""conditions":[{"operator":"ForAnyValue:StringLike","key":"aws:TagKeys","holds":"yes","span":[166,179],"policyValues":"#,
            r#"[{"written":"${aws:username}-*","resolved":"ada-*"}],"request":"present","requestValues":["ada-1","x"]},"#,
            r#"{"operator":"Null","key":"aws:SourceIp","holds":"yes","span":[209,223],"policyValues":[{"written":"true","resolved":null}],"#,
            r#""request":"missing","requestValues":null}]}]}]}"#
        ),
    );
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"secret-of-the-owner"}}}}"#;
const OWN: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/stage":"${aws:ResourceTag/level}"}}}}"#;

#[test]
fn a_caller_of_another_account_learns_nothing_of_the_owners() {
    let (trust, own) = (read(TRUST), read(OWN));
    let identity = [Named {
        name: "own",
        document: Some(&own),
    }];
    let guard = [Named {
        name: "guard",
        document: Some(&trust),
    }];
    let policies = |resource_account| NamedPolicies {
        resource: Some(Named {
            name: "trust",
            document: Some(&trust),
        }),
        resource_rule: ResourceRule::Trust,
        resource_account,
        rcp: Some(&[]),
        scp: None,
        ..alone(&identity)
    };
    let with_guard = NamedPolicies {
        rcp: Some(&[&guard]),
        ..policies(ACCOUNT)
    };
    let facts = Facts::default()
        .str("aws:ResourceTag/stage", "of-the-owner-stage")
        .str("aws:ResourceTag/level", "of-the-owner-level")
        .str("sts:ExternalId", "guess");
    let asked = ("sts:AssumeRole", "arn:aws:iam::111122223333:role/x");
    for policies in [policies(ACCOUNT), with_guard] {
        let found = ask(&policies, &user(OTHER), asked, &facts);
        assert!(!found.decision().is_allowed());
        let (caller, owner) = (found.for_caller(), found.for_owner());
        for text in [caller.text(), caller.json()] {
            assert!(!text.contains("of-the-owner"), "{text}");
        }
        assert_eq!(caller.reason(), None);
        assert!(
            caller
                .policies()
                .iter()
                .all(|report| report.policy_type == PolicyType::Identity)
        );
        assert_eq!(
            caller.policies()[0].statements[0].conditions[0].request_values,
            RequestValues::Hidden
        );
        let told = "both must allow, and no resource control policy on the resource's side does.\n";
        assert!(owner.text().contains(told), "{}", owner.text());
        assert!(owner.text().contains("secret-of-the-owner"));
        assert!(owner.json().contains("of-the-owner-level"));
    }
}

#[test]
fn a_caller_whom_its_own_policies_do_not_allow_learns_nothing_of_a_trust_policy() {
    let (trust, own) = (read(TRUST), read(OWN));
    let identity = [Named {
        name: "own",
        document: Some(&own),
    }];
    let home = NamedPolicies {
        resource: Some(Named {
            name: "trust",
            document: Some(&trust),
        }),
        resource_rule: ResourceRule::Trust,
        resource_account: OTHER,
        ..alone(&identity)
    };
    let asked = ("sts:AssumeRole", "arn:aws:iam::444455556666:role/x");
    let facts = Facts::default();
    let guarded = NamedPolicies {
        rcp: Some(&[]),
        ..home
    };
    let found = ask(&guarded, &user(OTHER), asked, &facts);
    assert_eq!(found.decision().reason(), &Reason::NoAllow(PolicyType::Rcp));
    // In its own account a caller that its own policies allow is told whom the role trusts.
    let level = Facts::default()
        .str("aws:ResourceTag/stage", "a")
        .str("aws:ResourceTag/level", "a");
    let found = ask(&home, &session(OTHER), asked, &level);
    assert_eq!(
        found.decision().reason(),
        &Reason::NoAllow(PolicyType::RoleTrust)
    );
    assert!(found.for_caller().text().contains("secret-of-the-owner"));
    // One that they do not allow is not.
    let found = ask(&home, &user(OTHER), asked, &facts);
    assert_eq!(
        found.decision().reason(),
        &Reason::NoAllow(PolicyType::Identity)
    );
    assert!(!found.for_caller().text().contains("secret-of-the-owner"));
    assert!(found.for_owner().text().contains("secret-of-the-owner"));
}

#[test]
fn what_cannot_be_read_denies_and_says_so() {
    let identity = [Named {
        name: "gone",
        document: None,
    }];
    let found = ask(
        &alone(&identity),
        &user(ACCOUNT),
        ("s3:GetObject", "*"),
        &Facts::default(),
    );
    assert!(matches!(found.decision().reason(), Reason::ExplicitDeny(_)));
    assert!(
        found
            .for_caller()
            .text()
            .contains("can no longer be read, so it denies everything")
    );
    // No action that any policy could name.
    let found = ask(
        &alone(&[]),
        &user(ACCOUNT),
        ("nonsense", "*"),
        &Facts::default(),
    );
    golden(
        &found.for_caller().text(),
        "Denied: no identity-based policy allows it.\nnonsense on *\n",
    );
}

#[test]
fn long_lines_are_cut_around_what_is_said() {
    let many: Vec<String> = (0..50)
        .map(|n| format!("\"arn:aws:s3:::ü{n}/*\""))
        .collect();
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Resource":[{}],	"Action":"s3:Get*"}}}}"#,
        many.join(",")
    );
    let document = read(&text);
    let identity = [Named {
        name: "long",
        document: Some(&document),
    }];
    let found = ask(
        &alone(&identity),
        &user(ACCOUNT),
        ("s3:GetObject", "arn:aws:s3:::b/k"),
        &Facts::default(),
    );
    let text = found.for_owner().text();
    for line in text.lines() {
        assert!(line.chars().count() < 200, "{line}");
    }
    let lines: Vec<&str> = text.lines().collect();
    let carets = lines
        .iter()
        .position(|line| line.ends_with("matches s3:GetObject"))
        .unwrap();
    let at = lines[carets].find('^').unwrap();
    let above: String = lines[carets - 1].chars().skip(at).take(18).collect();
    assert_eq!(above, r#""Action":"s3:Get*""#);
    assert_eq!(
        found.for_owner().policies()[0].statements[0].outcome,
        Outcome::No
    );
}

/// The first line of the text for the caller.
fn headline(found: &Explanation) -> String {
    let text = found.for_caller().text();
    text.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn headlines_name_the_policy_that_decides() {
    let (silent, deciding) = (
        read(r#"{"Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#),
        read(r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#),
    );
    let named = |name, document| Named {
        name,
        document: Some(document),
    };
    let identity = [named("first", &silent), named("second", &deciding)];
    let policies = NamedPolicies {
        boundary: Some(named("third", &deciding)),
        ..alone(&identity)
    };
    let asked = ("s3:GetObject", "arn:aws:s3:::b/k");
    let facts = Facts::default();
    let found = ask(&policies, &user(ACCOUNT), asked, &facts);
    assert_eq!(
        headline(&found),
        "Allowed: statement 1 of the identity-based policy \"second\"."
    );
    let indices: Vec<_> = found
        .for_owner()
        .policies()
        .iter()
        .map(|p| p.index)
        .collect();
    assert_eq!(indices, [0, 1, 0]);
    // Across accounts the owner's policy decides, and only its owner is told.
    let open =
        read(r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}}"#);
    let across = NamedPolicies {
        resource: Some(named("bucket", &open)),
        ..alone(&identity)
    };
    let found = ask(&across, &user(OTHER), asked, &facts);
    assert_eq!(headline(&found), "Allowed.");
    assert!(found.for_owner().json().contains(r#""crossAccount":true"#));
    let asked = ("s3:GetObject", "arn:aws:s3:::b/k");
    let found = ask(&alone(&identity), &user(OTHER), asked, &facts);
    let (json, text) = (found.for_owner().json(), found.for_owner().text());
    let told = "Denied: caller and resource are of different accounts, both must allow, and no resource-based policy on the resource's side does.\n";
    assert!(text.starts_with(told), "{text}");
    assert!(json.contains(r#""reason":{"kind":"noAllow","policyType":"resource","#));
    assert!(found.for_caller().json().contains(r#""reason":null"#));
    let closed =
        read(r#"{"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}"#);
    let across = NamedPolicies {
        resource: Some(named("bucket", &closed)),
        ..alone(&identity)
    };
    let found = ask(&across, &user(OTHER), asked, &facts);
    assert_eq!(
        headline(&found),
        "Denied, for a reason that is for the owner of the resource to know."
    );
}

#[test]
fn each_condition_has_its_own_outcome() {
    let document = read(
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{
            "ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/*"},"StringEquals":{"aws:username":"eve"},
            "ForAnyValue:StringEquals":{"aws:TagKeys":"a"},"Null":{"aws:userid":"true"}}}}"#,
    );
    let identity = [Named {
        name: "p",
        document: Some(&document),
    }];
    let facts = Facts::default()
        .str("aws:PrincipalArn", "arn:aws:iam::111122223333:user/ada")
        .str("aws:username", "ada")
        .many("aws:TagKeys", &[]);
    let policies = NamedPolicies {
        resource_account: ACCOUNT,
        ..alone(&identity)
    };
    let asked = ("s3:GetObject", "arn:aws:s3:::b/k");
    for account in [ACCOUNT, OTHER] {
        let found = ask(&policies, &user(account), asked, &facts);
        let view = found.for_caller();
        let conditions = &view.policies()[0].statements[0].conditions;
        let outcomes: Vec<_> = conditions.iter().map(|one| one.outcome).collect();
        assert_eq!(
            outcomes,
            [Outcome::Yes, Outcome::No, Outcome::No, Outcome::Yes]
        );
        let text = view.text();
        for told in [
            "holds: the request has \"arn:aws:iam::111122223333:user/ada\"",
            "does not hold: the request has \"ada\"; StringEquals \"eve\"",
            "does not hold: the request has an empty aws:TagKeys",
            "holds: the request has no aws:userid",
        ] {
            assert!(text.contains(told), "{told}\n{text}");
        }
    }
}

#[test]
fn each_statement_of_a_resource_says_whom_it_means() {
    let document = read(
        r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/team/ada"},"Action":"s3:*","Resource":"*"},
            {"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"},
            {"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:*","Resource":"*"},
            {"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other"},
            {"Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"s3:*","Resource":"*"}]}"#,
    );
    let policies = NamedPolicies {
        resource: Some(Named {
            name: "bucket",
            document: Some(&document),
        }),
        ..alone(&[])
    };
    let asked = ("s3:GetObject", "arn:aws:s3:::b/k");
    let found = ask(&policies, &user(ACCOUNT), asked, &Facts::default());
    let view = found.for_owner();
    let told: Vec<_> = view.policies()[0]
        .statements
        .iter()
        .map(|one| (one.principal.as_ref().map(|found| found.0), one.outcome))
        .collect();
    assert_eq!(
        told,
        [
            (Some(Outcome::Yes), Outcome::Yes),
            (Some(Outcome::Yes), Outcome::Yes),
            (Some(Outcome::No), Outcome::No),
            (Some(Outcome::Yes), Outcome::No),
            (Some(Outcome::No), Outcome::No),
        ]
    );
}

/// What a line of that length shows of an action in its middle: the line, its indent, its carets.
fn shown(length: usize, action: &str) -> (String, usize, usize) {
    let head = r#"{"Statement":{"Effect":"Allow","Resource":["#;
    let tail = format!(r#"],"Action":"{action}"}}}}"#);
    let filling = length - head.len() - tail.len() - 2;
    let text = format!("{head}\"arn:aws:s3:::{}\"{tail}", "x".repeat(filling - 13));
    assert_eq!(text.len(), length);
    let document = read(&text);
    let identity = [Named {
        name: "p",
        document: Some(&document),
    }];
    let asked = ("s3:GetObject", "arn:aws:s3:::b/k");
    let found = ask(&alone(&identity), &user(ACCOUNT), asked, &Facts::default());
    let text = found.for_owner().text();
    let lines: Vec<&str> = text.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.ends_with("matches s3:GetObject"))
        .unwrap();
    let of_line = |line: &str| line.split_once("| ").unwrap().1.to_owned();
    let numbered = |line: &&&str| line.trim_start().starts_with('1');
    let above = lines[..at].iter().rfind(numbered).unwrap();
    let (line, marks) = (of_line(above), of_line(lines[at]));
    let indent = marks.len() - marks.trim_start().len();
    (line, indent, marks.matches('^').count())
}

#[test]
fn long_lines_keep_what_stands_before() {
    // As long as there is room for.
    let (line, indent, carets) = shown(120, "s3:Get*");
    assert_eq!((line.len(), indent, carets), (120, 100, 18));
    let (line, indent, carets) = shown(121, "s3:Get*");
    assert_eq!((line.len(), indent, carets), (50, 30, 18));
    // Carets end where the line does.
    let long = format!("s3:Get{}", "*".repeat(200));
    let (line, indent, carets) = shown(600, &long);
    assert_eq!((line.len(), indent, carets), (120, 30, 90));
}

#[test]
fn a_text_fits_the_columns_of_a_terminal() {
    let document = read(READ);
    let identity = [Named {
        name: "reports",
        document: Some(&document),
    }];
    let found = ask(
        &alone(&identity),
        &user(ACCOUNT),
        ("s3:GetObject", "arn:aws:s3:::data/blue/x"),
        &Facts::default().str("aws:username", "bob"),
    );
    let view = found.for_owner();
    for columns in [60, 80, 140] {
        let text = view.text_within(columns);
        let explained = text.lines().filter(|line| line.contains(" | "));
        for line in explained {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
        }
        // Lines of the policy take what room there is.
        let of_policy = |line: &&str| line.trim_start().starts_with(|c: char| c.is_ascii_digit());
        let widest = text
            .lines()
            .filter(of_policy)
            .map(|line| line.chars().count());
        assert!(widest.max().is_some_and(|widest| widest > 50), "{text}");
        // They are cut; what is said below them is broken, and whole.
        let words = |text: &str| -> Vec<String> {
            let said = text
                .lines()
                .filter_map(|line| line.trim_start().strip_prefix("| "));
            let words = said.flat_map(|line| line.split([' ', '^']));
            words
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(words(&text), words(&view.text()), "nothing is left out");
    }
    let narrow = view.text_within(40);
    assert_eq!(view.text_within(1), narrow);
    // Below its mark, or a quarter into the width when that stands far right.
    let (below, quarter) = (" ".repeat(8), " ".repeat(20));
    let broken =
        format!("    | {below}does not hold: the request\n    | {below}has no aws:SourceIp;\n");
    assert!(narrow.contains(&broken), "{narrow}");
    let wide = view.text_within(80);
    let said = format!("    | {quarter}does not hold");
    assert!(wide.contains(&said), "{wide}");
}

#[test]
fn the_first_of_the_strongest_grants_and_the_first_deny_are_named() {
    let allow = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/team/ada"},"Action":"s3:*","Resource":"*"}"#;
    let account =
        r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}"#;
    let deny =
        r#"{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}"#;
    let reason = |statements: &[&str]| {
        let document = read(&format!(
            r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
            statements.join(",")
        ));
        let policies = NamedPolicies {
            resource: Some(Named {
                name: "bucket",
                document: Some(&document),
            }),
            ..alone(&[])
        };
        let asked = ("s3:GetObject", "arn:aws:s3:::b/k");
        let found = ask(&policies, &user(ACCOUNT), asked, &Facts::default());
        match *found.decision().reason() {
            Reason::Allowed(found) => ("allowed", found.statement),
            Reason::ExplicitDeny(found) => ("denied", found.statement),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reason(&[account, allow, allow]), ("allowed", 1));
    assert_eq!(reason(&[account, allow, deny, deny]), ("denied", 2));
}
