//! `locum env`: a session in the words of the user's shell, for `eval "$(locum env ROLE)"`.

use crate::assume;
use crate::commands::Context;
use crate::commands::options::RoleArguments;
use crate::error::CliError;
use crate::format::{self, Format};
use crate::output::{self, Stream};

/// Arguments of `locum env`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    role: RoleArguments,
    /// env, env-no-export, json, process, fish, powershell or windows-cmd [default: the shell's]
    #[arg(long, value_enum, hide_possible_values = true)]
    format: Option<Format>,
    /// Print the secrets even to a terminal
    #[arg(long)]
    show: bool,
}

/// Runs `locum env`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    if output::is_terminal(Stream::Out) && !arguments.show && arguments.format.is_none() {
        let asked = super::words_of(context, "env");
        let hint = match format::of_shell(&context.environment) {
            Format::Fish => format!("locum env {asked} | source"),
            Format::Powershell => format!("locum env {asked} | Invoke-Expression"),
            _ => format!("eval \"$(locum env {asked})\""),
        };
        return Err(CliError::SecretsOnTerminal {
            hint: format!("{hint}   (or --show to see them)"),
        });
    }
    let format = arguments
        .format
        .unwrap_or_else(|| format::of_shell(&context.environment));
    let outcome = assume::obtain(&arguments.role.into_wish()?, &context.environment)?;
    output::result(&format::session(
        format,
        &outcome.session,
        &outcome.settings,
        &context.environment,
    )?)
}
