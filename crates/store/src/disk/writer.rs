//! The one writer: takes what queued, checks preconditions, writes one transaction, answers.

use super::fence::Fence;
use super::files::Access;
use super::reader::guarded;
use super::schema::{OUTBOX, SHARDS, ShardRow, read_outbox};
use super::store::{Answer, Job, Store, Taken, Work};
use super::transact::{Group, JobResult, transact};
use crate::change::Event;
use crate::engine::{Loaded, Unavailable};
use crate::id::Revision;
use crate::limits::{COMMIT_WAIT_MAX, RETRY_PAUSE, TIDY_AFTER};
use crate::memory::changed;
use crate::prepare::Prepared;
use redb::{Database, ReadableDatabase};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// The writer thread's own state.
pub(crate) struct Writer {
    pub(crate) store: Arc<Store>,
    pub(crate) shard: ShardRow,
    /// Number of the next outbox row.
    pub(crate) next_row: u64,
    /// Outbox rows whose events are in the trail, to be taken out with the next transaction.
    pub(crate) delivered: Vec<u64>,
    /// Outbox rows to be delivered again.
    pub(crate) failed: Vec<u64>,
    /// The revision of the fence on disk.
    pub(crate) fenced: u64,
}

impl Writer {
    /// The writer thread: until closed and empty.
    pub(crate) fn run(mut self) {
        loop {
            let idle_after = self.is_untidy().then_some(TIDY_AFTER);
            match self.store.take(idle_after) {
                Taken::Jobs(jobs) => {
                    self.group(jobs);
                    self.store.group_done();
                }
                Taken::Idle => self.tidy(),
                Taken::Closed => {
                    self.finish();
                    return;
                }
            }
        }
    }

    fn is_untidy(&self) -> bool {
        self.fenced != self.shard.revision
            || self.store.figures.outbox_rows.load(Ordering::Relaxed) > 0
    }

    fn group(&mut self, jobs: Vec<Job>) {
        self.take_rows();
        let began = Instant::now();
        let result = match self.store.database() {
            Ok(database) => guarded(|| {
                let (shard, next_row) = (self.shard, self.next_row);
                transact(
                    &self.store,
                    &database,
                    &jobs,
                    shard,
                    next_row,
                    &self.delivered,
                )
            })
            .unwrap_or_else(|panic| Err(redb::Error::Corrupted(panic))),
            Err(reason) => {
                jobs.iter()
                    .for_each(|job| job.answer.refuse(reason.clone()));
                return self.reopen();
            }
        };
        let nanos = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let figures = &self.store.figures;
        figures.nanos.fetch_add(nanos, Ordering::Relaxed);
        figures.batches.fetch_add(1, Ordering::Relaxed);
        match result {
            Ok(group) => self.publish(jobs, group),
            Err(error) => {
                let reason = Unavailable::Storage(error.to_string());
                figures
                    .unavailable
                    .fetch_add(jobs.len() as u64, Ordering::Relaxed);
                for job in &jobs {
                    job.answer.refuse(reason.clone());
                }
                self.reopen();
            }
        }
    }

    /// The group is durable: new values into the cache, events on their way, then the answers.
    fn publish(&mut self, jobs: Vec<Job>, group: Group) {
        let store = &self.store;
        store
            .figures
            .changes
            .fetch_add(group.changes, Ordering::Relaxed);
        store
            .figures
            .conflicts
            .fetch_add(group.conflicts, Ordering::Relaxed);
        let removed = self.delivered.len() as u64;
        store
            .figures
            .outbox_rows
            .fetch_add(group.events.len() as u64, Ordering::Relaxed);
        store
            .figures
            .outbox_rows
            .fetch_sub(removed, Ordering::Relaxed);
        self.delivered.clear();
        self.shard = group.shard;
        self.next_row = group.next_row;
        store
            .revision
            .store(group.shard.revision, Ordering::Release);
        for (job, result) in jobs.iter().zip(&group.results) {
            if let (Work::Commit(prepared), JobResult::Commit(Ok((revision, bytes)))) =
                (&job.work, result)
            {
                self.publish_units(prepared, *revision, bytes);
            }
        }
        if !group.events.is_empty() {
            store.trail.deliver(group.events);
        }
        for (job, result) in jobs.iter().zip(group.results) {
            match (&job.answer, result) {
                (Answer::Commit(promise), JobResult::Commit(result)) => {
                    promise.set(result.map(|(revision, _)| revision));
                }
                (Answer::Lease(promise), JobResult::Lease(result)) => promise.set(result),
                (answer, _) => answer.refuse(Unavailable::Closed),
            }
        }
    }

