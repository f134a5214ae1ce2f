//! `locum version`: which build this is.

use crate::error::CliError;
use crate::output;

/// Runs `locum version`.
pub fn run() -> Result<(), CliError> {
    output::result(concat!("locum ", env!("CARGO_PKG_VERSION"), "\n"))
}
