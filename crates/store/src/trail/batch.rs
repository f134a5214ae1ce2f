//! A batch of events: its lines, and how it ends for the calls that wait for it.

use super::lock;
use crate::change::Event;
use crate::day::day_of;
use crate::engine::{CommitError, Unavailable};
use crate::event_policy::EventPolicy;
use crate::id::Revision;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Waker;
use std::time::Instant;

/// The batch that is being filled.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) number: u64,
    pub(super) content: Content,
    pub(super) since: Option<Instant>,
    pub(super) wakers: Vec<Waker>,
    pub(super) done: Arc<Done>,
}

#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    /// Day and end of each run of lines.
    pub(super) runs: Vec<(i64, usize)>,
    pub(super) events: u64,
    pub(super) rows: Vec<u64>,
    /// Texts that the lines refer to.
    pub(super) policies: Vec<EventPolicy>,
}

/// The calls whose batch is being written.
#[derive(Debug)]
pub(super) struct Writing {
    pub(super) since: Instant,
    pub(super) wakers: Vec<Waker>,
    pub(super) done: Arc<Done>,
}

/// How a batch ended.
#[derive(Debug, Default)]
pub(super) struct Done {
    state: AtomicU8,
    error: OnceLock<Unavailable>,
    /// Wakers of calls that were polled again by another task meanwhile.
    pub(super) late: Mutex<Vec<Waker>>,
}

const PENDING: u8 = 0;
const DURABLE: u8 = 1;
const FAILED: u8 = 2;

impl Done {
    /// Ends the batch and wakes its calls; the first end counts.
    pub(super) fn end(&self, wakers: Vec<Waker>, result: Result<(), Unavailable>) {
        let state = match result {
            Ok(()) => DURABLE,
            Err(error) => {
                let _ = self.error.set(error);
                FAILED
            }
        };
        self.state.store(state, Ordering::Release);
        wakers.into_iter().for_each(Waker::wake);
        let late = std::mem::take(&mut *lock(&self.late));
        late.into_iter().for_each(Waker::wake);
    }

    pub(super) fn result(&self, revision: &AtomicU64) -> Option<Result<Revision, CommitError>> {
        match self.state.load(Ordering::Acquire) {
            PENDING => None,
            DURABLE => Some(Ok(Revision(revision.load(Ordering::Acquire)))),
            _ => {
                let error = self.error.get().cloned();
                Some(Err(error.unwrap_or(Unavailable::TimedOut).into()))
            }
        }
    }
}

impl Content {
    pub(super) fn push(&mut self, event: &Event) {
        self.bytes.extend_from_slice(&event.record);
        self.bytes.push(b'\n');
        self.events += 1;
        self.policies.extend_from_slice(&event.policies);
        let (day, end) = (day_of(event.time_s), self.bytes.len());
        match self.runs.last_mut() {
            Some((last, last_end)) if *last == day => *last_end = end,
            _ => self.runs.push((day, end)),
        }
    }

    pub(super) fn segments(&self) -> Vec<(i64, &[u8])> {
        let mut start = 0;
        self.runs
            .iter()
            .map(|(day, end)| {
                let bytes = self.bytes.get(start..*end).unwrap_or_default();
                start = *end;
                (*day, bytes)
            })
            .collect()
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.runs.clear();
        self.events = 0;
        self.rows.clear();
        self.policies.clear();
    }
}
