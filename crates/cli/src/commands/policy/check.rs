//! `locum policy check`: what is wrong with policies, and what an author may regret.

use std::path::PathBuf;

use locum_policy::{Kind, Severity, guess_kind, review};

use crate::commands::Context;
use crate::error::CliError;
use crate::limits::SOURCE_WIDTH_DEFAULT;
use crate::output::{self, Colour};
use crate::policy::machine::{self, Reviewed};
use crate::policy::source::Source;
use crate::policy::supposed::account;
use crate::policy::text;

/// What the kinds and codes are, for the help of the command.
pub const HELP: &str = "\
Without --kind a policy with principals and no resources is a trust policy, one with both a resource's, and any \
other one an identity's.

Exit codes: 0 nothing at or above --fail-on, 1 something, 252 wrong usage, 255 a file cannot be read.";

/// Arguments of `locum policy check`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Files with one policy each; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the policies are [default: told from each policy]
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<KindArgument>,
    /// The account that the policies are written in; with it, trust in others is told from trust in oneself
    #[arg(long, value_name = "ID", value_parser = account)]
    account: Option<String>,
    /// For people, in the manner of ValidatePolicy, or for code scanners
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The least severe finding that makes the command fail
    #[arg(long, value_enum, value_name = "SEVERITY", default_value_t = FailOn::SecurityWarning)]
    fail_on: FailOn,
    /// Leave findings of this code out; may be repeated
    #[arg(long, value_name = "CODE", value_parser = code)]
    ignore: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum KindArgument {
    Identity,
    Trust,
    Resource,
    Session,
    Boundary,
    Scp,
    Rcp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    Error,
    SecurityWarning,
    Warning,
    Suggestion,
}

/// Runs `locum policy check`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let mut reviewed: Vec<Reviewed> = Vec::new();
    let mut unread: Vec<CliError> = Vec::new();
    for file in &arguments.files {
        let source = match Source::open(file) {
            Ok(source) => source,
            Err(error) => {
                unread.push(error);
                continue;
            }
        };
        let mut findings = match &source.fault {
            Some(fault) => vec![fault.clone()],
            None => {
                let kind = kind(arguments.kind, &source.text);
                review(&source.text, kind, arguments.account.as_deref())
            }
        };
        findings.retain(|finding| {
            !arguments
                .ignore
                .iter()
                .any(|code| code == finding.code.name())
        });
        reviewed.push((source, findings));
    }
    match arguments.format {
        Format::Text => output::result(&shown(context, &reviewed))?,
        Format::Json => output::result(&crate::json::pretty(&machine::json(&reviewed)))?,
        Format::Sarif => output::result(&crate::json::pretty(&machine::sarif(&reviewed)))?,
    }
    let verdict = verdict(&reviewed, arguments.fail_on);
    match told(unread) {
        None => verdict,
        Some(unread) => {
            if let Err(found) = verdict {
                output::say(&format!("locum: {found}"));
            }
            Err(unread)
        }
    }
}

/// Tells of files that cannot be read; the last one is for the end.
pub fn told(mut unread: Vec<CliError>) -> Option<CliError> {
    let last = unread.pop()?;
    for error in unread {
        output::say(&format!("locum: {error}"));
    }
    Some(last)
}

/// The kind that was named, or the one that the text probably is.
fn kind(named: Option<KindArgument>, text: &str) -> Kind {
    let guessed = guess_kind(text);
    match named {
        None => guessed,
        // What only an inline policy may be is not refused for that.
        Some(KindArgument::Identity) if guessed == Kind::Inline => Kind::Inline,
        Some(KindArgument::Identity) => Kind::Managed,
        Some(KindArgument::Trust) => Kind::Trust,
        Some(KindArgument::Resource) => Kind::Resource,
        Some(KindArgument::Session) => Kind::Session,
        Some(KindArgument::Boundary) => Kind::Boundary,
        Some(KindArgument::Scp) => Kind::Scp,
        Some(KindArgument::Rcp) => Kind::Rcp,
    }
}

fn shown(context: &Context, reviewed: &[Reviewed]) -> String {
    let colour = Colour::stdout(&context.environment);
    let width = output::terminal_width().unwrap_or(SOURCE_WIDTH_DEFAULT);
    let mut out = String::new();
    for (source, findings) in reviewed {
        for finding in findings {
            out.push_str(&text::shown(source, finding, colour, width));
            out.push('\n');
        }
    }
    out
}

/// The end: what was found, and whether that is a failure.
fn verdict(reviewed: &[Reviewed], fail_on: FailOn) -> Result<(), CliError> {
    let least = match fail_on {
        FailOn::Error => Severity::Error,
        FailOn::SecurityWarning => Severity::SecurityWarning,
        FailOn::Warning => Severity::Warning,
        FailOn::Suggestion => Severity::Suggestion,
    };
    let all = || reviewed.iter().flat_map(|(_, findings)| findings);
    let counts = [
        Severity::Error,
        Severity::SecurityWarning,
        Severity::Warning,
        Severity::Suggestion,
    ]
    .map(|severity| (severity, all().filter(|f| f.severity == severity).count()));
    let told: Vec<String> = counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(severity, count)| counted(*count, text::word(*severity)))
        .collect();
    let policies = match reviewed.len() {
        1 => "1 policy".to_owned(),
        more => format!("{more} policies"),
    };
    let summary = match told.is_empty() {
        true => format!("{policies}: nothing found"),
        false => format!("{policies}: {}", told.join(", ")),
    };
    if all().any(|finding| finding.severity <= least) {
        return Err(CliError::Found {
            summary,
            hint: String::new(),
        });
    }
    output::say(&format!("locum: {summary}"));
    Ok(())
}

fn counted(count: usize, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        more => format!("{more} {word}s"),
    }
}

fn code(text: &str) -> Result<String, String> {
    let text = text.to_ascii_uppercase();
    let mut known = locum_policy::Code::ALL.iter();
    match known.any(|code| code.name() == text) {
        true => Ok(text),
        false => Err("there is no such code".to_owned()),
    }
}
