//! `locum unset`: lines that take a session out of the shell again.

use crate::commands::Context;
use crate::error::CliError;
use crate::format::{self, Assignment, Format};
use crate::output;

/// Arguments of `locum unset`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// env, fish, powershell or windows-cmd [default: the shell's]
    #[arg(long, value_enum, hide_possible_values = true)]
    format: Option<Format>,
}

/// Runs `locum unset`. The endpoint and the region stay: they are settings, not credentials.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let format = arguments
        .format
        .unwrap_or_else(|| format::of_shell(&context.environment));
    if matches!(format, Format::Json | Format::Process | Format::EnvNoExport) {
        return Err(CliError::usage(
            "this format cannot clear a variable",
            "use env, fish, powershell or windows-cmd",
        ));
    }
    let names = format::CREDENTIAL_VARIABLES
        .iter()
        .chain(["AWS_SECURITY_TOKEN"].iter());
    let assignments: Vec<_> = names
        .map(|name| Assignment::Clear((*name).to_owned()))
        .collect();
    output::result(&format::script(format, &assignments)?)
}
