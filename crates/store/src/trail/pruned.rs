//! `DIR/trail/pruned`: what was removed from the trail on purpose, signed, so that the rest stays provable.

use super::chain::ChainPoint;
use super::reader::{TrailDay, TrailReader};
use super::signature::Signature;
use crate::disk::files::{FileError, replace};
use crate::limits::GONE_RANGES_MAX;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::path::PathBuf;

/// The form of the marker.
const VERSION: u32 = 1;
/// Bytes of a marker that are read.
const MARKER_BYTES_MAX: u64 = 4 << 20;

/// Records that went together: of consecutive numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// The number of the first of them.
    pub first: u64,
    /// The last of them, which the record behind it is hashed with.
    pub last: ChainPoint,
}

/// Everything that was ever removed. It proves nothing by itself, as whoever can remove records can write it too:
/// its signature does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// Records that went, by number; no two of them touch. One entry, but for records around a midnight or a
    /// clock that was set.
    pub gone: Vec<Gone>,
    /// The oldest and the newest day that went.
    pub days: (TrailDay, TrailDay),
    /// How many days went.
    pub days_count: u64,
    /// When the last of them went, `YYYY-MM-DDThh:mm:ssZ`.
    pub time: String,
    /// Who signed [`Pruned::statement`].
    pub signature: Option<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Text {
    version: u32,
    gone: Vec<GoneText>,
    first_day: String,
    last_day: String,
    days: u64,
    time: String,
    signature: Option<Signature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GoneText {
    first: u64,
    last: u64,
    hash: String,
}

/// A day's file as far as it was read.
pub type DayLength = (TrailDay, u64);

impl Pruned {
    fn path(reader: &TrailReader) -> PathBuf {
        reader.dir().join("pruned")
    }

    /// What the marker must say, without a signature, when these days are removed as well; `before` is the one
    /// that is there. `None` when there is nothing to say.
    ///
    /// # Errors
    /// When a file cannot be read, or the records stand so mixed up that the marker would have no end.
    pub fn with_days(
        before: Option<&Pruned>,
        reader: &TrailReader,
        days: &[DayLength],
        time: &str,
    ) -> Result<Option<Pruned>, FileError> {
        let (Some((first, _)), Some((last, _))) = (days.first(), days.last()) else {
            return Ok(before.cloned());
        };
        let mut gone = before.map_or_else(Vec::new, |before| before.gone.clone());
        for (day, length) in days {
            let mut lines = reader.lines(*day, 0)?.until(*length);
            while let Some(line) = lines.next_line()? {
                let Some(point) = line.point() else { continue };
                match gone.last_mut() {
                    Some(run) if run.last.sequence + 1 == point.sequence => run.last = point,
                    _ => gone.push(Gone {
                        first: point.sequence,
                        last: point,
                    }),
                }
                if gone.len() > 2 * GONE_RANGES_MAX {
                    gone = joined(gone);
                    if gone.len() > GONE_RANGES_MAX {
                        let error = io::Error::other("its records stand among those of other days");
                        return Err(FileError::io(&reader.path(*day))(error));
                    }
                }
            }
        }
        let first = before.map_or(*first, |before| before.days.0.min(*first));
        let last = before.map_or(*last, |before| before.days.1.max(*last));
        Ok(Some(Pruned {
            gone: joined(gone),
            days: (first, last),
            days_count: before.map_or(0, |before| before.days_count) + days.len() as u64,
            time: time.to_owned(),
            signature: None,
        }))
    }

    /// The records that went together with this one, if it went.
    pub fn covering(&self, sequence: u64) -> Option<&Gone> {
        let at = self
            .gone
            .partition_point(|gone| gone.last.sequence < sequence);
        self.gone.get(at).filter(|gone| gone.first <= sequence)
    }

    /// How many records went.
    pub fn records(&self) -> u64 {
        let counts = self.gone.iter();
        counts.map(|gone| gone.last.sequence - gone.first + 1).sum()
    }

    /// The bytes that are signed.
    pub fn statement(&self) -> Vec<u8> {
        let mut out = format!(
            "locum trail pruned v1\n{}\n{} {} {}\n",
            self.time, self.days.0, self.days.1, self.days_count
        );
        for gone in &self.gone {
            out.push_str(&format!("{} {}\n", gone.first, gone.last));
        }
        out.into_bytes()
    }

    /// Reads the marker; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read; with [`io::ErrorKind::InvalidData`] when it is damaged.
    pub fn read(reader: &TrailReader) -> Result<Option<Pruned>, FileError> {
        let path = Pruned::path(reader);
        let mut bytes = Vec::new();
        match std::fs::File::open(&path) {
            Ok(file) => file
                .take(MARKER_BYTES_MAX)
                .read_to_end(&mut bytes)
                .map_err(FileError::io(&path))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::io(&path)(error)),
        };
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "it is damaged");
        let marker = Pruned::of_bytes(&bytes);
        marker
            .map(Some)
            .ok_or_else(|| FileError::io(&path)(damaged()))
    }

    fn of_bytes(bytes: &[u8]) -> Option<Pruned> {
        let text: Text = serde_json::from_slice(bytes).ok()?;
        let mut gone: Vec<Gone> = Vec::with_capacity(text.gone.len());
        for run in &text.gone {
            let last = ChainPoint::of_text(run.last, &run.hash)?;
            let begins = gone.last().map_or(0, |before| before.last.sequence + 1);
            if run.first <= begins || run.last < run.first {
                return None;
            }
            gone.push(Gone {
                first: run.first,
                last,
            });
        }
        if text.version != VERSION || !text.time.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let signature = match text.signature {
            Some(held) => Some(Signature::new(held.key, held.value)?),
            None => None,
        };
        Some(Pruned {
            gone,
            days: (text.first_day.parse().ok()?, text.last_day.parse().ok()?),
            days_count: text.days,
            time: text.time,
            signature,
        })
    }

    /// Puts the marker in place, durably. It must be there before the days are removed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, reader: &TrailReader) -> Result<(), FileError> {
        let gone = self.gone.iter().map(|gone| GoneText {
            first: gone.first,
            last: gone.last.sequence,
            hash: gone.last.hash_text(),
        });
        let text = Text {
            version: VERSION,
            gone: gone.collect(),
            first_day: self.days.0.to_string(),
            last_day: self.days.1.to_string(),
            days: self.days_count,
            time: self.time.clone(),
            signature: self.signature.clone(),
        };
        let path = Pruned::path(reader);
        let mut bytes = serde_json::to_vec(&text)
            .map_err(|error| FileError::io(&path)(io::Error::other(error)))?;
        bytes.push(b'\n');
        replace(&path, &bytes)
    }
}

/// Sorted, and runs that touch or overlap made one.
fn joined(mut runs: Vec<Gone>) -> Vec<Gone> {
    runs.sort_unstable_by_key(|run| run.first);
    let mut out: Vec<Gone> = Vec::with_capacity(runs.len());
    for run in runs {
        match out.last_mut() {
            Some(before) if run.first <= before.last.sequence + 1 => {
                if run.last.sequence > before.last.sequence {
                    before.last = run.last;
                }
            }
            _ => out.push(run),
        }
    }
    out
}
