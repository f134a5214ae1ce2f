//! The file that holds the first administrator's key, written whole or not at all, for its owner only.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use zeroize::Zeroizing;

use crate::error::ServerError;

/// The file's name in the data directory.
pub const CREDENTIALS_NAME: &str = "admin-credentials.json";

/// What is in the file: the format of `credential_process` (AWS CLI User Guide, "Sourcing credentials
/// with an external process"), plus the account's id.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Contents<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    account_id: &'a str,
}

/// Writes the key to `DIR/admin-credentials.json`, mode 0600: a temporary file, synced, renamed, its
/// directory synced, so that a crash leaves the old state or the new one.
///
/// # Errors
/// [`ServerError::Files`] naming the file.
pub fn write_credentials(
    data: &Path,
    account_id: &str,
    access_key_id: &str,
    secret_access_key: &str,
) -> Result<PathBuf, ServerError> {
    let path = data.join(CREDENTIALS_NAME);
    let contents = Contents {
        version: 1,
        access_key_id,
        secret_access_key,
        account_id,
    };
    let written = serde_json::to_vec(&contents)
        .map_err(io::Error::from)
        .map(Zeroizing::new);
    let written = written.and_then(|text| replace(data, &path, &text));
    match written {
        Ok(()) => Ok(path),
        Err(source) => Err(ServerError::Files { path, source }),
    }
}

fn replace(directory: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    let temporary = directory.join(format!(".{CREDENTIALS_NAME}.new"));
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(text)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    File::open(directory)?.sync_all()
}
