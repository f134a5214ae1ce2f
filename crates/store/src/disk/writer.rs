//! The one writer: takes what queued, checks preconditions, writes one transaction, answers.

use super::fence::Fence;
use super::files::Access;
use super::reader::{guarded, read_unit_row};
use super::schema::{
    LEASES, LOG, LogBody, OUTBOX, RECORDS, SHARDS, ShardRow, UNITS, UnitRow, chain, read_lease,
    read_log, read_outbox, record_key, write_lease, write_outbox,
};
use super::store::{Answer, Job, Store, Taken, Work};
use crate::change::Event;
use crate::day::day_of;
use crate::engine::{CommitError, LeaseState, LoadError, Loaded, RecordError, Unavailable};
use crate::id::Revision;
use crate::limits::{COMMIT_WAIT_MAX, LOG_BYTES_MAX, RETRY_PAUSE, TIDY_AFTER};
use crate::memory::{changed, take_lease};
use crate::prepare::{Prepared, PreparedWrite};
use crate::record::Kind;
use crate::seal::unit_bytes;
use redb::{Database, ReadableDatabase, ReadableTable, Table, WriteTransaction};
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

/// What a group did, to be published once it is durable.
#[derive(Default)]
struct Group {
    results: Vec<JobResult>,
    shard: ShardRow,
    next_row: u64,
    events: Vec<(u64, Event)>,
    conflicts: u64,
    changes: u64,
}

enum JobResult {
    /// The revision, and the bytes of each unit written.
    Commit(Result<(Revision, Vec<u64>), CommitError>),
    Lease(Result<LeaseState, LoadError>),
}

/// The tables of a group's transaction.
struct Tables<'t> {
    units: Table<'t, &'static [u8], &'static [u8]>,
    records: Table<'t, &'static [u8], &'static [u8]>,
    log: Table<'t, (u16, u64), &'static [u8]>,
    outbox: Table<'t, u64, &'static [u8]>,
    leases: Table<'t, &'static str, &'static [u8]>,
}

