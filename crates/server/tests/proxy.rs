//! Forwarding headers: nothing from strangers, right to left from trusted proxies, never the host.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests may panic"
)]

mod common;

use common::{start, status, told};
use locum_server::Config;

const FORGED: &str = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Host: evil.test\r\nX-Forwarded-Proto: https\r\n\
    X-Forwarded-Port: 443\r\nX-Forwarded-Prefix: /a\r\nForwarded: for=203.0.113.9;host=evil.test;proto=https\r\n\
    X-Real-IP: 203.0.113.9\r\nX-Original-URL: /b\r\nX-HTTP-Method-Override: DELETE\r\n";

fn ask(config: Config, headers: &str) -> String {
    let server = start(config);
    server.raw(
        format!("GET /a?b HTTP/1.1\r\nHost: sts.test\r\n{headers}Connection: close\r\n\r\n")
            .as_bytes(),
    )
}

fn trusting(networks: &str) -> Config {
    let flags = [("trusted_proxies".to_owned(), networks.to_owned())];
    Config::load(None, std::iter::empty(), flags).unwrap()
}

#[test]
fn sig_17_forwarding_headers_of_a_stranger_change_nothing() {
    for config in [Config::default(), trusting("10.0.0.0/8")] {
        let told = told(&ask(config, FORGED));
        assert_eq!(told["host"], serde_json::json!(["sts.test"]));
        assert_eq!(told["target"], "/a?b");
        assert_eq!(told["method"], "GET");
        assert_eq!(told["peer"], "127.0.0.1");
        assert!(told["tls"].is_null());
    }
}

#[test]
fn sig_17_even_a_trusted_proxy_does_not_change_host_or_target() {
    let told = told(&ask(trusting("127.0.0.0/8"), FORGED));
    assert_eq!(told["host"], serde_json::json!(["sts.test"]));
    assert_eq!(told["target"], "/a?b");
    assert_eq!(told["peer"], "203.0.113.9");
    assert!(!told["tls"].is_null(), "the proxy was reached over TLS");
}

#[test]
fn pol_17_the_client_is_the_first_stranger_from_the_right() {
    let trusted = "127.0.0.1, 10.0.0.0/8, 2001:db8::/32";
    let cases = [
        ("", "127.0.0.1"),
        ("X-Forwarded-For: 203.0.113.9\r\n", "203.0.113.9"),
        // What the client wrote itself stands to the left of what the proxy saw.
        ("X-Forwarded-For: 192.0.2.1, 203.0.113.9\r\n", "203.0.113.9"),
        (
            "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 203.0.113.9\r\n",
            "203.0.113.9",
        ),
        (
            "X-Forwarded-For: 192.0.2.1, 203.0.113.9, 10.1.2.3\r\n",
            "203.0.113.9",
        ),
        (
            "X-Forwarded-For: 192.0.2.1, 203.0.113.9\r\nX-Forwarded-For: 2001:db8::7 , 10.1.2.3\r\n",
            "203.0.113.9",
        ),
        ("X-Forwarded-For: garbage, 203.0.113.9\r\n", "203.0.113.9"),
        ("X-Forwarded-For: 10.1.1.1, 10.1.2.3\r\n", "10.1.1.1"),
        ("X-Forwarded-For: ::ffff:203.0.113.9\r\n", "203.0.113.9"),
        ("X-Forwarded-For: ::ffff:10.0.0.1\r\n", "10.0.0.1"),
        ("X-Forwarded-For: 2001:DB9::0001\r\n", "2001:db9::1"),
        (
            "X-Real-IP: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n",
            "127.0.0.1",
        ),
    ];
    for (headers, expected) in cases {
        let answer = ask(trusting(trusted), headers);
        assert_eq!(status(&answer), 200, "{headers}: {answer}");
        assert_eq!(told(&answer)["peer"], expected, "{headers}");
    }
}

#[test]
fn pol_17_an_address_that_can_be_read_in_two_ways_is_refused() {
    for entry in [
        "0203.0.113.9",
        "203.0.113",
        "3405803785",
        "0xcb.0.113.9",
        "fe80::1%eth0",
        "203.0.113.9:80",
        "[2001:db9::1]",
        "[2001:db9::1]:80",
        "unknown",
        "_hidden",
        "",
        "203.0.113.9;a",
        "203.0.113.9/24",
        "192.0.2.1, ,",
        "192.0.2.1,\u{7f}",
    ] {
        let answer = ask(
            trusting("127.0.0.1"),
            &format!("X-Forwarded-For: {entry}\r\n"),
        );
        assert_eq!(status(&answer), 400, "{entry}: {answer}");
    }
    let long = vec!["127.0.0.1"; 33].join(",");
    assert_eq!(
        status(&ask(
            trusting("127.0.0.1"),
            &format!("X-Forwarded-For: {long}\r\n")
        )),
        400
    );
}

#[test]
fn pol_17_the_last_proxy_says_whether_it_was_reached_over_tls() {
    for (headers, tls) in [
        ("", false),
        ("X-Forwarded-Proto: https\r\n", true),
        ("X-Forwarded-Proto: HTTPS\r\n", true),
        ("X-Forwarded-Proto: http\r\n", false),
        ("X-Forwarded-Proto: https, http\r\n", false),
        (
            "X-Forwarded-Proto: https\r\nX-Forwarded-Proto: http\r\n",
            false,
        ),
        ("X-Forwarded-Proto: http, https\r\n", true),
        ("X-Forwarded-Ssl: on\r\nFront-End-Https: on\r\n", false),
    ] {
        let told = told(&ask(trusting("127.0.0.1"), headers));
        assert_eq!(!told["tls"].is_null(), tls, "{headers}");
    }
}
