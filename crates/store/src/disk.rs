//! The embedded engine: one redb file, one writer, the trail beside it.

mod fence;
pub(crate) mod files;
mod open;
mod options;
mod outbox;
mod reader;
mod schema;
mod store;
mod transact;
mod writer;

pub use files::FileError;
pub use open::open_redb;
pub use options::{OpenError, OpenReport, RedbOptions, Restore, Restored};

use crate::change::{Change, LoggedChange};
use crate::completion::promise;
use crate::engine::{
    BackupError, BoxFuture, CommitError, Counters, Engine, LeaseState, LoadError, Loaded,
    RecordError, Unavailable,
};
use crate::event_policy::PolicyHash;
use crate::id::{Revision, Unit};
use crate::limits::{PAGE_CACHE_BYTES, WATCH_TICK};
use crate::memory::check_lease_text;
use crate::prepare::{check_events, prepare};
use crate::trail;
use crate::trail::index::build::Index;
use crate::trail::index::{Found, Query};
use crate::trail::pruned::DayLength;
use crate::trail::remove::TrailRemoved;
use redb::Database;
use std::future::ready;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use store::{Answer, Store, Work};

/// The file of the database in a data directory.
pub(crate) fn database_path(dir: &Path) -> PathBuf {
    dir.join("locum.redb")
}

/// The file of the master key.
pub(crate) fn master_key_path(dir: &Path) -> PathBuf {
    dir.join("master.key")
}

/// The file of the fence.
pub(crate) fn fence_path(dir: &Path) -> PathBuf {
    dir.join("fence")
}

/// The folder of the trail.
pub(crate) fn trail_path(dir: &Path) -> PathBuf {
    dir.join("trail")
}

/// Opens the database's file.
pub(crate) fn open_database(path: &Path, access: files::Access) -> Result<Database, OpenError> {
    database_of(files::private_file(path, access)?).map_err(OpenError::from)
}

/// The database in an open file.
pub(crate) fn database_of(file: std::fs::File) -> Result<Database, redb::Error> {
    let backend = redb::backends::FileBackend::new(file)?;
    Ok(Database::builder()
        .set_cache_size(PAGE_CACHE_BYTES)
        .create_with_backend(backend)?)
}

/// The embedded engine. Dropping it ends its threads after what is queued was written.
#[derive(Debug)]
pub struct RedbEngine {
    store: Arc<Store>,
    report: OpenReport,
    writer: Option<JoinHandle<()>>,
    trail: Option<JoinHandle<()>>,
    others: Vec<JoinHandle<()>>,
    stop_watch: Option<mpsc::Sender<()>>,
    index: Arc<Index>,
    stop_index: Option<mpsc::Sender<()>>,
}

/// How long dropping the engine waits for a thread that a hung disk holds.
const JOIN_WAIT_MAX: Duration = Duration::from_secs(3);

impl RedbEngine {
    /// What opening found and did, for the log.
    pub fn report(&self) -> &OpenReport {
        &self.report
    }

    /// The data directory.
    pub fn dir(&self) -> &Path {
        &self.store.dir
    }
}

/// Looks after calls that wait too long.
fn watch(store: &Store, stop: &mpsc::Receiver<()>) {
    while stop.recv_timeout(WATCH_TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
        let now = Instant::now();
        store.watch(now);
        store.trail.watch(now);
    }
}

