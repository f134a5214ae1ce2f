//! Removing days: the writer sets their files aside, which takes no time, and others delete them.

use super::pruned::DayLength;
use super::reader::TrailReader;
use super::{Errand, Trail, policies};
use crate::disk::files::FileError;
use crate::engine::Unavailable;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::mpsc::sync_channel;

/// What a file that was set aside ends with.
const ASIDE: &str = "removed";
/// Texts of policies that the writer removes in one go: calls wait meanwhile.
const TEXTS_AT_ONCE: usize = 256;

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrailRemoved {
    /// Days.
    pub days: usize,
    /// Texts of policies that no remaining day refers to.
    pub policy_texts: usize,
}

/// Takes a day's file out of the trail, if it is as long as it was when it was last looked at.
pub(crate) fn set_aside(path: &Path, length: u64) -> Result<(), FileError> {
    let found = std::fs::symlink_metadata(path).map_err(FileError::io(path))?;
    if found.len() != length {
        let grown = io::Error::other("records were added to it");
        return Err(FileError::io(path)(grown));
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ASIDE);
    std::fs::rename(path, Path::new(&name)).map_err(FileError::io(path))
}

/// Deletes what was set aside.
pub(crate) fn sweep(dir: &Path) -> Result<(), FileError> {
    for entry in std::fs::read_dir(dir).map_err(FileError::io(dir))? {
        let path = entry.map_err(FileError::io(dir))?.path();
        let stem = path.file_stem().map(Path::new);
        let is_day = stem.and_then(Path::extension) == Some(OsStr::new("jsonl"));
        if is_day && path.extension() == Some(OsStr::new(ASIDE)) {
            std::fs::remove_file(&path).map_err(FileError::io(&path))?;
        }
    }
    Ok(())
}

/// Removes days, oldest first, and then the texts that only they referred to. Called from a thread that may wait.
pub(crate) fn remove(
    trail: &Trail,
    dir: &Path,
    days: Vec<DayLength>,
) -> Result<TrailRemoved, Unavailable> {
    let storage = |error: &dyn std::fmt::Display| Unavailable::Storage(error.to_string());
    let count = days.len();
    ask(trail, move |disk| disk.set_aside(&days))?;
    let after = || -> Result<usize, FileError> {
        sweep(dir)?;
        let remaining = TrailReader::in_folder(dir)?.days()?;
        let Some(oldest) = remaining.first().map(|day| day.number()) else {
            return Ok(0);
        };
        let mut texts = 0;
        for part in policies::older_than(dir, oldest)?.chunks(TEXTS_AT_ONCE) {
            let part = part.to_vec();
            let dropped = ask(trail, move |disk| disk.drop_texts(&part, oldest));
            texts += dropped.map_err(|error| FileError::io(dir)(io::Error::other(error)))?;
        }
        Ok(texts)
    };
    let policy_texts = after().map_err(|error| storage(&error))?;
    Ok(TrailRemoved {
        days: count,
        policy_texts,
    })
}

/// Has the writer do something and waits for it.
fn ask<T: Send + 'static>(
    trail: &Trail,
    what: impl FnOnce(&mut dyn super::Disk) -> io::Result<T> + Send + 'static,
) -> Result<T, Unavailable> {
    let (answer, answered) = sync_channel(1);
    let errand: Errand = Box::new(move |disk| {
        let _ = answer.send(what(disk));
    });
    trail.send(errand);
    match answered.recv() {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Unavailable::Storage(error.to_string())),
        Err(_) => Err(Unavailable::Closed),
    }
}

#[cfg(test)]
mod tests;
