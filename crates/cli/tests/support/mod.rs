//! A stand-in for an STS endpoint, and the built binary with an environment of its own.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    reason = "the tools of tests, of which no test uses all"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// What the stand-in was asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// Headers by lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
    /// Form parameters, decoded.
    pub(crate) form: BTreeMap<String, String>,
}

impl Asked {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.form.get(name).map_or("", String::as_str)
    }
}

/// A server on loopback that answers as `answer` says: status and body.
pub(crate) struct StandIn {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    pub(crate) fn start(
        answer: impl Fn(&Asked, usize) -> (u16, String) + Send + Sync + 'static,
    ) -> StandIn {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&asked), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        StandIn { url, asked }
    }

    /// An endpoint that gives sessions of `lifetime_s` to everybody, each with another key.
    pub(crate) fn giving(lifetime_s: i64) -> StandIn {
        StandIn::start(move |asked, number| (200, good(asked, number, lifetime_s)))
    }

    /// An endpoint that always answers the same.
    pub(crate) fn saying(status: u16, body: &str) -> StandIn {
        let body = body.to_owned();
        StandIn::start(move |_, _| (status, body.clone()))
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    log: &Mutex<Vec<Asked>>,
    answer: &dyn Fn(&Asked, usize) -> (u16, String),
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    if reader.read_line(&mut line).unwrap_or(0) == 0 {
        return;
    }
    let mut asked = Asked::default();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(':') {
            Some((name, value)) => asked
                .headers
                .insert(name.to_ascii_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let length = asked
        .headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    for pair in String::from_utf8(body).unwrap().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        asked.form.insert(decode(name), decode(value));
    }
    let number = {
        let mut log = log.lock().unwrap();
        log.push(asked.clone());
        log.len()
    };
    let (status, body) = answer(&asked, number);
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = (&stream).write_all((head + &body).as_bytes());
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes().iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let hex: Vec<u8> = rest.by_ref().take(2).copied().collect();
                bytes.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            }
            b'+' => bytes.push(b' '),
            other => bytes.push(*other),
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn good(asked: &Asked, number: usize, lifetime_s: i64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64;
    if asked.get("Action") == "GetCallerIdentity" {
        return "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                <Arn>arn:aws:iam::111111111111:user/alice</Arn><UserId>AIDAEXAMPLE</UserId><Account>111111111111</Account>\
                </GetCallerIdentityResult></GetCallerIdentityResponse>"
            .to_owned();
    }
    let (role, name) = (asked.get("RoleArn"), asked.get("RoleSessionName"));
    let short = role.rsplit('/').next().unwrap();
    let account = role.split(':').nth(4).unwrap();
    let end = locum_cli::clock::zulu(now + lifetime_s);
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser>\
         <AssumedRoleId>AROAEXAMPLE:{name}</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/{short}/{name}</Arn>\
         </AssumedRoleUser><Credentials><AccessKeyId>ASIAEXAMPLE{number:05}</AccessKeyId>\
         <SecretAccessKey>secret{number}</SecretAccessKey><SessionToken>token{number}</SessionToken>\
         <Expiration>{end}</Expiration></Credentials><PackedPolicySize>6</PackedPolicySize></AssumeRoleResult></AssumeRoleResponse>"
    )
}

/// An error as STS answers it.
pub(crate) fn sts_error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>11111111-2222-3333-4444-555555555555</RequestId></ErrorResponse>"
    )
}

/// A home directory of one test, and the binary run in it.
pub(crate) struct Home {
    pub(crate) path: PathBuf,
}

impl Home {
    pub(crate) fn new(name: &str) -> Home {
        let path = std::env::temp_dir().join(format!("locum-home-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join(".aws")).unwrap();
        Home { path }
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `locum` with these words; the environment holds nothing of the tester's.
    pub(crate) fn locum(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_locum"));
        command
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.path)
            .env("USER", "tester")
            .env("SHELL", "/bin/sh")
            .current_dir(&self.path)
            .stdin(Stdio::null());
        command
    }

    /// The same with a user's key and an endpoint in the environment.
    pub(crate) fn locum_at(&self, url: &str, words: &[&str]) -> Command {
        let mut command = self.locum(words);
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "source-secret")
            .env("AWS_ENDPOINT_URL", url);
        command
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