fn join(handle: Option<JoinHandle<()>>) {
    let until = Instant::now() + JOIN_WAIT_MAX;
    let Some(handle) = handle else {
        return;
    };
    while !handle.is_finished() {
        if Instant::now() >= until {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = handle.join();
}

impl Drop for RedbEngine {
    fn drop(&mut self) {
        self.store.close_queue();
        join(self.writer.take());
        self.store.trail.close();
        join(self.trail.take());
        self.store.close_readers();
        self.stop_watch.take();
        self.stop_index.take();
        self.others.drain(..).for_each(|handle| join(Some(handle)));
        // With the last handle gone redb marks the file as closed in good order.
        drop(self.store.set_database(None));
    }
}

impl Engine for RedbEngine {
    fn commit(&self, change: Change) -> BoxFuture<'_, Result<Revision, CommitError>> {
        if change.writes.is_empty() {
            return match check_events(&change.events) {
                Err(error) => Box::pin(ready(Err(error))),
                Ok(0) => {
                    let revision = self.store.revision.load(Ordering::Acquire);
                    Box::pin(ready(Ok(Revision(revision))))
                }
                Ok(_) => Box::pin(self.store.trail.commit(change.events)),
            };
        }
        for write in &change.writes {
            if let Some(error) = self.store.cache.get(write.unit).and_then(damage) {
                return Box::pin(ready(Err(Unavailable::Damaged(error).into())));
            }
        }
        match prepare(change, &self.store.sealer) {
            Err(error) => Box::pin(ready(Err(error))),
            Ok(prepared) => {
                let (promise, outcome) = promise();
                self.store
                    .submit(Work::Commit(prepared), Answer::Commit(promise));
                Box::pin(outcome)
            }
        }
    }

    fn load(&self, unit: Unit) -> BoxFuture<'_, Result<Option<Loaded>, LoadError>> {
        match self.cached(unit) {
            Some(value) => Box::pin(ready(Ok(Some(value)))),
            None => Box::pin(self.store.load(unit)),
        }
    }

    fn cached(&self, unit: Unit) -> Option<Loaded> {
        self.store.cache.get(unit)
    }

    fn read_at_least(
        &self,
        unit: Unit,
        revision: Revision,
    ) -> BoxFuture<'_, Result<Option<Loaded>, LoadError>> {
        let newest = Revision(self.store.revision.load(Ordering::Acquire));
        if revision > newest {
            return Box::pin(ready(Err(LoadError::Behind {
                asked: revision,
                newest,
            })));
        }
        self.load(unit)
    }

    fn changes_since(
        &self,
        revision: Revision,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<LoggedChange>, LoadError>> {
        let (promise, outcome) = promise();
        let set = promise.clone();
        let spawned = self.store.spawn(Box::new(move |store| {
            set.set(reader::read_changes(store, revision, limit));
        }));
        if let Err(reason) = spawned {
            promise.set(Err(reason.into()));
        }
        Box::pin(outcome)
    }

    fn lease(
        &self,
        name: &str,
        holder: &str,
        ttl_s: u32,
        now_s: i64,
    ) -> BoxFuture<'_, Result<LeaseState, LoadError>> {
        if let Err(error) = check_lease_text(name, holder) {
            return Box::pin(ready(Err(error)));
        }
        let (promise, outcome) = promise();
        let work = Work::Lease {
            name: name.to_owned(),
            holder: holder.to_owned(),
            ttl_s,
            now_s,
        };
        self.store.submit(work, Answer::Lease(promise));
        Box::pin(outcome)
    }

    fn search(&self, query: Query) -> BoxFuture<'_, Result<Found, LoadError>> {
        let (promise, outcome) = promise();
        self.index.ask(query, promise);
        Box::pin(outcome)
    }

    fn event_policy(&self, hash: PolicyHash) -> BoxFuture<'_, Result<Option<String>, LoadError>> {
        let (promise, outcome) = promise();
        let set = promise.clone();
        let spawned = self.store.spawn(Box::new(move |store| {
            let read = crate::trail::policies::read(&trail_path(&store.dir), hash);
            let failed = |error: FileError| Unavailable::Storage(error.to_string()).into();
            set.set(read.map_err(failed));
        }));
        if let Err(reason) = spawned {
            promise.set(Err(reason.into()));
        }
        Box::pin(outcome)
    }

    fn remove_trail_days(
        &self,
        days: Vec<DayLength>,
    ) -> BoxFuture<'_, Result<TrailRemoved, LoadError>> {
        let (promise, outcome) = promise();
        let (set, store) = (promise.clone(), self.store.clone());
        // A thread of its own: large files take their time.
        let spawned = std::thread::Builder::new()
            .name("locum-remove".to_owned())
            .spawn(move || set.set(remove_days(&store, days).map_err(LoadError::from)));
        if let Err(error) = spawned {
            promise.set(Err(Unavailable::Storage(error.to_string()).into()));
        }
        Box::pin(outcome)
    }

    fn cluster_id(&self) -> &str {
        self.store.sealer.cluster_id()
    }

    fn counters(&self) -> Counters {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let (store, trail) = (&self.store.figures, &self.store.trail.figures);
        let (cached_accounts, cached_bytes) = self.store.cache.size();
        Counters {
            revision: read(&self.store.revision),
            changes: read(&store.changes),
            conflicts: read(&store.conflicts),
            write_batches: read(&store.batches),
            write_time: Duration::from_nanos(read(&store.nanos)),
            trail_events: read(&trail.events),
            trail_bytes: read(&trail.bytes),
            trail_batches: read(&trail.batches),
            trail_time: Duration::from_nanos(read(&trail.nanos)),
            trail_failures: read(&trail.failures),
            trail_alarms: self.report.trail_alarm.is_some().into(),
            unavailable: read(&store.unavailable) + read(&trail.unavailable),
            outbox_rows: read(&store.outbox_rows),
            cached_accounts,
            cached_bytes,
            loads: read(&store.loads),
        }
    }

    fn backup(&self, to: &Path) -> BoxFuture<'_, Result<(), BackupError>> {
        let (promise, outcome) = promise();
        let (set, store, to) = (promise.clone(), self.store.clone(), to.to_path_buf());
        // A thread of its own: a large copy must not hold up loads.
        let spawned = std::thread::Builder::new()
            .name("locum-backup".to_owned())
            .spawn(move || set.set(reader::copy(&store, &to)));
        if let Err(error) = spawned {
            promise.set(Err(BackupError::Database(error.to_string())));
        }
        Box::pin(outcome)
    }
}

/// A record that is still to be taken out of the outbox is looked for in its day at the next start, so that day stays.
fn remove_days(store: &Store, days: Vec<DayLength>) -> Result<TrailRemoved, Unavailable> {
    let waiting = outbox::days_waiting(&*store.database()?)
        .map_err(|error| Unavailable::Storage(error.to_string()))?;
    if let Some((day, _)) = days.iter().find(|(day, _)| waiting.contains(&day.number())) {
        let late = format!("a change of {day} was only just recorded; try again later");
        return Err(Unavailable::Storage(late));
    }
    trail::remove::remove(&store.trail, &trail_path(&store.dir), days)
}

fn damage(value: Loaded) -> Option<RecordError> {
    match value {
        Loaded::Account(account) => account.damage().cloned(),
        Loaded::Installation(installation) => installation.damage().cloned(),
    }
}

#[cfg(test)]
mod tests;
