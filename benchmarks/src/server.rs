//! A server as a child process: started, measured from outside, stopped.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to its line `ready …`.
    pub start_up: Duration,
}

impl Server {
    /// `locum serve` on `data`.
    pub fn locum(program: &Path, data: &Path) -> Server {
        let mut command = Command::new(program);
        command
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(["--listen", "127.0.0.1:0"]);
        // Nothing of the environment may change what is measured.
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        Server::start(command)
    }

    /// Locum's server with its records kept or discarded (the program `records`, beside this one).
    pub fn recording(records: &str, data: &Path) -> Server {
        let program = std::env::current_exe().expect("this program's path");
        let mut command = Command::new(program.with_file_name("records"));
        command.arg(records).arg(data);
        Server::start(command)
    }

    /// The bare server, answering `bytes` bytes.
    pub fn bare(bytes: usize, threads: &str) -> Server {
        let program = std::env::current_exe().expect("this program's path");
        let mut command = Command::new(program);
        command
            .arg("bare-server")
            .arg(bytes.to_string())
            .arg(threads);
        Server::start(command)
    }

    fn start(mut command: Command) -> Server {
        let began = Instant::now();
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child process");
        let mut line = String::new();
        let out = child.stdout.take().expect("a pipe");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let start_up = began.elapsed();
        let url = line
            .split_whitespace()
            .find_map(|word| word.strip_prefix("http://"));
        let address = url.and_then(|url| url.trim_end_matches('/').parse().ok());
        let address = address.unwrap_or_else(|| panic!("{command:?} said {line:?}"));
        Server {
            child,
            address,
            start_up,
        }
    }

    /// CPU time of the process so far, microseconds: what the scheduler counted for its threads. It is the
    /// user and system time of /proc/PID/stat, in nanoseconds instead of hundredths of a second.
    pub fn cpu_us(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let mut ns = 0.0;
        for task in tasks.into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let first = text
                .split(' ')
                .next()
                .and_then(|field| field.parse::<f64>().ok());
            ns += first.unwrap_or(0.0);
        }
        ns / 1_000.0
    }

    /// Resident memory, MiB.
    pub fn rss_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .unwrap_or_default();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap_or("");
        let kib: f64 = line
            .split_whitespace()
            .next()
            .and_then(|number| number.parse().ok())
            .unwrap_or(0.0);
        kib / 1_024.0
    }

    /// SIGTERM, and waits for the end.
    pub fn stop(mut self) {
        let told = Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        if !told.is_ok_and(|status| status.success()) {
            // Already gone, or no `kill` on this system: the hard way is right for both.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A directory that is removed when it is dropped.
pub struct Scratch(std::path::PathBuf);

impl Scratch {
    /// A new empty directory; `name` tells what it is for.
    pub fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("locum-bench-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a scratch directory");
        Scratch(path)
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> std::path::PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
