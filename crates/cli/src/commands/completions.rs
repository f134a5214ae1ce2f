//! `locum completions`: the completion script of a shell.

use crate::error::CliError;
use crate::output;

/// Arguments of `locum completions`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Runs `locum completions`.
pub fn run(mut command: clap::Command, arguments: &Arguments) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "locum", &mut script);
    output::result(&String::from_utf8_lossy(&script))
}
