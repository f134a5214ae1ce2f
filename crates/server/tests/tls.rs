//! TLS: versions, certificates that change, clients that say nothing.
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

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use common::tls::{ask, certificate, client_config, connect, files, start};
use common::{rest, status, told};
use locum_server::tls::{Look, Reload, Tls};
use locum_server::{Config, ServerError};
use rustls::pki_types::CertificateDer;

#[test]
fn both_versions_are_spoken_and_the_call_knows_which() {
    let files = files();
    let (server, _) = start(&files, Config::default());
    for (version, expected) in [
        (&rustls::version::TLS13, "TLSv1.3 TLS_AES_"),
        (&rustls::version::TLS12, "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_"),
    ] {
        let answer = ask(&mut connect(
            &server,
            client_config(&files.der, &[version], &["http/1.1"]),
        ))
        .unwrap();
        assert_eq!(status(&answer), 200, "{answer}");
        let tls = told(&answer)["tls"].as_str().unwrap().to_owned();
        assert!(tls.starts_with(expected), "{tls}");
    }
}

#[test]
fn plain_http_on_a_tls_port_gets_nothing() {
    let files = files();
    let (server, _) = start(&files, Config::default());
    let answer = server.connect();
    let mut stream = answer;
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert_eq!(server.calls(), 0);
    server.until("the failure is counted", |server| {
        server
            .metrics
            .text()
            .contains("event=\"handshake_failed\"} 1")
    });
}

#[test]
fn dos_06_half_open_handshakes_end_with_the_drain_and_do_not_hold_others_up() {
    let files = files();
    let (mut server, _) = start(&files, Config::default());
    let mut silent: Vec<_> = (0..50).map(|_| server.connect()).collect();
    for stream in &mut silent {
        stream.write_all(b"\x16\x03\x01\x02\x00").unwrap();
    }
    server.until("all are in", |server| server.edge.connections() == 50);
    let config = client_config(&files.der, rustls::ALL_VERSIONS, &[]);
    assert_eq!(status(&ask(&mut connect(&server, config)).unwrap()), 200);
    assert!(server.stop() < Duration::from_secs(2));
    for stream in &mut silent {
        assert_eq!(rest(stream), "");
    }
}

#[test]
fn dos_06_a_handshake_of_ten_seconds_is_too_long() {
    let files = files();
    let (server, _) = start(&files, Config::default());
    let mut silent = server.connect();
    silent
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let began = Instant::now();
    assert_eq!(rest(&mut silent), "");
    let took = began.elapsed();
    assert!(
        took > Duration::from_secs(9) && took < Duration::from_secs(13),
        "{took:?}"
    );
}

#[test]
fn a_new_certificate_is_taken_and_a_bad_one_is_not() {
    let files = files();
    let (server, tls) = start(&files, Config::default());
    let trusts = |der: &CertificateDer<'static>| {
        ask(&mut connect(
            &server,
            client_config(der, rustls::ALL_VERSIONS, &[]),
        ))
        .is_ok()
    };
    assert!(trusts(&files.der));
    assert_eq!(tls.reload(Look::IfChanged).unwrap(), Reload::Unchanged);

    let (chain, key, new) = certificate();
    files.scratch.write(
        "chain.pem",
        "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
    );
    assert!(tls.reload(Look::Anyway).is_err());
    files.scratch.write("chain.pem", &chain);
    let error = tls.reload(Look::Anyway).unwrap_err();
    assert!(
        matches!(error, ServerError::Certificate { .. }),
        "the key is the old one's: {error}"
    );
    assert!(trusts(&files.der) && !trusts(&new), "the one in use stays");

    files.scratch.write("key.pem", &key);
    assert_eq!(tls.reload(Look::IfChanged).unwrap(), Reload::Done);
    assert!(trusts(&new) && !trusts(&files.der));
}

#[test]
fn unusable_certificates_are_refused_naming_the_file() {
    let files = files();
    let (_, other_key, _) = certificate();
    let cases = [
        ("chain.pem", "", "no certificate in it"),
        ("chain.pem", "hello", "no certificate in it"),
        ("key.pem", "", "no private key in it"),
        ("key.pem", &other_key, "key.pem: "),
    ];
    for (name, text, expected) in cases {
        let before = std::fs::read_to_string(files.scratch.path(name)).unwrap();
        files.scratch.write(name, text);
        let error = Tls::load(&files.certificate, &files.key)
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(name) && error.contains(expected), "{error}");
        files.scratch.write(name, &before);
    }
    let missing = files.scratch.path("missing.pem");
    assert!(
        Tls::load(&missing, &files.key)
            .err()
            .unwrap()
            .to_string()
            .contains("missing.pem")
    );
}
