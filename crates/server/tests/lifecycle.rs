//! A server as a process of its own: ready, file modes, the operator's socket, signals, log.
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

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Echo, EchoOperator, Scratch, mode, one, raw, rest, status};
use locum_server::operator::{OperatorError, OperatorRequest, call, socket_of};
use locum_server::seam::Hosted;
use locum_server::{Config, host, write_credentials};
use rustix::process::{Pid, Signal};

/// Not a test: the server that the tests below start, by running this file again.
#[test]
#[ignore = "started by the other tests"]
fn child_server() {
    let env = std::env::vars().filter(|(name, _)| name.starts_with("LOCUM_"));
    let config = Config::load(None, env, []).unwrap();
    std::fs::create_dir_all(&config.data).unwrap();
    let start = |config: Config| async move {
        write_credentials(&config.data, "123456789012", "AKIAEXAMPLE", "canary-secret")?;
        Ok(Hosted {
            handler: Echo::default(),
            operator: EchoOperator,
            account_id: "123456789012".to_owned(),
            figures: Box::new(Vec::new),
        })
    };
    let ended = host(config, start, |ready| {
        println!(
            "\nready {} account {} {}",
            ready.url,
            ready.account_id,
            ready.metrics_url.unwrap_or_default()
        );
    });
    println!("\nended {ended:?}");
    ended.unwrap();
}

/// Not a test: a client of another user.
#[test]
#[ignore = "started by the other tests"]
fn child_operator_client() {
    let socket = PathBuf::from(std::env::var("CHILD_SOCKET").unwrap());
    println!("\nsaid {:?}", call(&socket, &OperatorRequest::Status {}));
}

struct Server {
    child: Child,
    scratch: Scratch,
    address: std::net::SocketAddr,
    metrics: String,
}

fn this_file(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn server(env: &[(&str, &str)]) -> Server {
    server_in(Scratch::new("lifecycle"), "data", env)
}

fn server_in(scratch: Scratch, data: &str, env: &[(&str, &str)]) -> Server {
    let mut command = this_file("child_server");
    command
        .env("LOCUM_DATA", scratch.path(data))
        .env("LOCUM_LISTEN", "127.0.0.1:0")
        .env("LOCUM_LOG_FORMAT", "json")
        .envs(env.iter().copied());
    let mut child = command.spawn().unwrap();
    let ready = line_of(&mut child, "ready ");
    let words: Vec<&str> = ready.split(' ').collect();
    let address = words[1].split("://").nth(1).unwrap().parse().unwrap();
    assert_eq!(words[3], "123456789012");
    Server {
        child,
        scratch,
        address,
        metrics: words.get(4).copied().unwrap_or_default().to_owned(),
    }
}

fn line_of(child: &mut Child, beginning: &str) -> String {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap());
    let mut line = String::new();
    while !line.starts_with(beginning) {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the child ended");
    }
    line.trim_end().to_owned()
}

impl Server {
    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for the end; answers success and everything logged.
    fn end(&mut self) -> (bool, String) {
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        (self.child.wait().unwrap().success(), log)
    }

    fn data(&self) -> PathBuf {
        self.scratch.path("data")
    }
}

#[test]
fn sigterm_and_sigint_drain_and_exit_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = server(&[]);
        let mut busy = common::connect(server.address);
        busy.write_all(b"GET /?slow HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        std::thread::sleep(Duration::from_millis(200));
        let began = Instant::now();
        server.signal(signal);
        assert_eq!(status(&rest(&mut busy)), 200);
        let socket = socket_of(&server.data());
        let (success, log) = server.end();
        assert!(success, "{log}");
        assert!(began.elapsed() < Duration::from_secs(3));
        assert!(log.contains("draining") && log.contains("stopped"), "{log}");
        assert!(!socket.exists());
    }
}

#[test]
fn sighup_does_not_end_it() {
    let mut server = server(&[]);
    server.signal(Signal::HUP);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(
        status(&raw(
            server.address,
            b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        )),
        200
    );
    server.signal(Signal::TERM);
    assert!(server.end().0);
}

#[test]
fn an_address_in_use_is_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let scratch = Scratch::new("lifecycle");
    let mut child = this_file("child_server")
        .env("LOCUM_DATA", scratch.path("data"))
        .env("LOCUM_LISTEN", &address)
        .spawn()
        .unwrap();
    let said = line_of(&mut child, "ended ");
    assert!(said.contains("Listen") && said.contains(&address), "{said}");
    assert!(!child.wait().unwrap().success());
}

#[test]
fn metrics_have_a_listener_of_their_own() {
    let server = server(&[("LOCUM_METRICS_LISTEN", "127.0.0.1:0")]);
    let address = server
        .metrics
        .trim_start_matches("http://")
        .trim_end_matches("/metrics")
        .parse()
        .unwrap();
    assert_ne!(address, server.address);
    let get = |path: &str| {
        raw(
            address,
            format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes(),
        )
    };
    assert!(get("/metrics").contains("locum_build_info{version="));
    for path in ["/", "/healthz", "/metrics/", "/debug/pprof"] {
        assert_eq!(status(&get(path)), 404, "{path}");
    }
    assert_eq!(
        status(&raw(
            address,
            b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        )),
        405
    );
}

