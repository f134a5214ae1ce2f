//! Limits of number, size and time, and the drain, with raw sockets.
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
use std::time::{Duration, Instant};

use common::{one, rest, start, status, told};
use locum_server::Config;

const GET: &str = "GET / HTTP/1.1\r\nHost: sts.test\r\nConnection: close\r\n\r\n";

fn quick() -> Config {
    let mut config = Config::default();
    config.limits.header_timeout_s = 1;
    config.limits.body_timeout_s = 1;
    config.limits.idle_timeout_s = 1;
    config.limits.drain_timeout_s = 1;
    config
}

#[test]
fn dos_02_a_body_over_the_limit_is_refused_unread_with_awss_envelope() {
    let server = start(Config::default());
    let answer =
        server.raw(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10737418240\r\n\r\nabc");
    assert_eq!(status(&answer), 413);
    assert!(
        answer.contains("<Code>RequestEntityTooLarge</Code>"),
        "{answer}"
    );
    assert!(
        answer.contains("<RequestId>") && answer.contains("x-amzn-requestid: "),
        "{answer}"
    );
    assert!(answer.contains("content-type: text/xml") && answer.contains("connection: close"));
    let answer = server.raw(
        b"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: T.A\r\nContent-Length: 1048577\r\n\r\nabc",
    );
    assert!(
        answer.contains("\"__type\":\"RequestEntityTooLarge\""),
        "{answer}"
    );
    assert_eq!(server.calls(), 0);
    // One byte less is taken.
    let mut most = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n".to_vec();
    most.resize(most.len() + 1_048_576, b'x');
    assert_eq!(told(&server.raw(&most))["bytes"], 1_048_576);
}

#[test]
fn dos_02_slow_headers_slow_bodies_and_idle_connections_are_ended() {
    let server = start(quick());
    let cases: [(&str, &str); 4] = [
        ("nothing", ""),
        ("half a head", "GET / HTTP/1.1\r\nHost: a\r\nX-Sl"),
        (
            "half a body",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
        ),
        ("nothing after a call", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ];
    for (what, sent) in cases {
        let mut stream = server.connect();
        stream.write_all(sent.as_bytes()).unwrap();
        let began = Instant::now();
        rest(&mut stream);
        let took = began.elapsed();
        assert!(
            took > Duration::from_millis(700) && took < Duration::from_secs(4),
            "{what}: {took:?}"
        );
    }
    assert_eq!(server.calls(), 1);
    assert!(
        server
            .metrics
            .text()
            .contains("locum_connections_total{event=\"overdue\"} 4")
    );
}

#[test]
fn dos_02_bytes_that_trickle_in_do_not_extend_the_time() {
    let server = start(quick());
    let mut stream = server.connect();
    let began = Instant::now();
    let head = "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ";
    stream.write_all(head.as_bytes()).unwrap();
    while stream.write_all(b"x").is_ok() {
        std::thread::sleep(Duration::from_millis(50));
        assert!(began.elapsed() < Duration::from_secs(4), "still open");
    }
}

#[test]
fn dos_02_connections_beyond_the_limit_are_turned_away_and_room_comes_back() {
    let mut config = Config::default();
    config.limits.connections_max = 8;
    let server = start(config);
    let mut held: Vec<_> = (0..8).map(|_| server.connect()).collect();
    server.until("all are in", |server| server.edge.connections() == 8);
    let answer = server.raw(GET.as_bytes());
    assert!(status(&answer) == 503 || answer.is_empty(), "{answer}");
    held.pop();
    server.until("one is out", |server| server.edge.connections() == 7);
    assert_eq!(status(&server.raw(GET.as_bytes())), 200);
    assert!(
        server
            .metrics
            .text()
            .contains("locum_connections_total{event=\"turned_away\"} 1")
    );
}

#[test]
fn dos_02_one_source_cannot_take_all_connections() {
    let mut config = Config::default();
    config.limits.connections_per_source_max = 4;
    let server = start(config);
    let held: Vec<_> = (0..4).map(|_| server.connect()).collect();
    server.until("all are in", |server| server.edge.connections() == 4);
    let answer = server.raw(GET.as_bytes());
    assert!(status(&answer) == 503 || answer.is_empty(), "{answer}");
    drop(held);
    server.until("they are out", |server| server.edge.connections() == 0);
    assert_eq!(status(&server.raw(GET.as_bytes())), 200);
}

#[test]
fn dos_02_many_idle_connections_leave_the_server_answering() {
    let server = start(Config::default());
    let held: Vec<_> = (0..400).map(|_| server.connect()).collect();
    server.until("all are in", |server| server.edge.connections() == 400);
    assert_eq!(status(&server.raw(GET.as_bytes())), 200);
    drop(held);
    server.until("all are out", |server| server.edge.connections() == 0);
}

#[test]
fn dos_04_headers_beyond_number_or_size_are_refused() {
    let server = start(Config::default());
    let many: String = (0..10_000).map(|n| format!("X-{n}: a\r\n")).collect();
    let long = "a".repeat(20_000);
    let cases = [
        (
            "10^4 headers",
            format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"),
        ),
        ("101 headers", {
            let some: String = (0..101).map(|n| format!("X-{n}: a\r\n")).collect();
            format!("GET / HTTP/1.1\r\nHost: a\r\n{some}\r\n")
        }),
        (
            "one long header",
            format!("GET / HTTP/1.1\r\nHost: a\r\nX-A: {long}\r\n\r\n"),
        ),
        (
            "a long target",
            format!("GET /?{long} HTTP/1.1\r\nHost: a\r\n\r\n"),
        ),
        (
            "a long method",
            format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "A".repeat(20_000)),
        ),
        (
            "an endless head",
            format!(
                "GET / HTTP/1.1\r\nHost: a\r\n{}",
                "X-A: b\r\n".repeat(100_000)
            ),
        ),
    ];
    for (what, request) in cases {
        let answer = server.raw(request.as_bytes());
        assert!(
            matches!(status(&answer), 400 | 414 | 431 | 0),
            "{what}: {answer}"
        );
    }
    assert_eq!(server.calls(), 0);
    // What AWS clients need fits: a presigned URL with a session token of 4,096 characters.
    let fits = format!(
        "GET /?X-Amz-Security-Token={} HTTP/1.1\r\nHost: a\r\n\r\n",
        "a".repeat(12_000)
    );
    assert_eq!(status(&server.raw(fits.as_bytes())), 200);
}

#[test]
fn a_client_that_leaves_early_costs_nothing() {
    let server = start(Config::default());
    for sent in [
        "",
        "G",
        "GET / HTTP/1.1\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
        "GET /?slow HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let mut stream = server.connect();
        stream.write_all(sent.as_bytes()).unwrap();
        drop(stream);
    }
    server.until("all are out", |server| server.edge.connections() == 0);
    assert_eq!(status(&server.raw(GET.as_bytes())), 200);
}

#[test]
fn a_drain_finishes_calls_and_closes_idle_connections() {
    let mut server = start(Config::default());
    let mut idle = server.connect();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    one(&mut idle);
    let mut busy = server.connect();
    busy.write_all(b"GET /?slow HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    server.until("the slow call is under way", |server| server.calls() == 2);
    let took = server.stop();
    assert!(
        took > Duration::from_millis(300) && took < Duration::from_secs(3),
        "{took:?}"
    );
    assert_eq!(status(&rest(&mut busy)), 200);
    assert_eq!(rest(&mut idle), "");
    assert!(
        std::net::TcpStream::connect(server.address).is_err(),
        "nobody listens any more"
    );
}

#[test]
fn a_drain_ends_in_time_whatever_hangs() {
    let mut server = start(quick());
    let mut stuck = server.connect();
    stuck
        .write_all(b"GET /?forever HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    server.until("it hangs", |server| server.calls() == 1);
    let took = server.stop();
    assert!(
        took > Duration::from_millis(800) && took < Duration::from_secs(3),
        "{took:?}"
    );
    assert_eq!(rest(&mut stuck), "");
}
