//! `locum policy simulate` of the built binary: the table, the story, the JSON, and how it ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests say what went wrong by panicking"
)]

mod support;

use std::process::Output;

use serde_json::Value;
use support::{Home, stderr, stdout};

const DEVELOPERS: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": ["s3:Get*", "s3:List*"],
      "Resource": "arn:aws:s3:::lake/${aws:PrincipalTag/team}/*",
      "Condition": { "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } }
    },
    { "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*/secret" }
  ]
}
"#;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},
 "Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"lake-42"}}}}"#;

fn run(home: &Home, words: &[&str]) -> Output {
    let words = [&["policy", "simulate"], words].concat();
    home.locum(&words).output().unwrap()
}

#[test]
fn every_action_on_every_resource_is_a_line() {
    let home = Home::new("simulate-table");
    home.write("dev.json", DEVELOPERS);
    let output = run(
        &home,
        &[
            "--policy",
            "dev.json",
            "--action",
            "s3:GetObject",
            "--resource",
            "arn:aws:s3:::lake/blue/x",
            "--resource",
            "arn:aws:s3:::lake/blue/secret",
            "--context",
            "aws:PrincipalTag/team=blue",
        ],
    );
    let expected = "\
DECISION  ACTION        RESOURCE                       WHY
denied    s3:GetObject  arn:aws:s3:::lake/blue/x       no identity-based policy allows it
          not given: aws:SourceIp
denied    s3:GetObject  arn:aws:s3:::lake/blue/secret  statement 2 of dev.json:11:5
          not given: aws:SourceIp
";
    assert_eq!(stdout(&output), expected, "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn expectations_decide_the_exit_code() {
    let home = Home::new("simulate-expect");
    home.write("dev.json", DEVELOPERS);
    let base = [
        "--policy",
        "dev.json",
        "--action",
        "s3:GetObject",
        "--resource",
        "arn:aws:s3:::lake/blue/x",
        "--context",
        "aws:PrincipalTag/team=blue",
    ];
    let inside = ["--context", "aws:SourceIp=192.0.2.9"];
    for (more, expected, code) in [
        (&inside[..], "allowed", 0),
        (&inside, "denied", 1),
        (&[], "denied", 0),
        (&[], "allowed", 1),
    ] {
        let words = [&base, more, &["--expect", expected]].concat();
        let output = run(&home, &words);
        assert_eq!(output.status.code(), Some(code), "{more:?} {expected}");
    }
}

#[test]
fn a_trust_policy_is_asked_with_its_own_rule() {
    let home = Home::new("simulate-trust");
    home.write("trust.json", TRUST);
    let base = [
        "--trust-policy",
        "trust.json",
        "--action",
        "sts:AssumeRole",
        "--resource",
        "arn:aws:iam::111122223333:role/reader",
        "--caller",
        "arn:aws:iam::111122223333:user/alice",
    ];
    let decision = |more: &[&str]| {
        let output = run(&home, &[&base, more, &["--format", "json"]].concat());
        let told: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        (
            told[0]["decision"].as_str().unwrap().to_owned(),
            told[0]["missingContextValues"].clone(),
        )
    };
    let (decided, missing) = decision(&[]);
    assert_eq!(decided, "implicitDeny");
    assert_eq!(missing, serde_json::json!(["sts:ExternalId"]));
    let (decided, missing) = decision(&["--context", "sts:ExternalId=lake-42"]);
    assert_eq!(
        (decided.as_str(), missing),
        ("allowed", serde_json::json!([]))
    );
}

#[test]
fn the_story_underlines_the_policys_own_lines() {
    let home = Home::new("simulate-explain");
    home.write("dev.json", DEVELOPERS);
    let output = run(
        &home,
        &[
            "--policy",
            "dev.json",
            "--action",
            "s3:GetObject",
            "--resource",
            "arn:aws:s3:::lake/red/x",
            "--context",
            "aws:PrincipalTag/team=blue",
            "--explain",
        ],
    );
    let told = stdout(&output);
    assert!(
        told.starts_with("Denied: no identity-based policy allows it.\n"),
        "{told}"
    );
    assert!(
        told.contains(r#"(resolved: "arn:aws:s3:::lake/blue/*")"#),
        "{told}"
    );
}

#[test]
fn what_cannot_be_asked_is_a_wrong_use() {
    let home = Home::new("simulate-wrong");
    home.write("dev.json", DEVELOPERS);
    home.write(
        "broken.json",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}"#,
    );
    let asked = ["--policy", "dev.json", "--action", "s3:GetObject"];
    for words in [
        &["--policy", "dev.json", "--action", "s3:Get*"][..],
        &[
            "--policy",
            "dev.json",
            "--action",
            "s3:GetObject",
            "--caller",
            "alice",
        ],
        &[
            "--policy",
            "dev.json",
            "--action",
            "s3:GetObject",
            "--context",
            "novalue",
        ],
        &["--policy", "broken.json", "--action", "s3:GetObject"],
        &[&asked[..], &["--resource", "foo"]].concat(),
        &[&asked[..], &["--resource", "arn:aws:s3:::"]].concat(),
        &[&asked[..], &["--resource-account", "12"]].concat(),
        &[&asked[..], &["--context", "aws:SourceIp=nope"]].concat(),
        &[&asked[..], &["--context", "aws:SecureTransport=1"]].concat(),
        &[&asked[..], &["--context", "aws:CurrentTime=noon"]].concat(),
        &[&asked[..], &["--context", "s3:max-keys=many"]].concat(),
        &[&asked[..], &["--context", "aws:SourceIp[]=nope"]].concat(),
        &[&asked[..], &["--caller", "arn:aws:iam::12:user/alice"]].concat(),
        &[
            &asked[..],
            &["--parent", "arn:aws:iam::111122223333:user/alice"],
        ]
        .concat(),
        &["--policy", "dev.json"],
    ] {
        assert_eq!(run(&home, words).status.code(), Some(252), "{words:?}");
    }
}

#[test]
fn levels_of_an_organization_all_have_to_allow() {
    let home = Home::new("simulate-levels");
    let everything = |effect: &str, more: &str, action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}",{more}"Action":"{action}","Resource":"*"}}}}"#
        )
    };
    home.write("full.json", &everything("Allow", "", "*"));
    home.write("guard.json", &everything("Deny", "", "s3:Put*"));
    home.write(
        "shared.json",
        &everything("Deny", r#""Principal":"*","#, "s3:Get*"),
    );
    let decided = |words: &[&str]| {
        let always = [
            "--policy",
            "full.json",
            "--action",
            "s3:PutObject",
            "--action",
            "s3:GetObject",
        ];
        let resource = ["--resource", "arn:aws:s3:::lake/x"];
        let output = run(&home, &[&always[..], &resource, words].concat());
        let text = stdout(&output);
        let lines = text.lines().skip(1);
        let words = lines.filter_map(|line| line.split(' ').next().map(str::to_owned));
        (words.collect::<Vec<_>>(), text)
    };
    let allowed = |words: &[&str]| decided(words).0;
    assert_eq!(allowed(&["--scp", "full.json"]), ["allowed", "allowed"]);
    // Of one level one policy is enough, of two both are needed.
    let (both, text) = decided(&["--scp", "full.json,guard.json"]);
    assert_eq!(both, ["denied", "allowed"]);
    assert!(text.contains("statement 1 of full.json:1:37"), "{text}");
    assert_eq!(
        allowed(&["--scp", "full.json", "--scp", "guard.json"]),
        ["denied", "denied"]
    );
    // AWS's own policy is at each level of resource control policies.
    assert_eq!(allowed(&["--rcp", "shared.json"]), ["allowed", "denied"]);
    let refused = run(
        &home,
        &[
            "--policy",
            "full.json",
            "--action",
            "s3:GetObject",
            "--scp",
            "full.json,",
        ],
    );
    assert_eq!(refused.status.code(), Some(252), "{}", stderr(&refused));
}

