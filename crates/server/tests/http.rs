//! Hostile and sloppy HTTP/1.1 clients on raw sockets.
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

use std::io::Write;

use common::{answers, one, start, status, told};
use locum_server::Config;

const GET: &str = "GET / HTTP/1.1\r\nHost: sts.test\r\nConnection: close\r\n\r\n";

#[test]
fn a_call_arrives_whole_and_is_answered() {
    let server = start(Config::default());
    let body = "a".repeat(300_000);
    for size in [0, 1, 2_000, 16_384, 300_000] {
        let head =
            format!("POST /?q=%2f HTTP/1.1\r\nHost: Sts.test\r\nContent-Length: {size}\r\n\r\n");
        let answer = server.raw((head + &body[..size]).as_bytes());
        assert_eq!(status(&answer), 200, "{answer}");
        let told = told(&answer);
        assert_eq!(told["bytes"], size);
        assert_eq!(told["sum"], size as u64 * 97);
        assert_eq!(told["host"][0], "Sts.test");
        assert_eq!(told["target"], "/?q=%2f");
        assert_eq!(told["peer"], "127.0.0.1");
        assert!(told["tls"].is_null());
        assert!(answer.contains("\r\ndate: "));
    }
}

#[test]
fn a_connection_serves_many_calls() {
    let server = start(Config::default());
    let mut stream = server.connect();
    for _ in 0..50 {
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        assert_eq!(status(&one(&mut stream)), 200);
    }
    assert_eq!(server.calls(), 50);
    assert_eq!(server.edge.connections(), 1);
    drop(stream);
    server.until("the connection is forgotten", |server| {
        server.edge.connections() == 0
    });
}

