//! What the threads of the embedded engine share: queues, cache, database handle, figures.

use crate::cache::Cache;
use crate::completion::{Outcome, Promise, promise};
use crate::engine::{CommitError, LeaseState, LoadError, Loaded, Unavailable};
use crate::id::{Revision, Unit};
use crate::limits::{
    BATCH_BYTES_MAX, BATCH_CHANGES_MAX, COMMIT_WAIT_MAX, LOAD_QUEUE_MAX, OUTBOX_ROWS_MAX,
    WRITE_QUEUE_BYTES_MAX, WRITE_QUEUE_MAX,
};
use crate::prepare::Prepared;
use crate::seal::Sealer;
use crate::trail::Trail;
use redb::Database;
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// Shared by the handle and its threads.
pub(crate) struct Store {
    pub(crate) dir: PathBuf,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) cache: Cache,
    pub(crate) trail: Arc<Trail>,
    pub(crate) revision: Arc<AtomicU64>,
    pub(crate) figures: Figures,
    /// Bytes of the change log that are kept.
    pub(crate) log_bytes_max: u64,
    database: RwLock<Option<Arc<Database>>>,
    queue: Mutex<Queue>,
    queue_wake: Condvar,
    in_flight: Mutex<Vec<(Instant, Answer)>>,
    loading: Mutex<HashMap<Unit, Loading>>,
    jobs: Mutex<Jobs>,
    jobs_wake: Condvar,
}

/// Figures for metrics.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) changes: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) batches: AtomicU64,
    pub(crate) nanos: AtomicU64,
    pub(crate) unavailable: AtomicU64,
    pub(crate) outbox_rows: AtomicU64,
    pub(crate) loads: AtomicU64,
}

/// Work for the writer thread.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) since: Instant,
    pub(crate) work: Work,
    pub(crate) answer: Answer,
}

#[derive(Debug)]
pub(crate) enum Work {
    Commit(Prepared),
    Lease {
        name: String,
        holder: String,
        ttl_s: u32,
        now_s: i64,
    },
}

impl Work {
    fn bytes(&self) -> usize {
        match self {
            Work::Commit(prepared) => prepared.bytes,
            Work::Lease { .. } => 0,
        }
    }
}

/// Where a job's result goes.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Commit(Promise<Result<Revision, CommitError>>),
    Lease(Promise<Result<LeaseState, LoadError>>),
}

impl Answer {
    pub(crate) fn refuse(&self, reason: Unavailable) {
        match self {
            Answer::Commit(promise) => promise.set(Err(reason.into())),
            Answer::Lease(promise) => promise.set(Err(reason.into())),
        }
    }

    fn is_waiting(&self) -> bool {
        match self {
            Answer::Commit(promise) => promise.is_waiting(),
            Answer::Lease(promise) => promise.is_waiting(),
        }
    }
}

#[derive(Debug, Default)]
struct Queue {
    jobs: VecDeque<Job>,
    bytes: usize,
    closed: bool,
}

/// What the writer gets when it asks for work.
#[derive(Debug)]
pub(crate) enum Taken {
    Jobs(Vec<Job>),
    Idle,
    Closed,
}

type LoadPromise = Promise<Result<Option<Loaded>, LoadError>>;

/// A unit that is being read from the database.
#[derive(Debug, Default)]
struct Loading {
    waiting: Vec<LoadPromise>,
    /// The unit was written since the read began: what it finds may be old.
    stale: bool,
}

type Task = Box<dyn FnOnce(&Store) + Send>;

#[derive(Default)]
struct Jobs {
    tasks: VecDeque<Task>,
    closed: bool,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("dir", &self.dir).finish()
    }
}

impl Store {
    pub(crate) fn new(
        dir: PathBuf,
        sealer: Arc<Sealer>,
        (cache_bytes, log_bytes_max): (u64, u64),
        database: Database,
        revision: Revision,
    ) -> Store {
        let revision = Arc::new(AtomicU64::new(revision.0));
        Store {
            dir,
            sealer,
            cache: Cache::new(cache_bytes),
            trail: Arc::new(Trail::new(revision.clone())),
            revision,
            figures: Figures::default(),
            log_bytes_max,
            database: RwLock::new(Some(Arc::new(database))),
            queue: Mutex::default(),
            queue_wake: Condvar::new(),
            in_flight: Mutex::default(),
            loading: Mutex::default(),
            jobs: Mutex::default(),
            jobs_wake: Condvar::new(),
        }
    }

