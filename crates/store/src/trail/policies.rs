//! The texts of policies that records refer to, each in a file named by its hash.
//!
//! A text's file has the time of the newest day that refers to it, so that texts of removed days can be told
//! without reading the records of all others, parts of which are sealed.

use super::reader::TrailReader;
use crate::day::{day_of, name_of, of_name};
use crate::disk::files::{Access, FileError, private_dir, private_file, replace};
use crate::event_policy::{EventPolicy, PolicyHash};
use crate::limits::{EVENT_POLICY_BYTES_MAX, POLICY_HASHES_KNOWN_MAX};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The file that says from which day on each text's file has the time of its newest use.
const SINCE: &str = "since";

/// The folder of the texts, and of which it is known that they are there with the time of this day.
#[derive(Debug)]
pub(crate) struct PolicyFiles {
    dir: PathBuf,
    known: HashMap<PolicyHash, i64>,
    has_since: bool,
}

impl PolicyFiles {
    /// The texts of the trail in `trail`; the folder is made with the first of them.
    pub(crate) fn of(trail: &Path) -> PolicyFiles {
        PolicyFiles {
            dir: folder(trail),
            known: HashMap::new(),
            has_since: false,
        }
    }

    /// Makes the texts durable that are not yet, and notes that they are referred to now.
    pub(crate) fn keep(&mut self, policies: &[EventPolicy]) -> Result<(), FileError> {
        if policies.is_empty() {
            return Ok(());
        }
        let now = SystemTime::now();
        let today = day_of_time(now);
        self.note_since(today)?;
        for policy in policies {
            if self.known.get(&policy.hash()) == Some(&today) {
                continue;
            }
            let path = path(&self.dir, policy.hash());
            let length = std::fs::symlink_metadata(&path).map(|found| found.len());
            if length.ok() == Some(policy.text().len() as u64) {
                private_file(&path, Access::Read)?
                    .set_modified(now)
                    .map_err(FileError::io(&path))?;
            } else {
                private_dir(&self.dir)?;
                if let Some(parent) = path.parent() {
                    private_dir(parent)?;
                }
                replace(&path, policy.text().as_bytes())?;
            }
            if self.known.len() >= POLICY_HASHES_KNOWN_MAX {
                self.known.clear();
            }
            self.known.insert(policy.hash(), today);
        }
        Ok(())
    }

    /// Removes those of the texts that no record of `before` or a later day refers to; how many. One that is
    /// referred to again is written again: what is known to be there is known of its own day alone.
    pub(crate) fn drop_texts(&self, texts: &[PolicyHash], before: i64) -> Result<usize, FileError> {
        let since = std::fs::read_to_string(self.dir.join(SINCE));
        let since = since.ok().and_then(|text| of_name(text.trim()));
        if since.is_none_or(|since| before <= since) {
            return Ok(0);
        }
        let mut count = 0;
        for hash in texts {
            let path = path(&self.dir, *hash);
            if is_older(&path, before) {
                std::fs::remove_file(&path).map_err(FileError::io(&path))?;
                count += 1;
            }
        }
        Ok(count)
    }

    /// Notes from which day on the times of the files can be relied on.
    fn note_since(&mut self, today: i64) -> Result<(), FileError> {
        if self.has_since {
            return Ok(());
        }
        private_dir(&self.dir)?;
        let path = self.dir.join(SINCE);
        if !path.exists() {
            replace(&path, (name_of(today) + "\n").as_bytes())?;
        }
        self.has_since = true;
        Ok(())
    }
}

fn day_of_time(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    day_of(since.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0)))
}

/// Does nothing of this day or a later one refer to the text? What cannot be told stays.
fn is_older(path: &Path, before: i64) -> bool {
    let time = std::fs::symlink_metadata(path).and_then(|found| found.modified());
    time.is_ok_and(|time| day_of_time(time) < before)
}

/// The texts that nothing of this day or a later one refers to.
pub(crate) fn older_than(trail: &Path, before: i64) -> Result<Vec<PolicyHash>, FileError> {
    let dir = folder(trail);
    let mut found = Vec::new();
    for shelf in list(&dir)?.iter().filter(|path| path.is_dir()) {
        for file in list(shelf)?.iter().filter(|file| is_older(file, before)) {
            let name = file.file_name().and_then(|name| name.to_str());
            found.extend(name.and_then(PolicyHash::parse));
        }
    }
    Ok(found)
}

fn folder(trail: &Path) -> PathBuf {
    trail.join("policies")
}

/// `ab/ab01…`: the names of a folder stay few.
fn path(dir: &Path, hash: PolicyHash) -> PathBuf {
    let name = hash.to_string();
    let shelf: String = name.chars().take(2).collect();
    dir.join(shelf).join(name)
}

/// The text with this hash; none when it was never kept, or when what stands there is another one.
///
/// # Errors
/// What the disk says.
pub(crate) fn read(trail: &Path, hash: PolicyHash) -> Result<Option<String>, FileError> {
    let path = path(&folder(trail), hash);
    let file = match private_file(&path, Access::Read) {
        Ok(file) => file,
        Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let text = text_in(file).map_err(FileError::io(&path))?;
    Ok(text.filter(|text| PolicyHash::of(text) == hash))
}

/// None when it is no text.
fn text_in(file: File) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    file.take(EVENT_POLICY_BYTES_MAX as u64)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8(bytes).ok())
}

/// The files of kept texts that hold something else than their names say, or have no such name.
///
/// # Errors
/// When a folder or file cannot be read.
pub fn changed_texts(reader: &TrailReader) -> Result<Vec<PathBuf>, FileError> {
    let dir = folder(reader.dir());
    let mut changed = Vec::new();
    for shelf in list(&dir)?.iter().filter(|path| path.is_dir()) {
        for file in list(shelf)? {
            let named = file.file_name().and_then(|name| name.to_str());
            // What a crash left of a text that was to be replaced is none.
            if file.extension().is_some_and(|extension| extension == "new") {
                continue;
            }
            let read = File::open(&file).and_then(text_in);
            match read {
                Ok(text) => {
                    let hash = text.as_deref().map(PolicyHash::of);
                    if hash.is_none() || hash != named.and_then(PolicyHash::parse) {
                        changed.push(file);
                    }
                }
                // Removed meanwhile, with the days that referred to it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(FileError::io(&file)(error)),
            }
        }
    }
    changed.sort();
    Ok(changed)
}

/// What stands in a folder, there or not.
fn list(dir: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::io(dir)(error)),
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    paths.collect::<Result<_, _>>().map_err(FileError::io(dir))
}
