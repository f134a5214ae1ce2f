//! HTTP/2: calls that overlap, and clients that flood.
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

use bytes::Bytes;
use common::Running;
use common::tls::{client_config, connect, files, start};
use locum_server::Config;
use rustls::pki_types::{CertificateDer, ServerName};

async fn h2(
    server: &Running,
    der: &CertificateDer<'static>,
) -> (
    h2::client::SendRequest<Bytes>,
    tokio::task::JoinHandle<Result<(), h2::Error>>,
) {
    let config = client_config(der, &[&rustls::version::TLS13], &["h2"]);
    let stream = tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = tokio_rustls::TlsConnector::from(config)
        .connect(name, stream)
        .await
        .unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (sender, connection) = h2::client::handshake(stream).await.unwrap();
    (sender, tokio::spawn(connection))
}

fn request(uri: &str) -> http::Request<()> {
    http::Request::post(uri)
        .version(http::Version::HTTP_2)
        .body(())
        .unwrap()
}

async fn body(response: http::Response<h2::RecvStream>) -> String {
    let mut body = response.into_body();
    let mut text = Vec::new();
    while let Some(data) = body.data().await {
        text.extend_from_slice(&data.unwrap());
    }
    String::from_utf8(text).unwrap()
}

fn on_tokio<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(async {
            tokio::time::timeout(Duration::from_secs(30), future)
                .await
                .expect("in time")
        })
}

#[test]
fn http_2_calls_arrive_with_their_host_and_overlap() {
    let files = files();
    let (server, _) = start(&files, Config::default());
    on_tokio(async {
        let (mut sender, _connection) = h2(&server, &files.der).await;
        let (slow, _) = sender
            .send_request(request("https://sts.test/?slow"), true)
            .unwrap();
        let (quick, mut sending) = sender
            .send_request(request("https://sts.test/"), false)
            .unwrap();
        sending.send_data(Bytes::from_static(b"abc"), true).unwrap();
        let began = Instant::now();
        let told: serde_json::Value =
            serde_json::from_str(&body(quick.await.unwrap()).await).unwrap();
        assert!(began.elapsed() < Duration::from_millis(600));
        assert_eq!(told["host"], serde_json::json!(["sts.test"]));
        assert_eq!(told["bytes"], 3);
        assert!(told["tls"].as_str().unwrap().starts_with("TLSv1.3"));
        assert_eq!(slow.await.unwrap().status(), 200);
        // A second host beside :authority would be signed, this one routed to.
        let mut two = request("https://sts.test/");
        two.headers_mut()
            .insert("host", "evil.test".parse().unwrap());
        let (answer, _) = sender.send_request(two, true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 400);
        let (large, _) = {
            let mut large = request("https://sts.test/");
            large
                .headers_mut()
                .insert("content-length", "10737418240".parse().unwrap());
            sender.send_request(large, false).unwrap()
        };
        assert_eq!(large.await.unwrap().status(), 413);
    });
}

#[test]
fn dos_02_an_http_2_body_without_a_length_is_bounded() {
    let files = files();
    let (server, _) = start(&files, Config::default());
    on_tokio(async {
        let (mut sender, _connection) = h2(&server, &files.der).await;
        let (answer, mut sending) = sender.send_request(request("https://a/"), false).unwrap();
        for _ in 0..200 {
            sending.reserve_capacity(16_384);
            // Refused meanwhile: the stream is reset.
            if !matches!(
                std::future::poll_fn(|cx| sending.poll_capacity(cx)).await,
                Some(Ok(_))
            ) {
                break;
            }
            if sending
                .send_data(Bytes::from(vec![0; 16_384]), false)
                .is_err()
            {
                break;
            }
        }
        let answer = answer.await;
        assert!(answer.is_err() || answer.unwrap().status() == 413);
    });
    assert_eq!(server.calls(), 0);
}

