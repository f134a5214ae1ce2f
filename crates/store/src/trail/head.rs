//! `DIR/trail/head`: how far the trail goes, so that an end that was cut off is seen.
//!
//! It is overwritten in place behind each sync and is itself synced at a clean stop only: after a loss
//! of power it may be behind the records, never ahead of them.

use super::chain::{ChainPoint, SEQUENCE_MAX};
use super::reader::TrailDay;
use crate::disk::files::{Access, FileError, private_file, replace};
use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Every head has this size, so that a shorter one leaves nothing of a longer one behind.
const HEAD_BYTES: usize = 256;

/// The newest record of the trail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailHead {
    /// Its place in the chain.
    pub point: ChainPoint,
    /// The day's file that it stands in.
    pub day: TrailDay,
    /// How long that file was with it.
    pub length: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    sequence: u64,
    hash: String,
    day: String,
    length: u64,
    check: String,
}

impl Text {
    /// Tells a head that was damaged by accident from one that was written like this.
    fn check(&self) -> String {
        let text = format!(
            "{} {} {} {}",
            self.sequence, self.hash, self.day, self.length
        );
        let sum = digest(&SHA256, text.as_bytes());
        sum.as_ref()
            .iter()
            .take(4)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

impl TrailHead {
    /// The file's bytes.
    fn write(&self) -> Vec<u8> {
        let mut text = Text {
            sequence: self.point.sequence,
            hash: self.point.hash_text(),
            day: self.day.to_string(),
            length: self.length,
            check: String::new(),
        };
        text.check = text.check();
        let mut bytes = serde_json::to_vec(&text).unwrap_or_default();
        bytes.resize(HEAD_BYTES - 1, b' ');
        bytes.push(b'\n');
        bytes
    }

    /// Reads what [`TrailHead::write`] wrote, and nothing else.
    fn read(bytes: &[u8]) -> Option<TrailHead> {
        let text: Text = serde_json::from_slice(bytes).ok()?;
        let head = TrailHead {
            point: ChainPoint::of_text(text.sequence, &text.hash)?,
            day: text.day.parse().ok()?,
            length: text.length,
        };
        // Written in one way.
        (text.sequence < SEQUENCE_MAX && head.write() == bytes).then_some(head)
    }
}

/// What the head's file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadState {
    /// There is none.
    Missing,
    /// It cannot be read as one.
    Damaged,
    /// It says this.
    Known(TrailHead),
}

impl HeadState {
    /// The head, when there is a readable one.
    pub fn known(&self) -> Option<TrailHead> {
        match self {
            HeadState::Known(head) => Some(*head),
            HeadState::Missing | HeadState::Damaged => None,
        }
    }
}

pub(crate) fn path_in(dir: &Path) -> PathBuf {
    dir.join("head")
}

/// Reads the head of a trail's folder.
pub(crate) fn read(dir: &Path) -> Result<HeadState, FileError> {
    let path = path_in(dir);
    // A head that is being overwritten while it is read is whole a moment later.
    for _ in 0..3 {
        match std::fs::read(&path) {
            Ok(bytes) => {
                if let Some(head) = TrailHead::read(&bytes) {
                    return Ok(HeadState::Known(head));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(HeadState::Missing);
            }
            Err(error) => return Err(FileError::io(&path)(error)),
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    Ok(HeadState::Damaged)
}

/// The head's file, kept open by the writer.
#[derive(Debug)]
pub(crate) struct HeadFile {
    file: File,
}

impl HeadFile {
    /// Opens it; makes it, with this head in it, when there is none.
    pub(crate) fn open(dir: &Path, first: &TrailHead) -> Result<HeadFile, FileError> {
        let path = path_in(dir);
        if !path.exists() {
            replace(&path, &first.write())?;
        }
        let file = private_file(&path, Access::Existing)?;
        Ok(HeadFile { file })
    }

    /// Overwrites it, in one write within one sector.
    pub(crate) fn put(&self, head: &TrailHead) -> io::Result<()> {
        self.file.write_all_at(&head.write(), 0)?;
        // Only a damaged one is longer.
        if self.file.metadata()?.len() != HEAD_BYTES as u64 {
            self.file.set_len(HEAD_BYTES as u64)?;
        }
        Ok(())
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}
