//! The real server in a process of its own: first start, signed calls, the operator, restarts.
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

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::{Scratch, mode, raw, status};
use locum_server::operator::{OperatorError, OperatorRequest, call, socket_of};
use locum_server::{CREDENTIALS_NAME, Config};
use locum_sigv4::{Credentials, Header, RequestView, sign};
use rustix::process::{Pid, Signal};

/// Not a test: the server that the tests below start.
#[test]
#[ignore = "started by the other tests"]
fn child_server() {
    let env = std::env::vars().filter(|(name, _)| name.starts_with("LOCUM_"));
    // What happened is said before anything panics.
    let ended = locum_server::run(Config::load(None, env, []).unwrap(), |ready| {
        println!("\nready {} account {}", ready.url, ready.account_id);
    });
    println!("\nended {ended:?}");
    ended.unwrap();
}

struct Server {
    child: Child,
    address: std::net::SocketAddr,
    account: String,
    data: PathBuf,
}

fn spawn(scratch: &Scratch, env: &[(&str, &str)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child_server", "--exact", "--ignored", "--nocapture"])
        .env("LOCUM_DATA", scratch.path("data"))
        .env("LOCUM_LISTEN", "127.0.0.1:0")
        .envs(env.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn line_of(child: &mut Child, beginning: &str) -> String {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap());
    let mut line = String::new();
    while !line.starts_with(beginning) {
        assert!(!line.starts_with("ended"), "instead of {beginning}: {line}");
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the child ended");
    }
    line.trim_end().to_owned()
}

fn start(scratch: &Scratch, env: &[(&str, &str)]) -> Server {
    let mut child = spawn(scratch, env);
    let ready = line_of(&mut child, "ready ");
    let words: Vec<&str> = ready.split(' ').collect();
    Server {
        child,
        address: words[1].trim_start_matches("http://").parse().unwrap(),
        account: words[3].to_owned(),
        data: scratch.path("data"),
    }
}

impl Server {
    fn credentials(&self) -> serde_json::Value {
        let text = std::fs::read_to_string(self.data.join(CREDENTIALS_NAME)).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// Signs and sends GetCallerIdentity with these credentials.
    fn who_am_i(&self, credentials: &serde_json::Value) -> String {
        let text = |name: &str| credentials[name].as_str().unwrap();
        let body = "Action=GetCallerIdentity&Version=2011-06-15";
        let host = self.address.to_string();
        let kind = "application/x-www-form-urlencoded";
        let headers = [
            Header {
                name: "host",
                value: host.as_bytes(),
            },
            Header {
                name: "content-type",
                value: kind.as_bytes(),
            },
        ];
        let view = RequestView {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
            body: body.as_bytes(),
        };
        let keys = Credentials {
            access_key_id: text("AccessKeyId"),
            secret: text("SecretAccessKey"),
            session_token: None,
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs() as i64;
        let signed: String = sign(&view, &keys, now, "us-east-1", "sts")
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n{signed}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        raw(self.address, request.as_bytes())
    }

    fn end(&mut self, signal: Signal) -> String {
        rustix::process::kill_process(Pid::from_child(&self.child), signal).unwrap();
        self.child.wait().unwrap();
        let mut log = String::new();
        std::io::Read::read_to_string(&mut self.child.stderr.take().unwrap(), &mut log).unwrap();
        log
    }

    fn trail(&self) -> String {
        let days = std::fs::read_dir(self.data.join("trail")).unwrap();
        days.map(|day| std::fs::read_to_string(day.unwrap().path()).unwrap_or_default())
            .collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn int_01_the_first_start_makes_one_administrator_and_no_other_key() {
    let scratch = Scratch::new("first");
    let mut server = start(&scratch, &[]);
    let first = server.credentials();
    assert_eq!(mode(&server.data), 0o700);
    assert_eq!(mode(&server.data.join(CREDENTIALS_NAME)), 0o600);
    assert_eq!(first["AccountId"], server.account.as_str());
    assert_eq!(first["SecretAccessKey"].as_str().unwrap().len(), 40);
    let answer = server.who_am_i(&first);
    assert_eq!(status(&answer), 200, "{answer}");
    assert!(
        answer.contains(&format!("arn:aws:iam::{}:user/admin", server.account)),
        "{answer}"
    );
    for (id, secret) in [
        ("minioadmin", "minioadmin"),
        (
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("test", "test"),
        ("admin", "admin"),
        ("", ""),
    ] {
        let answer =
            server.who_am_i(&serde_json::json!({ "AccessKeyId": id, "SecretAccessKey": secret }));
        assert!(
            status(&answer) >= 400 && status(&answer) < 500,
            "{id}: {answer}"
        );
    }
    let log = server.end(Signal::TERM);
    let secret = first["SecretAccessKey"].as_str().unwrap();
    assert!(!log.contains(secret) && !server.trail().contains(secret));
    assert!(
        server
            .trail()
            .contains("\"eventName\":\"GetCallerIdentity\"")
    );

    // The next start changes nothing.
    let again = start(&scratch, &[]);
    assert_eq!(again.account, server.account);
    assert_eq!(again.credentials(), first);
    assert_eq!(status(&again.who_am_i(&first)), 200);
}

/// Killed at any moment of its first start, the next one ends with credentials that work.
#[test]
fn a_killed_first_start_never_leaves_an_installation_without_its_key() {
    for delay_us in (0..40).map(|step| step * 1_500) {
        let scratch = Scratch::new("first");
        let mut child = spawn(&scratch, &[]);
        std::thread::sleep(Duration::from_micros(delay_us));
        child.kill().unwrap();
        child.wait().unwrap();
        let server = start(&scratch, &[]);
        let answer = server.who_am_i(&server.credentials());
        assert_eq!(status(&answer), 200, "killed after {delay_us} us: {answer}");
    }
}

fn create(name: &str) -> OperatorRequest {
    OperatorRequest::CreateAccount {
        name: name.to_owned(),
        email: None,
        root_key: true,
    }
}

fn rotate(retire: Option<u32>, revoke: Option<u32>) -> OperatorRequest {
    OperatorRequest::RotateKeys { retire, revoke }
}

fn root_key(account: &str) -> OperatorRequest {
    OperatorRequest::RootKey {
        account: account.to_owned(),
    }
}

#[test]
fn the_operator_makes_accounts_rotates_and_backs_up() {
    let scratch = Scratch::new("first");
    let mut server = start(&scratch, &[]);
    let socket = socket_of(&server.data);
    let ask = |request: OperatorRequest| call(&socket, &request).unwrap();
    let began = Instant::now();
    let made = ask(create("tenant"));
    assert!(began.elapsed() < Duration::from_millis(500));
    assert_eq!(made.as_object().unwrap().len(), 3);
    let account = made["AccountId"].as_str().unwrap();
    let answer = server.who_am_i(&made);
    assert!(
        answer.contains(&format!("arn:aws:iam::{account}:root")),
        "{answer}"
    );
    assert_eq!(status(&server.who_am_i(&ask(root_key(account)))), 200);
    let found = ask(OperatorRequest::Status {});
    assert_eq!(found["Accounts"], 2);
    assert_eq!(found["Keys"][0]["State"], "active");
    let ring = ask(rotate(Some(1), None));
    assert_eq!(ring["Keys"][0]["State"], "retired");
    assert_eq!(ring["Keys"][1]["State"], "active");
    let copy = scratch.path("copy.redb");
    ask(OperatorRequest::Backup { file: copy.clone() });
    assert_eq!(mode(&copy), 0o600);
    let trail = server.trail();
    for event in [
        "CreateInstallation",
        "CreateAccount",
        "CreateRootAccessKey",
        "GetStatus",
        "RotateSessionKeys",
        "Backup",
    ] {
        assert!(
            trail.contains(&format!("\"eventName\":\"{event}\"")),
            "{event} left no record"
        );
    }
    let log = server.end(Signal::TERM);
    let secret = made["SecretAccessKey"].as_str().unwrap();
    assert!(!log.contains(secret) && !trail.contains(secret));
}

fn why(call: &str) -> OperatorRequest {
    OperatorRequest::Why {
        call: call.to_owned(),
        columns: None,
    }
}

fn can(principal: &str, action: &str) -> OperatorRequest {
    OperatorRequest::Can {
        principal: principal.to_owned(),
        action: action.to_owned(),
        resource: "*".to_owned(),
        context: vec![],
        session_policy: None,
        scp: Vec::new(),
        rcp: Vec::new(),
        columns: Some(80),
    }
}

#[test]
fn the_operator_asks_what_somebody_can() {
    let scratch = Scratch::new("first");
    let server = start(&scratch, &[]);
    let socket = socket_of(&server.data);
    let made = call(&socket, &create("tenant")).unwrap();
    let account = made["AccountId"].as_str().unwrap();
    let root = format!("arn:aws:iam::{account}:root");
    let told = call(&socket, &can(&root, "iam:ListUsers")).unwrap();
    assert_eq!(told["Decision"], "allow");
    let role = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    let told = call(&socket, &can(&role, "iam:ListUsers")).unwrap();
    assert_eq!(told["Decision"], "allow");
    assert_eq!(
        told["View"]["Policies"][0]["name"],
        "arn:aws:iam::aws:policy/AdministratorAccess"
    );
    assert!(server.trail().contains("\"eventName\":\"AskPolicies\""));
}

#[test]
fn the_operators_mistakes_are_named_and_change_nothing() {
    let scratch = Scratch::new("first");
    let server = start(&scratch, &[]);
    let socket = socket_of(&server.data);
    let taken = scratch.write("taken", "");
    let before = call(&socket, &OperatorRequest::Status {}).unwrap();
    for (request, code) in [
        (rotate(Some(2), None), "InvalidRequest"),
        (rotate(Some(1), Some(1)), "InvalidRequest"),
        (rotate(None, Some(9)), "NoSuchEntity"),
        (root_key("1"), "InvalidAccountId"),
        (root_key("999999999999"), "NoSuchEntity"),
        (create(""), "InvalidInput"),
        (can("nobody", "iam:ListUsers"), "InvalidInput"),
        (
            can("arn:aws:iam::999999999999:root", "iam:*"),
            "InvalidInput",
        ),
        (why("no id at all"), "InvalidRequest"),
        (why("01234567-89ab-cdef-0123-456789abcdef"), "NoSuchEntity"),
        (OperatorRequest::Backup { file: taken }, "BackupFailed"),
        (
            OperatorRequest::Backup {
                file: "relative".into(),
            },
            "InvalidRequest",
        ),
    ] {
        match call(&socket, &request) {
            Err(OperatorError::Refused(refusal)) => assert_eq!(refusal.code, code, "{request:?}"),
            other => panic!("{request:?}: {other:?}"),
        }
    }
    assert_eq!(call(&socket, &OperatorRequest::Status {}).unwrap(), before);
}

#[test]
fn readiness_health_and_metrics_of_the_real_store() {
    let scratch = Scratch::new("first");
    let server = start(&scratch, &[]);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            status(&raw(
                server.address,
                format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()
            )),
            200
        );
    }
}

#[test]
fn a_directory_in_use_or_open_to_others_is_refused() {
    let scratch = Scratch::new("first");
    let server = start(&scratch, &[]);
    let mut second = spawn(&scratch, &[]);
    let said = line_of(&mut second, "ended ");
    assert!(said.contains("in use"), "{said}");
    assert!(!second.wait().unwrap().success());
    drop(server);
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(scratch.path("data"), PermissionsExt::from_mode(0o755)).unwrap();
    let mut open = spawn(&scratch, &[]);
    let said = line_of(&mut open, "ended ");
    assert!(said.contains("Err("), "int_11: {said}");
    let _ = open.wait();
}

/// A copy put back makes revoked things valid again, so it is opened by the operator's word only,
/// and every session sealed before ends.
#[test]
fn a_store_put_back_is_refused_until_the_operator_accepts_it_once() {
    let scratch = Scratch::new("first");
    let mut server = start(&scratch, &[]);
    let first = server.credentials();
    let socket = socket_of(&server.data);
    let copy = scratch.path("copy.redb");
    call(&socket, &OperatorRequest::Backup { file: copy.clone() }).unwrap();
    for name in ["one", "two", "three"] {
        call(&socket, &create(name)).unwrap();
    }
    // The fence follows within a moment.
    std::thread::sleep(Duration::from_secs(1));
    server.end(Signal::TERM);
    std::fs::copy(&copy, scratch.path("data/locum.redb")).unwrap();

    let mut refused = spawn(&scratch, &[]);
    let said = line_of(&mut refused, "ended ");
    assert!(
        said.contains("Err(") && said.contains("restored copy"),
        "{said}"
    );
    let _ = refused.wait();

    let mut accepted = start(&scratch, &[("LOCUM_ACCEPT_RESTORED_STORE", "true")]);
    assert_eq!(status(&accepted.who_am_i(&first)), 200);
    let found = call(&socket, &OperatorRequest::Status {}).unwrap();
    assert_eq!(found["Accounts"], 1);
    let states: Vec<&str> = found["Keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["State"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["revoked", "active"]);
    assert!(accepted.end(Signal::TERM).contains("restored_store"));
    let again = start(&scratch, &[]);
    assert_eq!(status(&again.who_am_i(&first)), 200);
}
