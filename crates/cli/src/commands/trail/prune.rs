//! `locum trail prune`: removes the oldest days, by way of the server that keeps the trail.

use std::path::PathBuf;

use locum_server::operator::{self, OperatorError, OperatorRequest};
use locum_server::trail::TrailDay;
use serde_json::Value;

use super::Format;
use crate::commands::{Context, data_directory, operator as socket};
use crate::error::CliError;
use crate::output::{self, Stream};
use crate::{json, prompt};

/// What is removed and what is not, for the help of the command.
pub(super) const HELP: &str = "\
Days go whole, the oldest first; never today's, none of which something is not delivered yet, and none that is \
broken. The server signs what was removed, and `locum trail verify` proves the rest. The last 90 days, which \
LookupEvents answers for, need --recent. `trail.keep_days` in the server's configuration does this by itself.

A server must be running on the data directory: it has the key that signs, and the files open.

Exit codes: 0 done, or nothing to do; 252 wrong usage, 254 the server says no, 255 no server answers.";

/// Arguments of `locum trail prune`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    /// Remove days before this one (UTC)
    #[arg(long, value_name = "YYYY-MM-DD", required_unless_present = "keep_days")]
    before: Option<TrailDay>,
    /// Remove all but today and so many days before it
    #[arg(long, value_name = "N", conflicts_with = "before", value_parser = clap::value_parser!(u32).range(1..))]
    keep_days: Option<u32>,
    /// Also days that LookupEvents still answers for
    #[arg(long)]
    recent: bool,
    /// Tell what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Runs `locum trail prune`.
pub(super) fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let path = operator::socket_of(&data_directory(arguments.data.clone()));
    let ask = |dry_run: bool| {
        let request = OperatorRequest::PruneTrail {
            before: arguments.before.map(|day| day.to_string()),
            keep_days: arguments.keep_days,
            recent: arguments.recent,
            dry_run,
        };
        operator::call(&path, &request).map_err(refused)
    };
    if arguments.dry_run {
        return show(&ask(true)?, arguments.format);
    }
    if !arguments.yes {
        let plan = ask(true)?;
        if number(&plan, "Days") == 0 {
            return show(&plan, arguments.format);
        }
        let question = format!("Remove {}? It cannot be undone.", what(&plan));
        if !prompt::yes(&question)? {
            output::warn(&context.environment, "nothing was removed");
            return Ok(());
        }
    }
    show(&ask(false)?, arguments.format)
}

fn refused(error: OperatorError) -> CliError {
    match error {
        OperatorError::NotRunning { .. } => CliError::Operator {
            message: error.to_string(),
            hint: "only the server that keeps the trail removes days of it: it has the key that signs what went, \
                   and the files open; start it, or name its directory with --data DIR"
                .to_owned(),
        },
        other => socket::told(other),
    }
}

fn number(answer: &Value, name: &str) -> u64 {
    answer.get(name).and_then(Value::as_u64).unwrap_or(0)
}

fn text<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer.get(name).and_then(Value::as_str).unwrap_or("-")
}

/// `31 days, 2026-01-01 to 2026-01-31, with 120400 records (81 MiB)`
fn what(answer: &Value) -> String {
    let (days, first, last) = (
        number(answer, "Days"),
        text(answer, "FirstDay"),
        text(answer, "LastDay"),
    );
    let when = match days {
        1 => format!("1 day, {first}"),
        _ => format!("{days} days, {first} to {last}"),
    };
    let records = number(answer, "Records");
    let size = match number(answer, "Bytes") {
        bytes if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        bytes => format!("{} KiB", bytes.div_ceil(1 << 10)),
    };
    let plural = if records == 1 { "" } else { "s" };
    format!("{when}, with {records} record{plural} ({size})")
}

fn show(answer: &Value, format: Format) -> Result<(), CliError> {
    if format == Format::Json {
        return output::result(&json::line(answer));
    }
    let dry_run = answer.get("DryRun") == Some(&Value::Bool(true));
    let mut told = match (number(answer, "Days"), dry_run) {
        (0, _) => "nothing to remove\n".to_owned(),
        (_, true) => format!("would remove {}\n", what(answer)),
        (_, false) => format!("removed {}\n", what(answer)),
    };
    let texts = number(answer, "PolicyTexts");
    if texts > 0 {
        told += &format!("and {texts} texts of policies that no other day refers to\n");
    }
    if let Some(held) = answer.get("Held").filter(|held| held.is_object()) {
        let (day, why) = (text(held, "Day"), text(held, "Why"));
        told += &format!("{day} and what follows it stay: {why}\n");
    }
    match output::is_terminal(Stream::Out) {
        true => output::result(
            &told
                .lines()
                .map(|line| output::clean(line) + "\n")
                .collect::<String>(),
        ),
        false => output::result(&told),
    }
}
