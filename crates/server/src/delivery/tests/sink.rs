//! Buckets that hang, answer a byte at a time, refuse, or show a certificate that nobody vouches for.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::config::TrailConfig;
use crate::delivery::sink::{Bucket, Object, SinkError};

/// How long a file may take here.
const TIME_MAX: Duration = Duration::from_millis(800);
/// What a slow machine may add to it.
const SLACK: Duration = Duration::from_secs(5);

const OBJECT: Object<'static> = Object {
    key: "AWSLogs/x.json.gz",
    body: b"packed",
    signature: None,
};

/// An S3 service whose connections are all answered by `answer`; its URL.
pub(super) fn service(answer: impl Fn(TcpStream) + Copy + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || answer(stream.unwrap()));
        }
    });
    url
}

/// Reads a request and answers it. What is left unread when a connection is closed would reset it.
pub(super) fn answer(mut stream: TcpStream, status: &str, body: &str) {
    let mut head = BufReader::new(stream.try_clone().unwrap());
    let (mut line, mut asked) = (String::new(), 0);
    while head.read_line(&mut line).is_ok_and(|read| read > 2) {
        let name = line.to_ascii_lowercase();
        if let Some(value) = name.strip_prefix("content-length:") {
            asked = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let _ = std::io::copy(&mut head.take(asked), &mut std::io::sink());
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}"
    );
}

pub(super) fn bucket(site: &Site, endpoint: &str) -> Bucket {
    let credentials = site.data.join("bucket.json");
    let key = r#"{"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"secret"}"#;
    std::fs::write(&credentials, key).unwrap();
    let config = TrailConfig {
        bucket: "locum-trail".to_owned(),
        credentials: Some(credentials),
        ..TrailConfig::default()
    };
    Bucket::open(&config, endpoint, TIME_MAX).unwrap()
}

fn put(endpoint: &str) -> Result<(), SinkError> {
    let site = site();
    let sink = Sink::Bucket(Box::new(bucket(&site, endpoint)));
    let begun = Instant::now();
    let done = sink.put(OBJECT, NOON_S);
    assert!(begun.elapsed() < TIME_MAX + SLACK, "{:?}", begun.elapsed());
    done
}

fn hang(stream: TcpStream) {
    std::thread::sleep(Duration::from_secs(60));
    drop(stream);
}

/// Each byte comes well before any time-out of a single read could end.
fn drip(mut stream: TcpStream, head: &str) {
    let _ = stream.write_all(head.as_bytes());
    for _ in 0..600 {
        if stream.write_all(b"x").is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn aud_01_a_bucket_that_hangs_or_drips_ends_in_time() {
    let drips: [fn(TcpStream); 3] = [
        hang,
        |stream| drip(stream, "HTTP/1.1 200 OK\r\nx-slow: "),
        |stream| drip(stream, ""),
    ];
    for answer in drips {
        let error = put(&service(answer)).unwrap_err();
        assert_eq!(error.code(), None, "{error}");
    }
    // The status came, what it says did not.
    let error = put(&service(|stream| {
        drip(
            stream,
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 1000\r\n\r\n",
        );
    }));
    assert_eq!(error.unwrap_err().code().as_deref(), Some("AccessDenied"));
}

#[test]
fn aud_01_a_bucket_that_hangs_loses_nothing() {
    let mut site = site();
    site.record(NOON_S, "Call1", ACCOUNT, "us-east-1", "IAMUser");
    let hanging = Sink::Bucket(Box::new(bucket(&site, &service(hang))));
    let right = std::mem::replace(&mut site.delivery.sink, hanging);
    assert!(site.delivery.pass(&site.world, NOON_S + 60).is_err());
    site.record(NOON_S + 60, "Call2", ACCOUNT, "us-east-1", "IAMUser");
    assert!(site.delivery.pass(&site.world, NOON_S + HOUR_S).is_err());
    site.delivery.sink = right;
    site.pass(NOON_S + 2 * HOUR_S);
    site.pass(NOON_S + 3 * HOUR_S);
    assert_eq!(site.names(), ["Call1", "Call2"]);
    assert_eq!(site.faults(), Vec::<String>::new());
}

#[test]
fn what_a_bucket_answers_is_told_by_its_code() {
    type Case = (fn(TcpStream), Option<&'static str>);
    let cases: [Case; 6] = [
        (
            |stream| {
                answer(
                    stream,
                    "404 Not Found",
                    "<Error><Code>NoSuchBucket</Code></Error>",
                )
            },
            Some("NoSuchBucket"),
        ),
        (
            |stream| {
                let body = "<Error><Code>SignatureDoesNotMatch</Code></Error>";
                answer(stream, "403 Forbidden", body);
            },
            Some("SignatureDoesNotMatch"),
        ),
        (
            |stream| answer(stream, "403 Forbidden", ""),
            Some("AccessDenied"),
        ),
        (
            |stream| answer(stream, "503 Busy", "<Code>\u{1b}[31m red</Code>"),
            Some("ServiceUnavailable"),
        ),
        (|stream| answer(stream, "418 Teapot", ""), None),
        // Nobody is sent elsewhere with what was signed for here.
        (
            |stream| answer(stream, "307 Elsewhere\r\nlocation: http://127.0.0.1:1/", ""),
            None,
        ),
    ];
    for (service_of, code) in cases {
        let error = put(&service(service_of)).unwrap_err();
        assert_eq!(error.code().as_deref(), code, "{error}");
    }
    assert!(put(&service(|stream| answer(stream, "200 OK", ""))).is_ok());
}

#[test]
fn aud_07_a_trail_that_is_started_while_digests_are_put_misses_nothing() {
    static ASKED: AtomicBool = AtomicBool::new(false);
    let mut site = site();
    site.own(NOON_S, "Call1");
    site.pass(NOON_S + 60);
    let slow = service(|stream| {
        ASKED.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(150));
        answer(stream, "200 OK", "");
    });
    site.delivery.sink = Sink::Bucket(Box::new(bucket(&site, &slow)));
    let audit = trails::trail("audit");
    std::thread::scope(|scope| {
        let pass = scope.spawn(|| site.pass(NOON_S + HOUR_S));
        while !ASKED.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        site.put(&audit);
        site.own(NOON_S + HOUR_S, "Call2");
        pass.join().unwrap();
    });
    let told = site.told(&audit).expect("the pass delivered to the trail");
    assert!(told.delivered_s >= Some(NOON_S + HOUR_S));
}

#[test]
fn a_bucket_that_takes_a_few_files_at_a_time_gets_them_all() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let mut site = site();
    for number in 0..9 {
        let account = format!("11112222333{number}");
        site.record(NOON_S, "Call1", &account, "us-east-1", "IAMUser");
    }
    let flaky = service(|stream| {
        // Each third request is refused, and a try ends there.
        match ASKED.fetch_add(1, Ordering::SeqCst) % 3 {
            2 => answer(stream, "503 Busy", ""),
            _ => answer(stream, "200 OK", ""),
        }
    });
    let right = Sink::Bucket(Box::new(bucket(&site, &flaky)));
    site.pass(NOON_S + 60);
    site.delivery.sink = right;
    let tries = (1..20).find(|at| {
        site.delivery
            .pass(&site.world, NOON_S + HOUR_S + at)
            .is_ok()
    });
    // Ten chains and their digests, two at a time: those that were put are not put again.
    assert!(tries.is_some_and(|tries| tries > 3), "{tries:?}");
}