#[test]
fn dos_03_rapid_resets_end_the_connection_and_not_the_server() {
    let files = files();
    let (server, _) = start(&files, Config::default());
    on_tokio(async {
        let (mut sender, connection) = h2(&server, &files.der).await;
        let mut sent = 0;
        for _ in 0..100_000 {
            let Ok(ready) = sender.clone().ready().await else {
                break;
            };
            sender = ready;
            let Ok((_, mut stream)) = sender.send_request(request("https://a/?forever"), false)
            else {
                break;
            };
            stream.send_reset(h2::Reason::CANCEL);
            sent += 1;
            if sent % 100 == 0 {
                tokio::task::yield_now().await;
            }
        }
        assert!(sent < 100_000, "the server put up with it");
        let ended = connection.await.unwrap();
        assert!(ended.is_err() || sender.ready().await.is_err());
        let (mut other, _connection) = h2(&server, &files.der).await;
        let (answer, _) = other.send_request(request("https://a/"), true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 200);
    });
}

#[test]
fn dos_03_headers_and_streams_beyond_the_limit_are_refused() {
    let files = files();
    let (server, _) = start(&files, Config::default());
    on_tokio(async {
        let (mut sender, _connection) = h2(&server, &files.der).await;
        let mut large = request("https://a/");
        for n in 0..40 {
            let name = http::HeaderName::from_bytes(format!("x-{n}").as_bytes()).unwrap();
            large.headers_mut().insert(
                name,
                http::HeaderValue::from_str(&"a".repeat(1_000)).unwrap(),
            );
        }
        let (answer, _) = sender.send_request(large, true).unwrap();
        let answer = answer.await;
        assert!(answer.is_err() || answer.unwrap().status() == 431);
        assert_eq!(server.calls(), 0);
        let (mut sender, _connection) = h2(&server, &files.der).await;
        let (first, _) = sender.send_request(request("https://a/"), true).unwrap();
        assert_eq!(first.await.unwrap().status(), 200);
        // Settings have arrived with the first answer.
        assert_eq!(sender.current_max_send_streams(), 128);
    });
}

/// CONTINUATION and settings floods, written by hand: a client library would not send them.
#[test]
fn dos_03_frame_floods_end_the_connection() {
    let files = files();
    let (server, _) = start(&files, Config::default());
    let frame = |kind: u8, flags: u8, stream: u8, payload: &[u8]| {
        let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags, 0, 0, 0, stream]);
        frame.extend_from_slice(payload);
        frame
    };
    let floods: [(&str, Vec<u8>, Vec<u8>); 2] = [
        // HEADERS without END_HEADERS, then CONTINUATION for ever.
        (
            "continuation",
            frame(1, 0, 1, &[0x82, 0x86, 0x84]),
            frame(9, 0, 1, &[b'\0'; 0]),
        ),
        (
            "large continuation",
            frame(1, 0, 1, &[0x82, 0x86, 0x84]),
            frame(9, 0, 1, &[0x40; 4_000]),
        ),
    ];
    for (what, first, again) in floods {
        let mut stream = connect(
            &server,
            client_config(&files.der, &[&rustls::version::TLS13], &["h2"]),
        );
        stream
            .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
            .unwrap();
        stream.write_all(&frame(4, 0, 0, &[])).unwrap();
        stream.write_all(&first).unwrap();
        let many = again.repeat(20);
        let began = Instant::now();
        let ended = (0..100_000).any(|_| {
            stream
                .write_all(&many)
                .and_then(|()| stream.flush())
                .is_err()
        });
        assert!(ended && began.elapsed() < Duration::from_secs(10), "{what}");
    }
    assert_eq!(server.calls(), 0);
}

#[test]
fn a_drain_says_goodbye_on_http_2() {
    let files = files();
    let (mut server, _) = start(&files, Config::default());
    on_tokio(async {
        let (mut sender, connection) = h2(&server, &files.der).await;
        let (slow, _) = sender
            .send_request(request("https://a/?slow"), true)
            .unwrap();
        while server.calls() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let took = tokio::task::block_in_place(|| server.stop());
        assert!(took < Duration::from_secs(4), "{took:?}");
        assert_eq!(slow.await.unwrap().status(), 200);
        assert!(connection.await.unwrap().is_ok(), "GOAWAY without an error");
    });
    assert!(std::net::TcpStream::connect(server.address).is_err());
}
