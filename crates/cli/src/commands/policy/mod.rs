//! `locum policy`: what can be asked about policies without a server, one file per subcommand.

pub mod check;
pub mod fmt;
pub mod simulate;

use crate::commands::Context;
use crate::error::CliError;

/// Arguments of `locum policy`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Find errors, security warnings and what could be better
    #[command(after_help = check::HELP)]
    Check(check::Arguments),
    /// Write policies in one layout, without changing what they say
    Fmt(fmt::Arguments),
    /// Ask what policies decide, and why
    #[command(after_help = simulate::HELP)]
    Simulate(Box<simulate::Arguments>),
}

/// Runs `locum policy`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    match arguments.action {
        Action::Check(arguments) => check::run(context, arguments),
        Action::Fmt(arguments) => fmt::run(context, arguments),
        Action::Simulate(arguments) => simulate::run(context, &arguments),
    }
}
