//! `locum policy`: what can be asked about policies without a server, one file per subcommand.

pub mod can_ever;
pub mod compare;
pub mod shown;

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
    /// Tell whether a policy allows anything that another does not
    #[command(after_help = compare::HELP)]
    Compare(compare::Arguments),
    /// Tell whether policies can ever allow an action on a resource
    #[command(after_help = can_ever::HELP)]
    CanEver(can_ever::Arguments),
}

/// Runs `locum policy`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    match arguments.action {
        Action::Compare(arguments) => compare::run(context, arguments),
        Action::CanEver(arguments) => can_ever::run(context, arguments),
    }
}
