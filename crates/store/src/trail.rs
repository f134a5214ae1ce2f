//! The trail: events become durable by group commit, with a bounded wait and a bounded queue.
//!
//! Callers push bytes into the batch that is open; the writer thread takes the whole batch, writes
//! and syncs it once, and wakes the batch's calls. While it syncs, the next batch fills. A call costs
//! the caller one short lock, whatever the number of calls that wait.

mod batch;
pub(crate) mod chain;
pub(crate) mod checkpoint;
pub(crate) mod file;
pub(crate) mod head;
pub mod index;
pub(crate) mod policies;
pub(crate) mod pruned;
pub(crate) mod reader;
pub(crate) mod remove;
pub(crate) mod signature;
pub(crate) mod verify;
mod wait;

use crate::change::Event;
use crate::engine::Unavailable;
use crate::event_policy::{EventPolicy, PolicyHash};
use crate::limits::{
    COMMIT_WAIT_MAX, TRAIL_GATHER_MAX, TRAIL_QUEUE_BYTES_MAX, TRAIL_QUEUE_CALLS_MAX,
};
use batch::{Batch, Content, Done, Writing};
use pruned::DayLength;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};
use wait::{Step, TrailCommit};

/// Where batches go. All segments (a day, whole lines) become durable, or none is acknowledged.
pub(crate) trait Disk: Send {
    /// Keeps texts that the next segments refer to.
    fn keep(&mut self, policies: &[EventPolicy]) -> io::Result<()>;
    /// Appends and syncs.
    fn append(&mut self, segments: &[(i64, &[u8])]) -> io::Result<()>;
    /// Durable bytes of a day's file, 0 when not known.
    fn durable(&self, day: i64) -> u64;
    /// The writer ends in good order.
    fn finish(&mut self) {}
    /// Takes whole days out of the trail, as they were when they had these lengths; the files are left to be
    /// deleted.
    fn set_aside(&mut self, _: &[DayLength]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
    /// Removes those of the texts that nothing referred to on that day or after it; how many.
    fn drop_texts(&mut self, _: &[PolicyHash], _: i64) -> io::Result<usize> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// What else the writer is asked to do, between two batches: what it writes to is its own.
pub(crate) type Errand = Box<dyn FnOnce(&mut dyn Disk) + Send>;

#[derive(Default)]
struct Errands(Vec<Errand>);

impl std::fmt::Debug for Errands {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} errands", self.0.len())
    }
}

/// The queue in front of the writer thread.
#[derive(Debug)]
pub(crate) struct Trail {
    state: Mutex<State>,
    wake: Condvar,
    /// The newest revision, answered to commits without writes.
    revision: Arc<AtomicU64>,
    pub(crate) figures: Figures,
    /// A day and the durable length of its file, as hint where to look for lost events.
    durable: Mutex<(i64, u64)>,
    /// Outbox rows whose events are durable, and those whose batch failed.
    rows: Mutex<Rows>,
}

/// Figures for metrics.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) events: AtomicU64,
    pub(crate) bytes: AtomicU64,
    pub(crate) batches: AtomicU64,
    pub(crate) nanos: AtomicU64,
    pub(crate) failures: AtomicU64,
    pub(crate) unavailable: AtomicU64,
}

/// What became of outbox rows.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) delivered: Vec<u64>,
    pub(crate) failed: Vec<u64>,
}

