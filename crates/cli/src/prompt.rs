//! Asks a person, on the terminal itself, so that standard input and output stay free for data.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};

use crate::error::CliError;
use crate::output;

/// Longest answer that is taken.
const ANSWER_BYTES_MAX: u64 = 256;

/// The current code of an MFA device. The words are the AWS CLI's.
pub fn mfa_code(serial: &str) -> Result<String, CliError> {
    let missing = || CliError::NoTerminal {
        serial: serial.to_owned(),
    };
    let mut terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(|_| missing())?;
    write!(terminal, "Enter MFA code for {}: ", output::clean(serial)).map_err(|_| missing())?;
    let mut answer = String::new();
    let read = BufReader::new(terminal.take(ANSWER_BYTES_MAX))
        .read_line(&mut answer)
        .map_err(|_| missing())?;
    match answer.trim() {
        code if read > 0 && !code.is_empty() => Ok(code.to_owned()),
        _ => Err(CliError::Interrupted),
    }
}

/// A question that only `y` or `yes` answers with yes.
pub fn yes(question: &str) -> Result<bool, CliError> {
    let missing = || CliError::Usage {
        message: "there is no terminal to ask on".to_owned(),
        hint: "add --yes to do it without asking, or --dry-run to see what would be done"
            .to_owned(),
    };
    let mut terminal = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(|_| missing())?;
    write!(terminal, "{} [y/N] ", output::clean(question)).map_err(|_| missing())?;
    let mut answer = String::new();
    BufReader::new(terminal.take(ANSWER_BYTES_MAX))
        .read_line(&mut answer)
        .map_err(|_| missing())?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes" | "YES"))
}
