//! What the embedded engine is told when it is opened, and what opening it tells.

use super::files::FileError;
use crate::id::Revision;
use crate::limits::{CACHE_BYTES_DEFAULT, LOG_BYTES_DEFAULT, SHARDS as SHARD_COUNT};
use crate::seal::RandomSource;
use crate::trail::file::{TrailAlarm, TrailRepair};
use std::io;
use std::path::PathBuf;

/// How the embedded engine is opened.
#[derive(Clone)]
pub struct RedbOptions {
    /// Fills a buffer with random bytes: for the master key, the cluster id and nonces.
    pub random: RandomSource,
    /// Bytes of accounts kept in memory, as reckoned by the cache (four times their stored bytes).
    pub cache_bytes: u64,
    /// Bytes of the log of changes that are kept; older changes are dropped from its start.
    pub log_bytes: u64,
    /// What to do with a database that is older than its fence.
    pub restore: Restore,
}

impl RedbOptions {
    /// The defaults, with this source of randomness.
    pub fn new(random: RandomSource) -> RedbOptions {
        RedbOptions {
            random,
            cache_bytes: CACHE_BYTES_DEFAULT,
            log_bytes: LOG_BYTES_DEFAULT,
            restore: Restore::Refuse,
        }
    }
}

impl std::fmt::Debug for RedbOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedbOptions")
            .field("cache_bytes", &self.cache_bytes)
            .field("restore", &self.restore)
            .finish_non_exhaustive()
    }
}

/// Whether a database that history has left behind is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restore {
    /// Not: what was revoked since would be valid again.
    #[default]
    Refuse,
    /// By the operator's word: its history goes on behind the fence. The caller must then revoke
    /// what may have come back; [`OpenReport::restored`] says so.
    Accept,
}

/// An older database was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How far its history had come.
    pub from: Revision,
    /// How far history had come when the fence was last moved.
    pub fence: Revision,
}

/// What opening found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// The store was made new.
    pub created: bool,
    /// The newest revision.
    pub revision: Revision,
    /// Torn ends of the trail that were cut off.
    pub repairs: Vec<TrailRepair>,
    /// Records are missing at the end of the trail. The caller must say so, in the trail as well.
    pub trail_alarm: Option<TrailAlarm>,
    /// Events of committed writes that a crash had kept from the trail and that are there now.
    pub redelivered: usize,
    /// An older database was accepted.
    pub restored: Option<Restored>,
}

/// Why a data directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder is not private, not what it should be, or not accessible.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process has it open.
    #[error("{0} is in use by another process")]
    Locked(PathBuf),
    /// There is a database but no master key: its secrets cannot be opened.
    #[error("{0} is missing; without it the secrets in the database cannot be opened")]
    MasterKeyMissing(PathBuf),
    /// The master key is not 32 bytes.
    #[error("{path} has {size} bytes instead of 32")]
    MasterKeySize {
        /// The key's file.
        path: PathBuf,
        /// Its size.
        size: usize,
    },
    /// The master key is not the one of this database.
    #[error("{0} is not the master key of this database")]
    MasterKeyWrong(PathBuf),
    /// The source of randomness gave nothing.
    #[error("the source of randomness gave no random bytes")]
    Random,
    /// Written by a newer program.
    #[error("the database has format {0}, which this program does not know")]
    Format(u8),
    /// The database has another number of shards.
    #[error("the database has {0} shards, this program has {SHARD_COUNT}")]
    Shards(u16),
    /// The database is older than its fence.
    #[error(
        "the database is at revision {found}, but history had come to {fence}: a restored copy? \
         Keys and sessions revoked since would be valid again"
    )]
    RolledBack {
        /// The database's newest revision.
        found: Revision,
        /// The fence's.
        fence: Revision,
    },
    /// The database has another history than its fence, or belongs to another installation.
    #[error("the database does not belong to {0}")]
    Diverged(PathBuf),
    /// The database is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(String),
    /// A thread cannot be started.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
}

impl From<redb::Error> for OpenError {
    fn from(error: redb::Error) -> OpenError {
        match error {
            redb::Error::Corrupted(what) => OpenError::Damaged(what),
            redb::Error::DatabaseAlreadyOpen => OpenError::Locked(PathBuf::from("the database")),
            other => OpenError::Database(other.to_string()),
        }
    }
}
