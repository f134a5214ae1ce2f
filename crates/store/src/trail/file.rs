//! The trail's files: one a UTC day, appended to and synced, their torn ends cut off.

use super::Disk;
use super::policies::PolicyFiles;
use crate::day;
use crate::disk::files::{Access, FileError, private_dir, private_file, sync_parent};
use crate::event_policy::EventPolicy;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
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

/// The folder of the trail.
#[derive(Debug)]
pub(crate) struct TrailFiles {
    dir: PathBuf,
    open: Vec<OpenDay>,
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
    /// Opens the folder, making it when missing, and repairs the two newest files.
    pub(crate) fn open(dir: &Path) -> Result<(TrailFiles, Vec<TrailRepair>), FileError> {
        private_dir(dir)?;
        let mut names: Vec<PathBuf> = std::fs::read_dir(dir)
            .map_err(FileError::io(dir))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
            .collect();
        names.sort();
        let mut repairs = Vec::new();
        for path in names.iter().rev().take(OPEN_DAYS_MAX) {
            let file = private_file(path, Access::Append)?;
            repairs.extend(repair(&file, path)?);
        }
        let files = TrailFiles {
            dir: dir.to_path_buf(),
            open: Vec::new(),
            policies: PolicyFiles::of(dir),
        };
        Ok((files, repairs))
    }

    fn path(&self, day: i64) -> PathBuf {
        self.dir.join(format!("{}.jsonl", day::name_of(day)))
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
        let mut wanted: HashSet<&[u8]> = lines.iter().copied().collect();
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
            if let Some((b'\n', record)) = line.split_last() {
                wanted.remove(record);
            }
        }
        Ok(lines
            .iter()
            .copied()
            .filter(|line| wanted.contains(line))
            .collect())
    }
}

impl OpenDay {
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
        let mut touched: Vec<i64> = Vec::new();
        let mut result = Ok(());
        for (day, bytes) in segments {
            let open = match self.day(*day) {
                Ok(open) => open,
                Err(error) => {
                    result = Err(to_io(error));
                    break;
                }
            };
            if let Err(error) = open.recover() {
                result = Err(to_io(error));
                break;
            }
            touched.push(*day);
            if let Err(error) = open.file.write_all(bytes) {
                result = Err(error);
                break;
            }
        }
        touched.dedup();
        if result.is_ok() {
            result = self
                .open
                .iter_mut()
                .filter(|open| touched.contains(&open.day))
                .try_for_each(|open| open.file.sync_data());
        }
        for open in self
            .open
            .iter_mut()
            .filter(|open| touched.contains(&open.day))
        {
            match &result {
                Ok(()) => {
                    let written: usize = segments
                        .iter()
                        .filter(|(day, _)| *day == open.day)
                        .map(|(_, bytes)| bytes.len())
                        .sum();
                    open.durable += written as u64;
                }
                Err(_) => {
                    open.failed = Failed::Yes;
                    // At once when possible, so that readers of the file see whole records only.
                    let _ = open.recover();
                }
            }
        }
        result
    }

    fn durable(&self, day: i64) -> u64 {
        self.open
            .iter()
            .find(|open| open.day == day)
            .map_or(0, |open| open.durable)
    }
}

/// Cuts off an unfinished last line.
fn repair(file: &File, path: &Path) -> Result<Option<TrailRepair>, FileError> {
    let len = file.metadata().map_err(FileError::io(path))?.len();
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
