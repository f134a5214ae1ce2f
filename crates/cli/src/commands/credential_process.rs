//! `locum credential-process`: a session for the SDKs' `credential_process`, from the cache until shortly before its end.

use crate::assume;
use crate::commands::Context;
use crate::commands::options::RoleArguments;
use crate::error::CliError;
use crate::format::{self, Format};
use crate::output::{self, Stream};

/// Arguments of `locum credential-process`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    role: RoleArguments,
    /// Print the secrets even to a terminal
    #[arg(long)]
    show: bool,
}

/// Runs `locum credential-process`. Questions go to the terminal, never to standard output.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    if output::is_terminal(Stream::Out) && !arguments.show {
        let hint = "an SDK runs this: write `credential_process = locum credential-process …` in a profile (or --show to see it)";
        return Err(CliError::SecretsOnTerminal {
            hint: hint.to_owned(),
        });
    }
    let outcome = assume::obtain(&arguments.role.into_wish()?, &context.environment)?;
    output::result(&format::session(
        Format::Process,
        &outcome.session,
        &[],
        &context.environment,
    )?)
}
