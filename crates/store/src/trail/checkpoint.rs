//! What vouches for the trail from outside: checkpoints that an operator keeps, and the marker of what
//! was taken away on purpose.

use super::chain::ChainPoint;
use super::reader::{TrailDay, TrailReader};
use crate::disk::files::{FileError, replace};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

/// Records of pruned days behind the first that is kept: a few around a midnight.
const STRAGGLERS_MAX: usize = 10_000;

/// The newest record at some time, to be kept where the trail's keeper cannot write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its place in the chain.
    pub point: ChainPoint,
    /// Its `eventTime`; `-` when it has none.
    pub time: String,
}

impl Checkpoint {
    /// The newest record of a trail; `None` before the first.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn newest(reader: &TrailReader) -> Result<Option<Checkpoint>, FileError> {
        #[derive(Deserialize)]
        struct Timed {
            #[serde(rename = "eventTime")]
            time: Option<String>,
        }
        Ok(reader.newest()?.map(|newest| {
            let timed: Option<Timed> = serde_json::from_slice(&newest.record).ok();
            let time = timed.and_then(|timed| timed.time);
            Checkpoint {
                point: newest.point,
                time: time
                    .filter(|time| is_word(time))
                    .unwrap_or_else(|| "-".to_owned()),
            }
        }))
    }

    /// The checkpoints of a file, one a line, as text or JSON.
    ///
    /// # Errors
    /// The number of the first line that is none.
    pub fn of_lines(text: &str) -> Result<Vec<Checkpoint>, usize> {
        let lines = text.lines().enumerate();
        lines
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| line.parse().map_err(|NoCheckpoint| at + 1))
            .collect()
    }

    /// One JSON object on one line: `sequence`, `hash`, `time`.
    pub fn to_json(&self) -> String {
        let json = Json {
            sequence: self.point.sequence,
            hash: self.point.hash_text(),
            time: Some(self.time.clone()),
        };
        serde_json::to_string(&json).unwrap_or_default()
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.point, self.time)
    }
}

/// Not a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint: a number, a hash and a time")]
pub struct NoCheckpoint;

#[derive(Serialize, Deserialize)]
struct Json {
    sequence: u64,
    hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
}

impl Json {
    fn of(point: &ChainPoint) -> Json {
        Json {
            sequence: point.sequence,
            hash: point.hash_text(),
            time: None,
        }
    }

    fn point(&self) -> Option<ChainPoint> {
        ChainPoint::of_text(self.sequence, &self.hash)
    }
}

impl FromStr for Checkpoint {
    type Err = NoCheckpoint;
    fn from_str(text: &str) -> Result<Checkpoint, NoCheckpoint> {
        let text = text.trim();
        let json = if text.starts_with('{') {
            serde_json::from_str(text).map_err(|_| NoCheckpoint)?
        } else {
            let mut words = text.split_ascii_whitespace();
            let (sequence, hash) = (words.next(), words.next());
            let (Some(sequence), Some(hash)) = (sequence, hash) else {
                return Err(NoCheckpoint);
            };
            let time = words.next().map(str::to_owned);
            if words.next().is_some() {
                return Err(NoCheckpoint);
            }
            Json {
                sequence: sequence.parse().map_err(|_| NoCheckpoint)?,
                hash: hash.to_owned(),
                time,
            }
        };
        Ok(Checkpoint {
            point: json.point().ok_or(NoCheckpoint)?,
            time: json.time.unwrap_or_else(|| "-".to_owned()),
        })
    }
}

/// What was taken away at the beginning of the trail, on purpose: `DIR/trail/pruned`.
///
/// It proves nothing by itself, as whoever can take records away can write it too: its signature does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pruned {
    /// The last record before the first one that is kept.
    pub through: ChainPoint,
    /// Records behind it that went with their day.
    pub stragglers: Vec<ChainPoint>,
    /// A signature of [`Pruned::statement`], as its maker writes it.
    pub signature: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrunedText {
    through: Json,
    #[serde(default)]
    stragglers: Vec<Json>,
    signature: Option<String>,
}

