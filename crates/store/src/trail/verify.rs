//! Proving the trail: one pass over all its files in the order of the chain, in bounded memory.
//!
//! Found are records that were changed, taken out, put in twice, moved, or cut off the end, and a trail
//! that does not hold a checkpoint kept elsewhere. What nobody can find without one is a trail that was
//! written anew from some record on, or put back to an older copy together with its head.

mod finding;
mod judge;
mod walk;

use super::chain::ChainPoint;
use super::pruned::Pruned;
use super::reader::{TrailDay, TrailReader};
use crate::disk::files::FileError;
pub use finding::{Finding, FindingKind, Place};
use judge::Judge;
use walk::{Step, Walk};

/// Findings that are told one by one; further ones are counted.
pub(crate) const FINDINGS_TOLD_MAX: usize = 100;
/// Bytes between two calls of the progress function.
const PROGRESS_BYTES: u64 = 8 << 20;

/// What is asked of [`verify_trail`].
#[derive(Clone, Copy, Debug, Default)]
pub struct VerifyOptions<'a> {
    /// Begin with this day; what stands before it is not read.
    pub from: Option<TrailDay>,
    /// Points that the trail must hold, kept where its keeper cannot write.
    pub checkpoints: &'a [ChainPoint],
    /// Records of delivered files, the first and the last of each, say. Told is the first that the trail contradicts.
    pub delivered: &'a [ChainPoint],
    /// Numbers of checkpoints whose signature was found to be wrong.
    pub forged_checkpoints: &'a [u64],
    /// What the marker of removed days is worth.
    pub marker: Marker<'a>,
    /// End behind this day, without a look at the trail's end.
    pub until: Option<TrailDay>,
}

/// The marker of removed days, as whoever has the keys judged it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marker<'a> {
    /// There is none.
    #[default]
    None,
    /// Its signature was checked.
    Trusted(&'a Pruned),
    /// It cannot be read.
    Damaged,
    /// It is not signed, or not with a known key.
    Forged,
}

impl<'a> Marker<'a> {
    fn trusted(&self) -> Option<&'a Pruned> {
        match self {
            Marker::Trusted(pruned) => Some(pruned),
            Marker::None | Marker::Damaged | Marker::Forged => None,
        }
    }
}

/// How far the pass has come, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Read so far.
    pub read: u64,
    /// To be read in all.
    pub total: u64,
}

/// What [`verify_trail`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrailReport {
    /// Records that are what was written, where it was written.
    pub proven: u64,
    /// Records behind something broken, whose own hash could not be checked.
    pub unproven: u64,
    /// Lines that are no part of the chain.
    pub unchained: u64,
    /// Records that were being written, or torn by a crash and never acknowledged.
    pub unfinished: u64,
    /// Days read.
    pub days: u64,
    /// Bytes read.
    pub bytes: u64,
    /// The first and the last record of the chain that were read.
    pub range: Option<(ChainPoint, ChainPoint)>,
    /// Checkpoints that the trail holds.
    pub checkpoints_held: u64,
    /// Checkpoints from before the first record that was read.
    pub checkpoints_older: u64,
    /// What is broken, in the order of the chain; the first hundred.
    pub findings: Vec<Finding>,
    /// How many there are.
    pub findings_count: u64,
}

impl TrailReport {
    /// Nothing was found.
    pub fn is_good(&self) -> bool {
        self.findings_count == 0
    }
}

/// Reads the trail and tells whether it is what was written. Beside a running server it reads as far as
/// the files went when it began.
///
/// # Errors
/// When a file cannot be read.
pub fn verify_trail(
    reader: &TrailReader,
    options: &VerifyOptions<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<TrailReport, FileError> {
    // The head first: whatever it tells of is then in the files.
    let head = reader.head()?;
    let mut walk = Walk::start(reader, options.from)?;
    let mut judge = Judge::new(reader, options, head);
    match walk.days {
        0 => judge.begin_behind(options.from),
        _ => judge.begin(walk.first_place()?, walk.before_first()?),
    }
    judge.old_lines(&walk.old_lines, walk.old_lines_count);
    let mut told = 0;
    loop {
        if options.until.is_some_and(|until| walk.is_behind(until)) {
            let mut report = judge.end_early();
            (report.days, report.bytes) = (walk.days, walk.read);
            return Ok(report);
        }
        judge.pass_gone(|first, last| walk.ahead_within(first, last));
        let Some(step) = walk.step(judge.expected())? else {
            break;
        };
        match step {
            Step::Line {
                place,
                body,
                integrity,
                after,
            } => judge.line(place, body, integrity, after)?,
            Step::Unfinished(place) => judge.unfinished(place),
        }
        if judge.is_over() {
            break;
        }
        if walk.read - told >= PROGRESS_BYTES {
            told = walk.read;
            progress(Progress {
                read: walk.read,
                total: walk.total,
            });
        }
    }
    let mut report = judge.end(&walk);
    report.days = walk.days;
    report.bytes = walk.read;
    Ok(report)
}

#[cfg(test)]
mod tests;
