//! `locum trail`: the audit trail as a table that people can read, or as the records themselves.

mod search;

mod checkpoint;
mod delivered;
mod keys;
mod prune;
mod verify;

use std::path::PathBuf;

use locum_server::trail::ChainPoint;

use crate::commands::Context;
use crate::error::CliError;
use crate::limits;
use crate::output::{self, Colour, Stream};
use crate::table::Table;
use crate::trail::lines::Trail;
use crate::trail::record::{Layout, Row};

/// Arguments of `locum trail`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show the last records, and with --follow those that come.
    Tail(Tail),
    /// Prove that the trail is what was written
    #[command(after_help = verify::HELP)]
    Verify(verify::Arguments),
    /// Print the newest record's place in the chain, signed, to be kept elsewhere
    #[command(after_help = checkpoint::HELP)]
    Checkpoint(checkpoint::Arguments),
    /// Remove the oldest days; what stays is provable
    #[command(after_help = prune::HELP)]
    Prune(prune::Arguments),
    /// Print the public keys that digests, checkpoints and removals are signed with
    #[command(after_help = keys::HELP)]
    Keys(keys::Arguments),
    /// Find records, the newest first; filters combine
    Lookup(Box<search::Lookup>),
    /// Follow a session back to whoever began, and on to the sessions that it opened
    Follow(search::Follow),
    /// Write records to a file for other programs; filters combine
    Export(Box<search::Export>),
}

#[derive(Debug, clap::Args)]
struct Tail {
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    /// How many records to begin with
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    lines: usize,
    /// Go on with the records that come
    #[arg(short, long)]
    follow: bool,
    /// A table for people, or the records, one JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Runs `locum trail`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    match arguments.action {
        Action::Tail(arguments) => tail(context, arguments),
        Action::Verify(arguments) => verify::run(context, arguments),
        Action::Checkpoint(arguments) => checkpoint::run(context, arguments),
        Action::Prune(arguments) => prune::run(context, arguments),
        Action::Keys(arguments) => keys::run(arguments),
        Action::Lookup(arguments) => search::lookup(context, *arguments),
        Action::Follow(arguments) => search::follow(context, arguments),
        Action::Export(arguments) => search::export(*arguments),
    }
}

fn tail(context: &Context, tail: Tail) -> Result<(), CliError> {
    let mut trail = Trail::open(&super::data_directory(tail.data.clone()))?;
    let mut printer = Printer::new(context, tail.format);
    printer.print(trail.last(tail.lines)?)?;
    if !tail.follow {
        return Ok(());
    }
    loop {
        let lines = trail.more()?;
        if lines.is_empty() {
            std::thread::sleep(limits::TRAIL_POLL);
        }
        printer.print(lines)?;
    }
}

/// Prints lines in one of the two formats.
struct Printer {
    format: Format,
    layout: Layout,
    table: Table,
}

impl Printer {
    fn new(context: &Context, format: Format) -> Printer {
        let width = output::terminal_width();
        let layout = Layout::for_width(width);
        let table = Table::new(
            layout.columns(),
            width,
            Colour::stdout(&context.environment),
        );
        Printer {
            format,
            layout,
            table,
        }
    }

    fn print(&mut self, lines: Vec<Vec<u8>>) -> Result<(), CliError> {
        if lines.is_empty() {
            return Ok(());
        }
        match self.format {
            Format::Json => {
                // Programs get the bytes as they are; a terminal does not.
                let shown = |line: &Vec<u8>| match output::is_terminal(Stream::Out) {
                    true => output::clean(&String::from_utf8_lossy(line)) + "\n",
                    false => String::from_utf8_lossy(line).into_owned() + "\n",
                };
                output::result(&lines.iter().map(shown).collect::<String>())
            }
            Format::Text => {
                let unreadable = "a line of the trail is not a record of its chain and is not shown; see it with --format json";
                let row = |line: &Vec<u8>| is_of_chain(line).then(|| Row::of(line)).flatten();
                let rows: Vec<Option<Row>> = lines.iter().map(row).collect();
                if rows.iter().any(Option::is_none) {
                    output::say(&format!("locum: {unreadable}"));
                }
                let rows: Vec<_> = rows
                    .iter()
                    .flatten()
                    .map(|row| row.line(self.layout))
                    .collect();
                output::result(&self.table.lines(&rows))
            }
        }
    }
}

/// Whether a line tells its place in the chain. Nothing else was ever written by a server.
fn is_of_chain(line: &[u8]) -> bool {
    ChainPoint::of_line(line).is_some()
}
