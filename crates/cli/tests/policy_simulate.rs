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
