//! `locum policy compare` and `locum policy can-ever`, as people and programs use them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests say what went wrong by panicking"
)]

mod support;

use support::{Home, stderr, stdout};

const OLD: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "ReadReports",
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::reports/*"
    }
  ]
}
"#;

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
  "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole",
  "Condition": {"StringEquals": {"sts:ExternalId": "4711"}}}]}"#;

/// Exit code and standard output of `locum policy` with these words.
fn policy(home: &Home, words: &[&str]) -> (i32, String, String) {
    let words: Vec<&str> = std::iter::once("policy")
        .chain(words.iter().copied())
        .collect();
    let output = home.locum(&words).output().unwrap();
    let code = output.status.code().unwrap();
    (
        code,
        stdout(&output).to_string(),
        stderr(&output).to_string(),
    )
}

#[test]
fn a_policy_that_allows_no_more_is_done() {
    let home = Home::new("compare-same");
    home.write("old.json", OLD);
    let (code, out, _) = policy(&home, &["compare", "old.json", "old.json"]);
    assert_eq!(
        (code, out.as_str()),
        (0, "old.json and old.json allow the same\n")
    );
    home.write("new.json", &OLD.replace("reports/*", "reports/may/*"));
    let (code, out, _) = policy(&home, &["compare", "old.json", "new.json"]);
    let told = "new.json allows less than old.json, and nothing else\n";
    assert_eq!((code, out.as_str()), (0, told));
}

#[test]
fn a_policy_that_allows_more_is_shown() {
    let home = Home::new("compare-more");
    home.write("old.json", OLD);
    home.write("new.json", &OLD.replace("GetObject", "*Object"));
    let (code, out, err) = policy(&home, &["compare", "old.json", "new.json"]);
    let expected = "\
new.json allows more than old.json

This request shows it:
  action    s3:PutObject
  resource  arn:aws:s3:::reports/

Allowed by statement 1 (ReadReports) of new.json:
  4 | /     {
  5 | |       \"Sid\": \"ReadReports\",
  6 | |       \"Effect\": \"Allow\",
  7 | |       \"Action\": \"s3:*Object\",
  8 | |       \"Resource\": \"arn:aws:s3:::reports/*\"
  9 | |     }
    | |_____^

No statement of old.json allows the action.
";
    assert_eq!((code, out.as_str()), (1, expected));
    assert_eq!(err, "locum: new.json allows what old.json does not\n");
}

#[test]
fn a_program_reads_json() {
    let home = Home::new("compare-json");
    home.write("old.json", TRUST);
    home.write(
        "new.json",
        &TRUST.replace("StringEquals", "StringEqualsIfExists"),
    );
    let words = ["compare", "old.json", "new.json", "--format", "json"];
    let (code, out, _) = policy(&home, &words);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 1);
    assert_eq!(answer["verdict"], "more-permissive");
    assert_eq!(answer["witness"]["action"], "sts:AssumeRole");
    let context = &answer["witness"]["context"];
    assert!(context["sts:ExternalId"].is_null(), "{context}");
    assert_eq!(answer["allowedBy"]["statement"], 1);
    let missed = &answer["notAllowedBy"][0]["notMatched"];
    assert_eq!(missed[0], "Condition on sts:ExternalId");
}

#[test]
fn what_cannot_be_told_is_255() {
    let home = Home::new("compare-unknown");
    let statement = |condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{{{condition}}}}}]}}"#
        )
    };
    home.write(
        "old.json",
        &statement(r#""NumericLessThan":{"s3:prefix":"5"}"#),
    );
    let new = r#""StringEquals":{"s3:prefix":"2"},"NumericLessThan":{"s3:prefix":"7"},"NumericGreaterThan":{"s3:prefix":"5"}"#;
    home.write("new.json", &statement(new));
    let (code, out, err) = policy(&home, &["compare", "old.json", "new.json"]);
    assert_eq!(code, 255);
    assert_eq!(
        out,
        "whether new.json allows more than old.json is not known\n"
    );
    let told = "locum: cannot tell: s3:prefix is tested by operators of different kinds\n";
    assert_eq!(err, told);
}

#[test]
fn trouble_with_files_is_told_with_its_place() {
    let home = Home::new("compare-trouble");
    home.write("old.json", OLD);
    home.write("trust.json", TRUST);
    home.write(
        "broken.json",
        &OLD.replace("\"Effect\": \"Allow\"", "\"Effect\": \"Permit\""),
    );
    let (code, out, err) = policy(&home, &["compare", "old.json", "broken.json"]);
    assert_eq!((code, out.as_str()), (255, ""));
    assert!(
        err.starts_with("locum: broken.json, line 6, column 17: "),
        "{err}"
    );
    let (code, _, err) = policy(&home, &["compare", "old.json", "missing.json"]);
    assert_eq!(code, 255);
    assert!(err.starts_with("locum: cannot read missing.json"), "{err}");
    let (code, _, err) = policy(&home, &["compare", "old.json", "trust.json"]);
    assert_eq!(code, 252, "{err}");
    let (code, _, _) = policy(&home, &["compare", "old.json"]);
    assert_eq!(code, 252);
}

#[test]
fn can_ever_says_never_or_how() {
    let home = Home::new("can-ever");
    home.write("policy.json", OLD);
    let (code, out, _) = policy(&home, &["can-ever", "iam:*", "*", "policy.json"]);
    assert_eq!((code, out.as_str()), (0, "iam:* on * is never allowed\n"));
    let (code, out, _) = policy(&home, &["can-ever", "s3:*", "*", "policy.json"]);
    assert_eq!(code, 1);
    assert!(out.contains("  action    s3:GetObject\n"), "{out}");
    let (code, out, _) = policy(
        &home,
        &[
            "can-ever",
            "s3:GetObject",
            "*",
            "policy.json",
            "--format",
            "json",
        ],
    );
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["verdict"]), (1, &"possible".into()));
    assert_eq!(answer["allowedBy"]["sid"], "ReadReports");
    let (code, _, err) = policy(&home, &["can-ever", "GetObject", "*", "policy.json"]);
    assert_eq!(code, 252, "{err}");
}
