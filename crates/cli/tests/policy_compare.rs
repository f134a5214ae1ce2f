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

/// What cannot be asked is told, and not answered.
#[test]
fn can_ever_refuses_what_is_no_question() {
    let home = Home::new("can-ever-nonsense");
    home.write("policy.json", OLD);
    home.write("trust.json", TRUST);
    for (action, resource) in [
        ("*:PutObject", "*"),
        ("s*:GetObject", "*"),
        ("s3:", "*"),
        ("s3:Get:Object", "*"),
        ("s3:GetObject ", "*"),
        ("s3:GetObject", "not-an-arn"),
        ("s3:GetObject", "arn:aws:s3::reports"),
    ] {
        let (code, out, err) = policy(&home, &["can-ever", action, resource, "policy.json"]);
        assert_eq!(
            (code, out.as_str()),
            (252, ""),
            "{action} {resource}: {err}"
        );
        assert!(err.contains("cannot be asked"), "{err}");
    }
    let role = "arn:aws:iam::111122223333:role/other";
    let (code, _, err) = policy(&home, &["can-ever", "sts:AssumeRole", role, "trust.json"]);
    assert_eq!(code, 252, "{err}");
    let (code, _, _) = policy(&home, &["can-ever", "sts:AssumeRole", "*", "trust.json"]);
    assert_eq!(code, 1);
}

/// No answer is drawn from what a server would not keep.
#[test]
fn what_is_no_policy_of_its_kind_is_refused() {
    let home = Home::new("compare-kinds");
    home.write("old.json", OLD);
    home.write("trust.json", TRUST);
    let wrong = OLD.replace(",\n      \"Resource\": \"arn:aws:s3:::reports/*\"", "");
    home.write("homeless.json", &wrong);
    home.write(
        "wild.json",
        &OLD.replace("arn:aws:s3:::reports/*", "arn:aws:*:::b"),
    );
    for (file, kind) in [
        ("homeless.json", "identity"),
        ("wild.json", "identity"),
        ("trust.json", "identity"),
        ("old.json", "trust"),
        ("old.json", "resource"),
        ("old.json", "rcp"),
        ("trust.json", "scp"),
    ] {
        let (code, out, err) = policy(&home, &["compare", file, file, "--kind", kind]);
        assert_eq!((code, out.as_str()), (255, ""), "{file} {kind}: {err}");
        let words = ["can-ever", "s3:*", "*", file, "--kind", kind];
        let (code, out, err) = policy(&home, &words);
        assert_eq!((code, out.as_str()), (255, ""), "{file} {kind}: {err}");
    }
    let (code, _, err) = policy(&home, &["compare", "homeless.json", "old.json"]);
    assert_eq!(code, 255);
    assert!(
        err.starts_with("locum: homeless.json, line 4, column 5: "),
        "{err}"
    );
    // A resource has one policy.
    let (code, _, err) = policy(&home, &["compare", "trust.json,trust.json", "trust.json"]);
    assert_eq!(code, 252, "{err}");
}

fn denies(principal: &str, actions: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny",{principal}"Action":[{actions}],"Resource":"*"}}]}}"#
    )
}

/// Policies of one level that mostly deny alone.
fn levels(home: &Home) {
    let (iam, bucket) = (r#""iam:*""#, r#""s3:DeleteBucket""#);
    home.write("old.json", &denies("", &format!("{iam},{bucket}")));
    home.write("new.json", &denies("", bucket));
    home.write("iam.json", &denies("", iam));
    home.write(
        "allow.json",
        &OLD.replace("s3:GetObject", "iam:*")
            .replace("arn:aws:s3:::reports/*", "*"),
    );
}

/// Guard rails that are gone are told, though nothing but AWS's own policy allows.
#[test]
fn guard_rails_are_compared_beside_full_access() {
    let home = Home::new("compare-levels");
    levels(&home);
    let compare = |old: &str, new: &str, more: &[&str]| {
        let words = [&["compare", old, new, "--kind", "scp"], more].concat();
        policy(&home, &words)
    };
    let (code, out, _) = compare("old.json", "new.json", &[]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.starts_with("new.json allows more than old.json\n"),
        "{out}"
    );
    assert!(
        out.contains("Allowed by statement 1 of FullAWSAccess:\n"),
        "{out}"
    );
    assert!(
        out.contains("Denied by statement 1 of old.json:\n"),
        "{out}"
    );
    let told = "\nold.json is taken to be beside FullAWSAccess.\nnew.json is taken to be beside FullAWSAccess.\n";
    assert!(out.ends_with(told), "{out}");
    let (_, out, _) = compare("old.json", "new.json", &["--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["relation"], "more-permissive");
    assert_eq!(answer["oldBeside"], "FullAWSAccess");
    assert_eq!(answer["newBeside"], "FullAWSAccess");
    assert_eq!(answer["allowedBy"]["file"], "FullAWSAccess");
    assert_eq!(answer["deniedBy"]["file"], "old.json");
    // The files of a level count together.
    let (code, out, _) = compare("old.json", "iam.json,new.json", &[]);
    assert_eq!(code, 0, "{out}");
    assert!(
        out.starts_with("iam.json,new.json and old.json allow the same\n"),
        "{out}"
    );
    // Where something is allowed, that alone is.
    let (code, out, _) = compare("new.json,allow.json", "new.json", &["--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["relation"]), (1, &"more-permissive".into()));
    assert!(answer["oldBeside"].is_null());
}

#[test]
fn can_ever_takes_full_access_to_be_beside_guard_rails() {
    let home = Home::new("can-ever-levels");
    levels(&home);
    let words = [
        "can-ever",
        "iam:CreateUser",
        "*",
        "new.json",
        "--kind",
        "scp",
    ];
    let (code, out, _) = policy(&home, &words);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.ends_with("\nnew.json is taken to be beside FullAWSAccess.\n"),
        "{out}"
    );
    let words = [
        "can-ever",
        "iam:CreateUser",
        "*",
        "iam.json",
        "--kind",
        "scp",
        "--format",
        "json",
    ];
    let (code, out, _) = policy(&home, &words);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["verdict"]), (0, &"impossible".into()));
    assert_eq!(answer["beside"], "FullAWSAccess");
}

#[test]
fn levels_of_resource_control_policies_are_compared() {
    let home = Home::new("compare-rcp");
    let everyone = r#""Principal":"*","#;
    home.write("old.json", &denies(everyone, r#""s3:*""#));
    home.write("new.json", &denies(everyone, r#""s3:GetObject""#));
    let words = [
        "compare", "old.json", "new.json", "--kind", "rcp", "--format", "json",
    ];
    let (code, out, _) = policy(&home, &words);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["relation"]), (1, &"more-permissive".into()));
    assert_eq!(answer["newBeside"], "RCPFullAWSAccess");
    let (code, out, _) = policy(&home, &["compare", "new.json", "old.json", "--kind", "rcp"]);
    assert_eq!(code, 0);
    assert!(
        out.starts_with("old.json allows less than new.json, and nothing else\n"),
        "{out}"
    );
    let words = ["can-ever", "s3:PutObject", "*", "old.json", "--kind", "rcp"];
    assert_eq!(policy(&home, &words).0, 0);
}
