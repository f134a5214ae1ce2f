//! `locum exec`: becomes a command that runs as the role; its exit code and signals are its own.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::assume;
use crate::commands::Context;
use crate::commands::options::RoleArguments;
use crate::error::CliError;
use crate::format::{self, Assignment};

/// Arguments of `locum exec`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    role: RoleArguments,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs `locum exec`. Returns only when the command cannot be started.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let wish = arguments.role.into_wish()?;
    let Some((program, rest)) = arguments.command.split_first() else {
        return Err(CliError::usage(
            "there is no command to run",
            "locum exec ROLE -- COMMAND",
        ));
    };
    let outcome = assume::obtain(&wish, &context.environment)?;
    let mut command = Command::new(program);
    command.args(rest);
    for assignment in format::assignments(&outcome.session, &outcome.settings, &context.environment)
    {
        match assignment {
            Assignment::Set(name, value) => command.env(name, value),
            Assignment::Clear(name) => command.env_remove(name),
        };
    }
    // The process image is replaced, so that signals, terminal and exit code belong to the command.
    let error = command.exec();
    Err(CliError::CannotRun {
        program: program.to_string_lossy().into_owned(),
        reason: error.to_string(),
    })
}
