//! `locum whoami`: who the credentials in force are, by the service's own answer.

use serde::Serialize;

use crate::assume::{self, Wish};
use crate::clock;
use crate::commands::Context;
use crate::commands::options::CallerArguments;
use crate::duration;
use crate::error::CliError;
use crate::json;
use crate::output::{self, Colour};
use crate::table;

/// Arguments of `locum whoami`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    caller: CallerArguments,
    /// For people, or the JSON of `aws sts get-caller-identity`
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// The answer of GetCallerIdentity.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    user_id: &'a str,
    account: &'a str,
    arn: &'a str,
}

/// Runs `locum whoami`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let CallerArguments {
        profile,
        region,
        endpoint_url,
    } = arguments.caller;
    let wish = Wish {
        profile,
        region,
        endpoint_url,
        ..Wish::default()
    };
    let outcome = assume::obtain(&wish, &context.environment)?;
    let credentials = &outcome.session.credentials;
    let identity = assume::identity(&outcome.client, credentials)?;
    if arguments.format == Format::Json {
        let answer = Answer {
            user_id: &identity.user_id,
            account: &identity.account,
            arn: &identity.arn,
        };
        return output::result(&json::pretty(&answer));
    }
    let mut facts = vec![
        ("Arn", identity.arn),
        ("Account", identity.account),
        ("UserId", identity.user_id),
        ("Key", credentials.access_key_id.clone()),
    ];
    if let Some(end) = credentials.expires_s {
        facts.push((
            "Expires",
            format!(
                "{} (in {})",
                clock::for_people(end),
                duration::describe(end - clock::now_s())
            ),
        ));
    }
    facts.push(("Endpoint", outcome.client.endpoint().to_owned()));
    output::result(&table::facts(&facts, Colour::stdout(&context.environment)))
}
