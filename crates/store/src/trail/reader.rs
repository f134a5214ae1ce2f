//! The one place that reads the trail's files: days, lines from a place on or backwards, the newest record.

mod backwards;
mod days;
mod line;
mod lines;

use super::chain::ChainPoint;
use super::head::{self, HeadState};
use crate::disk::files::FileError;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

pub use backwards::Look;
pub(crate) use days::days_in;
pub use days::{NoDay, TrailDay};
pub use line::TrailLine;
pub(crate) use lines::Next;
pub use lines::TrailLines;

/// Bytes read at a time.
const BLOCK: usize = 64 * 1024;
/// Lines at the end of a day that are searched for one with a place in the chain.
const LAST_LINES_MAX: u32 = 100;

/// Reads a trail's folder, beside a running server or without one. It holds no file open.
#[derive(Clone, Debug)]
pub struct TrailReader {
    dir: PathBuf,
}

impl TrailReader {
    /// The trail of a data directory.
    ///
    /// # Errors
    /// When there is no trail's folder in it.
    pub fn open(data: &Path) -> Result<TrailReader, FileError> {
        TrailReader::in_folder(&crate::disk::trail_path(data))
    }

    /// The trail in a folder of its own, as a copy may be.
    ///
    /// # Errors
    /// When the folder is none.
    pub fn in_folder(dir: &Path) -> Result<TrailReader, FileError> {
        let found = std::fs::metadata(dir).map_err(FileError::io(dir))?;
        if !found.is_dir() {
            return Err(FileError::Kind {
                path: dir.to_path_buf(),
                expected: "folder",
            });
        }
        Ok(TrailReader {
            dir: dir.to_path_buf(),
        })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether it is the trail of a data directory, which begins with the store's own record.
    pub(crate) fn is_beside_store(&self) -> bool {
        let data = self.dir.parent();
        data.is_some_and(|data| crate::disk::database_path(data).exists())
    }

    /// The file of a day, there or not.
    pub fn path(&self, day: TrailDay) -> PathBuf {
        self.dir.join(day.file_name())
    }

    /// The days that have a file, oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn days(&self) -> Result<Vec<TrailDay>, FileError> {
        days_in(&self.dir).map_err(FileError::io(&self.dir))
    }

    /// The length of a day's file now; 0 when there is none.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn length(&self, day: TrailDay) -> Result<u64, FileError> {
        let path = self.path(day);
        match std::fs::metadata(&path) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(FileError::io(&path)(error)),
        }
    }

    /// The lines of a day from an offset, which must be the beginning of one.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn lines(&self, day: TrailDay, offset: u64) -> Result<TrailLines, FileError> {
        TrailLines::open(self.path(day), offset)
    }

    /// What the head's file says.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn head(&self) -> Result<HeadState, FileError> {
        head::read(&self.dir)
    }

    /// Calls `look` with the whole lines of a day from its last backwards, until it has seen enough.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn backwards(
        &self,
        day: TrailDay,
        mut look: impl FnMut(TrailLine<'_>) -> Look,
    ) -> Result<(), FileError> {
        let path = self.path(day);
        let mut file = File::open(&path).map_err(FileError::io(&path))?;
        backwards::backwards(&mut file, &mut look).map_err(FileError::io(&path))
    }

    /// The newest record of all days that says its place in the chain, with its day and line.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn newest(&self) -> Result<Option<Newest>, FileError> {
        let mut newest: Option<Newest> = None;
        for day in self.days()? {
            let mut left = LAST_LINES_MAX;
            self.backwards(day, |line| match line.point() {
                Some(point) => {
                    if newest
                        .as_ref()
                        .is_none_or(|held| held.point.sequence < point.sequence)
                    {
                        newest = Some(Newest {
                            point,
                            day,
                            length: line.end,
                            record: line.record(),
                        });
                    }
                    Look::Enough
                }
                None if left == 0 => Look::Enough,
                None => {
                    left -= 1;
                    Look::On
                }
            })?;
        }
        Ok(newest)
    }
}

/// The newest record of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    /// Its place in the chain.
    pub point: ChainPoint,
    /// Its day's file.
    pub day: TrailDay,
    /// Where its line ends there.
    pub length: u64,
    /// The record itself.
    pub record: Vec<u8>,
}
