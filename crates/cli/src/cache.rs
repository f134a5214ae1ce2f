//! The cache of sessions: one 0600 file per way of getting one, shared by all processes of the user.
//!
//! An entry's name is a hash over everything that the session depends on: endpoint, region, the source's key and secret,
//! the role and every parameter. Nothing else leads to it, so an entry never serves another endpoint, another source or
//! another external id. A lock file per entry lets one process make the call while the others wait for its result.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;

use crate::env::Environment;
use crate::error::CliError;
use crate::limits;
use crate::session::Session;

/// What the user wants of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Take a session that still lasts; keep a new one.
    Use,
    /// Get a new one and keep it.
    Refresh,
    /// Neither look nor keep.
    Off,
}

/// The name of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The key of a list of named facts; their order counts.
    #[must_use]
    pub fn of(facts: &[(&str, String)]) -> Key {
        let mut context = digest::Context::new(&digest::SHA256);
        // Lengths in front keep neighbouring facts apart.
        for (name, value) in facts {
            for part in [*name, value.as_str()] {
                context.update(&(part.len() as u64).to_be_bytes());
                context.update(part.as_bytes());
            }
        }
        Key(hex(context.finish().as_ref()))
    }

    /// The name as text: hexadecimal.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The SHA-256 of a text, hexadecimal.
#[must_use]
pub fn fingerprint(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Seconds before its end from which a session is no longer taken from the cache.
#[must_use]
pub fn margin_s(lifetime_s: i64) -> i64 {
    (lifetime_s / 4).min(limits::CACHE_MARGIN_S_MAX)
}

/// An open cache directory.
#[derive(Debug, Clone)]
pub struct Cache {
    directory: PathBuf,
}

impl Cache {
    /// `$XDG_CACHE_HOME/locum`, else `~/.cache/locum`; made with mode 0700 where it is missing.
    pub fn open(environment: &Environment) -> Result<Cache, CliError> {
        let absolute = environment
            .get("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let base = absolute
            .or_else(|| environment.home().map(|home| home.join(".cache")))
            .ok_or_else(|| {
                CliError::configuration(
                    "there is no place for the cache",
                    "set HOME or XDG_CACHE_HOME, or use --no-cache",
                )
            })?;
        Cache::at(base.join("locum"))
    }

    /// A cache in this directory.
    pub fn at(directory: PathBuf) -> Result<Cache, CliError> {
        let failed = |e| CliError::io(format!("cannot use the cache {}", directory.display()), e);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(failed)?;
        let found = std::fs::metadata(&directory).map_err(failed)?;
        if found.mode() & 0o077 != 0 {
            std::fs::set_permissions(&directory, Permissions::from_mode(0o700)).map_err(failed)?;
        }
        Ok(Cache { directory })
    }

    /// The session under `key` if it lasts beyond its margin, otherwise the one that `make` gets.
    ///
    /// `lifetime_s` is the lifetime that is asked for; `now_s` tells the time. Of callers with the same key, in any
    /// process, one at a time runs `make`.
    pub fn session(
        &self,
        key: &Key,
        mode: Mode,
        lifetime_s: i64,
        now_s: &dyn Fn() -> i64,
        make: impl FnOnce() -> Result<Session, CliError>,
    ) -> Result<Session, CliError> {
        if mode == Mode::Off {
            return make();
        }
        let lasting = || {
            self.read(key)
                .filter(|session| lasts(session, lifetime_s, now_s()))
        };
        if mode == Mode::Use
            && let Some(session) = lasting()
        {
            return Ok(session);
        }
        let lock = self.open_private(&format!("{}.lock", key.as_str()))?;
        lock.lock().map_err(|e| self.failed(e))?;
        if mode == Mode::Use
            && let Some(session) = lasting()
        {
            return Ok(session);
        }
        let session = make()?;
        // A session that cannot be kept (a full disk) is still the session that was asked for.
        if self.write(key, session.to_json().as_bytes()).is_ok() {
            self.prune();
        }
        Ok(session)
    }

    /// A small remembered text that is no secret.
    #[must_use]
    pub fn note(&self, key: &Key) -> Option<String> {
        String::from_utf8(read_private(&self.path(key))?).ok()
    }

    /// Remembers a small text that is no secret.
    pub fn keep_note(&self, key: &Key, text: &str) -> Result<(), CliError> {
        self.write(key, text.as_bytes())
    }

    fn read(&self, key: &Key) -> Option<Session> {
        Session::from_json(&read_private(&self.path(key))?)
    }

    /// Whole or not at all: readers see the old entry or the new one.
    fn write(&self, key: &Key, text: &[u8]) -> Result<(), CliError> {
        let temporary = format!("{}.{}.new", key.as_str(), std::process::id());
        let mut file = self.open_private(&temporary)?;
        let written = file.set_len(0).and_then(|()| file.write_all(text));
        let path = self.directory.join(&temporary);
        let moved = written.and_then(|()| std::fs::rename(&path, self.path(key)));
        moved.map_err(|e| {
            // What is left is a file without value; the error tells the rest.
            let _ = std::fs::remove_file(&path);
            self.failed(e)
        })
    }

    /// Removes what no session can need any more. Failing to is no harm.
    fn prune(&self) {
        let Ok(entries) = std::fs::read_dir(&self.directory) else {
            return;
        };
        for entry in entries.flatten() {
            let age = entry
                .metadata()
                .and_then(|found| found.modified())
                .ok()
                .and_then(|time| time.elapsed().ok());
            if age.is_some_and(|age| age > limits::CACHE_AGE_MAX) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.directory.join(format!("{}.json", key.as_str()))
    }

    fn open_private(&self, name: &str) -> Result<File, CliError> {
        let path = self.directory.join(name);
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(|e| self.failed(e))
    }

    fn failed(&self, e: std::io::Error) -> CliError {
        CliError::io(
            format!("cannot use the cache {}", self.directory.display()),
            e,
        )
    }
}

fn lasts(session: &Session, lifetime_s: i64, now_s: i64) -> bool {
    session
        .credentials
        .expires_s
        .is_some_and(|end| end - margin_s(lifetime_s) > now_s)
}

/// The content of a file that nobody else may read; a wider one is not trusted and counts as absent.
fn read_private(path: &Path) -> Option<Vec<u8>> {
    let file = File::open(path).ok()?;
    if file.metadata().ok()?.mode() & 0o077 != 0 {
        return None;
    }
    let mut content = Vec::new();
    file.take(limits::CACHE_ENTRY_BYTES_MAX)
        .read_to_end(&mut content)
        .ok()?;
    Some(content)
}