#[derive(Debug, Default)]
struct State {
    open: Batch,
    writing: Option<Writing>,
    /// The writer waits for work and has to be notified.
    writer: Writer,
    /// A write did not return in time; calls are refused until it does.
    disk: DiskState,
    closed: Closed,
    errands: Errands,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Writer {
    #[default]
    Busy,
    /// For the first event.
    Waiting,
    /// For as many calls as the last batch had, a little while.
    Gathering(usize),
}

#[derive(Debug, Default, PartialEq, Eq)]
enum DiskState {
    #[default]
    Fine,
    Hung,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Closed {
    #[default]
    No,
    Yes,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Trail {
    pub(crate) fn new(revision: Arc<AtomicU64>) -> Trail {
        Trail {
            state: Mutex::default(),
            wake: Condvar::new(),
            revision,
            figures: Figures::default(),
            durable: Mutex::new((i64::MIN, 0)),
            rows: Mutex::default(),
        }
    }

    /// A future that is ready when the events are durable. They are queued at its first poll.
    pub(crate) fn commit(&self, events: Vec<Event>) -> TrailCommit<'_> {
        TrailCommit {
            trail: self,
            step: Step::Start(events),
        }
    }

    /// Queues the event of a committed write; nobody waits for it here. Always taken: it is durable
    /// in the outbox, whose size is bounded by the writer.
    pub(crate) fn deliver(&self, rows: impl IntoIterator<Item = (u64, Event)>) {
        let mut state = lock(&self.state);
        for (row, event) in rows {
            state.open.content.push(&event);
            state.open.content.rows.push(row);
        }
        self.queued(state);
    }

    /// Where in a day's file an event that is queued from now on can stand at the earliest.
    pub(crate) fn durable(&self, day: i64) -> u64 {
        let (known, bytes) = *lock(&self.durable);
        if known == day { bytes } else { 0 }
    }

    /// Takes what became of outbox rows since the last call.
    pub(crate) fn take_rows(&self) -> Rows {
        std::mem::take(&mut *lock(&self.rows))
    }

    /// Has the writer do something between two batches, also when it is about to end. One that comes too late is
    /// dropped.
    pub(crate) fn send(&self, errand: Errand) {
        lock(&self.state).errands.0.push(errand);
        self.wake.notify_all();
    }

    /// Lets the writer end after what is queued.
    pub(crate) fn close(&self) {
        lock(&self.state).closed = Closed::Yes;
        self.wake.notify_all();
    }

    /// Answers calls that have waited too long.
    pub(crate) fn watch(&self, now: Instant) {
        let late = |since: Instant| now.saturating_duration_since(since) >= COMMIT_WAIT_MAX;
        let mut state = lock(&self.state);
        let hung = state.writing.take_if(|writing| late(writing.since));
        if hung.is_some() {
            state.disk = DiskState::Hung;
        }
        let stuck = match state.open.since {
            Some(since) if late(since) => Some(state.next_batch()),
            _ => None,
        };
        drop(state);
        if let Some(writing) = hung {
            self.refuse(writing.done, writing.wakers);
        }
        if let Some(batch) = stuck {
            lock(&self.rows).failed.extend(&batch.content.rows);
            self.refuse(batch.done, batch.wakers);
        }
    }

    fn refuse(&self, done: Arc<Done>, wakers: Vec<Waker>) {
        let calls = wakers.len() as u64;
        self.figures.unavailable.fetch_add(calls, Ordering::Relaxed);
        done.end(wakers, Err(Unavailable::TimedOut));
    }

    fn queued(&self, mut state: MutexGuard<'_, State>) {
        if state.open.since.is_none() {
            state.open.since = Some(Instant::now());
        }
        let notify = match state.writer {
            Writer::Busy => false,
            Writer::Waiting => true,
            Writer::Gathering(calls) => state.open.wakers.len() >= calls,
        };
        if notify {
            state.writer = Writer::Busy;
        }
        drop(state);
        if notify {
            self.wake.notify_one();
        }
    }

    /// The writer thread: until closed and empty.
    pub(crate) fn run(&self, disk: &mut dyn Disk) {
        let mut spare = Content::default();
        let mut last_calls = 0;
        loop {
            let Some(mut state) = self.next_work(last_calls) else {
                disk.finish();
                return;
            };
            let errands = std::mem::take(&mut state.errands.0);
            if !errands.is_empty() {
                drop(state);
                errands.into_iter().for_each(|errand| errand(disk));
                continue;
            }
            let mut batch = state.next_batch();
            spare.clear();
            state.open.content = std::mem::take(&mut spare);
            let began = Instant::now();
            state.writing = Some(Writing {
                since: began,
                wakers: std::mem::take(&mut batch.wakers),
                done: batch.done.clone(),
            });
            last_calls = state
                .writing
                .as_ref()
                .map_or(0, |writing| writing.wakers.len());
            drop(state);
            let segments = batch.content.segments();
            let kept = disk.keep(&batch.content.policies);
            let result = kept.and_then(|()| disk.append(&segments));
            self.note(&batch.content, disk, &result, began.elapsed());
            let mut state = lock(&self.state);
            state.disk = DiskState::Fine;
            let writing = state.writing.take();
            drop(state);
            if let Some(writing) = writing {
                let calls = writing.wakers.len() as u64;
                let result = result.map_err(|error| Unavailable::Storage(error.to_string()));
                if result.is_err() {
                    self.figures.unavailable.fetch_add(calls, Ordering::Relaxed);
                }
                writing.done.end(writing.wakers, result);
            }
            spare = batch.content;
        }
    }

    /// Waits for a batch or an errand; none when closed and empty.
    ///
    /// Callers that were just woken come back with their next event within microseconds. A sync
    /// costs as much CPU as several requests, so the writer waits for as many calls as it has just
    /// served, but never long: one call at a time does not wait at all.
    fn next_work(&self, last_calls: usize) -> Option<MutexGuard<'_, State>> {
        let mut state = lock(&self.state);
        while state.open.since.is_none() && state.errands.0.is_empty() {
            if state.closed == Closed::Yes {
                return None;
            }
            state.writer = Writer::Waiting;
            state = self
                .wake
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            state.writer = Writer::Busy;
        }
        let gathers = state.errands.0.is_empty() && state.closed == Closed::No;
        if state.open.wakers.len() < last_calls && gathers {
            state.writer = Writer::Gathering(last_calls);
            state = self
                .wake
                .wait_timeout_while(state, TRAIL_GATHER_MAX, |state| {
                    state.open.wakers.len() < last_calls && state.closed == Closed::No
                })
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            state.writer = Writer::Busy;
        }
        Some(state)
    }

