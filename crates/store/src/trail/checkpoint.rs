//! What vouches for the trail from outside: checkpoints, which an operator keeps elsewhere.

use super::chain::ChainPoint;
use super::head::HeadState;
use super::reader::{Look, TrailReader};
use super::signature::Signature;
use crate::disk::files::FileError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The form of a signed line.
const VERSION: u32 = 1;
const VERSION_WORD: &str = "v1";

/// The newest record at some time, to be kept where the trail's keeper cannot write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its place in the chain.
    pub point: ChainPoint,
    /// Its `eventTime`; `-` when it has none.
    pub time: String,
    /// Who signed [`Checkpoint::statement`], when somebody did. Whether that is true is for the reader to check.
    pub signature: Option<Signature>,
}

impl Checkpoint {
    /// The newest record of a trail; `None` before the first.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn newest(reader: &TrailReader) -> Result<Option<Checkpoint>, FileError> {
        let newest = reader.newest()?;
        Ok(newest.map(|newest| Checkpoint::of(newest.point, &newest.record)))
    }

    /// The newest record that is durable for sure, as the head tells: what a running server signs. `None` when
    /// the head or its record cannot be read.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn durable(reader: &TrailReader) -> Result<Option<Checkpoint>, FileError> {
        let HeadState::Known(head) = reader.head()? else {
            return Ok(None);
        };
        let mut found = None;
        reader.backwards(head.day, |line| {
            if line.end > head.length {
                return Look::On;
            }
            if line.point() == Some(head.point) {
                found = Some(Checkpoint::of(head.point, &line.record()));
            }
            Look::Enough
        })?;
        Ok(found)
    }

    fn of(point: ChainPoint, record: &[u8]) -> Checkpoint {
        #[derive(Deserialize)]
        struct Timed {
            #[serde(rename = "eventTime")]
            time: Option<String>,
        }
        let timed: Option<Timed> = serde_json::from_slice(record).ok();
        let time = timed.and_then(|timed| timed.time);
        Checkpoint {
            point,
            time: time
                .filter(|time| is_word(time))
                .unwrap_or_else(|| "-".to_owned()),
            signature: None,
        }
    }

    /// The bytes that are signed.
    pub fn statement(&self) -> Vec<u8> {
        format!("locum trail checkpoint v1\n{} {}\n", self.point, self.time).into_bytes()
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

    /// One JSON object on one line: `sequence`, `hash`, `time`, and when it is signed `version`, `key`, `signature`.
    pub fn to_json(&self) -> String {
        let signature = self.signature.as_ref();
        let json = Json {
            sequence: self.point.sequence,
            hash: self.point.hash_text(),
            time: Some(self.time.clone()),
            version: signature.map(|_| VERSION),
            key: signature.map(|held| held.key.clone()),
            signature: signature.map(|held| held.value.clone()),
        };
        serde_json::to_string(&json).unwrap_or_default()
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.point, self.time)?;
        match &self.signature {
            Some(held) => write!(f, " {VERSION_WORD} {} {}", held.key, held.value),
            None => Ok(()),
        }
    }
}

/// Not a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a checkpoint: a number, a hash, a time, and for a signed one its version, key and signature"
)]
pub struct NoCheckpoint;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    sequence: u64,
    hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

impl FromStr for Checkpoint {
    type Err = NoCheckpoint;
    fn from_str(text: &str) -> Result<Checkpoint, NoCheckpoint> {
        let text = text.trim();
        let json = match text.starts_with('{') {
            true => serde_json::from_str(text).map_err(|_| NoCheckpoint)?,
            false => of_words(text).ok_or(NoCheckpoint)?,
        };
        // All of it or nothing: a signature that was cut off is no unsigned line.
        let signature = match (json.version, json.key, json.signature) {
            (None, None, None) => None,
            (Some(VERSION), Some(key), Some(value)) => {
                Some(Signature::new(key, value).ok_or(NoCheckpoint)?)
            }
            _ => return Err(NoCheckpoint),
        };
        let time = json.time.unwrap_or_else(|| "-".to_owned());
        if !is_word(&time) {
            return Err(NoCheckpoint);
        }
        Ok(Checkpoint {
            point: ChainPoint::of_text(json.sequence, &json.hash).ok_or(NoCheckpoint)?,
            time,
            signature,
        })
    }
}

fn of_words(text: &str) -> Option<Json> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let (plain, signed) = match words.as_slice() {
        [plain @ .., version, key, signature] if plain.len() == 3 && *version == VERSION_WORD => {
            (plain, Some((*key, *signature)))
        }
        plain => (plain, None),
    };
    let (sequence, hash, time) = match plain {
        [sequence, hash] => (sequence, hash, None),
        [sequence, hash, time] => (sequence, hash, Some((*time).to_owned())),
        _ => return None,
    };
    Some(Json {
        sequence: sequence.parse().ok()?,
        hash: (*hash).to_owned(),
        time,
        version: signed.map(|_| VERSION),
        key: signed.map(|(key, _)| key.to_owned()),
        signature: signed.map(|(_, value)| value.to_owned()),
    })
}
