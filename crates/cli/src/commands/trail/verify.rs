//! `locum trail verify`: is the trail what was written? Offline, or beside a running server.

use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use locum_server::trail::{
    ChainPoint, Checkpoint, Finding, Progress, Pruned, TrailDay, TrailReport, VerifyOptions,
    verify_trail,
};
use serde::Serialize;

use super::{Format, delivered};
use crate::commands::{Context, data_directory};
use crate::error::CliError;
use crate::output::{self, Colour, Style, clean};
use crate::trail::lines::{failed, reader};
use crate::{json, limits};

/// What the answer means, for the help of the command.
pub(super) const HELP: &str = "\
Every record is hashed and compared with the chain: what was changed, taken out, moved, put in twice or cut \
off the end is named. Whoever can write all of the trail could also write it anew; a checkpoint that was \
kept elsewhere (`locum trail checkpoint`) finds that too. Files that were delivered to the trail's own folder \
are checked as well: their digests' signatures and order, and each log file that a digest names.

Exit codes: 0 good, 1 broken, 252 wrong usage, 253 there is no trail, 255 it cannot be read.";

/// Arguments of `locum trail verify`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    /// Begin with this day (UTC); what is older is not read
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<TrailDay>,
    /// What `locum trail checkpoint` printed earlier, one a line; the trail must hold each of them
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Runs `locum trail verify`.
pub(super) fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let data = data_directory(arguments.data);
    let reader = reader(&data)?;
    let mut points = Vec::new();
    for file in &arguments.checkpoint {
        points.extend(checkpoints(file)?);
    }
    let options = VerifyOptions {
        from: arguments.from,
        checkpoints: &points,
        // Nobody can check its signature yet, so it excuses nothing.
        pruned: None,
    };
    let mut told = Instant::now();
    let mut progress = |progress: Progress| {
        if told.elapsed() >= limits::TRAIL_PROGRESS_EVERY {
            told = Instant::now();
            output::say(&format!("locum: {}", so_far(progress)));
        }
    };
    let report = verify_trail(&reader, &options, &mut progress).map_err(failed)?;
    let marker = Pruned::read(&reader).map_err(failed)?;
    let found = delivered::check(&data)?;
    let verdict = match report.is_good() && found.faults.is_empty() {
        true => "good",
        false => "broken",
    };
    let delivered = delivered::answer(&data, &found);
    let colour = Colour::stdout(&context.environment);
    let text = match arguments.format {
        Format::Json => json::pretty(&answer(&report, verdict, delivered)),
        Format::Text => told_text(&report, marker.as_ref(), colour) + &delivered::text(&delivered),
    };
    output::result(&text)?;
    match verdict == "good" {
        true => Ok(()),
        false => Err(CliError::Found {
            summary: "the trail is broken".to_owned(),
            hint: "keep the files as they are, and compare them with a copy from another place"
                .to_owned(),
        }),
    }
}

fn so_far(progress: Progress) -> String {
    let percent = (progress.read.saturating_mul(100))
        .checked_div(progress.total)
        .unwrap_or(100);
    format!("{percent} % of {} MiB", progress.total >> 20)
}

fn checkpoints(file: &Path) -> Result<Vec<ChainPoint>, CliError> {
    let cannot = |error| CliError::io(format!("cannot read {}", file.display()), error);
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|opened| {
            opened
                .take(limits::CHECKPOINT_FILE_BYTES_MAX)
                .read_to_string(&mut text)
        })
        .map_err(cannot)?;
    let hint = "each line is what `locum trail checkpoint` prints";
    let found = Checkpoint::of_lines(&text).map_err(|line| {
        let message = format!("{}, line {line}: not a checkpoint", file.display());
        CliError::configuration(message, hint)
    })?;
    if found.is_empty() {
        let message = format!("{} holds no checkpoint", file.display());
        return Err(CliError::configuration(message, hint));
    }
    Ok(found.iter().map(|checkpoint| checkpoint.point).collect())
}

/// The answer, for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    /// `good` or `broken`
    verdict: &'static str,
    records_proven: u64,
    records_unproven: u64,
    records_unchained: u64,
    records_unfinished: u64,
    days: u64,
    bytes: u64,
    first: Option<Point>,
    last: Option<Point>,
    checkpoints_held: u64,
    checkpoints_older: u64,
    findings_count: u64,
    /// The first hundred.
    findings: Vec<Told>,
    delivered: delivered::Answer,
}

#[derive(Debug, Serialize)]
struct Point {
    sequence: u64,
    hash: String,
}

#[derive(Debug, Serialize)]
struct Told {
    kind: &'static str,
    sequence: u64,
    through: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    message: String,
}

fn answer(report: &TrailReport, verdict: &'static str, delivered: delivered::Answer) -> Answer {
    let point = |point: ChainPoint| Point {
        sequence: point.sequence,
        hash: point.hash_text(),
    };
    let told = |finding: &Finding| Told {
        kind: finding.kind.code(),
        sequence: finding.sequence,
        through: finding.through,
        file: finding.place.map(|place| place.day.file_name()),
        line: finding.place.map(|place| place.line),
        offset: finding.place.map(|place| place.offset),
        message: finding.to_string(),
    };
    Answer {
        verdict,
        records_proven: report.proven,
        records_unproven: report.unproven,
        records_unchained: report.unchained,
        records_unfinished: report.unfinished,
        days: report.days,
        bytes: report.bytes,
        first: report.range.map(|(first, _)| point(first)),
        last: report.range.map(|(_, last)| point(last)),
        checkpoints_held: report.checkpoints_held,
        checkpoints_older: report.checkpoints_older,
        findings_count: report.findings_count,
        findings: report.findings.iter().map(told).collect(),
        delivered,
    }
}

fn told_text(report: &TrailReport, marker: Option<&Pruned>, colour: Colour) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = lines(&mut out, report, marker, colour);
    out
}

fn lines(
    out: &mut String,
    report: &TrailReport,
    marker: Option<&Pruned>,
    colour: Colour,
) -> std::fmt::Result {
    for finding in &report.findings {
        writeln!(out, "{}", clean(&finding.to_string()))?;
    }
    let further = report.findings_count - report.findings.len() as u64;
    if further > 0 {
        writeln!(out, "… and {further} more")?;
    }
    let verdict = match report.is_good() {
        true => colour.paint(Style::Good, "good"),
        false => colour.paint(Style::Bad, "broken"),
    };
    let Some((first, last)) = report.range else {
        writeln!(out, "{verdict}: no record of the chain was read")?;
        return rest(out, report, marker);
    };
    writeln!(
        out,
        "{verdict}: {} records proven, {} to {}, in {} days",
        report.proven, first.sequence, last.sequence, report.days
    )?;
    writeln!(out, "last: {last}")?;
    rest(out, report, marker)
}

fn rest(out: &mut String, report: &TrailReport, marker: Option<&Pruned>) -> std::fmt::Result {
    let noted = [
        (
            report.unproven,
            "behind something broken or at the beginning, not proven",
        ),
        (
            report.unchained,
            "from before there was a chain, not proven",
        ),
        (report.unfinished, "not whole, never acknowledged"),
        (report.checkpoints_held, "checkpoints held"),
        (
            report.checkpoints_older,
            "checkpoints older than what was read",
        ),
    ];
    for (count, what) in noted {
        if count > 0 {
            writeln!(out, "{count} {what}")?;
        }
    }
    if let Some(marker) = marker {
        writeln!(
            out,
            "the file `pruned` says that records up to {} were taken away on purpose; its signature was not checked",
            marker.through.sequence
        )?;
    }
    Ok(())
}
