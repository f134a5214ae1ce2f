//! The five calls every engine answers, and the ways in which they fail.

use crate::account::Account;
use crate::change::{Change, LoggedChange};
use crate::event_policy::PolicyHash;
use crate::id::{Revision, Unit};
use crate::installation::Installation;
use crate::trail::index::{Found, Query};
use crate::trail::pruned::DayLength;
use crate::trail::remove::TrailRemoved;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What keeps accounts and the trail.
///
/// Futures are independent of any runtime: they are woken from the engine's own threads. None of
/// these calls blocks the caller.
pub trait Engine: Send + Sync {
    /// Makes a change durable: its writes and its events, atomically. A change without writes goes
    /// to the trail only. The revision is that of the writes; without writes it is the newest one.
    ///
    /// The change is on its way from the first poll on at the latest; dropping the future after
    /// that does not take it back.
    ///
    /// # Errors
    /// See [`CommitError`]. After `Unavailable` with [`Unavailable::TimedOut`] or
    /// [`Unavailable::Storage`] the outcome is unknown until storage is back.
    fn commit(&self, change: Change) -> BoxFuture<'_, Result<Revision, CommitError>>;

    /// The newest value of a unit; `None` when it does not exist.
    ///
    /// # Errors
    /// See [`LoadError`].
    fn load(&self, unit: Unit) -> BoxFuture<'_, Result<Option<Loaded>, LoadError>>;

    /// The newest value of a unit if it is in memory: a few tens of nanoseconds, never waits for
    /// storage. It is as new as what [`Engine::load`] would answer.
    fn cached(&self, unit: Unit) -> Option<Loaded>;

    /// The value of a unit that includes every change up to `revision`.
    ///
    /// # Errors
    /// [`LoadError::Behind`] when this node has not seen that revision.
    fn read_at_least(
        &self,
        unit: Unit,
        revision: Revision,
    ) -> BoxFuture<'_, Result<Option<Loaded>, LoadError>>;

    /// At most `limit` changes after `revision`, in order without gaps.
    ///
    /// # Errors
    /// [`LoadError::Trimmed`] when the log no longer reaches back so far.
    fn changes_since(
        &self,
        revision: Revision,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<LoggedChange>, LoadError>>;

    /// Takes or renews a named lease for `ttl_s` seconds from `now_s` (Unix seconds).
    ///
    /// # Errors
    /// See [`LoadError`].
    fn lease(
        &self,
        name: &str,
        holder: &str,
        ttl_s: u32,
        now_s: i64,
    ) -> BoxFuture<'_, Result<LeaseState, LoadError>>;

    /// Records of the trail that have what is asked for, the newest first.
    ///
    /// # Errors
    /// [`LoadError::Unavailable`] when the trail cannot be read or too many look-ups wait.
    fn search(&self, query: Query) -> BoxFuture<'_, Result<Found, LoadError>>;

    /// The text of a policy that an event came with; none when it was never kept.
    ///
    /// # Errors
    /// [`LoadError::Unavailable`] when it cannot be read or is not what was kept.
    fn event_policy(&self, hash: PolicyHash) -> BoxFuture<'_, Result<Option<String>, LoadError>>;

    /// Removes days of the trail, oldest first, each if its file is as long as told, and the texts of policies that
    /// no other day refers to. Whoever asks has made the rest provable (see [`Pruned`](crate::Pruned)).
    ///
    /// # Errors
    /// [`LoadError::Unavailable`]; days may then be removed in part, the oldest first.
    fn remove_trail_days(
        &self,
        days: Vec<DayLength>,
    ) -> BoxFuture<'_, Result<TrailRemoved, LoadError>> {
        let _ = days;
        let none = Unavailable::Storage("this engine keeps no days of a trail".to_owned());
        Box::pin(std::future::ready(Err(none.into())))
    }

    /// The id made when the store was created.
    fn cluster_id(&self) -> &str;

    /// Figures for metrics.
    fn counters(&self) -> Counters;

    /// Writes a consistent copy of the database to a new file (mode 0600). Its secrets stay sealed:
    /// restoring it needs the master key, which is not in it. The trail is not copied.
    ///
    /// # Errors
    /// See [`BackupError`].
    fn backup(&self, to: &Path) -> BoxFuture<'_, Result<(), BackupError>>;
}

/// A unit's value.
#[derive(Clone, Debug)]
pub enum Loaded {
    /// An account.
    Account(Arc<Account>),
    /// The installation.
    Installation(Arc<Installation>),
}

impl Loaded {
    /// The account, if it is one.
    pub fn account(self) -> Option<Arc<Account>> {
        match self {
            Loaded::Account(account) => Some(account),
            Loaded::Installation(_) => None,
        }
    }

    /// The installation, if it is that.
    pub fn installation(self) -> Option<Arc<Installation>> {
        match self {
            Loaded::Account(_) => None,
            Loaded::Installation(installation) => Some(installation),
        }
    }

    /// Bytes of its records as stored.
    pub(crate) fn stored_bytes(&self) -> u64 {
        match self {
            Loaded::Account(account) => account.bytes,
            Loaded::Installation(installation) => installation.bytes,
        }
    }

    /// The revision of the value.
    pub fn revision(&self) -> Revision {
        match self {
            Loaded::Account(account) => account.revision,
            Loaded::Installation(installation) => installation.revision,
        }
    }
}

