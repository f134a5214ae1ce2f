//! The cache through the built binary: one call for many callers, renewal, and that nothing crosses over.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests say what went wrong by panicking"
)]

mod support;

use std::process::Output;

use support::{Home, StandIn, stderr, stdout};

const ROLE: &str = "arn:aws:iam::222222222222:role/reader";

fn done(output: Output) -> String {
    assert!(output.status.success(), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn twenty_callers_at_once_make_one_call() {
    let home = Home::new("parallel");
    let slow = StandIn::giving(3600);
    let children: Vec<_> = (0..20)
        .map(|_| {
            let mut command = home.locum_at(&slow.url, &["credential-process", ROLE]);
            command
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let texts: Vec<String> = children
        .into_iter()
        .map(|child| done(child.wait_with_output().unwrap()))
        .collect();
    assert_eq!(slow.asked().len(), 1);
    assert!(texts.iter().all(|text| *text == texts[0]));
    let json: serde_json::Value = serde_json::from_str(&texts[0]).unwrap();
    assert_eq!(
        (&json["Version"], &json["AccessKeyId"]),
        (&1.into(), &"ASIAEXAMPLE00001".into())
    );
}

#[test]
fn a_session_close_to_its_end_is_got_anew() {
    let home = Home::new("expiry");
    // Within 15 minutes of the end of an hour, and within a quarter of 20 minutes.
    for (lifetime_s, words, calls) in [
        (899, vec!["assume", ROLE], 3),
        (901 + 60, vec!["assume", ROLE], 1),
        (299, vec!["assume", ROLE, "--duration", "20m"], 3),
        (301 + 60, vec!["assume", ROLE, "--duration", "20m"], 1),
    ] {
        let endpoint = StandIn::giving(lifetime_s);
        for _ in 0..3 {
            done(home.locum_at(&endpoint.url, &words).output().unwrap());
        }
        assert_eq!(endpoint.asked().len(), calls, "{lifetime_s}");
    }
}

#[test]
fn an_entry_never_serves_another_wish() {
    let home = Home::new("crossing");
    let (endpoint, other) = (StandIn::giving(3600), StandIn::giving(3600));
    let base: Vec<&str> = vec!["assume", ROLE];
    let more = [
        vec!["--external-id", "E"],
        vec!["--external-id", ""],
        vec!["--session-name", "other"],
        vec!["--duration", "30m"],
        vec!["--tag", "a=b"],
        vec!["--tag", "a=c"],
        vec!["--policy", "{}"],
        vec!["--source-identity", "x1"],
        vec!["--region", "eu-west-1"],
        vec!["--policy-arn", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
        vec!["--tag", "a=b", "--transitive", "a"],
        vec!["--refresh"],
        vec!["--no-cache"],
    ];
    let run = |words: &[&str]| done(home.locum_at(&endpoint.url, words).output().unwrap());
    run(&base);
    let mut calls = 1;
    for extra in &more {
        run(&[base.clone(), extra.clone()].concat());
        calls += 1;
        assert_eq!(endpoint.asked().len(), calls, "{extra:?}");
    }
    run(&base);
    assert_eq!(
        endpoint.asked().len(),
        calls,
        "the first entry is still there"
    );
    done(
        home.locum_at(&endpoint.url, &base)
            .env("AWS_ACCESS_KEY_ID", "AKIAOTHER")
            .output()
            .unwrap(),
    );
    done(
        home.locum_at(&endpoint.url, &base)
            .env("AWS_SECRET_ACCESS_KEY", "other")
            .output()
            .unwrap(),
    );
    assert_eq!(
        endpoint.asked().len(),
        calls + 2,
        "another key, or another secret for it"
    );
    done(home.locum_at(&other.url, &base).output().unwrap());
    assert_eq!(other.asked().len(), 1, "another endpoint");
}

#[test]
fn an_unusable_cache_does_not_stop_anybody() {
    let (home, endpoint) = (Home::new("no-cache"), StandIn::giving(3600));
    home.write("file", "");
    let cache = home.path.join("file");
    let output = home
        .locum_at(&endpoint.url, &["assume", ROLE])
        .env("XDG_CACHE_HOME", &cache)
        .output()
        .unwrap();
    assert!(
        stderr(&output).starts_with("locum: warning: cannot use the cache"),
        "{}",
        stderr(&output)
    );
    assert!(done(output).contains("AWS_SESSION_TOKEN"));
}
