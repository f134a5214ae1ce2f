//! The lines of `DIR/trail/*.jsonl`: the last ones, and those that come.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::error::CliError;
use crate::limits;

const CHUNK_BYTES: u64 = 64 << 10;

/// A place in the trail. Files are named by day, so their names sort by time.
#[derive(Debug)]
pub struct Trail {
    directory: PathBuf,
    /// The file being read and how far it is read.
    at: Option<(PathBuf, u64)>,
    /// The beginning of a line whose end is not written yet.
    partial: Vec<u8>,
}

impl Trail {
    /// The trail of a data directory.
    pub fn open(data: &Path) -> Result<Trail, CliError> {
        let directory = data.join("trail");
        if !directory.is_dir() {
            let message = format!("there is no trail in {}", data.display());
            return Err(CliError::configuration(
                message,
                "name the server's data directory with --data DIR or LOCUM_DATA",
            ));
        }
        Ok(Trail {
            directory,
            at: None,
            partial: Vec::new(),
        })
    }

    /// The last `count` whole lines, oldest first. Reading goes on from their end.
    pub fn last(&mut self, count: usize) -> Result<Vec<Vec<u8>>, CliError> {
        let mut found: Vec<Vec<u8>> = Vec::new();
        for path in self.files()?.into_iter().rev() {
            let newest = self.at.is_none();
            let missing = count - found.len();
            let (mut lines, end) = last_of(&path, missing).map_err(|e| failed(&path, e))?;
            if newest {
                self.at = Some((path, end));
            }
            lines.append(&mut found);
            found = lines;
            if found.len() >= count {
                break;
            }
        }
        Ok(found)
    }

    /// Whole lines written since the last look, at most one chunk of them.
    pub fn more(&mut self) -> Result<Vec<Vec<u8>>, CliError> {
        let mut lines = Vec::new();
        let (path, offset) = match self.at.take() {
            Some(at) => at,
            None => match self.files()?.into_iter().next() {
                Some(first) => (first, 0),
                None => return Ok(lines),
            },
        };
        let text = read_from(&path, offset).map_err(|e| failed(&path, e))?;
        if text.is_empty()
            && let Some(next) = self.files()?.into_iter().find(|file| *file > path)
        {
            self.partial.clear();
            self.at = Some((next, 0));
            return self.more();
        }
        self.at = Some((path, offset + text.len() as u64));
        for part in text.split_inclusive(|byte| *byte == b'\n') {
            self.partial.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.partial.pop();
                lines.push(std::mem::take(&mut self.partial));
            }
        }
        Ok(lines)
    }

    fn files(&self) -> Result<Vec<PathBuf>, CliError> {
        let entries = std::fs::read_dir(&self.directory).map_err(|e| failed(&self.directory, e))?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        });
        files.sort();
        Ok(files)
    }
}

/// The last `count` whole lines of a file, and the offset behind the last whole one.
fn last_of(path: &Path, count: usize) -> std::io::Result<(Vec<Vec<u8>>, u64)> {
    let mut file = File::open(path)?;
    let mut start = file.seek(SeekFrom::End(0))?;
    let mut text: Vec<u8> = Vec::new();
    // One line break more than lines: the one before the first of them.
    while start > 0 && text.iter().filter(|byte| **byte == b'\n').count() <= count {
        let length = start.min(CHUNK_BYTES);
        start -= length;
        file.seek(SeekFrom::Start(start))?;
        let mut chunk = Vec::new();
        file.by_ref().take(length).read_to_end(&mut chunk)?;
        chunk.append(&mut text);
        text = chunk;
    }
    let whole = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    let end = start + whole as u64;
    text.truncate(whole);
    let mut lines: Vec<Vec<u8>> = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    lines.pop();
    let surplus = lines.len().saturating_sub(count);
    lines.drain(..surplus);
    Ok((lines, end))
}

fn read_from(path: &Path, offset: u64) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut text = Vec::new();
    file.take(limits::TRAIL_LINE_BYTES_MAX as u64)
        .read_to_end(&mut text)?;
    Ok(text)
}

fn failed(path: &Path, e: std::io::Error) -> CliError {
    CliError::io(format!("cannot read the trail {}", path.display()), e)
}
