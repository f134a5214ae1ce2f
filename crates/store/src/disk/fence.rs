//! The fence: how far history had come, kept beside the database and outside its backups.
//!
//! Restoring yesterday's copy would bring back keys and sessions revoked since. The fence makes
//! that visible: a database that is older than its fence is not opened unless the operator says so.

use super::files::{Access, FileError, private_file, replace};
use std::io::{self, Read};
use std::path::Path;

/// A point in history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fence {
    pub(crate) cluster_id: String,
    pub(crate) revision: u64,
    pub(crate) chain: [u8; 32],
}

/// Largest fence that is read.
const BYTES_MAX: u64 = 4_096;

impl Fence {
    pub(crate) fn write(&self, path: &Path) -> Result<(), FileError> {
        let chain: String = self
            .chain
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let text = format!(
            "locum fence 1\ncluster {}\nrevision {}\nchain {chain}\n",
            self.cluster_id, self.revision
        );
        replace(path, text.as_bytes())
    }

    /// The fence, none when there is no file.
    pub(crate) fn read(path: &Path) -> Result<Option<Fence>, FileError> {
        let file = match private_file(path, Access::Read) {
            Ok(file) => file,
            Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut text = String::new();
        file.take(BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(FileError::io(path))?;
        let fence = parse(&text)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not a fence"))
            .map_err(FileError::io(path))?;
        Ok(Some(fence))
    }
}

fn parse(text: &str) -> Option<Fence> {
    let mut lines = text.lines();
    if lines.next()? != "locum fence 1" {
        return None;
    }
    let cluster_id = lines.next()?.strip_prefix("cluster ")?.to_owned();
    let revision = lines.next()?.strip_prefix("revision ")?.parse().ok()?;
    let digits = lines.next()?.strip_prefix("chain ")?;
    let mut chain = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in chain.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Fence {
        cluster_id,
        revision,
        chain,
    })
}
