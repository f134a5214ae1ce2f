//! The command line itself: which commands there are, and how a failed one ends.

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use crate::commands::{
    Context, account, assume, can, completions, credential_process, dev, env, exec, operator,
    options, policy, serve, trail, unset, version, whoami, why,
};
use crate::env::Environment;
use crate::error::{CliError, exit};
use crate::output::{self, Colour, Style};

const ENDING: &str = "\
Exit codes: 0 done, 1 a policy was found wanting or denies, 252 wrong usage, 253 configuration, 254 refused by the service, 255 anything else, 130 interrupted; \
exec ends with its command's own.

The settings of the SDKs are honoured (~/.aws/config, AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and their like), and NO_COLOR.";

/// AWS-compatible roles, temporary credentials and their audit: the server and the tool for its users.
#[derive(Debug, Parser)]
#[command(name = "locum", version, after_help = ENDING, disable_help_subcommand = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Arguments),
    /// Try it: a server on loopback with a worked example and a tour
    Dev(dev::Arguments),
    /// Assume a role and print the session
    #[command(after_help = options::ROLE_HELP)]
    Assume(assume::Arguments),
    /// Print a session for the shell: eval "$(locum env ROLE)"
    #[command(after_help = options::ROLE_HELP)]
    Env(env::Arguments),
    /// Run a command as a role
    #[command(after_help = options::ROLE_HELP)]
    Exec(exec::Arguments),
    /// Take a session out of the shell: eval "$(locum unset)"
    Unset(unset::Arguments),
    /// Ask the service who I am
    Whoami(whoami::Arguments),
    /// Print a session for the SDKs' credential_process
    #[command(after_help = options::ROLE_HELP)]
    CredentialProcess(credential_process::Arguments),
    /// Check, lay out and ask about policies; needs no server
    Policy(policy::Arguments),
    /// Read the audit trail
    Trail(trail::Arguments),
    /// Why was a call refused? And what would have allowed it?
    #[command(after_help = why::HELP)]
    Why(why::Arguments),
    /// May this principal do that? Asks the running server
    #[command(after_help = can::HELP)]
    Can(can::Arguments),
    /// A whole account out to a file, and in from one
    Account(account::Arguments),
    /// What only the host's operator may do, through the server's socket
    Operator(operator::Arguments),
    /// Print a shell's completion script
    Completions(completions::Arguments),
    /// Print the version
    Version,
}

/// Runs a command line; the exit code.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let context = Context {
        environment: Environment::of_process(),
        arguments: arguments
            .iter()
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
    };
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(e) => return told(&context, &e),
    };
    match run(&context, cli.command) {
        Ok(()) => exit::DONE,
        // The result has said it.
        Err(e @ CliError::Denied) => e.exit_code(),
        Err(e) => {
            output::error(&context.environment, &e);
            e.exit_code()
        }
    }
}

fn run(context: &Context, command: Command) -> Result<(), CliError> {
    match command {
        Command::Serve(arguments) => serve::run(context, arguments),
        Command::Dev(arguments) => dev::run(context, arguments),
        Command::Assume(arguments) => assume::run(context, arguments),
        Command::Env(arguments) => env::run(context, arguments),
        Command::Exec(arguments) => exec::run(context, arguments),
        Command::Unset(arguments) => unset::run(context, arguments),
        Command::Whoami(arguments) => whoami::run(context, arguments),
        Command::CredentialProcess(arguments) => credential_process::run(context, arguments),
        Command::Policy(arguments) => policy::run(context, arguments),
        Command::Trail(arguments) => trail::run(context, arguments),
        Command::Why(arguments) => why::run(context, arguments),
        Command::Can(arguments) => can::run(context, arguments),
        Command::Account(arguments) => account::run(context, arguments),
        Command::Operator(arguments) => operator::run(context, arguments),
        Command::Completions(arguments) => completions::run(Cli::command(), &arguments),
        Command::Version => version::run(),
    }
}

/// Help and version are results; everything else that the parser says is a wrong use.
fn told(context: &Context, parsed: &clap::Error) -> u8 {
    if parsed.exit_code() == 0 {
        let colour = Colour::stdout(&context.environment);
        let text = if colour == Colour::On {
            parsed.render().ansi().to_string()
        } else {
            parsed.render().to_string()
        };
        return match output::result(&text) {
            Ok(()) => exit::DONE,
            Err(e) => e.exit_code(),
        };
    }
    let text = parsed.render().to_string();
    let told = text.strip_prefix("error: ").unwrap_or(&text);
    let told = told.replace(
        "\n\nFor more information, try '--help'.",
        "\nhint: --help tells more",
    );
    let name = Colour::stderr(&context.environment).paint(Style::Bad, "locum:");
    output::say(&format!("{name} {}", told.trim_end()));
    exit::USAGE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
