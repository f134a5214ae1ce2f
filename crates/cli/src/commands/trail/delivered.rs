//! What `locum trail verify` tells of delivered files: digests, their signatures, the files that they name.

use std::path::Path;

use locum_server::trail::TrustedKeys;
use locum_server::{Delivered, check_delivered};
use serde::Serialize;

use crate::error::CliError;
use crate::limits;
use crate::output::clean;

/// The delivered files below a data directory, checked.
pub(super) fn check(data: &Path, keys: &TrustedKeys) -> Result<Delivered, CliError> {
    check_delivered(&data.join("trail"), keys)
        .map_err(|error| CliError::io("cannot read the delivered files".to_owned(), error))
}

/// The answer, for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    chains: usize,
    digests: usize,
    files: usize,
    faults_count: usize,
    /// The first hundred.
    faults: Vec<Fault>,
}

#[derive(Debug, Serialize)]
struct Fault {
    file: String,
    message: String,
}

/// The answer, for programs; files are named from the trail's folder on.
pub(super) fn answer(data: &Path, found: &Delivered) -> Answer {
    let trail = data.join("trail");
    let fault = |(path, message): &(std::path::PathBuf, String)| Fault {
        file: path
            .strip_prefix(&trail)
            .unwrap_or(path)
            .display()
            .to_string(),
        message: message.clone(),
    };
    let told = found.faults.iter().take(limits::DELIVERED_FAULTS_TOLD_MAX);
    Answer {
        chains: found.chains,
        digests: found.digests,
        files: found.files,
        faults_count: found.faults.len(),
        faults: told.map(fault).collect(),
    }
}

/// For people: nothing when there is nothing.
pub(super) fn text(answer: &Answer) -> String {
    let mut out = String::new();
    for fault in &answer.faults {
        out += &clean(&format!("{}: {}", fault.file, fault.message));
        out.push('\n');
    }
    let further = answer.faults_count - answer.faults.len();
    if further > 0 {
        out += &format!("… and {further} more\n");
    }
    if answer.digests > 0 || answer.faults_count > 0 {
        let (digests, files) = (answer.digests, answer.files);
        out += &match answer.faults_count {
            0 => format!("delivered files good: {digests} digests, {files} log files\n"),
            _ => {
                format!("delivered files broken: {digests} digests, {files} log files looked at\n")
            }
        };
    }
    out
}
