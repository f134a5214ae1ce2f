//! `locum policy compare`: does the new policy allow anything that the old one does not?

use locum_policy::{Comparison, Missed, Relation, Unsure, Witness, compare};
use serde::Serialize;

use crate::commands::Context;
use crate::error::CliError;
use crate::json;
use crate::output::{self, Colour, Style};
use crate::policy::compared::{
    Format, JsonRequest, JsonStatement, KindArgument, Side, indented, kind_of, request,
};
use crate::policy::source::{Level, Source, level};

/// What the answer means, for the help of the command.
pub const HELP: &str = "\
The answer is a proof, not a sample. A difference is shown by a request that NEW allows and OLD refuses.

Without --kind policies with principals and no resources are trust policies, with both those of a resource, \
and any others those of an identity. Several files of one side are policies of one caller, or of one level of an \
organization. Service control policies without any Allow are taken to be beside FullAWSAccess, resource control policies \
always beside RCPFullAWSAccess.

Exit codes: 0 NEW allows nothing that OLD does not, 1 it does, 252 wrong usage, 255 it cannot be told or a file cannot be read.";

/// Arguments of `locum policy compare`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The policy as it was, or several with commas between them; - for standard input
    #[arg(value_name = "OLD,…", value_parser = level)]
    old: Level,
    /// The policy as it will be, or several
    #[arg(value_name = "NEW,…", value_parser = level)]
    new: Level,
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
    /// `not-more-permissive`, `more-permissive` or `unknown`
    verdict: &'static str,
    /// `equivalent`, `less-permissive`, `more-permissive`, `incomparable` or `unknown`
    relation: &'static str,
    /// AWS's own policies that are taken to be beside those given.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_beside: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_beside: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<JsonRequest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_by: Option<JsonStatement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denied_by: Option<JsonStatement>,
    /// Allows of OLD that are about the action, and what of them does not match.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_allowed_by: Vec<JsonStatement>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Runs `locum policy compare`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let (old, new) = (arguments.old.read()?, arguments.new.read()?);
    let all: Vec<&Source> = old.iter().chain(&new).collect();
    let kind = kind_of(arguments.kind, &all)?;
    let (old, new) = (Side::of(old, kind)?, Side::of(new, kind)?);
    let (before, after) = (old.documents(), new.documents());
    let comparison = compare(&before, &after, kind);
    let relation = Relation::of(comparison.clone(), compare(&after, &before, kind));
    let colour = Colour::stdout(&context.environment);
    let text = match arguments.format {
        Format::Json => json::pretty(&answer(&old, &new, &comparison, &relation)),
        Format::Text => told(&old, &new, &comparison, &relation, colour),
    };
    output::result(&text)?;
    match comparison {
        Comparison::NotMorePermissive => Ok(()),
        Comparison::MorePermissive { .. } => Err(CliError::Found {
            summary: format!("{} allows what {} does not", new.name(), old.name()),
            hint: String::new(),
        }),
        Comparison::Unknown(unsure) => Err(undecided(&unsure)),
    }
}

/// The error for a question that stays open.
pub fn undecided(unsure: &Unsure) -> CliError {
    CliError::Undecided {
        message: format!("cannot tell: {unsure}"),
    }
}

fn word(relation: &Relation) -> &'static str {
    match relation {
        Relation::Equivalent => "equivalent",
        Relation::MorePermissive(_) => "more-permissive",
        Relation::LessPermissive(_) => "less-permissive",
        Relation::Incomparable(..) => "incomparable",
        Relation::Unknown(_) => "unknown",
    }
}