    fn note(&self, content: &Content, disk: &dyn Disk, result: &io::Result<()>, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.figures.nanos.fetch_add(nanos, Ordering::Relaxed);
        self.figures.batches.fetch_add(1, Ordering::Relaxed);
        match result {
            Ok(()) => {
                let bytes = content.bytes.len() as u64;
                self.figures
                    .events
                    .fetch_add(content.events, Ordering::Relaxed);
                self.figures.bytes.fetch_add(bytes, Ordering::Relaxed);
                if let Some((day, _)) = content.runs.last() {
                    *lock(&self.durable) = (*day, disk.durable(*day));
                }
                if !content.rows.is_empty() {
                    lock(&self.rows).delivered.extend(&content.rows);
                }
            }
            Err(_) => {
                self.figures.failures.fetch_add(1, Ordering::Relaxed);
                if !content.rows.is_empty() {
                    lock(&self.rows).failed.extend(&content.rows);
                }
            }
        }
    }
}

impl State {
    /// Closes the open batch and opens the next.
    fn next_batch(&mut self) -> Batch {
        let number = self.open.number + 1;
        std::mem::replace(
            &mut self.open,
            Batch {
                number,
                ..Batch::default()
            },
        )
    }

    fn refusal(&self, bytes: usize) -> Option<Unavailable> {
        if self.closed == Closed::Yes {
            return Some(Unavailable::Closed);
        }
        if self.disk == DiskState::Hung {
            return Some(Unavailable::TimedOut);
        }
        let full = self.open.content.bytes.len().saturating_add(bytes) > TRAIL_QUEUE_BYTES_MAX
            || self.open.wakers.len() >= TRAIL_QUEUE_CALLS_MAX;
        full.then_some(Unavailable::Overloaded)
    }
}

#[cfg(test)]
mod tests;
