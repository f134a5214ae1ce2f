//! A load generator that costs little: one thread, requests signed in advance, one write and one read each.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

/// Kept-alive connections unless the command line says otherwise.
pub const CONNECTIONS: usize = 64;

/// Requests ready to be sent, back to back in one buffer.
#[derive(Debug, Default)]
pub struct Pool {
    bytes: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

impl Pool {
    /// Adds one request.
    pub fn push(&mut self, request: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(request);
        self.ranges.push(start..self.bytes.len());
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    fn get(&self, number: usize) -> Option<&[u8]> {
        self.bytes.get(self.ranges.get(number)?.clone())
    }
}

/// What came of sending a pool once.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Answers with status 200.
    pub answered: usize,
    /// Other answers; the first of them as text.
    pub failed: usize,
    pub first_failure: Option<String>,
    /// From the first request to the last answer.
    pub wall: Duration,
    /// Time from sending to having the whole answer, microseconds, sorted.
    latencies_us: Vec<u32>,
}

impl Outcome {
    /// The latency that this share of requests stayed below, microseconds.
    pub fn percentile_us(&self, share: f64) -> u32 {
        let last = self.latencies_us.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.latencies_us.get(at).copied().unwrap_or(0)
    }
}

struct Connection {
    stream: TcpStream,
    request: usize,
    written: usize,
    read: Vec<u8>,
    sent: Instant,
}

/// Sends every request of `pool` once over `connections` kept-alive connections.
pub fn run(address: SocketAddr, pool: &Pool, connections: usize) -> std::io::Result<Outcome> {
    let mut poll = Poll::new()?;
    let mut events = Events::with_capacity(connections);
    let mut open = Vec::with_capacity(connections);
    let mut next = 0;
    let began = Instant::now();
    for number in 0..connections.min(pool.len()) {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry()
            .register(&mut stream, Token(number), interest)?;
        open.push(Connection {
            stream,
            request: next,
            written: 0,
            read: Vec::with_capacity(4_096),
            sent: began,
        });
        next += 1;
    }
    let mut outcome = Outcome {
        answered: 0,
        failed: 0,
        first_failure: None,
        wall: Duration::ZERO,
        latencies_us: Vec::with_capacity(pool.len()),
    };
    let began = Instant::now();
    for connection in &mut open {
        connection.sent = Instant::now();
        connection.write(pool)?;
    }
    let mut left = pool.len();
    while left > 0 {
        poll.poll(&mut events, Some(Duration::from_secs(20)))?;
        if events.is_empty() {
            return Err(std::io::Error::new(
                ErrorKind::TimedOut,
                "no answer for 20 seconds",
            ));
        }
        for event in &events {
            let Some(connection) = open.get_mut(event.token().0) else {
                continue;
            };
            if event.is_writable() {
                connection.write(pool)?;
            }
            if !event.is_readable() || !connection.answered()? {
                continue;
            }
            outcome.count(connection);
            left -= 1;
            if next < pool.len() {
                connection.request = next;
                next += 1;
                connection.written = 0;
                connection.sent = Instant::now();
                connection.write(pool)?;
            }
        }
    }
    outcome.wall = began.elapsed();
    outcome.latencies_us.sort_unstable();
    Ok(outcome)
}

impl Outcome {
    fn count(&mut self, connection: &mut Connection) {
        let took = connection.sent.elapsed().as_micros();
        self.latencies_us
            .push(u32::try_from(took).unwrap_or(u32::MAX));
        if connection.read.get(9..12) == Some(b"200") {
            self.answered += 1;
        } else {
            self.failed += 1;
            let text = || String::from_utf8_lossy(&connection.read).into_owned();
            self.first_failure.get_or_insert_with(text);
        }
        connection.read.clear();
    }
}

impl Connection {
    fn write(&mut self, pool: &Pool) -> std::io::Result<()> {
        let request = pool.get(self.request).unwrap_or_default();
        while let Some(rest) = request.get(self.written..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(written) => self.written += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what is there; is the answer whole? Nothing follows a whole answer until the next request
    /// is sent, so one read is enough then.
    fn answered(&mut self) -> std::io::Result<bool> {
        let mut chunk = [0; 8_192];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => {
                    return Err(std::io::Error::new(
                        ErrorKind::UnexpectedEof,
                        "the server hung up",
                    ));
                }
                Ok(count) => self
                    .read
                    .extend_from_slice(chunk.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
            if whole(&self.read) {
                return Ok(true);
            }
        }
    }
}

/// Is this a whole answer? Both servers send `content-length` in lower case.
fn whole(answer: &[u8]) -> bool {
    let find = |needle: &[u8]| {
        answer
            .windows(needle.len())
            .position(|window| window == needle)
    };
    let Some(end) = find(b"\r\n\r\n") else {
        return false;
    };
    let Some(at) = find(b"content-length: ") else {
        return false;
    };
    let digits = answer.get(at + 16..).unwrap_or_default();
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0usize, |length, digit| {
        length * 10 + usize::from(digit - b'0')
    });
    answer.len() >= end + 4 + length
}
