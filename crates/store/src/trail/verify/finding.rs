//! One thing that is wrong with the trail, and how it is told.

use crate::trail::reader::TrailDay;
use std::fmt;

/// A line of a day's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The day.
    pub day: TrailDay,
    /// The line, from 1.
    pub line: u64,
    /// Where it begins, in bytes from the beginning of the file.
    pub offset: u64,
    /// Where the next one begins.
    pub(crate) end: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, line {}, byte {}",
            self.day.file_name(),
            self.line,
            self.offset
        )
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// The record is not the one that was written.
    Changed,
    /// Records are not there; the place is where they should have begun.
    Missing,
    /// A record stands where it was not written.
    OutOfOrder,
    /// A record stands there a second time.
    Twice,
    /// The newest records are not there.
    CutTail,
    /// A line that is no part of the chain stands within it.
    Unchained,
    /// There is a store, and not one record of what was done with it.
    Gone,
    /// The head is missing.
    HeadMissing,
    /// The head cannot be read.
    HeadDamaged,
    /// The head tells of another record than stands there.
    HeadDiffers,
    /// The trail has another record than the checkpoint.
    CheckpointDiffers,
    /// The trail ends before the checkpoint.
    RolledBack,
    /// The trail has another record than was delivered, or none.
    DeliveredDiffers,
    /// The trail ends before a record that was delivered.
    DeliveredMissing,
    /// The checkpoint's signature is not one of a known key.
    CheckpointForged,
    /// The marker of what was removed cannot be read.
    MarkerDamaged,
    /// The marker's signature is not one of a known key.
    MarkerForged,
    /// The trail has another record than the marker tells of.
    MarkerDiffers,
}

impl FindingKind {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            FindingKind::Changed => "changed",
            FindingKind::Missing => "missing",
            FindingKind::OutOfOrder => "out-of-order",
            FindingKind::Twice => "twice",
            FindingKind::CutTail => "cut-tail",
            FindingKind::Unchained => "unchained",
            FindingKind::Gone => "gone",
            FindingKind::HeadMissing => "head-missing",
            FindingKind::HeadDamaged => "head-damaged",
            FindingKind::HeadDiffers => "head-differs",
            FindingKind::CheckpointDiffers => "checkpoint-differs",
            FindingKind::RolledBack => "rolled-back",
            FindingKind::DeliveredDiffers => "delivered-differs",
            FindingKind::DeliveredMissing => "delivered-missing",
            FindingKind::CheckpointForged => "checkpoint-forged",
            FindingKind::MarkerDamaged => "marker-damaged",
            FindingKind::MarkerForged => "marker-forged",
            FindingKind::MarkerDiffers => "marker-differs",
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// The record's number; the first of several. Where a line says none, the one that was due.
    pub sequence: u64,
    /// The last of several records.
    pub through: u64,
    /// Where.
    pub place: Option<Place>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        let (first, last) = (self.sequence, self.through);
        let (they, are, stand) = match first == last {
            true => (
                format!("record {first}"),
                "is",
                "does not stand where it was",
            ),
            false => (
                format!("records {first} to {last}"),
                "are",
                "do not stand where they were",
            ),
        };
        match self.kind {
            FindingKind::Changed => write!(f, "record {first} was changed"),
            FindingKind::Missing => write!(f, "{they} {are} missing"),
            FindingKind::OutOfOrder => write!(f, "{they} {stand} written"),
            FindingKind::Twice => write!(f, "record {first} stands here a second time"),
            FindingKind::CutTail => write!(f, "the end was cut off: {they} {are} missing"),
            FindingKind::Unchained => write!(
                f,
                "a line that is no part of the chain, where record {first} was due"
            ),
            FindingKind::Gone => f.write_str(GONE),
            FindingKind::HeadMissing => write!(
                f,
                "the file `head` is missing: records behind {first} may have been cut off"
            ),
            FindingKind::HeadDamaged => write!(
                f,
                "the file `head` is damaged: records behind {first} may have been cut off"
            ),
            FindingKind::HeadDiffers => write!(f, "record {first} {HEAD_DIFFERS}"),
            FindingKind::CheckpointDiffers => {
                write!(
                    f,
                    "record {first} is not the one of the checkpoint: the trail was rewritten"
                )
            }
            FindingKind::RolledBack => write!(
                f,
                "the trail ends before record {first} of the checkpoint: it was rolled back"
            ),
            FindingKind::DeliveredDiffers => write!(
                f,
                "record {first} is not the one that was delivered: the trail was rewritten"
            ),
            FindingKind::DeliveredMissing => write!(
                f,
                "the trail ends before record {first}, which was delivered: it was rolled back"
            ),
            FindingKind::CheckpointForged => write!(
                f,
                "the checkpoint of record {first} is not signed with a known key: it is not counted"
            ),
            FindingKind::MarkerDamaged => f.write_str(MARKER_DAMAGED),
            FindingKind::MarkerForged => f.write_str(MARKER_FORGED),
            FindingKind::MarkerDiffers => write!(
                f,
                "record {first} is not the one that the file `pruned` tells of"
            ),
        }
    }
}

const GONE: &str = "there is not one record, though there is a store: the trail was removed";
const HEAD_DIFFERS: &str = "is not the one that the file `head` tells of";
const MARKER_DAMAGED: &str = "the file `pruned` is damaged: it explains nothing that is missing";
const MARKER_FORGED: &str =
    "the file `pruned` is not signed with a known key: it explains nothing that is missing";
