//! `locum trail lookup`, `export` and `follow`: the trail asked by way of its index.

use std::io::Write;
use std::path::PathBuf;

use locum_server::trail_index::record_of;

use super::{Format, Printer};
use crate::clock;
use crate::commands::{Context, data_directory};
use crate::error::CliError;
use crate::output::{self, Colour};
use crate::trail::filter::Filter;
use crate::trail::folder::Folder;
use crate::trail::{follow, tree};

/// Arguments of `locum trail lookup`.
#[derive(Debug, clap::Args)]
pub(super) struct Lookup {
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
    /// How many records at most, the newest first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    lines: usize,
    /// A table for people, or the records, one JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Arguments of `locum trail export`.
#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    #[command(flatten)]
    filter: Filter,
    /// The file to write; it must not be there. Standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// One record a line, or one CloudTrail log file
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    format: ExportFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ExportFormat {
    /// The lines as they stand in the trail
    Jsonl,
    /// `{"Records":[…]}`, without what proves a record's place in the trail
    Cloudtrail,
}

/// Arguments of `locum trail follow`.
#[derive(Debug, clap::Args)]
pub(super) struct Follow {
    /// An access key id, the ARN of a session, or a request's id
    session: String,
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    /// How many sessions of that name at most, the newest first
    #[arg(short = 'n', long, value_name = "N", default_value_t = 5)]
    sessions: usize,
    /// A tree for people, or JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn lookup(context: &Context, lookup: Lookup) -> Result<(), CliError> {
    let query = lookup.filter.query(clock::now_s())?;
    let folder = Folder::open(&data_directory(lookup.data))?;
    let mut printer = Printer::new(context, lookup.format);
    let mut count = 0;
    let more = folder.each(&query, lookup.lines, |hits| {
        count += hits.len();
        printer.print(hits.into_iter().map(|hit| hit.line).collect())
    })?;
    if count == 0 {
        output::say("locum: no record has all of that");
    } else if more {
        output::say(&format!(
            "locum: these are the newest {count}; more with -n, or all of them with locum trail export"
        ));
    }
    Ok(())
}

pub(super) fn export(export: Export) -> Result<(), CliError> {
    let query = export.filter.query(clock::now_s())?;
    let folder = Folder::open(&data_directory(export.data))?;
    let mut sink = Sink::open(export.output)?;
    let mut count = 0usize;
    if export.format == ExportFormat::Cloudtrail {
        sink.write(b"{\"Records\":[")?;
    }
    folder.each(&query, usize::MAX, |hits| {
        let mut bytes = Vec::new();
        for hit in hits {
            match export.format {
                ExportFormat::Jsonl => {
                    bytes.extend_from_slice(&hit.line);
                    bytes.push(b'\n');
                }
                ExportFormat::Cloudtrail => {
                    bytes.extend_from_slice(if count == 0 { b"" } else { b"," });
                    bytes.extend(record_of(&hit.line));
                }
            }
            count += 1;
        }
        sink.write(&bytes)
    })?;
    if export.format == ExportFormat::Cloudtrail {
        sink.write(b"]}\n")?;
    }
    sink.finish()?;
    output::say(&format!("locum: {count} records"));
    Ok(())
}

/// Where an export goes: a private file of its own, or standard output.
enum Sink {
    File(PathBuf, std::io::BufWriter<std::fs::File>),
    Out,
}

impl Sink {
    fn open(path: Option<PathBuf>) -> Result<Sink, CliError> {
        use std::os::unix::fs::OpenOptionsExt;
        let Some(path) = path else {
            return Ok(Sink::Out);
        };
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|e| CliError::io(format!("cannot write {}", path.display()), e))?;
        Ok(Sink::File(path, std::io::BufWriter::new(file)))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        match self {
            Sink::File(path, file) => file
                .write_all(bytes)
                .map_err(|e| CliError::io(format!("cannot write {}", path.display()), e)),
            Sink::Out => output::result(&String::from_utf8_lossy(bytes)),
        }
    }

    fn finish(self) -> Result<(), CliError> {
        match self {
            Sink::File(path, mut file) => file
                .flush()
                .map_err(|e| CliError::io(format!("cannot write {}", path.display()), e)),
            Sink::Out => Ok(()),
        }
    }
}

pub(super) fn follow(context: &Context, follow: Follow) -> Result<(), CliError> {
    let folder = Folder::open(&data_directory(follow.data))?;
    let trees = follow::trees(&folder, &follow.session, follow.sessions)?;
    if trees.is_empty() {
        let asked = output::clean(&follow.session);
        return Err(CliError::usage(
            format!("the trail holds no call that issued the session {asked}"),
            "name the access key id of a session (ASIA…), the ARN of an assumed role's session, or a request's id",
        ));
    }
    if follow.format == Format::Json {
        let text = serde_json::to_string(&trees).unwrap_or_default();
        return output::result(&(text + "\n"));
    }
    let width = output::terminal_width();
    let colour = Colour::stdout(&context.environment);
    let shown = trees.iter().map(|it| tree::lay_out(it, width, colour));
    output::result(&shown.collect::<Vec<_>>().join("\n"))
}
