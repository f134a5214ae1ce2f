//! `locum trail` by way of the index: filters, following a session, the tree at two widths.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests say what went wrong by panicking"
)]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use locum_cli::output::Colour;
use locum_cli::trail::filter::Filter;
use locum_cli::trail::folder::Folder;
use locum_cli::trail::{follow, tree};

const NOW_S: i64 = 1_769_860_800;

/// A call: who (identity and key), what, when, and what it issued.
struct Call<'a> {
    second: u8,
    identity: String,
    name: &'a str,
    parameters: &'a str,
    issued: Option<(&'a str, &'a str)>,
    error: Option<&'a str>,
}

fn user(name: &str, key: &str) -> String {
    format!(
        r#"{{"type":"IAMUser","principalId":"AIDA{name}","arn":"arn:aws:iam::111111111111:user/{name}","accountId":"111111111111","accessKeyId":"{key}","userName":"{name}"}}"#
    )
}

fn session(account: &str, role: &str, name: &str, key: &str) -> String {
    format!(
        r#"{{"type":"AssumedRole","principalId":"AROA{role}:{name}","arn":"arn:aws:sts::{account}:assumed-role/{role}/{name}","accountId":"{account}","accessKeyId":"{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","arn":"arn:aws:iam::{account}:role/{role}","userName":"{role}"}},"sourceIdentity":"dora"}}}}"#
    )
}

fn line(number: usize, call: &Call<'_>) -> String {
    let error = call
        .error
        .map(|code| format!(r#""errorCode":"{code}","errorMessage":"refused","#));
    let answer = call.issued.map_or("null".to_owned(), |(key, arn)| {
        format!(
            r#"{{"credentials":{{"accessKeyId":"{key}"}},"assumedRoleUser":{{"arn":"{arn}"}}}}"#
        )
    });
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{},"eventTime":"2026-01-31T10:00:{:02}Z","eventSource":"sts.amazonaws.com","eventName":"{}","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.7",{}"requestParameters":{},"responseElements":{answer},"requestID":"request-{number}","eventID":"event-{number}","readOnly":true,"recipientAccountId":"111111111111","integrity":{{"sequence":{},"hash":"{number:064x}"}}}}"#,
        call.identity,
        call.second,
        call.name,
        error.unwrap_or_default(),
        call.parameters,
        number + 1
    )
}

const OUTER: &str = "arn:aws:sts::222222222222:assumed-role/first/shift";
const INNER: &str = "arn:aws:sts::333333333333:assumed-role/second/deploy";
const BESIDE: &str = "arn:aws:sts::222222222222:assumed-role/third/side";

