//! `locum trail verify`: is the trail what was written? Offline, or beside a running server.

use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use locum_server::trail::{
    ChainPoint, Checkpoint, Finding, MarkerFound, Progress, Proof, ProofOptions, TrailDay,
    TrustedKeys, changed_texts, prove,
};
use serde::Serialize;

use super::{Format, delivered, keys};
use crate::commands::{Context, data_directory};
use crate::error::CliError;
use crate::output::{self, Colour, Stream, Style, clean};
use crate::trail::lines::{failed, reader};
use crate::{json, limits};

/// What the answer means, for the help of the command.
pub(super) const HELP: &str = "\
Every record is hashed and compared with the chain: what was changed, taken out, moved, put in twice or cut \
off the end is named. Whoever can write all of the trail could also write it anew; a checkpoint that was \
kept elsewhere (`locum trail checkpoint`) finds that too. Files that were delivered to the trail's own folder \
are checked as well: their digests' signatures and order, and each log file that a digest names.

Days that were removed on purpose (`locum trail prune`) are told by the signed file `pruned`. Signatures are checked \
with the keys beside the trail, or with --keys by those alone that `locum trail keys` printed earlier.

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
    /// What `locum trail keys` printed earlier; no other key is trusted then
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Runs `locum trail verify`.
pub(super) fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let data = data_directory(arguments.data);
    let reader = reader(&data)?;
    let trusted = match &arguments.keys {
        Some(file) => keys::kept(file)?,
        None => TrustedKeys::of_folder(reader.dir())
            .map_err(|error| CliError::io("cannot read the keys".to_owned(), error))?,
    };
    let mut points = Vec::new();
    for file in &arguments.checkpoint {
        points.extend(checkpoints(file)?);
    }
    // First: what is delivered stands in the trail by then.
    let found = delivered::check(&data, &trusted)?;
    let options = ProofOptions {
        delivered: &found.spans,
        from: arguments.from,
        checkpoints: &points,
        ..ProofOptions::default()
    };
    let shown = output::is_terminal(Stream::Err);
    let mut told = Instant::now();
    let mut progress = |progress: Progress| {
        if shown && told.elapsed() >= limits::TRAIL_PROGRESS_EVERY {
            told = Instant::now();
            output::say(&format!("locum: {}", so_far(progress)));
        }
    };
    let proof = prove(&reader, &trusted, options, &mut progress).map_err(failed)?;
    let report = &proof.report;
    let texts: Vec<String> = changed_texts(&reader)
        .map_err(failed)?
        .iter()
        .map(|file| named(file, reader.dir()))
        .collect();
    let verdict = match report.is_good() && found.faults.is_empty() && texts.is_empty() {
        true => "good",
        false => "broken",
    };
    let told = Shown {
        proof: &proof,
        from: arguments.from,
        texts: &texts,
        delivered: delivered::answer(&data, &found),
    };
    let colour = Colour::stdout(&context.environment);
    let text = match arguments.format {
        Format::Json => json::pretty(&answer(told, verdict)),
        Format::Text => told_text(&told, colour) + &delivered::text(&told.delivered),
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

/// What the answer is made of.
struct Shown<'a> {
    proof: &'a Proof,
    from: Option<TrailDay>,
    /// Files of policies' texts that hold something else than was kept.
    texts: &'a [String],
    delivered: delivered::Answer,
}

/// A file as it is named below the trail's folder.
fn named(file: &Path, trail: &Path) -> String {
    file.strip_prefix(trail)
        .unwrap_or(file)
        .display()
        .to_string()
}

fn so_far(progress: Progress) -> String {
    let percent = (progress.read.saturating_mul(100))
        .checked_div(progress.total)
        .unwrap_or(100);
    format!("{percent} % of {} MiB", progress.total >> 20)
}

fn checkpoints(file: &Path) -> Result<Vec<Checkpoint>, CliError> {
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
    Ok(found)
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
    /// Among all that were given, those with a signature that is right.
    checkpoints_signed: u64,
    /// What was removed on purpose, when a trusted key says so.
    pruned: Option<Removed>,
    findings_count: u64,
    /// The first hundred.
    findings: Vec<Told>,
    /// Files of kept texts of policies that hold something else than was kept.
    policies_changed: Vec<String>,
    delivered: delivered::Answer,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Removed {
    first_day: String,
    last_day: String,
    days: u64,
    records: u64,
    time: String,
    key: String,
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

fn removed(marker: &MarkerFound) -> Option<Removed> {
    let MarkerFound::Trusted(marker) = marker else {
        return None;
    };
    let signature = marker.signature.as_ref();
    Some(Removed {
        first_day: marker.days.0.to_string(),
        last_day: marker.days.1.to_string(),
        days: marker.days_count,
        records: marker.records(),
        time: marker.time.clone(),
        key: signature.map_or_else(String::new, |held| held.key.clone()),
    })
}

fn answer(shown: Shown<'_>, verdict: &'static str) -> Answer {
    let proof = shown.proof;
    let report = &proof.report;
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
        checkpoints_signed: proof.checkpoints_signed,
        pruned: removed(&proof.marker),
        findings_count: report.findings_count,
        findings: report.findings.iter().map(told).collect(),
        policies_changed: shown.texts.to_vec(),
        delivered: shown.delivered,
    }
}

fn told_text(shown: &Shown<'_>, colour: Colour) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = lines(&mut out, shown, colour);
    out
}

fn lines(out: &mut String, shown: &Shown<'_>, colour: Colour) -> std::fmt::Result {
    let proof = shown.proof;
    let report = &proof.report;
    for finding in &report.findings {
        writeln!(out, "{}", clean(&finding.to_string()))?;
    }
    let further = report.findings_count - report.findings.len() as u64;
    if further > 0 {
        writeln!(out, "… and {further} more")?;
    }
    for file in shown.texts {
        writeln!(
            out,
            "{}: it is not the text that was kept there",
            clean(file)
        )?;
    }
    let verdict = match report.is_good() && shown.texts.is_empty() {
        true => colour.paint(Style::Good, "good"),
        false => colour.paint(Style::Bad, "broken"),
    };
    let Some((first, last)) = report.range else {
        match shown.from {
            Some(day) => writeln!(out, "{verdict}: there is nothing to read from {day} on")?,
            None => writeln!(out, "{verdict}: no record of the chain was read")?,
        }
        return rest(out, proof);
    };
    writeln!(
        out,
        "{verdict}: {} records proven, {} to {}, in {} days",
        report.proven, first.sequence, last.sequence, report.days
    )?;
    writeln!(out, "last: {last}")?;
    rest(out, proof)
}

fn rest(out: &mut String, proof: &Proof) -> std::fmt::Result {
    let report = &proof.report;
    let noted = [
        (
            report.unproven,
            "behind something broken or at the beginning, not proven",
        ),
        (report.unchained, "lines that are no part of the chain"),
        (report.unfinished, "not whole, never acknowledged"),
        (report.checkpoints_held, "checkpoints held"),
        (
            proof.checkpoints_signed,
            "of the checkpoints signed with a trusted key",
        ),
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
    if let Some(gone) = removed(&proof.marker) {
        writeln!(
            out,
            "removed on purpose until {}: {} records in {} days, {} to {}; signed with {}",
            gone.time, gone.records, gone.days, gone.first_day, gone.last_day, gone.key
        )?;
    }
    Ok(())
}