    /// The open database; none while it is being opened again after a failure.
    pub(crate) fn database(&self) -> Result<Arc<Database>, Unavailable> {
        self.database
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
            .ok_or_else(|| Unavailable::Storage("the database is being opened again".to_owned()))
    }

    /// Puts another database handle in place, or none; returns the one that was there.
    pub(crate) fn set_database(&self, database: Option<Database>) -> Option<Arc<Database>> {
        let mut place = self
            .database
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, database.map(Arc::new))
    }

    // ---- the writer's queue

    pub(crate) fn submit(&self, work: Work, answer: Answer) {
        let bytes = work.bytes();
        let mut queue = lock(&self.queue);
        let refusal = if queue.closed {
            Some(Unavailable::Closed)
        } else if queue.jobs.len() >= WRITE_QUEUE_MAX
            || queue.bytes.saturating_add(bytes) > WRITE_QUEUE_BYTES_MAX
            || self.figures.outbox_rows.load(Ordering::Relaxed) >= OUTBOX_ROWS_MAX as u64
        {
            Some(Unavailable::Overloaded)
        } else {
            None
        };
        if let Some(reason) = refusal {
            drop(queue);
            self.figures.unavailable.fetch_add(1, Ordering::Relaxed);
            answer.refuse(reason);
            return;
        }
        queue.bytes += bytes;
        queue.jobs.push_back(Job {
            since: Instant::now(),
            work,
            answer,
        });
        drop(queue);
        self.queue_wake.notify_one();
    }

    /// The writer's next group: everything that queued while it was busy, within the limits.
    pub(crate) fn take(&self, idle_after: Option<Duration>) -> Taken {
        let mut queue = lock(&self.queue);
        while queue.jobs.is_empty() {
            if queue.closed {
                return Taken::Closed;
            }
            queue = match idle_after {
                None => self
                    .queue_wake
                    .wait(queue)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(time) => {
                    let (queue, result) = self
                        .queue_wake
                        .wait_timeout(queue, time)
                        .unwrap_or_else(PoisonError::into_inner);
                    if result.timed_out() && queue.jobs.is_empty() && !queue.closed {
                        return Taken::Idle;
                    }
                    queue
                }
            };
        }
        let mut jobs = Vec::new();
        let mut bytes = 0;
        while jobs.len() < BATCH_CHANGES_MAX {
            let Some(next) = queue.jobs.front() else {
                break;
            };
            let size = next.work.bytes();
            if !jobs.is_empty() && bytes + size > BATCH_BYTES_MAX {
                break;
            }
            bytes += size;
            jobs.extend(queue.jobs.pop_front());
        }
        queue.bytes = queue.bytes.saturating_sub(bytes);
        // Under the queue's lock, so that the watch sees every job in one place or the other.
        *lock(&self.in_flight) = jobs
            .iter()
            .map(|job| (job.since, job.answer.clone()))
            .collect();
        Taken::Jobs(jobs)
    }

    pub(crate) fn group_done(&self) {
        lock(&self.in_flight).clear();
    }

    /// Answers changes that have waited too long. Those still in the queue are not carried out.
    pub(crate) fn watch(&self, now: Instant) {
        let late = |since: Instant| now.saturating_duration_since(since) >= COMMIT_WAIT_MAX;
        let mut refused = Vec::new();
        let mut queue = lock(&self.queue);
        while queue.jobs.front().is_some_and(|job| late(job.since)) {
            let Some(job) = queue.jobs.pop_front() else {
                break;
            };
            queue.bytes = queue.bytes.saturating_sub(job.work.bytes());
            refused.push(job.answer);
        }
        refused.extend(
            lock(&self.in_flight)
                .iter()
                .filter(|(since, answer)| late(*since) && answer.is_waiting())
                .map(|(_, answer)| answer.clone()),
        );
        drop(queue);
        let count = refused.len() as u64;
        self.figures.unavailable.fetch_add(count, Ordering::Relaxed);
        for answer in refused {
            answer.refuse(Unavailable::TimedOut);
        }
    }

    pub(crate) fn close_queue(&self) {
        lock(&self.queue).closed = true;
        self.queue_wake.notify_all();
    }

    pub(crate) fn is_closed(&self) -> bool {
        lock(&self.queue).closed
    }

    // ---- loads

    /// Waits for a unit's value, having it read unless somebody else does already.
    pub(crate) fn load(&self, unit: Unit) -> Outcome<Result<Option<Loaded>, LoadError>> {
        let (promise, outcome) = promise();
        let mut loading = lock(&self.loading);
        // Again under the lock, which a finished read holds while it fills the cache.
        if let Some(value) = self.cache.get(unit) {
            drop(loading);
            promise.set(Ok(Some(value)));
            return outcome;
        }
        if let Some(entry) = loading.get_mut(&unit) {
            entry.waiting.push(promise);
            return outcome;
        }
        let entry = loading.entry(unit).or_default();
        entry.waiting.push(promise);
        drop(loading);
        if let Err(reason) = self.spawn(Box::new(move |store| store.read_and_keep(unit))) {
            let entry = lock(&self.loading).remove(&unit);
            answer_all(entry, &Err(reason.into()));
        }
        outcome
    }

    fn read_and_keep(&self, unit: Unit) {
        loop {
            self.figures.loads.fetch_add(1, Ordering::Relaxed);
            let result = super::reader::read_unit(self, unit);
            let mut loading = lock(&self.loading);
            if let Some(entry) = loading.get_mut(&unit)
                && entry.stale
            {
                entry.stale = false;
                continue;
            }
            if let Ok(Some(value)) = &result {
                self.cache.put(value);
            }
            // Under the same lock: nobody joins a read that a later write has made old.
            let entry = loading.remove(&unit);
            drop(loading);
            answer_all(entry, &result);
            return;
        }
    }

    /// After a commit: the new values are what is read from now on.
    pub(crate) fn publish(&self, values: Vec<(Unit, Option<Loaded>)>) {
        let mut loading = lock(&self.loading);
        for (unit, value) in values {
            match value {
                Some(value) => self.cache.put(&value),
                None => self.cache.remove(unit),
            }
            if let Some(entry) = loading.get_mut(&unit) {
                entry.stale = true;
            }
        }
    }

    /// After a failure: nothing in memory is certain to be what is stored.
    pub(crate) fn forget(&self) {
        let mut loading = lock(&self.loading);
        self.cache.clear();
        for entry in loading.values_mut() {
            entry.stale = true;
        }
    }

    // ---- readers

    /// Has a reader thread do something.
    pub(crate) fn spawn(&self, task: Task) -> Result<(), Unavailable> {
        let mut jobs = lock(&self.jobs);
        if jobs.closed {
            return Err(Unavailable::Closed);
        }
        if jobs.tasks.len() >= LOAD_QUEUE_MAX {
            return Err(Unavailable::Overloaded);
        }
        jobs.tasks.push_back(task);
        drop(jobs);
        self.jobs_wake.notify_one();
        Ok(())
    }

    /// A reader thread: until closed.
    pub(crate) fn run_reader(&self) {
        loop {
            let mut jobs = lock(&self.jobs);
            let task = loop {
                if let Some(task) = jobs.tasks.pop_front() {
                    break task;
                }
                if jobs.closed {
                    return;
                }
                jobs = self
                    .jobs_wake
                    .wait(jobs)
                    .unwrap_or_else(PoisonError::into_inner);
            };
            drop(jobs);
            task(self);
        }
    }

    pub(crate) fn close_readers(&self) {
        lock(&self.jobs).closed = true;
        self.jobs_wake.notify_all();
    }
}

fn answer_all(entry: Option<Loading>, result: &Result<Option<Loaded>, LoadError>) {
    for promise in entry.into_iter().flat_map(|entry| entry.waiting) {
        promise.set(result.clone());
    }
}
