//! `locum policy can-ever`: can policies ever allow an action on a resource, and under which context?

use std::path::PathBuf;

use locum_policy::{Possibility, Unsure, can_ever};
use serde::Serialize;

use super::compare::undecided;
use crate::commands::Context;
use crate::error::CliError;
use crate::json;
use crate::output::{self, Colour, Style};
use crate::policy::compared::{
    Format, JsonRequest, JsonStatement, KindArgument, Side, kind_of, request,
};
use crate::policy::source::Source;

/// What the answer means, for the help of the command.
pub const HELP: &str = "\
Both ACTION and RESOURCE may hold wildcards where those of a policy may: then the question is whether there is any \
such action on any such resource. Of a trust policy RESOURCE is '*'. The answer is a proof, not a sample.

Service control policies without any Allow are taken to be beside FullAWSAccess, resource control policies always \
beside RCPFullAWSAccess.

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
    /// AWS's own policy that is taken to be beside those given.
    #[serde(skip_serializing_if = "Option::is_none")]
    beside: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<JsonRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_by: Option<JsonStatement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Runs `locum policy can-ever`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let sources = arguments.files.iter().map(|file| Source::read(file));
    let sources: Vec<Source> = sources.collect::<Result<_, _>>()?;
    let read: Vec<&Source> = sources.iter().collect();
    let kind = kind_of(arguments.kind, &read)?;
    let policies = Side::of(sources, kind)?;
    let documents = policies.documents();
    let found = can_ever(&documents, kind, &arguments.action, &arguments.resource);
    if let Possibility::Unknown(Unsure::Question(why)) = found {
        let asked = format!(
            "{:?} on {:?} cannot be asked",
            arguments.action, arguments.resource
        );
        return Err(CliError::usage(asked, why));
    }
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

fn answer(policies: &Side, found: &Possibility) -> Answer {
    let mut answer = Answer {
        verdict: "impossible",
        beside: policies.beside,
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
            allowed_by,
        } => {
            answer.verdict = "possible";
            answer.witness = Some(JsonRequest::of(witness));
            let found = policies.at(*allowed_by);
            answer.allowed_by =
                found.map(|(policy, statement)| JsonStatement::of(policy, statement, Vec::new()));
        }
    }
    answer
}

fn told(asked: &str, policies: &Side, found: &Possibility, colour: Colour) -> String {
    let asked = output::clean(asked);
    let mut told = match found {
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
            allowed_by,
        } => {
            let mut text = colour.paint(Style::Bad, &format!("{asked} can be allowed")) + "\n";
            text.push_str("\nBy this request:\n");
            text.push_str(&request(witness, colour));
            if let Some((policy, statement)) = policies.at(*allowed_by) {
                let place = output::clean(&policy.place(statement));
                text.push_str(&format!("\nAllowed by {place}:\n"));
                text.push_str(&policy.excerpt(statement, colour));
            }
            text
        }
    };
    if let Some(assumption) = policies.assumption() {
        told.push_str(&format!("\n{}\n", output::clean(&assumption)));
    }
    told
}
