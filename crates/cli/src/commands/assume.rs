//! `locum assume`: a session for the shell, for a program or, at a terminal, a summary without secrets.

use crate::assume::{self, Outcome};
use crate::clock;
use crate::commands::Context;
use crate::commands::options::RoleArguments;
use crate::duration;
use crate::error::CliError;
use crate::format::{self, Format};
use crate::output::{self, Colour, Stream, Style};
use crate::table;

/// Arguments of `locum assume`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    role: RoleArguments,
    /// env, env-no-export, json, process, fish, powershell or windows-cmd [default: env, or a
    /// summary without secrets at a terminal]
    #[arg(long, value_enum, hide_possible_values = true)]
    format: Option<Format>,
    /// Print the secrets even to a terminal
    #[arg(long)]
    show: bool,
}

/// Runs `locum assume`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let outcome = assume::obtain(&arguments.role.into_wish()?, &context.environment)?;
    let format = match (arguments.format, arguments.show) {
        (Some(format), _) => format,
        (None, false) if output::is_terminal(Stream::Out) => {
            return output::result(&summary(&outcome, context));
        }
        (None, true) => format::of_shell(&context.environment),
        (None, false) => Format::Env,
    };
    output::result(&format::session(
        format,
        &outcome.session,
        &outcome.settings,
        &context.environment,
    )?)
}

/// Who the session is, how long it lasts and what to do with it.
fn summary(outcome: &Outcome, context: &Context) -> String {
    let colour = Colour::stdout(&context.environment);
    let mut facts: Vec<(&str, String)> = Vec::new();
    match &outcome.session.identity {
        Some(identity) => {
            facts.push(("Session", identity.arn.clone()));
            facts.push(("Account", identity.account().to_owned()));
        }
        None => facts.push(("Credentials", "as they are; no role was assumed".to_owned())),
    }
    let credentials = &outcome.session.credentials;
    facts.push(("Key", credentials.access_key_id.clone()));
    if let Some(end) = credentials.expires_s {
        let left = duration::describe(end - clock::now_s());
        facts.push(("Expires", format!("{} (in {left})", clock::for_people(end))));
    }
    if let Some(identity) = &outcome.session.identity {
        facts.extend(
            identity
                .source_identity
                .iter()
                .map(|name| ("Source identity", name.clone())),
        );
        facts.extend(
            identity
                .packed_policy_size
                .map(|size| ("Packed policy size", format!("{size} %"))),
        );
    }
    facts.push(("Endpoint", outcome.client.endpoint().to_owned()));
    let words = super::words_of(context, "assume");
    let into_shell = format!("eval \"$(locum env {words})\"");
    let one_command = format!("locum exec {words} -- COMMAND");
    format!(
        "{}\n{}   {}\n{}   {}\n",
        table::facts(&facts, colour),
        colour.paint(Style::Bold, &into_shell),
        colour.paint(Style::Dim, "# into this shell"),
        colour.paint(Style::Bold, &one_command),
        colour.paint(Style::Dim, "# for one command"),
    )
}