/// Whoever is not named is of the account that owns the resource.
#[test]
fn somebody_is_at_home() {
    let home = Home::new("simulate-somebody");
    let all =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    home.write("all.json", all);
    let always = [
        "--policy",
        "all.json",
        "--action",
        "sqs:SendMessage",
        "--resource",
        "arn:aws:sqs:us-east-1:111122223333:q",
        "--resource",
        "arn:aws:sqs:us-east-1:444455556666:q",
        "--resource",
        "arn:aws:s3:::lake/x",
        "--expect",
    ];
    let code = |words: &[&str]| run(&home, &[&always[..], words].concat()).status.code();
    assert_eq!(code(&["allowed"]), Some(0));
    assert_eq!(
        code(&["allowed", "--resource-account", "999988887777"]),
        Some(0)
    );
    let alice = "arn:aws:iam::777766665555:user/alice";
    assert_eq!(code(&["allowed", "--caller", alice]), Some(1));
}

/// Across accounts the owner is told which side lacks an Allow.
#[test]
fn the_side_that_does_not_allow_is_told() {
    let home = Home::new("simulate-across");
    home.write("dev.json", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}}"#);
    home.write("bucket.json", r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:Put*","Resource":"*"}}"#);
    let ask = |action: &str, more: &[&str]| {
        let words = [
            "--policy",
            "dev.json",
            "--resource-policy",
            "bucket.json",
            "--action",
            action,
            "--resource",
            "arn:aws:s3:::lake/x",
            "--resource-account",
            "444455556666",
            "--caller",
            "arn:aws:iam::111122223333:user/alice",
        ];
        stdout(&run(&home, &[&words, more].concat())).to_string()
    };
    let text = ask("s3:GetObject", &[]);
    let told = "both accounts must allow, and no resource-based policy on the resource's side does";
    assert!(text.contains(told), "{text}");
    let text = ask("s3:PutObject", &["--explain"]);
    let told = "both must allow, and no identity-based policy on the caller's side does.";
    assert!(text.contains(told), "{text}");
    let json: Value = serde_json::from_str(&ask("s3:GetObject", &["--format", "json"])).unwrap();
    let reason = &json[0]["explanation"]["reason"];
    assert_eq!(
        (&reason["kind"], &reason["policyType"]),
        (&"noAllow".into(), &"resource".into())
    );
}

