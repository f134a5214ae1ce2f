//! `locum policy can-ever`: can policies ever allow an action on a resource, and under which context?

use std::path::PathBuf;

use locum_policy::{Document, Possibility, can_ever};
use serde::Serialize;

use super::compare::undecided;
use crate::commands::Context;
use crate::error::CliError;
use crate::json;
use crate::output::{self, Colour, Style};
use crate::policy::compared::{
    Format, JsonRequest, JsonStatement, KindArgument, Policy, kind_of, request,
};

/// What the answer means, for the help of the command.
pub const HELP: &str = "\
Both ACTION and RESOURCE may hold wildcards: then the question is whether there is any such action on any \
such resource. The answer is a proof, not a sample.

Exit codes: 0 never, 1 it can be allowed, 252 wrong usage, 255 it cannot be told or a file cannot be read.";

/// Arguments of `locum policy can-ever`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Such as iam:CreateUser or 'iam:*'
    action: String,
    /// An ARN, with wildcards or without, or '*'
    resource: String,
    /// The policies that together allow and deny; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the policies are [default: told from the policies]
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<KindArgument>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The answer, for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    /// `possible`, `impossible` or `unknown`
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<JsonRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_by: Option<JsonStatement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Runs `locum policy can-ever`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    if !arguments.action.contains(':') && arguments.action != "*" {
        return Err(CliError::usage(
            format!("{} is no action", arguments.action),
            "actions are written service:Name, such as iam:CreateUser",
        ));
    }
    let policies = arguments.files.iter().map(|file| Policy::read(file));
    let policies: Vec<Policy> = policies.collect::<Result<_, _>>()?;
    let read: Vec<&Policy> = policies.iter().collect();
    let kind = kind_of(arguments.kind, &read)?;
    let documents: Vec<&Document> = policies.iter().map(|policy| &policy.document).collect();
    let found = can_ever(&documents, kind, &arguments.action, &arguments.resource);
    let colour = Colour::stdout(&context.environment);
    let asked = format!("{} on {}", arguments.action, arguments.resource);
    let text = match arguments.format {
        Format::Json => json::pretty(&answer(&policies, &found)),
        Format::Text => told(&asked, &policies, &found, colour),
    };
    output::result(&text)?;
    match found {
        Possibility::Impossible => Ok(()),
        Possibility::Possible { .. } => Err(CliError::Found {
            summary: format!("{asked} can be allowed"),
            hint: String::new(),
        }),
        Possibility::Unknown(unsure) => Err(undecided(&unsure)),
    }
}

fn answer(policies: &[Policy], found: &Possibility) -> Answer {
    let mut answer = Answer {
        verdict: "impossible",
        witness: None,
        allowed_by: None,
        reason: None,
    };
    match found {
        Possibility::Impossible => {}
        Possibility::Unknown(unsure) => {
            answer.verdict = "unknown";
            answer.reason = Some(unsure.to_string());
        }
        Possibility::Possible {
            witness,
            allowed_by: (policy, statement),
        } => {
            answer.verdict = "possible";
            answer.witness = Some(JsonRequest::of(witness));
            let policy = policies.get(*policy);
            answer.allowed_by =
                policy.map(|policy| JsonStatement::of(policy, *statement, Vec::new()));
        }
    }
    answer
}

fn told(asked: &str, policies: &[Policy], found: &Possibility, colour: Colour) -> String {
    let asked = output::clean(asked);
    match found {
        Possibility::Impossible => {
            colour.paint(Style::Good, &format!("{asked} is never allowed")) + "\n"
        }
        Possibility::Unknown(_) => {
            colour.paint(
                Style::Warn,
                &format!("whether {asked} is ever allowed is not known"),
            ) + "\n"
        }
        Possibility::Possible {
            witness,
            allowed_by: (policy, statement),
        } => {
            let mut text = colour.paint(Style::Bad, &format!("{asked} can be allowed")) + "\n";
            text.push_str("\nBy this request:\n");
            text.push_str(&request(witness, colour));
            if let Some(policy) = policies.get(*policy) {
                let place = output::clean(&policy.place(*statement));
                text.push_str(&format!("\nAllowed by {place}:\n"));
                text.push_str(&policy.excerpt(*statement, colour));
            }
            text
        }
    }
}
