//! The records in delivered log files: their places in the trail, and those of files that nothing vouches for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use locum_store::ChainPoint;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Delivered, hash, unpacked};

/// The records of one log file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredSpan {
    /// The file.
    pub path: PathBuf,
    /// The record with the lowest number.
    pub first: ChainPoint,
    /// The record with the highest.
    pub last: ChainPoint,
}

#[derive(Deserialize)]
struct LogText<'a> {
    #[serde(borrow, rename = "Records")]
    records: Vec<&'a RawValue>,
}

/// Each record of a log file with its place in the trail, if it tells one. `None` when it is no log file.
fn records(json: &[u8]) -> Option<Vec<(Option<ChainPoint>, &[u8])>> {
    let text: LogText<'_> = serde_json::from_slice(json).ok()?;
    let records = text.records.into_iter().map(|record| {
        let bytes = record.get().as_bytes();
        // As it stands in the day's file.
        (ChainPoint::of_line(bytes), bytes)
    });
    Some(records.collect())
}

/// The places of the records in a log file; none when it cannot be read.
pub(crate) fn points_of(path: &Path) -> Vec<ChainPoint> {
    let json = unpacked(path).unwrap_or_default();
    let records = records(&json).unwrap_or_default();
    records.into_iter().filter_map(|(point, _)| point).collect()
}

/// Log files that no digest names: those of trails without digests, and what somebody put there. The installation's
/// own delivery holds every record in a file that is named, so those of the former are found there.
#[derive(Default)]
pub(super) struct Unnamed {
    files: Vec<PathBuf>,
    /// By number: the hash of the record, and the file that holds it.
    wanted: BTreeMap<u64, Vec<([u8; 32], usize)>>,
}

impl Unnamed {
    pub(super) fn read(files: impl Iterator<Item = PathBuf>, found: &mut Delivered) -> Unnamed {
        let mut unnamed = Unnamed::default();
        for path in files {
            let number = unnamed.files.len();
            let json = match unpacked(&path) {
                Ok(json) => json,
                Err(why) => {
                    found.fault(path, why);
                    continue;
                }
            };
            let unique: String = hash(&json).chars().take(16).collect();
            let name = path.file_stem().and_then(|name| name.to_str());
            if !name.is_some_and(|name| name.contains(&format!("_{}.", unique.to_uppercase()))) {
                found.fault(path, "its name is not the one of what it holds");
                continue;
            }
            let held = records(&json).unwrap_or_default();
            let placed = held
                .iter()
                .filter_map(|(point, bytes)| Some((point.as_ref()?, bytes)));
            if held.is_empty() || placed.clone().count() < held.len() {
                let why =
                    "no digest names it, and it holds something else than records of the trail";
                found.fault(path, why);
                continue;
            }
            for (point, bytes) in placed {
                let told = (sha256(bytes), number);
                unnamed.wanted.entry(point.sequence).or_default().push(told);
            }
            unnamed.files.push(path);
        }
        unnamed
    }

    /// Looks into a file that is what was delivered.
    pub(super) fn look_into(&mut self, path: PathBuf, json: &[u8], found: &mut Delivered) {
        let Some(held) = records(json) else {
            return found.fault(path, "it is no log file");
        };
        let mut span: Option<(ChainPoint, ChainPoint)> = None;
        for (point, bytes) in held {
            let Some(point) = point else { continue };
            let (first, last) = span.get_or_insert((point, point));
            if point.sequence < first.sequence {
                *first = point;
            }
            if point.sequence > last.sequence {
                *last = point;
            }
            if let Some(wanted) = self.wanted.get_mut(&point.sequence) {
                let hash = sha256(bytes);
                wanted.retain(|(other, _)| *other != hash);
            }
        }
        if let Some((first, last)) = span {
            found.spans.push(DeliveredSpan { path, first, last });
        }
    }

    /// What was not found anywhere is told once for each file, with the first of its records.
    pub(super) fn end(self, found: &mut Delivered) {
        let mut first: BTreeMap<usize, u64> = BTreeMap::new();
        for (sequence, held) in self.wanted {
            for (_, number) in held {
                first.entry(number).or_insert(sequence);
            }
        }
        for (number, sequence) in first {
            if let Some(path) = self.files.get(number) {
                let why = format!(
                    "no digest names it, and its record {sequence} is not one of a file that a digest names"
                );
                found.fault(path.clone(), why);
            }
        }
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