impl Pruned {
    fn path(reader: &TrailReader) -> std::path::PathBuf {
        reader.dir().join("pruned")
    }

    /// What the marker must say, without a signature, when all days before `kept` are taken away. `None`
    /// when they hold no record of the chain.
    ///
    /// # Errors
    /// When a file cannot be read, or more records than a midnight explains came out of time.
    pub fn before(reader: &TrailReader, kept: TrailDay) -> Result<Option<Pruned>, FileError> {
        let days = reader.days()?;
        let (gone, kept): (Vec<_>, Vec<_>) = days.into_iter().partition(|day| *day < kept);
        let mut first = None;
        for day in kept {
            let mut lines = reader.lines(day, 0)?;
            while let Some(line) = lines.next_line()? {
                if let Some(point) = line.point() {
                    first =
                        Some(first.map_or(point.sequence, |held: u64| held.min(point.sequence)));
                    break;
                }
            }
        }
        let (mut through, mut stragglers): (Option<ChainPoint>, Vec<ChainPoint>) =
            (None, Vec::new());
        for day in gone {
            let mut lines = reader.lines(day, 0)?;
            while let Some(line) = lines.next_line()? {
                let Some(point) = line.point() else { continue };
                if first.is_some_and(|first| point.sequence > first) {
                    stragglers.push(point);
                } else if through.is_none_or(|held| held.sequence < point.sequence) {
                    through = Some(point);
                }
                if stragglers.len() > STRAGGLERS_MAX {
                    let error = io::Error::other("too many of its records are of a later time");
                    return Err(FileError::io(&reader.path(day))(error));
                }
            }
        }
        stragglers.sort_unstable_by_key(|point| point.sequence);
        Ok(through.map(|through| Pruned {
            through,
            stragglers,
            signature: None,
        }))
    }

    /// The hash of a record that went with its day.
    pub(crate) fn hash_of(&self, sequence: u64) -> Option<[u8; 32]> {
        let mut points = self.stragglers.iter().chain([&self.through]);
        let point = points.find(|point| point.sequence == sequence)?;
        Some(point.hash)
    }

    /// The bytes that are signed.
    pub fn statement(&self) -> Vec<u8> {
        let mut out = String::from("locum trail pruned\n");
        for point in [&self.through].into_iter().chain(&self.stragglers) {
            out.push_str(&format!("{point}\n"));
        }
        out.into_bytes()
    }

    /// Reads the marker; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub fn read(reader: &TrailReader) -> Result<Option<Pruned>, FileError> {
        let path = Pruned::path(reader);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::io(&path)(error)),
        };
        let marker = Pruned::of_bytes(&bytes);
        marker.map(Some).ok_or_else(|| {
            FileError::io(&path)(io::Error::new(io::ErrorKind::InvalidData, "not a marker"))
        })
    }

    fn of_bytes(bytes: &[u8]) -> Option<Pruned> {
        let text: PrunedText = serde_json::from_slice(bytes).ok()?;
        let stragglers = text
            .stragglers
            .iter()
            .map(Json::point)
            .collect::<Option<_>>()?;
        Some(Pruned {
            through: text.through.point()?,
            stragglers,
            signature: text.signature,
        })
    }

    /// Puts the marker in place. It must be there before the days are taken away.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, reader: &TrailReader) -> Result<(), FileError> {
        let text = PrunedText {
            through: Json::of(&self.through),
            stragglers: self.stragglers.iter().map(Json::of).collect(),
            signature: self.signature.clone(),
        };
        let path = Pruned::path(reader);
        let mut bytes = serde_json::to_vec(&text)
            .map_err(|error| FileError::io(&path)(io::Error::other(error)))?;
        bytes.push(b'\n');
        replace(Path::new(&path), &bytes)
    }
}
