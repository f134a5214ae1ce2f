//! The files of `DIR/dev`: profiles that the AWS CLI, every SDK and `locum` itself understand. Mode 0600.

use std::fs::{DirBuilder, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::example::{ALICE, EXTERNAL_ID, Example, ROLE};
use crate::config::SharedConfig;
use crate::env::Environment;
use crate::error::CliError;

/// Where the two files are.
#[derive(Debug, Clone)]
pub struct Files {
    /// For `AWS_CONFIG_FILE`.
    pub config: PathBuf,
    /// For `AWS_SHARED_CREDENTIALS_FILE`.
    pub credentials: PathBuf,
}

impl Files {
    /// The files of a data directory, which is made absolute: the tour is followed in another terminal.
    pub fn of(data: &Path) -> Result<Files, CliError> {
        let data = std::path::absolute(data)
            .map_err(|e| CliError::io("cannot tell the current directory", e))?;
        let directory = data.join("dev");
        Ok(Files {
            config: directory.join("config"),
            credentials: directory.join("credentials"),
        })
    }

    /// The profiles of an earlier run; none if there was none.
    pub fn read(&self) -> Result<SharedConfig, CliError> {
        let (config, credentials) = (
            self.config.to_string_lossy(),
            self.credentials.to_string_lossy(),
        );
        let names = [
            ("AWS_CONFIG_FILE", &*config),
            ("AWS_SHARED_CREDENTIALS_FILE", &*credentials),
        ];
        SharedConfig::load(&Environment::from_pairs(names))
    }

    /// Writes both files.
    pub fn write(&self, example: &Example, url: &str) -> Result<(), CliError> {
        let keys = [("admin", &example.admin), (ALICE, &example.alice)].map(|(profile, key)| {
            let (id, secret) = (&key.access_key_id, key.secret.expose());
            format!("[{profile}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n")
        });
        let setting = format!("region = us-east-1\nendpoint_url = {url}\n");
        let config = format!(
            "# Written by `locum dev` at each start.\n\
             [profile admin]\n{setting}\n[profile {ALICE}]\n{setting}\n\
             [profile {ROLE}]\nrole_arn = {}\nsource_profile = {ALICE}\nexternal_id = {EXTERNAL_ID}\n{setting}",
            example.role_arn
        );
        write_private(
            &self.credentials,
            &format!(
                "# Written by `locum dev` at each start.\n{}",
                keys.join("\n")
            ),
        )?;
        write_private(&self.config, &config)
    }
}

/// A file for its owner only, whole or not at all.
fn write_private(path: &Path, text: &str) -> Result<(), CliError> {
    let failed = |e| CliError::io(format!("cannot write {}", path.display()), e);
    if let Some(directory) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(failed)?;
    }
    let temporary = path.with_extension("new");
    match std::fs::remove_file(&temporary) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(failed(e)),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| std::fs::rename(&temporary, path))
        .map_err(failed)
}