/// Headers that two parsers may read in two ways, with what follows them up to the second request,
/// whose length stands in for `LENGTH`.
const AMBIGUOUS: &[(&str, &str)] = &[
    (
        "CL and TE",
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE and CL",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    ),
    ("TE alone", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (
        "TE twice",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE not chunked",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE list",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE, space, colon",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE with a tab",
        "Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE folded",
        "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "TE with a vertical tab",
        "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "two lengths",
        "Content-Length: 0\r\nContent-Length: LENGTH\r\n\r\n",
    ),
    ("a list of lengths", "Content-Length: 0, LENGTH\r\n\r\n"),
    ("a signed length", "Content-Length: +LENGTH\r\n\r\n"),
    ("a negative length", "Content-Length: -1\r\n\r\n"),
    ("a hexadecimal length", "Content-Length: 0x10\r\n\r\n"),
    (
        "a length with a space inside",
        "Content-Length: 1 0\r\n\r\n",
    ),
    ("an empty length", "Content-Length:\r\n\r\n"),
    (
        "a length of 2^64",
        "Content-Length: 18446744073709551616\r\n\r\n",
    ),
    ("a header name with a space", "Content Length: 0\r\n\r\n"),
    (
        "a bare CR in a value",
        "X-A: b\rTransfer-Encoding: chunked\r\n\r\n",
    ),
    ("a NUL in a value", "X-A: b\0c\r\n\r\n"),
];

/// None may lead to a second call, and what is refused closes the connection.
#[test]
fn sig_20_ambiguous_lengths_are_refused_and_never_lead_to_a_second_call() {
    let second = "GET /smuggled HTTP/1.1\r\nHost: sts.test\r\n\r\n";
    for (what, rest) in AMBIGUOUS {
        let server = start(Config::default());
        let rest = rest.replace("LENGTH", &second.len().to_string());
        let request = format!("POST / HTTP/1.1\r\nHost: sts.test\r\n{rest}{second}");
        let answer = server.raw(request.as_bytes());
        assert!(
            matches!(status(&answer), 400 | 411 | 413 | 0),
            "{what}: {answer}"
        );
        assert!(answers(&answer) <= 1, "{what}: {answer}");
        assert_eq!(server.calls(), 0, "{what}: {answer}");
    }
}

/// RFC 9112 §2.2 lets a server take a bare LF as a line's end. What counts: the body's end stays
/// where Content-Length puts it, so what follows is not a request of the first one.
#[test]
fn sig_20_bare_line_feeds_do_not_move_the_end_of_a_body() {
    let server = start(Config::default());
    let smuggled = "GET /smuggled HTTP/1.1\nHost: a\n\n";
    let answer = server.raw(
        format!(
            "POST / HTTP/1.1\nHost: a\nContent-Length: {}\n\n{smuggled}",
            smuggled.len()
        )
        .as_bytes(),
    );
    assert!(answers(&answer) <= 1, "{answer}");
    assert!(!answer.contains("/smuggled"), "{answer}");
    assert!(server.calls() <= 1);
}

/// Two equal lengths say the same twice (RFC 9110 §8.6 allows it); the call sees one body.
#[test]
fn sig_20_equal_lengths_mean_one_body() {
    let server = start(Config::default());
    let answer = server.raw(
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    );
    assert!(answers(&answer) == 1 && server.calls() <= 1, "{answer}");
}

#[test]
fn sig_20_pipelined_calls_keep_their_own_identity() {
    let server = start(Config::default());
    let call = |identity: &str, last: &str| {
        format!(
            "POST /{identity} HTTP/1.1\r\nHost: a\r\nAuthorization: {identity}\r\n{last}Content-Length: 2\r\n\r\nab"
        )
    };
    let pipelined = call("alice", "")
        + &call("bob", "")
        + "GET /nobody HTTP/1.1\r\nHost: a\r\n\r\n"
        + &call("carol", "Connection: close\r\n");
    let answer = server.raw(pipelined.as_bytes());
    let bodies: Vec<&str> = answer.split("\r\n\r\n").skip(1).collect();
    assert_eq!(bodies.len(), 4, "{answer}");
    for (body, identity) in bodies.iter().zip(["alice", "bob", "nobody", "carol"]) {
        assert!(
            body.contains(&format!("\"target\":\"/{identity}\"")),
            "{body}"
        );
        let expected = if identity == "nobody" {
            "[]".to_owned()
        } else {
            format!("[\"{identity}\"]")
        };
        assert!(
            body.contains(&format!("\"authorization\":{expected}")),
            "{body}"
        );
    }
}

#[test]
fn sig_20_targets_and_hosts_have_one_reading() {
    let cases = [
        (
            "absolute form",
            "GET http://evil.test/ HTTP/1.1\r\nHost: sts.test\r\n\r\n",
        ),
        (
            "absolute form without a host",
            "GET http://evil.test/ HTTP/1.1\r\n\r\n",
        ),
        (
            "authority form",
            "CONNECT sts.test:443 HTTP/1.1\r\nHost: sts.test\r\n\r\n",
        ),
        ("no host", "GET / HTTP/1.1\r\n\r\n"),
        ("two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        (
            "the same host twice",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        ),
        ("HTTP/0.9", "GET /\r\n\r\n"),
        ("HTTP/0.9 with a version", "GET / HTTP/0.9\r\n\r\n"),
        ("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("HTTP/3.0", "GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
        (
            "spaces in the request line",
            "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        ),
        (
            "a control in the target",
            "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n",
        ),
        ("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n"),
        (
            "TLS on a plain port",
            "\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03",
        ),
        ("noise", "\0\0\0\0\r\n\r\n"),
    ];
    for (what, request) in cases {
        let server = start(Config::default());
        let answer = server.raw(request.as_bytes());
        assert!(matches!(status(&answer), 400 | 405 | 0), "{what}: {answer}");
        assert_eq!(server.calls(), 0, "{what}");
    }
}

#[test]
fn an_upgrade_is_not_followed() {
    let server = start(Config::default());
    for upgrade in ["websocket", "h2c"] {
        let answer = server.raw(
            format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade, http2-settings\r\nUpgrade: {upgrade}\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n")
                .as_bytes(),
        );
        assert_eq!(status(&answer), 200, "{answer}");
    }
}

#[test]
fn expect_continue_is_asked_before_the_body_and_not_for_a_refused_one() {
    let server = start(Config::default());
    let mut stream = server.connect();
    stream
        .write_all(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n",
        )
        .unwrap();
    assert_eq!(status(&one(&mut stream)), 100);
    stream.write_all(b"abc").unwrap();
    assert_eq!(status(&one(&mut stream)), 200);
    let refused = server.raw(
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\nExpect: 100-continue\r\n\r\n",
    );
    assert_eq!(status(&refused), 413, "{refused}");
}

#[test]
fn dos_05_a_panic_costs_one_answer_and_nothing_else() {
    let server = start(Config::default());
    let answer = server.raw(b"GET /?panic HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(status(&answer), 500);
    assert!(
        answer.contains("InternalFailure") && !answer.contains("canary"),
        "{answer}"
    );
    assert_eq!(status(&server.raw(GET.as_bytes())), 200);
    assert!(
        server
            .metrics
            .text()
            .contains("locum_http_refused_total{reason=\"panic\"} 1")
    );
}

#[test]
fn aud_07_what_the_edge_refuses_is_recorded_before_it_is_answered() {
    let server = start(Config::default());
    let requests = [
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n",
            413,
            "RequestEntityTooLarge",
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            411,
            "MissingContentLength",
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            400,
            "InvalidRequest",
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\na",
            415,
            "UnsupportedMediaType",
        ),
        (
            "GET /?panic HTTP/1.1\r\nHost: a\r\n\r\n",
            500,
            "InternalFailure",
        ),
    ];
    for (request, expected, code) in requests {
        let answer = server.raw(request.as_bytes());
        assert_eq!(status(&answer), expected, "{answer}");
        let id = answer
            .lines()
            .find_map(|line| line.strip_prefix("x-amzn-requestid: "));
        let told = server.echo.refused.lock().unwrap().pop().unwrap();
        let id = id.unwrap().trim_end().to_owned();
        assert_eq!(told, ("127.0.0.1".to_owned(), code.to_owned(), id));
    }
    // Without its record it is not answered.
    server
        .echo
        .unrecorded
        .store(true, std::sync::atomic::Ordering::SeqCst);
    for (request, _, _) in requests {
        let answer = server.raw(request.as_bytes());
        assert_eq!(status(&answer), 503, "{answer}");
        assert!(answer.contains("ServiceUnavailable"), "{answer}");
    }
    let metrics = server.metrics.text();
    assert!(
        metrics.contains("locum_http_refused_total{reason=\"unrecorded\"} 5"),
        "{metrics}"
    );
}

#[test]
fn dos_09_compressed_bodies_are_refused() {
    let server = start(Config::default());
    for encoding in ["gzip", "zstd", "br", "deflate", "gzip, gzip", "", "x"] {
        let answer = server.raw(
            format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: {encoding}\r\nContent-Length: 3\r\n\r\nabc").as_bytes(),
        );
        assert_eq!(status(&answer), 415, "{encoding}: {answer}");
    }
    assert_eq!(server.calls(), 0);
}

#[test]
fn a_client_that_has_said_all_still_gets_its_answer() {
    let server = start(Config::default());
    assert_eq!(
        status(&server.raw(b"GET /?slow HTTP/1.1\r\nHost: a\r\n\r\n")),
        200
    );
}

#[test]
fn health_needs_no_signature_and_readiness_follows_the_store() {
    let server = start(Config::default());
    let get = |path: &str| server.raw(format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes());
    assert_eq!(status(&get("/healthz")), 200);
    assert_eq!(status(&get("/readyz")), 200);
    server
        .echo
        .unready
        .store(true, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(status(&get("/healthz")), 200);
    assert_eq!(status(&get("/readyz")), 503);
    assert_eq!(
        status(&server.raw(b"POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")),
        405
    );
    assert_eq!(server.calls(), 0, "health is not a call");
    assert_eq!(status(&get("/healthz/")), 200, "anything else is the api's");
    assert_eq!(server.calls(), 1);
}

#[test]
fn int_05_nothing_diagnostic_is_on_the_main_listener() {
    let server = start(Config::default());
    let paths = [
        "/metrics",
        "/debug/pprof/",
        "/debug/vars",
        "/config",
        "/env",
        "/status",
        "/playground",
        "/operator",
    ];
    for (index, path) in paths.iter().enumerate() {
        let answer = server.raw(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        assert_eq!(
            told(&answer)["target"],
            *path,
            "handed to the api like any call"
        );
        assert_eq!(server.calls(), index + 1);
    }
}

#[test]
fn metrics_count_calls_and_name_nobody() {
    let server = start(Config::default());
    for _ in 0..3 {
        server.raw(GET.as_bytes());
    }
    let text = server.metrics.text();
    for line in [
        "locum_requests_total{service=\"sts\",operation=\"GetCallerIdentity\",class=\"2xx\"} 3",
        "locum_request_seconds_count{service=\"sts\",operation=\"GetCallerIdentity\"} 3",
        "locum_connections_total{event=\"accepted\"} 3",
        "# TYPE locum_request_seconds histogram",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(
        !text.contains("AssumeRole"),
        "what was not called is left out"
    );
    assert!(!text.contains("arn:"));
    let bounds: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("_bucket"))
        .map(|line| line.split("le=\"").nth(1).unwrap())
        .collect();
    assert_eq!(bounds.len(), 17);
    assert!(
        bounds[0].starts_with("0.000032\"") && bounds[16].starts_with("+Inf\"} 3"),
        "{bounds:?}"
    );
}
