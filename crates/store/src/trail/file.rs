//! The trail's files: one a UTC day, appended to and synced, their torn ends cut off.

use super::Disk;
use super::chain::{ChainPoint, Linker, split};
use super::head::{HeadFile, HeadState, TrailHead};
use super::policies::PolicyFiles;
use super::pruned::DayLength;
use super::reader::{TrailDay, TrailReader};
use super::remove;
use crate::disk::files::{Access, FileError, private_dir, private_file, sync_parent};
use crate::event_policy::{EventPolicy, PolicyHash};
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Days whose files stay open: today and the day before, around midnight.
const OPEN_DAYS_MAX: usize = 2;
/// Bytes read at a time when looking for the last whole line.
const BLOCK: u64 = 64 * 1024;

/// A line that was cut off because a crash had torn it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailRepair {
    /// The day's file.
    pub path: PathBuf,
    /// How many bytes of an unfinished, never acknowledged record were cut off.
    pub bytes_cut: u64,
}

/// The end of the trail is not the one that its head tells of: somebody or something took records away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrailAlarm {
    /// The newest records are missing.
    #[error("records {} to {head} of the trail are missing", found + 1)]
    Missing {
        /// The newest record that is there.
        found: u64,
        /// The newest that was.
        head: u64,
    },
    /// The newest record is another one than was written.
    #[error("record {0} of the trail is not the one that was written")]
    Differs(u64),
    /// Nobody can tell whether records are missing at the end.
    #[error(
        "the head of the trail is missing or damaged; records behind number {0} may be missing"
    )]
    Unknown(u64),
    /// There is not one record, though the store has changes, each of which had one.
    #[error("the trail has no record, though there is a store: all of it was removed")]
    Gone,
}

/// What opening the folder found and did.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    pub(crate) repairs: Vec<TrailRepair>,
    pub(crate) alarm: Option<TrailAlarm>,
    /// There was not even a head, which the first start makes before the first change.
    pub(crate) is_new: bool,
}

/// The folder of the trail.
#[derive(Debug)]
pub(crate) struct TrailFiles {
    dir: PathBuf,
    open: Vec<OpenDay>,
    /// The newest record that is durable.
    last: ChainPoint,
    head: HeadFile,
    linker: Linker,
    /// The lines of the batch that is being written.
    lines: Vec<u8>,
    policies: PolicyFiles,
}

#[derive(Debug)]
struct OpenDay {
    day: i64,
    path: PathBuf,
    file: File,
    /// Bytes known to be durable. What stands behind them after a failure is cut off.
    durable: u64,
    failed: Failed,
}

#[derive(Debug, PartialEq, Eq)]
enum Failed {
    No,
    Yes,
}

impl TrailFiles {
    /// Opens the folder, making it when missing, repairs the files, and finds the end of the chain.
    pub(crate) fn open(dir: &Path) -> Result<(TrailFiles, Opened), FileError> {
        private_dir(dir)?;
        remove::sweep(dir)?;
        let reader = TrailReader::in_folder(dir)?;
        let days = reader.days()?;
        let mut opened = Opened::default();
        for (age, day) in days.iter().rev().enumerate() {
            let path = reader.path(*day);
            // Older files are opened for writing only when they need it.
            let access = if age < OPEN_DAYS_MAX {
                Access::Append
            } else {
                Access::Read
            };
            let file = private_file(&path, access)?;
            let len = length(&file, &path)?;
            if whole_lines(&file, len).map_err(FileError::io(&path))? != len {
                let file = private_file(&path, Access::Append)?;
                opened.repairs.extend(repair(&file, &path)?);
            }
        }
        let newest = reader.newest()?;
        let found = newest
            .as_ref()
            .map(|newest| newest.point)
            .unwrap_or_default();
        let state = reader.head()?;
        let (last, alarm) = go_on(found, state);
        opened.alarm = alarm;
        opened.is_new = state == HeadState::Missing && last.sequence == 0;
        let first = TrailHead {
            point: last,
            day: newest
                .as_ref()
                .map_or(TrailDay::of_number(0), |newest| newest.day),
            length: newest.as_ref().map_or(0, |newest| newest.length),
        };
        let files = TrailFiles {
            dir: dir.to_path_buf(),
            open: Vec::new(),
            last,
            head: HeadFile::open(dir, &first)?,
            linker: Linker::default(),
            lines: Vec::new(),
            policies: PolicyFiles::of(dir),
        };
        Ok((files, opened))
    }