/// The policies of a resource name the user who asked for a federated user's session.
#[test]
fn a_federated_user_has_a_parent() {
    let home = Home::new("simulate-parent");
    let names = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/alice"},"Action":"*","Resource":"*"}}"#;
    home.write("bucket.json", names);
    home.write(
        "all.json",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
    );
    let ask = |more: &[&str]| {
        let words = [
            "--resource-policy",
            "bucket.json",
            "--session-policy",
            "all.json",
            "--action",
            "s3:GetObject",
            "--resource",
            "arn:aws:s3:::lake/x",
            "--caller",
            "arn:aws:sts::111122223333:federated-user/f",
            "--expect",
            "allowed",
        ];
        run(&home, &[&words, more].concat()).status.code()
    };
    assert_eq!(ask(&[]), Some(1));
    assert_eq!(
        ask(&["--parent", "arn:aws:iam::111122223333:user/alice"]),
        Some(0)
    );
    assert_eq!(
        ask(&["--parent", "arn:aws:iam::111122223333:user/bob"]),
        Some(1)
    );
    assert_eq!(
        ask(&["--parent", "arn:aws:iam::444455556666:user/alice"]),
        Some(252)
    );
    assert_eq!(
        ask(&["--parent", "arn:aws:iam::111122223333:role/r"]),
        Some(252)
    );
}

/// Statements count from 1, as everywhere.
#[test]
fn json_counts_statements_from_one() {
    let home = Home::new("simulate-count");
    home.write("dev.json", DEVELOPERS);
    let words = [
        "--policy",
        "dev.json",
        "--action",
        "s3:GetObject",
        "--resource",
        "arn:aws:s3:::lake/blue/secret",
        "--format",
        "json",
    ];
    let json: Value = serde_json::from_str(&stdout(&run(&home, &words))).unwrap();
    assert_eq!(json[0]["matchedStatements"][0]["statement"], 2);
}