/// Who holds a lease after the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeaseState {
    /// The caller, until then (Unix seconds).
    Held {
        /// Unix seconds.
        until_s: i64,
    },
    /// Somebody else, until then (Unix seconds).
    HeldBy {
        /// The holder's name.
        holder: String,
        /// Unix seconds.
        until_s: i64,
    },
}

/// Why a change was not committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A unit has another revision than the change expects: run the operation again on a new value.
    #[error("{unit} is at revision {found}, not at {expected}")]
    Conflict {
        /// The unit.
        unit: Unit,
        /// What the change expects.
        expected: Revision,
        /// What is there.
        found: Revision,
    },
    /// Storage cannot take it now.
    #[error("the store is unavailable: {0}")]
    Unavailable(#[from] Unavailable),
    /// Over a limit of [`crate::limits`]; nothing was written.
    #[error("{what} of {size}, at most {size_max}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is, in bytes or items.
        size: usize,
        /// How large it may be.
        size_max: usize,
    },
    /// The change contradicts itself: a fault of the program that made it.
    #[error("malformed change: {0}")]
    Malformed(&'static str),
}

/// Why storage cannot take a change now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Too much is waiting already; nothing was taken.
    #[error("too many changes are waiting")]
    Overloaded,
    /// Not durable in time; the outcome is unknown.
    #[error("not durable in time")]
    TimedOut,
    /// Storage failed; the outcome is unknown.
    #[error("storage failed: {0}")]
    Storage(String),
    /// A record of the unit cannot be read, so the unit is not written.
    #[error("{0}")]
    Damaged(RecordError),
    /// The engine is shutting down.
    #[error("shutting down")]
    Closed,
}

/// Why a value was not loaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A stored record is not what was written, or of a form that this program does not know.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// This node has not seen the revision.
    #[error("revision {asked} is not here yet; the newest is {newest}")]
    Behind {
        /// The revision asked for.
        asked: Revision,
        /// The newest one here.
        newest: Revision,
    },
    /// The log begins later.
    #[error("the log begins after revision {floor}")]
    Trimmed {
        /// The last revision that is no longer in the log.
        floor: Revision,
    },
    /// An argument is out of bounds.
    #[error("{0}")]
    Argument(&'static str),
    /// Storage cannot answer now.
    #[error("the store is unavailable: {0}")]
    Unavailable(#[from] Unavailable),
}

/// Why a stored record cannot be used. It is never served and never guessed at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Written by a newer program.
    #[error("{unit}, record {key:?}: version {version} is not known to this program")]
    Version {
        /// The unit.
        unit: Unit,
        /// The record's name.
        key: String,
        /// The version byte.
        version: u8,
    },
    /// Not of the form of its version.
    #[error("{unit}, record {key:?}: {what}")]
    Form {
        /// The unit.
        unit: Unit,
        /// The record's name.
        key: String,
        /// What is wrong.
        what: String,
    },
    /// Its bytes are not those that were written there.
    #[error("{unit}, record {key:?}: its bytes were changed")]
    Changed {
        /// The unit.
        unit: Unit,
        /// The record's name.
        key: String,
    },
    /// A sealed secret does not open.
    #[error("{unit}, record {key:?}: its secret does not open under this master key")]
    Sealed {
        /// The unit.
        unit: Unit,
        /// The record's name.
        key: String,
    },
    /// Records are missing, or were put there by somebody else.
    #[error("{unit}: its records are not those that were written")]
    Incomplete {
        /// The unit.
        unit: Unit,
    },
    /// The database file itself is damaged.
    #[error("{unit}: the database is damaged: {what}")]
    Database {
        /// The unit.
        unit: Unit,
        /// What the engine found.
        what: String,
    },
}

/// Why no backup was made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file of that name already.
    #[error("{0} exists already")]
    Exists(PathBuf),
    /// The copy could not be written.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The database could not be read.
    #[error("cannot read the database: {0}")]
    Database(String),
    /// This engine has nothing to copy.
    #[error("this engine keeps nothing on disk")]
    Unsupported,
}

/// Figures of an engine since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// The newest revision.
    pub revision: u64,
    /// Changes committed.
    pub changes: u64,
    /// Changes that lost a race.
    pub conflicts: u64,
    /// Transactions of the database: changes divided by this is the size of a commit group.
    pub write_batches: u64,
    /// Time spent in the database's commits.
    pub write_time: Duration,
    /// Events durable in the trail.
    pub trail_events: u64,
    /// Bytes of those events.
    pub trail_bytes: u64,
    /// Writes to the trail: events divided by this is the size of a commit group.
    pub trail_batches: u64,
    /// Time spent writing and syncing the trail.
    pub trail_time: Duration,
    /// Writes to the trail that failed.
    pub trail_failures: u64,
    /// 1 when records were missing at the end of the trail as the store was opened.
    pub trail_alarms: u64,
    /// Commits answered `Unavailable`.
    pub unavailable: u64,
    /// Events of committed writes that are not yet in the trail.
    pub outbox_rows: u64,
    /// Accounts in memory.
    pub cached_accounts: u64,
    /// Bytes those are reckoned at.
    pub cached_bytes: u64,
    /// Accounts read from the database.
    pub loads: u64,
}