    fn path(&self, day: i64) -> PathBuf {
        self.dir.join(TrailDay::of_number(day).file_name())
    }

    fn day(&mut self, day: i64) -> Result<&mut OpenDay, FileError> {
        if let Some(at) = self.open.iter().position(|open| open.day == day) {
            let open = self.open.remove(at);
            self.open.push(open);
        } else {
            let path = self.path(day);
            let file = private_file(&path, Access::Append)?;
            let _ = repair(&file, &path)?;
            sync_parent(&path)?;
            let durable = file.metadata().map_err(FileError::io(&path))?.len();
            if self.open.len() >= OPEN_DAYS_MAX {
                self.open.remove(0);
            }
            self.open.push(OpenDay {
                day,
                path,
                file,
                durable,
                failed: Failed::No,
            });
        }
        self.open
            .last_mut()
            .ok_or_else(|| FileError::io(&self.dir)(io::Error::other("no open day")))
    }

    /// Of `lines`, those that do not stand in the day's file at or after `from`.
    pub(crate) fn missing<'a>(
        &self,
        day: i64,
        from: u64,
        lines: &[&'a [u8]],
    ) -> Result<Vec<&'a [u8]>, FileError> {
        let path = self.path(day);
        let mut file = match private_file(&path, Access::Read) {
            Ok(file) => file,
            Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(lines.to_vec());
            }
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(from))
            .map_err(FileError::io(&path))?;
        // Compared without their closing braces, before which a line has its place in the chain.
        let body = |record: &&'a [u8]| record.strip_suffix(b"}").unwrap_or(record);
        let mut wanted: HashSet<&[u8]> = lines.iter().map(body).collect();
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader
                .read_until(b'\n', &mut line)
                .map_err(FileError::io(&path))?;
            if read == 0 || wanted.is_empty() {
                break;
            }
            if let Some((b'\n', line)) = line.split_last() {
                wanted.remove(split(line).0);
            }
        }
        Ok(lines
            .iter()
            .copied()
            .filter(|line| wanted.contains(body(line)))
            .collect())
    }
}

impl OpenDay {
    /// Is it still the file that has its name? Records in another one are lost, so none is acknowledged. It is not made
    /// anew either: somebody has to see this.
    fn check_name(&self) -> Result<(), FileError> {
        let held = self.file.metadata().map_err(FileError::io(&self.path))?;
        let named = std::fs::symlink_metadata(&self.path);
        if named.is_ok_and(|named| (named.dev(), named.ino()) == (held.dev(), held.ino())) {
            return Ok(());
        }
        let gone = io::Error::other("the file was removed or replaced under the server");
        Err(FileError::io(&self.path)(gone))
    }

    /// Cuts off what a failed write left behind.
    fn recover(&mut self) -> Result<(), FileError> {
        if self.failed == Failed::Yes {
            self.file
                .set_len(self.durable)
                .and_then(|()| self.file.sync_data())
                .map_err(FileError::io(&self.path))?;
            self.failed = Failed::No;
        }
        Ok(())
    }
}

impl TrailFiles {
    /// Writes and syncs whole lines with their places in the chain; the days written to, with how many
    /// bytes each got, are in `written` also when it fails.
    fn write(
        &mut self,
        segments: &[(i64, &[u8])],
        written: &mut Vec<(i64, u64)>,
    ) -> Result<ChainPoint, FileError> {
        let mut last = self.last;
        let mut lines = std::mem::take(&mut self.lines);
        for (day, records) in segments {
            lines.clear();
            last = self
                .linker
                .link(last, records, &mut lines)
                .map_err(FileError::io(&self.dir))?;
            let open = self.day(*day)?;
            open.recover()?;
            let path = open.path.clone();
            let bytes = lines.len() as u64;
            match written.iter_mut().find(|(other, _)| other == day) {
                Some((_, sum)) => *sum += bytes,
                None => written.push((*day, bytes)),
            }
            open.file.write_all(&lines).map_err(FileError::io(&path))?;
        }
        self.lines = lines;
        for open in &mut self.open {
            if written.iter().any(|(day, _)| *day == open.day) {
                open.file.sync_data().map_err(FileError::io(&open.path))?;
                open.check_name()?;
            }
        }
        Ok(last)
    }

