//! Where calls go, for which region, and how lengths of time are read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests say what went wrong by panicking"
)]

use locum_cli::config::SharedConfig;
use locum_cli::config::endpoint::{self, Origin};
use locum_cli::duration;
use locum_cli::env::Environment;

const CONFIG: &str = "
[default]
region = eu-central-1
[profile keys]
[profile local]
endpoint_url = http://127.0.0.1:1
[profile local-services]
endpoint_url = http://127.0.0.1:1
services = mine
[profile local-ignored]
endpoint_url = http://127.0.0.1:1
ignore_configured_endpoint_urls = true
[services mine]
sts =
  endpoint_url = http://127.0.0.1:2
";

fn shared() -> SharedConfig {
    SharedConfig::from_texts(CONFIG, "").unwrap()
}

#[test]
fn the_endpoint_has_the_precedence_of_botocore() {
    let service = ("AWS_ENDPOINT_URL_STS", "http://sts:1");
    let all = ("AWS_ENDPOINT_URL", "http://all:1/");
    let ignore = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let aws = "https://sts.us-east-1.amazonaws.com";
    let cases: &[(Option<&str>, &str, &[(&str, &str)], &str, Origin)] = &[
        (
            Some("http://o:1"),
            "local",
            &[service, all],
            "http://o:1",
            Origin::Option,
        ),
        (
            None,
            "local",
            &[service, all],
            "http://sts:1",
            Origin::Variable,
        ),
        (
            None,
            "local-services",
            &[all],
            "http://all:1",
            Origin::Variable,
        ),
        (
            None,
            "local-services",
            &[],
            "http://127.0.0.1:2",
            Origin::ProfileService,
        ),
        (None, "local", &[], "http://127.0.0.1:1", Origin::Profile),
        (None, "local", &[ignore, all], aws, Origin::Aws),
        (None, "local-ignored", &[], aws, Origin::Aws),
        (None, "keys", &[], aws, Origin::Aws),
    ];
    let shared = shared();
    for (option, profile, env, url, origin) in cases {
        let environment = Environment::from_pairs(env.iter().copied());
        let profile = shared.profile(profile);
        let found = endpoint::endpoint("sts", *option, &environment, &shared, profile, "us-east-1")
            .unwrap();
        assert_eq!(
            (found.url.as_str(), found.origin),
            (*url, *origin),
            "{option:?} {env:?}"
        );
    }
}

#[test]
fn an_endpoint_that_is_none_is_refused() {
    let shared = SharedConfig::default();
    let bad = [
        "127.0.0.1:1",
        "ftp://h",
        "http://",
        "http:///x",
        "http://u:p@h",
        "http://h?x",
        "http://h h",
        "http://h#f",
    ];
    for url in bad {
        let error = endpoint::endpoint(
            "sts",
            Some(url),
            &Environment::default(),
            &shared,
            None,
            "us-east-1",
        )
        .expect_err(url);
        assert_eq!(error.exit_code(), 253, "{url}");
    }
    for region in ["evil.com/", "x@y", "a b", "a.b"] {
        let error = endpoint::endpoint("sts", None, &Environment::default(), &shared, None, region)
            .expect_err(region);
        assert_eq!(error.exit_code(), 253, "{region}");
    }
    let china = endpoint::endpoint(
        "sts",
        None,
        &Environment::default(),
        &shared,
        None,
        "cn-north-1",
    )
    .unwrap();
    assert_eq!(china.url, "https://sts.cn-north-1.amazonaws.com.cn");
}

#[test]
fn the_region_is_found() {
    let shared = shared();
    let default = shared.profile("default");
    let region = |option, env: &[(&str, &str)], profile| {
        endpoint::region(
            option,
            &Environment::from_pairs(env.iter().copied()),
            profile,
        )
        .name
    };
    let both = [("AWS_REGION", "b"), ("AWS_DEFAULT_REGION", "c")];
    assert_eq!(region(Some("a"), &both, default), "a");
    assert_eq!(region(None, &both, default), "b");
    assert_eq!(region(None, &both[1..], default), "c");
    assert_eq!(region(None, &[], default), "eu-central-1");
    assert_eq!(region(None, &[], None), "us-east-1");
}

#[test]
fn durations_are_understood() {
    let good = [
        ("3600", 3600),
        ("1h", 3600),
        ("45m", 2700),
        ("1h30m", 5400),
        ("90s", 90),
        ("1d", 86400),
        ("1h0m1s", 3601),
    ];
    for (text, seconds) in good {
        assert_eq!(duration::parse(text), Some(seconds), "{text}");
    }
    for text in [
        "",
        "0",
        "0s",
        "-1",
        "+5",
        "1.5h",
        "h",
        "1x",
        "30m1h",
        "1h1h",
        "1 h",
        "99999999999",
        "99999999999h",
        "1ħ",
    ] {
        assert_eq!(duration::parse(text), None, "{text}");
    }
    let told = [
        (-1, "in the past"),
        (59, "59 s"),
        (3599, "59 min"),
        (3600, "1 h"),
        (5400, "1 h 30 min"),
        (43199, "11 h 59 min"),
    ];
    for (seconds, text) in told {
        assert_eq!(duration::describe(seconds), text);
    }
}