fn answer(old: &Side, new: &Side, comparison: &Comparison, relation: &Relation) -> Answer {
    let mut answer = Answer {
        verdict: "not-more-permissive",
        relation: word(relation),
        old_beside: old.beside,
        new_beside: new.beside,
        witness: None,
        allowed_by: None,
        denied_by: None,
        not_allowed_by: Vec::new(),
        reason: None,
    };
    match comparison {
        Comparison::NotMorePermissive => {}
        Comparison::Unknown(unsure) => {
            answer.verdict = "unknown";
            answer.reason = Some(unsure.to_string());
        }
        Comparison::MorePermissive {
            witness,
            allowed_by,
            denied_by,
            missed,
        } => {
            answer.verdict = "more-permissive";
            answer.witness = Some(JsonRequest::of(witness));
            let of = |side: &Side, place: Place| {
                let (policy, statement) = side.at(place?)?;
                Some(JsonStatement::of(policy, statement, Vec::new()))
            };
            answer.allowed_by = of(new, *allowed_by);
            answer.denied_by = of(old, *denied_by);
            let missed = missed.iter();
            answer.not_allowed_by = missed
                .filter_map(|missed| {
                    let policy = old.policies.get(missed.policy)?;
                    Some(JsonStatement::of(policy, missed.statement, parts(missed)))
                })
                .collect();
        }
    }
    answer
}

fn parts(missed: &Missed) -> Vec<String> {
    missed.parts.iter().map(ToString::to_string).collect()
}

fn told(
    old: &Side,
    new: &Side,
    comparison: &Comparison,
    relation: &Relation,
    colour: Colour,
) -> String {
    let (before, after) = (old.name(), new.name());
    let verdict = match relation {
        Relation::Equivalent => format!("{after} and {before} allow the same"),
        Relation::LessPermissive(_) => {
            format!("{after} allows less than {before}, and nothing else")
        }
        Relation::MorePermissive(_) => format!("{after} allows more than {before}"),
        Relation::Incomparable(..) => {
            format!("{after} allows what {before} does not, and the other way round")
        }
        Relation::Unknown(_) => match comparison {
            Comparison::MorePermissive { .. } => format!("{after} allows what {before} does not"),
            Comparison::NotMorePermissive => {
                format!("{after} allows nothing that {before} does not")
            }
            Comparison::Unknown(_) => {
                format!("whether {after} allows more than {before} is not known")
            }
        },
    };
    let style = match comparison {
        Comparison::NotMorePermissive => Style::Good,
        Comparison::MorePermissive { .. } => Style::Bad,
        Comparison::Unknown(_) => Style::Warn,
    };
    let mut text = colour.paint(style, &output::clean(&verdict)) + "\n";
    if let Comparison::MorePermissive {
        witness,
        allowed_by,
        denied_by,
        missed,
    } = comparison
    {
        difference(
            (old, new),
            (witness, *allowed_by, *denied_by, missed),
            colour,
            &mut text,
        );
    }
    let sides = [old, new].into_iter();
    for (at, assumption) in sides.filter_map(Side::assumption).enumerate() {
        text.push_str(if at == 0 { "\n" } else { "" });
        text.push_str(&output::clean(&assumption));
        text.push('\n');
    }
    text
}

type Place = Option<(usize, usize)>;

fn difference(
    (old, new): (&Side, &Side),
    (witness, allowed_by, denied_by, missed): (&Witness, Place, Place, &[Missed]),
    colour: Colour,
    text: &mut String,
) {
    text.push_str("\nThis request shows it:\n");
    text.push_str(&request(witness, colour));
    let mut section = |line: &str, body: &str| {
        text.push('\n');
        text.push_str(&output::clean(line));
        text.push('\n');
        text.push_str(body);
    };
    if let Some((policy, statement)) = allowed_by.and_then(|place| new.at(place)) {
        let line = format!("Allowed by {}:", policy.place(statement));
        section(&line, &policy.excerpt(statement, colour));
    } else {
        section(&format!("Not denied by {}.", new.name()), "");
    }
    match denied_by.and_then(|place| old.at(place)) {
        Some((policy, statement)) => {
            let line = format!("Denied by {}:", policy.place(statement));
            section(&line, &policy.excerpt(statement, colour));
        }
        None if missed.is_empty() => {
            section(
                &format!("No statement of {} allows the action.", old.name()),
                "",
            );
        }
        None => {
            let reasons = missed.iter().filter_map(|missed| {
                let parts = parts(missed).join(", ");
                let policy = old.policies.get(missed.policy)?;
                let place = policy.place(missed.statement);
                Some(format!("{place} does not match: {parts}\n"))
            });
            let reasons: String = reasons
                .map(|line| output::clean(line.trim_end()) + "\n")
                .collect();
            section(
                &format!("Not allowed by {}:", old.name()),
                &indented(&reasons),
            );
        }
    }
}
