//! The texts of policies that records refer to, each in a file named by its hash.

use crate::disk::files::{Access, FileError, private_dir, private_file, replace};
use crate::event_policy::{EventPolicy, PolicyHash};
use crate::limits::{EVENT_POLICY_BYTES_MAX, POLICY_HASHES_KNOWN_MAX};
use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The folder of the texts, and which are known to be there.
#[derive(Debug)]
pub(crate) struct PolicyFiles {
    dir: PathBuf,
    known: HashSet<PolicyHash>,
}

impl PolicyFiles {
    /// The texts of the trail in `trail`; the folder is made with the first of them.
    pub(crate) fn of(trail: &Path) -> PolicyFiles {
        PolicyFiles {
            dir: folder(trail),
            known: HashSet::new(),
        }
    }

    /// Makes the texts durable that are not yet.
    pub(crate) fn keep(&mut self, policies: &[EventPolicy]) -> Result<(), FileError> {
        for policy in policies {
            if self.known.contains(&policy.hash()) {
                continue;
            }
            let path = path(&self.dir, policy.hash());
            let length = std::fs::symlink_metadata(&path).map(|found| found.len());
            if length.ok() != Some(policy.text().len() as u64) {
                private_dir(&self.dir)?;
                if let Some(parent) = path.parent() {
                    private_dir(parent)?;
                }
                replace(&path, policy.text().as_bytes())?;
            }
            if self.known.len() >= POLICY_HASHES_KNOWN_MAX {
                self.known.clear();
            }
            self.known.insert(policy.hash());
        }
        Ok(())
    }
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

/// The text with this hash; none when it was never kept.
///
/// # Errors
/// What the disk says, or that the file holds something else.
pub(crate) fn read(trail: &Path, hash: PolicyHash) -> Result<Option<String>, FileError> {
    let path = path(&folder(trail), hash);
    let file = match private_file(&path, Access::Read) {
        Ok(file) => file,
        Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(EVENT_POLICY_BYTES_MAX as u64)
        .read_to_string(&mut text)
        .map_err(FileError::io(&path))?;
    if PolicyHash::of(&text) != hash {
        let changed = io::Error::other("it is not the text that was kept there");
        return Err(FileError::io(&path)(changed));
    }
    Ok(Some(text))
}