/// Dora opens a session, that opens two more, and one of them is refused something.
fn data(name: &str) -> PathBuf {
    let tags = r#"{"sourceIdentity":"dora","tags":[{"key":"team","value":"blue"}],"serialNumber":"arn:aws:iam::111111111111:mfa/d"}"#;
    let call = |second, identity, name, parameters, issued| Call {
        second,
        identity,
        name,
        parameters,
        issued,
        error: None,
    };
    let outer = || session("222222222222", "first", "shift", "ASIAOUTER");
    let inner = || session("333333333333", "second", "deploy", "ASIAINNER");
    let mut calls = [
        call(
            0,
            user("dora", "AKIADORA"),
            "AssumeRole",
            tags,
            Some(("ASIAOUTER", OUTER)),
        ),
        call(4, outer(), "AssumeRole", "null", Some(("ASIAINNER", INNER))),
        call(
            5,
            outer(),
            "AssumeRole",
            "null",
            Some(("ASIABESIDE", BESIDE)),
        ),
        call(6, inner(), "GetCallerIdentity", "null", None),
        call(7, inner(), "AssumeRole", "null", None),
        call(8, user("eve", "AKIAEVE"), "GetCallerIdentity", "null", None),
    ];
    calls[4].error = Some("AccessDenied");
    calls[5].error = Some("AccessDeniedException");
    let path = std::env::temp_dir().join(format!("locum-cli-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(path.join("trail"))
        .unwrap();
    let mut options = fs::OpenOptions::new();
    let day = path.join("trail/2026-01-31.jsonl");
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(day)
        .unwrap();
    for (number, call) in calls.iter().enumerate() {
        writeln!(file, "{}", line(number, call)).unwrap();
    }
    path
}

fn names(data: &std::path::Path, filter: &Filter) -> Vec<String> {
    let mut all = Vec::new();
    let folder = Folder::open(data).unwrap();
    let query = filter.query(NOW_S).unwrap();
    folder
        .each(&query, 100, |hits| {
            all.extend(hits.into_iter().map(|hit| {
                let record: serde_json::Value = serde_json::from_slice(&hit.line).unwrap();
                record["requestID"]
                    .as_str()
                    .unwrap()
                    .replace("request-", "")
            }));
            Ok(())
        })
        .unwrap();
    all
}

/// A filter from pairs of option and value.
fn filter(options: &[(&str, &str)]) -> Filter {
    let mut filter = Filter::default();
    for (name, value) in options {
        let value = Some((*value).to_owned());
        match *name {
            "principal" => filter.principal = value,
            "role" => filter.role = value,
            "session" => filter.session = value,
            "source-identity" => filter.source_identity = value,
            "action" => filter.action = value,
            "error" => filter.error = value,
            "id" => filter.id = value,
            "region" => filter.region = value,
            "since" => filter.since = value,
            "until" => filter.until = value,
            "failed" => filter.failed = true,
            "writes" => filter.writes = true,
            other => panic!("{other}"),
        }
    }
    filter
}

#[test]
fn filters_combine() {
    let data = data("filters");
    let (early, late) = ("2026-01-31T10:00:05Z", "2026-01-31T10:00:07Z");
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[], "543210"),
        (&[("principal", "dora")], "0"),
        (&[("principal", "AKIADORA")], "0"),
        (&[("principal", "arn:aws:iam::111111111111:user/eve")], "5"),
        (&[("role", "second")], "43"),
        (&[("session", "ASIAINNER")], "431"),
        (&[("session", INNER)], "431"),
        (&[("source-identity", "dora")], "43210"),
        (&[("action", "sts:AssumeRole")], "4210"),
        (&[("action", "iam:AssumeRole")], ""),
        (&[("error", "AccessDenied")], "54"),
        (&[("error", "AccessDeniedException")], "54"),
        (&[("error", "Access")], ""),
        (&[("failed", ""), ("role", "first")], ""),
        (&[("failed", ""), ("source-identity", "dora")], "4"),
        (&[("writes", "")], ""),
        (&[("id", "event-3")], "3"),
        (&[("region", "us-east-1")], ""),
        (&[("since", early), ("until", late)], "432"),
        (
            &[("since", "2026-01-31"), ("until", "2026-01-31")],
            "543210",
        ),
        (&[("until", "2026-01-30")], ""),
        (&[("since", "1h")], ""),
        (&[("since", "3h")], "543210"),
    ];
    for (options, expected) in cases {
        assert_eq!(
            names(&data, &filter(options)).concat(),
            *expected,
            "{options:?}"
        );
    }
    let bad: &[&[(&str, &str)]] = &[
        &[("since", "yesterday")],
        &[("since", "2026-02-01"), ("until", "2026-01-01")],
        &[("action", "sts:*")],
        &[("action", "sts:")],
    ];
    for options in bad {
        assert!(filter(options).query(NOW_S).is_err(), "{options:?}");
    }
    fs::remove_dir_all(data).unwrap();
}

#[test]
fn a_session_is_followed_back_and_on() {
    let data = data("follow");
    let folder = Folder::open(&data).unwrap();
    let wide = "\
dora
IAM user  account 111111111111  key AKIADORA
└─ first/shift
   │  AssumeRole 2026-01-31 10:00:00 UTC  from 192.0.2.7  account 222222222222  key ASIAOUTER  source identity dora
   │  tags team=blue  with MFA  2 calls
   └─ second/deploy  ← asked about
      AssumeRole 2026-01-31 10:00:04 UTC  from 192.0.2.7  account 333333333333  key ASIAINNER  source identity dora
      2 calls, 1 failed
";
    for asked in ["ASIAINNER", INNER, "request-1", "event-1", "request-3"] {
        let trees = follow::trees(&folder, asked, 5).unwrap();
        assert_eq!(trees.len(), 1, "{asked}");
        assert_eq!(tree::lay_out(&trees[0], None, Colour::Off), wide, "{asked}");
    }
    let narrow = "\
dora
IAM user  account 111111111111  key AKIADORA
└─ first/shift  ← asked about
   │  AssumeRole 2026-01-31 10:00:00 UTC  from 192.0.2.7  account 222222222222
   │  key ASIAOUTER  source identity dora  tags team=blue  with MFA  2 calls
   ├─ second/deploy
   │  AssumeRole 2026-01-31 10:00:04 UTC  from 192.0.2.7  account 333333333333
   │  key ASIAINNER  source identity dora  2 calls, 1 failed
   └─ third/side
      AssumeRole 2026-01-31 10:00:05 UTC  from 192.0.2.7  account 222222222222
      key ASIABESIDE  source identity dora  0 calls
";
    let trees = follow::trees(&folder, "ASIAOUTER", 5).unwrap();
    let shown = tree::lay_out(&trees[0], Some(80), Colour::Off);
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    assert_eq!(shown, narrow);
    assert!(follow::trees(&folder, "ASIANOBODY", 5).unwrap().is_empty());
    // A long-term key opened sessions, but is none.
    assert!(follow::trees(&folder, "AKIADORA", 5).unwrap().is_empty());
    fs::remove_dir_all(data).unwrap();
}