    fn publish_units(&self, prepared: &Prepared, revision: Revision, bytes: &[u64]) {
        let values = prepared.writes.iter().zip(bytes).map(|(write, bytes)| {
            let base = self.store.cache.get(write.unit);
            let current = base.as_ref().map_or(Revision::NONE, Loaded::revision);
            // Not in memory, and not new: whoever wants it reads it.
            let known = current == write.expects;
            let value = known
                .then(|| changed(base.as_ref(), write, revision, *bytes, &self.store.sealer).ok())
                .flatten();
            (write.unit, value)
        });
        self.store.publish(values.collect());
    }

    /// What became of events: those in the trail are taken out of the outbox, the others go again.
    fn take_rows(&mut self) {
        let rows = self.store.trail.take_rows();
        self.delivered.extend(rows.delivered);
        self.failed.extend(rows.failed);
    }

    /// Between groups: empties the outbox, delivers again, moves the fence.
    fn tidy(&mut self) {
        self.take_rows();
        if !self.delivered.is_empty() {
            self.group(Vec::new());
        }
        self.deliver_again();
        self.move_fence();
    }

    fn deliver_again(&mut self) {
        if self.failed.is_empty() {
            return;
        }
        let Ok(database) = self.store.database() else {
            return;
        };
        if let Ok(Ok(events)) = guarded(|| read_rows(&database, &self.failed)) {
            self.failed.clear();
            self.store.trail.deliver(events);
        }
    }

    fn move_fence(&mut self) {
        if self.fenced == self.shard.revision {
            return;
        }
        let fence = Fence {
            cluster_id: self.store.sealer.cluster_id().to_owned(),
            revision: self.shard.revision,
            chain: self.shard.chain,
        };
        // Tried again at the next tidying when it fails.
        if fence.write(&super::fence_path(&self.store.dir)).is_ok() {
            self.fenced = self.shard.revision;
        }
    }

    /// At the end: waits a little for events on their way, then tidies a last time.
    fn finish(&mut self) {
        let until = Instant::now() + COMMIT_WAIT_MAX;
        loop {
            self.take_rows();
            let rows = self.store.figures.outbox_rows.load(Ordering::Relaxed);
            if self.delivered.len() as u64 >= rows || Instant::now() >= until {
                break;
            }
            self.deliver_again();
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        self.tidy();
    }

    /// After a failure of storage the handle is of no use: opens the database again, for as long as
    /// it takes. The group that failed may be there or not, so nothing in memory is trusted.
    fn reopen(&mut self) {
        let old = self.store.set_database(None);
        drop_when_unused(old);
        while !self.store.is_closed() {
            let path = super::database_path(&self.store.dir);
            if let Ok(database) = super::open_database(&path, Access::Existing)
                && self.resume(&database).is_ok()
            {
                self.store.set_database(Some(database));
                return;
            }
            std::thread::sleep(RETRY_PAUSE);
        }
    }

    fn resume(&mut self, database: &Database) -> Result<(), redb::Error> {
        let first = self.next_row;
        let (shard, rows) = guarded(|| read_state(database, first))
            .unwrap_or_else(|panic| Err(redb::Error::Corrupted(panic)))?;
        self.shard = shard;
        self.next_row = rows.last().map_or(first, |(row, _)| row + 1);
        self.store.revision.store(shard.revision, Ordering::Release);
        self.store
            .figures
            .outbox_rows
            .fetch_add(rows.len() as u64, Ordering::Relaxed);
        // Written by the group whose outcome was unknown, so never queued yet.
        self.store.trail.deliver(rows);
        self.store.forget();
        Ok(())
    }
}

/// Waits until readers have let go of the handle, so that its file can be opened again.
fn drop_when_unused(handle: Option<Arc<Database>>) {
    let Some(mut handle) = handle else {
        return;
    };
    loop {
        match Arc::try_unwrap(handle) {
            Ok(database) => {
                drop(database);
                return;
            }
            Err(shared) => handle = shared,
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

/// The shard's state and the outbox rows from `first` on.
pub(crate) fn read_state(
    database: &Database,
    first: u64,
) -> Result<(ShardRow, Vec<(u64, Event)>), redb::Error> {
    let transaction = database.begin_read()?;
    let shard = transaction
        .open_table(SHARDS)?
        .get(0)?
        .and_then(|row| ShardRow::read(row.value()))
        .unwrap_or_default();
    let outbox = transaction.open_table(OUTBOX)?;
    let mut rows = Vec::new();
    for entry in outbox.range(first..)? {
        let (number, row) = entry?;
        if let Some((event, _)) = read_outbox(row.value()) {
            rows.push((number.value(), event));
        }
    }
    Ok((shard, rows))
}

fn read_rows(database: &Database, numbers: &[u64]) -> Result<Vec<(u64, Event)>, redb::Error> {
    let transaction = database.begin_read()?;
    let outbox = transaction.open_table(OUTBOX)?;
    let mut rows = Vec::new();
    for number in numbers {
        if let Some(row) = outbox.get(number)?
            && let Some((event, _)) = read_outbox(row.value())
        {
            rows.push((*number, event));
        }
    }
    Ok(rows)
}
