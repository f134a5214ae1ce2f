//! Runs a program in a process group of its own, shows its lines as they come, and ends it when its time is up.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// No step may take longer; the whole run has to end well before CI's own limit.
pub const TIME_MAX: Duration = Duration::from_secs(25 * 60);

/// What a program said and how it ended.
pub struct Ended {
    /// All lines of standard output and standard error, as they came.
    pub lines: Vec<String>,
    /// Exit status.
    pub status: ExitStatus,
}

/// Runs to the end. An error means that the program could not start or took too long.
pub fn run(command: &mut Command) -> Result<Ended, String> {
    let name = describe(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|e| format!("{name}: {e}"))?;
    let (sender, receiver) = mpsc::channel();
    forward(child.stdout.take(), sender.clone());
    forward(child.stderr.take(), sender);
    let ended = wait(&mut child, &receiver, &name);
    // Whatever the program left behind goes with it.
    end_group(child.id());
    ended
}

/// Runs a program that has to succeed.
pub fn succeed(command: &mut Command) -> Result<Ended, String> {
    let ended = run(command)?;
    if ended.status.success() {
        Ok(ended)
    } else {
        Err(format!("{}: {}", describe(command), ended.status))
    }
}

fn wait(child: &mut Child, receiver: &mpsc::Receiver<String>, name: &str) -> Result<Ended, String> {
    let deadline = Instant::now() + TIME_MAX;
    let mut lines = Vec::new();
    let mut exited = None;
    loop {
        match receiver.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => {
                println!("    {line}");
                lines.push(line);
                continue;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let status = child.wait().map_err(|e| format!("{name}: {e}"))?;
                return Ok(Ended { lines, status });
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
        // A child of the program may hold the pipes open; the program's own end is what counts.
        if let Some(status) = exited {
            return Ok(Ended { lines, status });
        }
        exited = child.try_wait().map_err(|e| format!("{name}: {e}"))?;
        if Instant::now() > deadline {
            end_group(child.id());
            return Err(format!("{name}: ended after {} s", TIME_MAX.as_secs()));
        }
    }
}

fn forward(pipe: Option<impl Read + Send + 'static>, to: mpsc::Sender<String>) {
    let Some(pipe) = pipe else { return };
    std::thread::spawn(move || {
        let mut reader = BufReader::new(pipe);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            line.clear();
            if to.send(text).is_err() {
                break;
            }
        }
    });
}

fn end_group(leader: u32) {
    // The group's id is its leader's; there is no safe wrapper for kill(2) in the standard library.
    let _ = Command::new("kill")
        .args(["-KILL", "--", &format!("-{leader}")])
        .stderr(Stdio::null())
        .status();
}

fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(
        command
            .get_args()
            .map(|arg| arg.to_string_lossy().into_owned()),
    );
    words.join(" ")
}
