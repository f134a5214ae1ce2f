//! Runs the `credential_process` of a profile: no shell, bounded in time and output, and never itself again.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use crate::env::Environment;
use crate::error::CliError;
use crate::limits;

/// Names the profiles whose `credential_process` is being run above this process, one a line.
pub const VISITED: &str = "LOCUM_CREDENTIAL_PROCESS";

/// Standard output of `command`, which must end with status 0. Its standard error goes to ours.
pub fn run(profile: &str, command: &str, environment: &Environment) -> Result<Vec<u8>, CliError> {
    let failed = |message: String| CliError::Process {
        name: profile.to_owned(),
        message,
    };
    let visited = environment.get(VISITED).unwrap_or_default();
    if visited.lines().any(|name| name == profile) {
        return Err(failed(
            "asks for the credentials of this same profile again".to_owned(),
        ));
    }
    let words =
        split(command).ok_or_else(|| failed("has a quote that is not closed".to_owned()))?;
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| failed("is empty".to_owned()))?;
    let mut child = Command::new(environment.expand(program))
        .args(arguments)
        .env(VISITED, format!("{visited}\n{profile}"))
        .stdin(Stdio::inherit())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| failed(format!("cannot be started: {program}: {e}")))?;
    let Some(mut stdout) = child.stdout.take() else {
        return Err(failed("has no output".to_owned()));
    };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = Vec::new();
        let read = stdout
            .by_ref()
            .take(limits::PROCESS_OUTPUT_BYTES_MAX + 1)
            .read_to_end(&mut output);
        // The receiver is gone when the time was up; then nobody wants the output.
        let _ = sender.send(read.map(|_| output));
    });
    let output = match receiver.recv_timeout(limits::PROCESS_TIME_MAX) {
        Ok(Ok(output)) => output,
        Ok(Err(e)) => return Err(failed(format!("cannot be read: {e}"))),
        Err(_) => {
            let _ = child.kill();
            let _ = child.wait();
            return Err(failed(format!(
                "took longer than {} s",
                limits::PROCESS_TIME_MAX.as_secs()
            )));
        }
    };
    if output.len() as u64 > limits::PROCESS_OUTPUT_BYTES_MAX {
        let _ = child.kill();
        let _ = child.wait();
        return Err(failed(format!(
            "printed more than {} bytes",
            limits::PROCESS_OUTPUT_BYTES_MAX
        )));
    }
    let status = child
        .wait()
        .map_err(|e| failed(format!("cannot be waited for: {e}")))?;
    if !status.success() {
        return Err(failed(format!("failed ({status})")));
    }
    Ok(output)
}

/// The words of a command line as a POSIX shell splits them, without expansion. `None`: a quote is not closed.
#[must_use]
pub fn split(command: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut chars = command.chars().peekable();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(open), c) if c == open => quote = None,
            (None, '\\') => word.get_or_insert_default().push(chars.next()?),
            // Between double quotes a backslash only escapes what would end or escape.
            (Some('"'), '\\') if chars.peek().is_some_and(|next| matches!(next, '"' | '\\')) => {
                word.get_or_insert_default().push(chars.next()?);
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}
