//! Proving a trail with keys: the chain, the marker of removed days, signed checkpoints.

use std::io;

use locum_store::{
    ChainPoint, Checkpoint, FileError, FindingKind, Marker, Progress, Pruned, TrailDay,
    TrailReader, TrailReport, VerifyOptions, verify_trail,
};

use super::TrustedKeys;
use crate::delivery::check::{DeliveredSpan, points_of};

/// How often a check begins anew because days were removed under it.
const TRIES_MAX: u32 = 3;

/// The marker of removed days, judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum MarkerFound {
    /// There is none.
    #[default]
    None,
    /// Signed with a trusted key.
    Trusted(Pruned),
    /// It cannot be read.
    Damaged,
    /// Not signed, or not with a trusted key.
    Forged,
}

impl MarkerFound {
    /// Reads and judges it.
    ///
    /// # Errors
    /// When it is there and the disk does not give it out.
    pub fn read(reader: &TrailReader, keys: &TrustedKeys) -> Result<MarkerFound, FileError> {
        let marker = match Pruned::read(reader) {
            Ok(None) => return Ok(MarkerFound::None),
            Ok(Some(marker)) => marker,
            Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::InvalidData => {
                return Ok(MarkerFound::Damaged);
            }
            Err(error) => return Err(error),
        };
        let signature = marker.signature.as_ref();
        let right = signature.is_some_and(|held| keys.have_signed(&marker.statement(), held));
        Ok(match right {
            true => MarkerFound::Trusted(marker),
            false => MarkerFound::Forged,
        })
    }

    /// As [`verify_trail`] takes it.
    pub fn as_marker(&self) -> Marker<'_> {
        match self {
            MarkerFound::None => Marker::None,
            MarkerFound::Trusted(marker) => Marker::Trusted(marker),
            MarkerFound::Damaged => Marker::Damaged,
            MarkerFound::Forged => Marker::Forged,
        }
    }
}

/// What is asked of [`prove`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ProofOptions<'a> {
    /// Begin with this day.
    pub from: Option<TrailDay>,
    /// End with this day, without a look at the trail's end.
    pub until: Option<TrailDay>,
    /// Checkpoints; a signature that they have must be right.
    pub checkpoints: &'a [Checkpoint],
    /// Delivered files whose records must be those of the trail.
    pub delivered: &'a [DeliveredSpan],
}

/// What [`prove`] found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    /// The chain.
    pub report: TrailReport,
    /// What was removed.
    pub marker: MarkerFound,
    /// Checkpoints with a signature that is right.
    pub checkpoints_signed: u64,
}

/// Proves a trail. Days that a server removes meanwhile make it begin anew.
///
/// # Errors
/// When a file cannot be read.
pub fn prove(
    reader: &TrailReader,
    keys: &TrustedKeys,
    options: ProofOptions<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Proof, FileError> {
    let forged = |checkpoint: &&Checkpoint| {
        let signature = checkpoint.signature.as_ref();
        signature.is_some_and(|held| !keys.have_signed(&checkpoint.statement(), held))
    };
    let (bad, good): (Vec<&Checkpoint>, Vec<&Checkpoint>) =
        options.checkpoints.iter().partition(forged);
    let forged: Vec<u64> = bad
        .iter()
        .map(|checkpoint| checkpoint.point.sequence)
        .collect();
    let points: Vec<ChainPoint> = good.iter().map(|checkpoint| checkpoint.point).collect();
    let ends = options.delivered.iter();
    let mut delivered: Vec<ChainPoint> = ends.flat_map(|span| [span.first, span.last]).collect();
    let mut is_exact = delivered.is_empty();
    let mut left = TRIES_MAX;
    loop {
        let marker = MarkerFound::read(reader, keys)?;
        let asked = VerifyOptions {
            from: options.from,
            until: options.until,
            checkpoints: &points,
            delivered: &delivered,
            forged_checkpoints: &forged,
            marker: marker.as_marker(),
        };
        let report = verify_trail(reader, &asked, progress);
        left -= 1;
        if left > 0 && MarkerFound::read(reader, keys)? != marker {
            continue;
        }
        let differs = report.as_ref().ok().and_then(first_differing);
        if let Some(sequence) = differs.filter(|_| !is_exact) {
            // One end of a file differs: which is the first of its records that does?
            is_exact = true;
            left += 1;
            let holds = |span: &&DeliveredSpan| {
                (span.first.sequence..=span.last.sequence).contains(&sequence)
            };
            let files = options.delivered.iter().filter(holds);
            delivered = files.flat_map(|span| points_of(&span.path)).collect();
            continue;
        }
        let signed = good.iter().filter(|held| held.signature.is_some()).count();
        return Ok(Proof {
            report: report?,
            marker,
            checkpoints_signed: signed as u64,
        });
    }
}

/// The number of the delivered record that the trail was found to contradict.
fn first_differing(report: &TrailReport) -> Option<u64> {
    let kinds = [FindingKind::DeliveredDiffers, FindingKind::DeliveredMissing];
    let mut findings = report.findings.iter();
    let found = findings.find(|finding| kinds.contains(&finding.kind));
    found.map(|finding| finding.sequence)
}
