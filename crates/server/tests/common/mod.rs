//! A running edge with a handler that says what it was handed, and raw sockets to talk to it.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test file uses its own part"
)]

pub mod tls;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use locum_server::Config;
use locum_server::edge::Edge;
use locum_server::metrics::Metrics;
use locum_server::operator::{OperatorRefusal, OperatorRequest, Peer};
use locum_server::seam::{Answer, EdgeRefusal, Handler, Operator, Request};
use locum_server::tls::Tls;
use serde_json::{Value, json};

/// Answers what it was handed as JSON. The query commands it: `panic`, `slow`.
#[derive(Clone, Default)]
pub struct Echo {
    pub calls: Arc<AtomicUsize>,
    pub finished: Arc<AtomicUsize>,
    pub unready: Arc<AtomicBool>,
    /// What the edge refused: peer, code and request id.
    pub refused: Arc<Mutex<Vec<(String, String, String)>>>,
    /// The trail cannot be written.
    pub unrecorded: Arc<AtomicBool>,
}

impl Handler for Echo {
    async fn handle(&self, request: Request) -> Answer {
        self.calls.fetch_add(1, Ordering::SeqCst);
        match request.parts.uri.query() {
            Some("panic") => panic!("canary-of-the-panic"),
            Some("slow") => tokio::time::sleep(Duration::from_millis(700)).await,
            Some("forever") => std::future::pending().await,
            _ => {}
        }
        let header = |name: &str| {
            let values = request.parts.headers.get_all(name).iter();
            values
                .map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<String>>()
        };
        let told = json!({
            "method": request.parts.method.as_str(),
            "target": request.parts.uri.to_string(),
            "host": header("host"),
            "authorization": header("authorization"),
            "peer": request.peer.to_string(),
            "tls": request.tls.map(|tls| format!("{} {}", tls.version, tls.cipher_suite)),
            "bytes": request.body.len(),
            "sum": request.body.iter().map(|byte| u64::from(*byte)).sum::<u64>(),
        });
        self.finished.fetch_add(1, Ordering::SeqCst);
        let response = http::Response::new(Bytes::from(told.to_string()));
        Answer {
            response,
            operation: Some(0),
        }
    }

    async fn refused(&self, request: Request, refusal: EdgeRefusal, request_id: String) -> bool {
        if self.unrecorded.load(Ordering::SeqCst) {
            return false;
        }
        // As a commit, which takes its time.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let told = (
            request.peer.to_string(),
            refusal.code.to_owned(),
            request_id,
        );
        self.refused.lock().unwrap().push(told);
        true
    }

    async fn ready(&self) -> bool {
        !self.unready.load(Ordering::SeqCst)
    }

    fn operations(&self) -> Vec<(&'static str, &'static str)> {
        vec![("sts", "GetCallerIdentity"), ("sts", "AssumeRole")]
    }
}

/// Repeats the command, and refuses the account `missing`.
pub struct EchoOperator;

impl Operator for EchoOperator {
    async fn call(&self, request: OperatorRequest, peer: Peer) -> Result<Value, OperatorRefusal> {
        match request {
            OperatorRequest::RootKey { account } if account == "missing" => Err(OperatorRefusal {
                code: "NoSuchEntity".to_owned(),
                message: "There is no account missing.".to_owned(),
            }),
            request => Ok(json!({ "command": request.command(), "uid": peer.uid })),
        }
    }
}

/// An edge on a free port of loopback, in a runtime of its own.
pub struct Running {
    pub address: SocketAddr,
    pub echo: Echo,
    pub edge: Arc<Edge<Echo>>,
    pub metrics: Arc<Metrics>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    ended: Option<std::thread::JoinHandle<()>>,
}

pub fn start(config: Config) -> Running {
    start_with(config, None)
}

pub fn start_with(mut config: Config, tls: Option<Arc<Tls>>) -> Running {
    config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let echo = Echo::default();
    let metrics = Arc::new(Metrics::new(echo.operations(), Vec::new));
    let edge = Arc::new(Edge::new(config, echo.clone(), tls, Arc::clone(&metrics)));
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let (tell, told) = std::sync::mpsc::channel();
    let serving = Arc::clone(&edge);
    let ended = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = serving.listen().unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            serving
                .serve(listener, async { drop(stopped.await) })
                .await
                .unwrap();
        });
    });
    let address = told.recv().unwrap();
    Running {
        address,
        echo,
        edge,
        metrics,
        stop: Some(stop),
        ended: Some(ended),
    }
}

impl Running {
    pub fn connect(&self) -> TcpStream {
        connect(self.address)
    }

    /// Sends bytes on a new connection and reads to its end.
    pub fn raw(&self, bytes: &[u8]) -> String {
        raw(self.address, bytes)
    }

    /// Begins the drain and waits for the end; answers how long it took.
    pub fn stop(&mut self) -> Duration {
        let began = Instant::now();
        drop(self.stop.take());
        if let Some(ended) = self.ended.take() {
            ended.join().unwrap();
        }
        began.elapsed()
    }

    pub fn calls(&self) -> usize {
        self.echo.calls.load(Ordering::SeqCst)
    }

    /// Waits until `condition` holds, at most five seconds.
    pub fn until(&self, what: &str, condition: impl Fn(&Running) -> bool) {
        until(what, || condition(self));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

pub fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

pub fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = connect(address);
    // The server may refuse and close before all is sent.
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    rest(&mut stream)
}

/// Everything up to the end of the connection.
pub fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the connection stays open: {error}"),
        }
    }
    String::from_utf8(answer).unwrap()
}

/// One answer of a connection that stays open: head and body.
pub fn one(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut byte = [0; 1];
    while !answer.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).unwrap() == 0 {
            return String::from_utf8(answer).unwrap();
        }
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse::<usize>().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    head + std::str::from_utf8(&body).unwrap()
}

/// The status of the first answer; 0 when the connection was closed without one.
pub fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .map_or(0, |status| status.parse().unwrap())
}

/// How many answers there are.
pub fn answers(text: &str) -> usize {
    text.matches("HTTP/1.").count()
}

/// What the handler told, of the first answer.
pub fn told(answer: &str) -> Value {
    let body = answer.split("\r\n\r\n").nth(1).unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("no JSON: {answer}"))
}

/// A directory of its own, removed at the end.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Scratch {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!(
            "locum-server-{name}-{}-{number}",
            std::process::id()
        ));
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The permission bits of a file.
pub fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}