#[test]
fn int_11_files_are_their_owners_whatever_the_umask() {
    let mut server = server(&[]);
    assert_eq!(mode(&socket_of(&server.data())), 0o600);
    let credentials = server.data().join(locum_server::CREDENTIALS_NAME);
    assert_eq!(mode(&credentials), 0o600);
    let text = std::fs::read_to_string(credentials).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["Version"], 1);
    assert_eq!(read["AccessKeyId"], "AKIAEXAMPLE");
    assert_eq!(read["SecretAccessKey"], "canary-secret");
    assert_eq!(read["AccountId"], "123456789012");
    server.signal(Signal::TERM);
    let (_, log) = server.end();
    assert!(
        !log.contains("canary"),
        "the secret is in the file only: {log}"
    );
}

#[test]
fn the_operator_is_answered_refused_and_noticed() {
    let mut server = server(&[]);
    let socket = socket_of(&server.data());
    let answer = call(&socket, &OperatorRequest::Status {}).unwrap();
    assert_eq!(answer["command"], "status");
    let refused = call(
        &socket,
        &OperatorRequest::RootKey {
            account: "missing".to_owned(),
        },
    );
    match refused.unwrap_err() {
        OperatorError::Refused(refusal) => assert_eq!(refusal.code, "NoSuchEntity"),
        other => panic!("{other}"),
    }
    // One connection, several lines; what is no request is refused and does not end it.
    let stream = UnixStream::connect(&socket).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let mut lines = BufReader::new(&stream).lines();
    for (line, expected) in [
        (r#"{"command":"status"}"#, "\"result\""),
        ("nonsense", "InvalidRequest"),
        (r#"{"command":"status","as":"root"}"#, "InvalidRequest"),
        (r#"{"command":"rotate-keys"}"#, "\"result\""),
    ] {
        (&stream).write_all(format!("{line}\n").as_bytes()).unwrap();
        let answer = lines.next().unwrap().unwrap();
        assert!(answer.contains(expected), "{line}: {answer}");
    }
    let _ = (&stream).write_all(&vec![b'x'; 70_000]);
    assert!(
        lines
            .next()
            .is_none_or(|line| line.is_err() || line.unwrap().contains("one line"))
    );
    server.signal(Signal::TERM);
    let (_, log) = server.end();
    let alarms = log
        .lines()
        .filter(|line| line.contains("\"alarm\":\"operator\"") && line.contains("WARN"))
        .count();
    assert!(alarms >= 5, "{log}");
}

#[test]
fn a_second_server_takes_over_what_a_killed_one_left() {
    let scratch = Scratch::new("lifecycle");
    std::fs::create_dir_all(scratch.path("data")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(scratch.path("data/operator.sock")).unwrap());
    let server = server_in(scratch, "data", &[]);
    call(&socket_of(&server.data()), &OperatorRequest::Status {}).unwrap();
}

#[test]
fn a_long_data_directory_still_has_an_operators_socket() {
    let long = format!("{}/data", "d".repeat(120));
    let scratch = Scratch::new("lifecycle");
    let socket = socket_of(&scratch.path(&long));
    let server = server_in(scratch, &long, &[]);
    assert!(socket.as_os_str().len() > 107);
    call(&socket, &OperatorRequest::Status {}).unwrap();
    assert_eq!(mode(&socket), 0o600);
    drop(server);
}

#[test]
fn int_08_another_user_may_not_use_the_operators_socket() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not root: another user cannot be played");
        return;
    }
    let mut server = server(&[]);
    let socket = socket_of(&server.data());
    let ask = |socket: &Path| {
        let mut child = this_file("child_operator_client")
            .env("CHILD_SOCKET", socket)
            .uid(65_534)
            .gid(65_534)
            .spawn()
            .ok()?;
        let said = line_of(&mut child, "said ");
        let _ = child.wait();
        Some(said)
    };
    let Some(said) = ask(&socket) else {
        eprintln!("another user cannot run this file");
        return;
    };
    assert!(said.contains("Permission"), "{said}");
    // Even with the modes opened by hand the kernel's word on the peer decides.
    std::fs::set_permissions(&server.scratch.0, PermissionsExt::from_mode(0o777)).unwrap();
    std::fs::set_permissions(server.data(), PermissionsExt::from_mode(0o777)).unwrap();
    std::fs::set_permissions(&socket, PermissionsExt::from_mode(0o777)).unwrap();
    let said = ask(&socket).unwrap();
    assert!(
        said.contains("Err(") && !said.contains("Permission"),
        "{said}"
    );
    call(&socket, &OperatorRequest::Status {}).unwrap();
    server.signal(Signal::TERM);
    let (_, log) = server.end();
    assert!(
        log.contains("foreign user refused") && log.contains("65534"),
        "{log}"
    );
}

#[test]
fn int_06_the_log_holds_no_headers_bodies_or_panic_messages_at_trace() {
    let mut server = server(&[("LOCUM_LOG_LEVEL", "trace")]);
    let mut stream = common::connect(server.address);
    let request = "POST /?canary-query HTTP/1.1\r\nHost: canary-host\r\nAuthorization: AWS4 canary-authorization\r\n\
        X-Amz-Security-Token: canary-token\r\nContent-Length: 11\r\n\r\ncanary-body";
    stream.write_all(request.as_bytes()).unwrap();
    one(&mut stream);
    raw(server.address, b"GET /?panic HTTP/1.1\r\nHost: a\r\n\r\n");
    raw(
        server.address,
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: canary\r\n\r\n",
    );
    raw(server.address, b"canary canary canary\r\n\r\n");
    server.signal(Signal::TERM);
    let (success, log) = server.end();
    assert!(success && !log.contains("canary"), "{log}");
    assert!(
        log.contains("\"alarm\":\"panic\"") && log.contains("tests/common/mod.rs"),
        "{log}"
    );
    for line in log.lines().filter(|line| line.starts_with('{')) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["timestamp"].is_string() && line["level"].is_string());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