/// Begins a transaction that a reopening after a crash need not repair: the allocator's state is
/// saved with each commit. Without it, opening after kill -9 walks the whole file (seconds for a
/// million roles) where the promise is one second.
pub(crate) fn begin(database: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    Ok(transaction)
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
            Ok(database) => guarded(|| self.transact(&database, &jobs))
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

    /// Writes a group in one transaction. Nothing of it is visible before this returns.
    fn transact(&self, database: &Database, jobs: &[Job]) -> Result<Group, redb::Error> {
        let transaction = begin(database)?;
        let mut group = Group {
            shard: self.shard,
            next_row: self.next_row,
            ..Group::default()
        };
        {
            let mut tables = Tables {
                units: transaction.open_table(UNITS)?,
                records: transaction.open_table(RECORDS)?,
                log: transaction.open_table(LOG)?,
                outbox: transaction.open_table(OUTBOX)?,
                leases: transaction.open_table(LEASES)?,
            };
            for row in &self.delivered {
                tables.outbox.remove(row)?;
            }
            for job in jobs {
                let result = match &job.work {
                    Work::Commit(prepared) => {
                        JobResult::Commit(self.commit(&mut tables, prepared, &mut group)?)
                    }
                    Work::Lease {
                        name,
                        holder,
                        ttl_s,
                        now_s,
                    } => JobResult::Lease(lease(&mut tables, name, holder, *ttl_s, *now_s)?),
                };
                group.results.push(result);
            }
            trim_log(&mut tables, &mut group.shard)?;
            let mut shards = transaction.open_table(SHARDS)?;
            shards.insert(0, group.shard.write().as_slice())?;
        }
        transaction.commit()?;
        Ok(group)
    }

    /// Checks a change against what is there, changes of the same group included, and writes it.
    /// A refused change leaves nothing: all checks come before the first write.
    fn commit(
        &self,
        tables: &mut Tables<'_>,
        prepared: &Prepared,
        group: &mut Group,
    ) -> Result<Result<(Revision, Vec<u64>), CommitError>, redb::Error> {
        let mut rows = Vec::with_capacity(prepared.writes.len());
        for write in &prepared.writes {
            let row = match tables.units.get(unit_bytes(write.unit).as_slice())? {
                None => UnitRow::default(),
                Some(row) => match read_unit_row(&self.store, write.unit, row.value()) {
                    Some(row) => row,
                    None => {
                        let error = RecordError::Incomplete { unit: write.unit };
                        return Ok(Err(Unavailable::Damaged(error).into()));
                    }
                },
            };
            if row.revision != write.expects.0 {
                group.conflicts += 1;
                return Ok(Err(CommitError::Conflict {
                    unit: write.unit,
                    expected: write.expects,
                    found: Revision(row.revision),
                }));
            }
            rows.push(row);
        }
        let revision = group.shard.revision + 1;
        let mut unit_bytes = Vec::with_capacity(rows.len());
        for (write, row) in prepared.writes.iter().zip(rows) {
            unit_bytes.push(self.write_unit(tables, write, row, revision)?);
        }
        let body = LogBody::of(&prepared.writes).0;
        let value = chain(&group.shard.chain, 0, revision, &body);
        let mut row = value.to_vec();
        row.extend_from_slice(&body);
        tables.log.insert((0, revision), row.as_slice())?;
        group.shard.log_bytes += row.len() as u64;
        group.shard.revision = revision;
        group.shard.chain = value;
        for event in &prepared.events {
            let hint = self.store.trail.durable(day_of(event.time_s));
            let row = write_outbox(event, hint);
            tables.outbox.insert(group.next_row, row.as_slice())?;
            group.events.push((group.next_row, event.clone()));
            group.next_row += 1;
        }
        group.changes += 1;
        Ok(Ok((Revision(revision), unit_bytes)))
    }

    fn write_unit(
        &self,
        tables: &mut Tables<'_>,
        write: &PreparedWrite,
        mut row: UnitRow,
        revision: u64,
    ) -> Result<u64, redb::Error> {
        let sealing = |_| redb::Error::Corrupted("a record could not be stamped".to_owned());
        for (kind, name) in &write.deletes {
            let key = record_key(write.unit, *kind, name);
            if let Some(old) = tables.records.remove(key.as_slice())? {
                row.remove(old.value());
            }
        }
        for put in &write.encoded {
            let key = record_key(write.unit, put.kind, &put.name);
            let sealer = &self.store.sealer;
            let stamp = sealer
                .stamp(write.unit, put.kind, &put.name, &put.raw)
                .map_err(sealing)?;
            let stamped = [stamp.as_slice(), put.raw.as_slice()].concat();
            if let Some(old) = tables.records.insert(key.as_slice(), stamped.as_slice())? {
                row.remove(old.value());
            }
            row.add(&stamped);
        }
        row.revision = revision;
        let raw = row.write();
        let stamp = self
            .store
            .sealer
            .stamp(write.unit, Kind::UnitRow, "", &raw)
            .map_err(sealing)?;
        let stamped = [stamp.as_slice(), raw.as_slice()].concat();
        tables
            .units
            .insert(unit_bytes(write.unit).as_slice(), stamped.as_slice())?;
        Ok(row.bytes)
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

fn lease(
    tables: &mut Tables<'_>,
    name: &str,
    holder: &str,
    ttl_s: u32,
    now_s: i64,
) -> Result<Result<LeaseState, LoadError>, redb::Error> {
    let current = tables
        .leases
        .get(name)?
        .and_then(|row| read_lease(row.value()));
    let (answer, new) = take_lease(current, holder, ttl_s, now_s);
    if let Some((holder, until_s)) = new {
        tables
            .leases
            .insert(name, write_lease(until_s, &holder).as_slice())?;
    }
    Ok(Ok(answer))
}

/// Drops the oldest changes until the log fits its room; the newest one always stays.
fn trim_log(tables: &mut Tables<'_>, shard: &mut ShardRow) -> Result<(), redb::Error> {
    while shard.log_bytes > LOG_BYTES_MAX && shard.floor + 1 < shard.revision {
        let next = shard.floor + 1;
        if let Some(row) = tables.log.remove((0, next))? {
            shard.log_bytes = shard.log_bytes.saturating_sub(row.value().len() as u64);
            if let Some((value, _)) = read_log(row.value()) {
                shard.floor_chain = value;
            }
        }
        shard.floor = next;
    }
    Ok(())
}