    /// The newest record that is durable.
    pub(crate) fn last(&self) -> ChainPoint {
        self.last
    }

    /// Tells how far the trail goes. That it cannot be told is no reason to refuse calls: their records
    /// are durable.
    fn tell(&self, day: i64) {
        let _ = self.head.put(&TrailHead {
            point: self.last,
            day: TrailDay::of_number(day),
            length: self.durable(day),
        });
    }
}

fn to_io(error: FileError) -> io::Error {
    match error {
        FileError::Io { source, .. } => source,
        other => io::Error::other(other.to_string()),
    }
}

impl Disk for TrailFiles {
    fn keep(&mut self, policies: &[EventPolicy]) -> io::Result<()> {
        self.policies.keep(policies).map_err(to_io)
    }

    fn append(&mut self, segments: &[(i64, &[u8])]) -> io::Result<()> {
        let mut written = Vec::new();
        let result = self.write(segments, &mut written);
        for open in &mut self.open {
            let Some((_, bytes)) = written.iter().find(|(day, _)| *day == open.day) else {
                continue;
            };
            if result.is_ok() {
                open.durable += bytes;
            } else {
                open.failed = Failed::Yes;
                // At once when possible, so that readers of the file see whole records only.
                let _ = open.recover();
            }
        }
        match result {
            Ok(last) => {
                self.last = last;
                if let Some((day, _)) = segments.last() {
                    self.tell(*day);
                }
                Ok(())
            }
            Err(error) => Err(to_io(error)),
        }
    }

    fn finish(&mut self) {
        let _ = self.head.sync();
    }

    fn set_aside(&mut self, days: &[DayLength]) -> io::Result<()> {
        for (day, length) in days {
            // What comes for this day from now on goes to a new file.
            self.open.retain(|open| open.day != day.number());
            remove::set_aside(&self.path(day.number()), *length).map_err(to_io)?;
        }
        sync_parent(&self.dir.join("head")).map_err(to_io)
    }

    fn drop_texts(&mut self, texts: &[PolicyHash], before: i64) -> io::Result<usize> {
        self.policies.drop_texts(texts, before).map_err(to_io)
    }

    fn durable(&self, day: i64) -> u64 {
        self.open
            .iter()
            .find(|open| open.day == day)
            .map_or(0, |open| open.durable)
    }
}

/// Where the chain goes on: behind the newest record that there is or was. A number is never given
/// twice, so what is missing stays seen.
fn go_on(found: ChainPoint, state: HeadState) -> (ChainPoint, Option<TrailAlarm>) {
    match state.known().map(|head| head.point) {
        Some(head) if head.sequence > found.sequence => {
            let alarm = TrailAlarm::Missing {
                found: found.sequence,
                head: head.sequence,
            };
            (head, Some(alarm))
        }
        Some(head) if head.sequence == found.sequence && head.hash != found.hash => {
            (head, Some(TrailAlarm::Differs(head.sequence)))
        }
        Some(_) => (found, None),
        None if state == HeadState::Missing && found.sequence == 0 => (found, None),
        None => (found, Some(TrailAlarm::Unknown(found.sequence))),
    }
}

fn length(file: &File, path: &Path) -> Result<u64, FileError> {
    Ok(file.metadata().map_err(FileError::io(path))?.len())
}

/// Cuts off an unfinished last line.
fn repair(file: &File, path: &Path) -> Result<Option<TrailRepair>, FileError> {
    let len = length(file, path)?;
    let whole = whole_lines(file, len).map_err(FileError::io(path))?;
    if whole == len {
        return Ok(None);
    }
    file.set_len(whole)
        .and_then(|()| file.sync_all())
        .map_err(FileError::io(path))?;
    Ok(Some(TrailRepair {
        path: path.to_path_buf(),
        bytes_cut: len - whole,
    }))
}

/// The length up to and including the last line feed.
fn whole_lines(mut file: &File, len: u64) -> io::Result<u64> {
    let mut end = len;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        file.seek(SeekFrom::Start(start))?;
        block.clear();
        file.take(end - start).read_to_end(&mut block)?;
        if let Some(at) = block.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

#[cfg(test)]
mod tests;
