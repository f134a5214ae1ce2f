//! The engine for tests: everything in memory, with faults to be injected.

use crate::account::Account;
use crate::change::{Change, Event, LoggedChange, LoggedWrite, Record};
use crate::completion::{Promise, promise};
use crate::engine::{
    BackupError, BoxFuture, CommitError, Counters, Engine, LeaseState, LoadError, Loaded,
    Unavailable,
};
use crate::event_policy::{EventPolicy, PolicyHash};
use crate::id::{Revision, Unit};
use crate::installation::Installation;
use crate::limits::{CHANGES_READ_MAX, LEASE_TEXT_BYTES_MAX};
use crate::prepare::{Prepared, PreparedWrite, prepare};
use crate::record::{Context, key_at};
use crate::seal::{MASTER_KEY_BYTES, RandomSource, Sealer};
use crate::trail::index::{Found, Query, search_memory};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::ready;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a memory engine begins.
#[derive(Clone, Debug)]
pub struct MemoryOptions {
    /// Its cluster id.
    pub cluster_id: String,
}

impl Default for MemoryOptions {
    fn default() -> Self {
        MemoryOptions {
            cluster_id: "memory".to_owned(),
        }
    }
}

/// An engine that keeps everything in memory. Commits complete at once unless told otherwise.
pub struct MemoryEngine {
    sealer: Arc<Sealer>,
    state: Mutex<State>,
}

impl std::fmt::Debug for MemoryEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryEngine").finish_non_exhaustive()
    }
}

type CommitPromise = Promise<Result<Revision, CommitError>>;

#[derive(Default)]
struct State {
    units: HashMap<Unit, Loaded>,
    log: Vec<LoggedChange>,
    events: Vec<Event>,
    policies: BTreeMap<PolicyHash, EventPolicy>,
    leases: BTreeMap<String, (String, i64)>,
    faults: VecDeque<CommitError>,
    stalled: Option<Vec<(Prepared, CommitPromise)>>,
    counters: Counters,
}

/// A new, empty memory engine.
pub fn memory(options: MemoryOptions) -> MemoryEngine {
    // A counter makes fresh nonces; nothing of this engine outlives the process.
    let counter = AtomicU64::new(1);
    let random: RandomSource = Arc::new(move |out: &mut [u8]| {
        let number = counter.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        out.iter_mut()
            .zip(number.iter().cycle())
            .for_each(|(byte, value)| *byte = *value);
    });
    MemoryEngine {
        sealer: Arc::new(sealer(&options.cluster_id, random)),
        state: Mutex::new(State::default()),
    }
}

#[expect(
    clippy::expect_used,
    reason = "a 32-byte key of AES-256 is always accepted"
)]
fn sealer(cluster_id: &str, random: RandomSource) -> Sealer {
    Sealer::new(&[7; MASTER_KEY_BYTES], cluster_id, random).expect("key of the right length")
}

impl MemoryEngine {
    /// The next commits fail with these errors, in order, and change nothing.
    pub fn fail_next_commits(&self, errors: impl IntoIterator<Item = CommitError>) {
        self.lock().faults.extend(errors);
    }

    /// Commits wait until [`MemoryEngine::resume`].
    pub fn stall(&self) {
        self.lock().stalled.get_or_insert_default();
    }

    /// Carries out the commits that wait, in order, and stalls no more.
    pub fn resume(&self) {
        let waiting = self.lock().stalled.take().unwrap_or_default();
        for (prepared, promise) in waiting {
            let result = self.lock().apply(prepared, &self.sealer);
            promise.set(result);
        }
    }

    /// All events so far, in the order of their commits.
    pub fn recorded_events(&self) -> Vec<Event> {
        self.lock().events.clone()
    }

    /// Forgets the events so far and returns them.
    pub fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.lock().events)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn apply(&mut self, prepared: Prepared, sealer: &Arc<Sealer>) -> Result<Revision, CommitError> {
        if let Some(error) = self.faults.pop_front() {
            match error {
                CommitError::Conflict { .. } => self.counters.conflicts += 1,
                _ => self.counters.unavailable += 1,
            }
            return Err(error);
        }
        for write in &prepared.writes {
            let found = self
                .units
                .get(&write.unit)
                .map_or(Revision::NONE, Loaded::revision);
            if found != write.expects {
                self.counters.conflicts += 1;
                return Err(CommitError::Conflict {
                    unit: write.unit,
                    expected: write.expects,
                    found,
                });
            }
        }
        if !prepared.writes.is_empty() {
            let revision = Revision(self.counters.revision + 1);
            let mut logged = Vec::new();
            for write in prepared.writes {
                let base = self.units.get(&write.unit);
                let old = base.map_or(0, Loaded::stored_bytes);
                let new: usize = write.encoded.iter().map(|put| put.raw.len()).sum();
                let next = changed(base, &write, revision, old + new as u64, sealer)?;
                self.units.insert(write.unit, next);
                logged.push(LoggedWrite {
                    unit: write.unit,
                    puts: write.puts,
                    deletes: write
                        .deletes
                        .iter()
                        .filter_map(|(kind, name)| key_at(*kind, name))
                        .collect(),
                });
            }
            self.counters.revision = revision.0;
            self.counters.changes += 1;
            let chain = chain(self.log.last(), &logged);
            self.log.push(LoggedChange {
                shard: 0,
                revision,
                chain,
                writes: logged,
            });
        }
        for event in &prepared.events {
            self.counters.trail_events += 1;
            self.counters.trail_bytes += event.record.len() as u64 + 1;
            let policies = event.policies.iter();
            self.policies
                .extend(policies.map(|policy| (policy.hash(), policy.clone())));
        }
        self.events.extend(prepared.events);
        Ok(Revision(self.counters.revision))
    }
}

/// Not the chain of a stored log, but one with the same property: equal histories, equal values.
fn chain(last: Option<&LoggedChange>, writes: &[LoggedWrite]) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(&last.map_or([0; 32], |change| change.chain));
    context.update(format!("{writes:?}").as_bytes());
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The unit's next value, whose records take `bytes`.
pub(crate) fn changed(
    base: Option<&Loaded>,
    write: &PreparedWrite,
    revision: Revision,
    bytes: u64,
    sealer: &Arc<Sealer>,
) -> Result<Loaded, CommitError> {
    let context = || Arc::new(Context::new(write.unit, sealer.clone()));
    let (puts, deletes) = (&write.puts, &write.deletes);
    let new = CommitError::Malformed("a new unit without its own record");
    Ok(match (write.unit, base) {
        (_, Some(Loaded::Account(account))) => {
            Loaded::Account(Arc::new(account.changed(revision, puts, deletes, bytes)))
        }
        (_, Some(Loaded::Installation(installation))) => Loaded::Installation(Arc::new(
            installation.changed(revision, puts, deletes, bytes),
        )),
        (Unit::Account(id), None) => {
            let meta = puts.iter().find_map(|record| match record {
                Record::AccountMeta(meta) => Some(meta.clone()),
                _ => None,
            });
            let account = Account::empty(id, meta.ok_or(new)?, context());
            Loaded::Account(Arc::new(account.changed(revision, puts, deletes, bytes)))
        }
        (Unit::Installation, None) => {
            let management = puts.iter().find_map(|record| match record {
                Record::InstallationMeta(meta) => Some(meta.management_account),
                _ => None,
            });
            let installation = Installation::empty(context(), management.ok_or(new)?);
            Loaded::Installation(Arc::new(
                installation.changed(revision, puts, deletes, bytes),
            ))
        }
    })
}

/// Takes or renews a lease in a table of `name → (holder, until)`.
pub(crate) fn take_lease(
    current: Option<(String, i64)>,
    holder: &str,
    ttl_s: u32,
    now_s: i64,
) -> (LeaseState, Option<(String, i64)>) {
    match current {
        Some((other, until_s)) if other != holder && until_s > now_s => (
            LeaseState::HeldBy {
                holder: other,
                until_s,
            },
            None,
        ),
        _ => {
            let until_s = now_s.saturating_add(i64::from(ttl_s));
            (
                LeaseState::Held { until_s },
                Some((holder.to_owned(), until_s)),
            )
        }
    }
}

pub(crate) fn check_lease_text(name: &str, holder: &str) -> Result<(), LoadError> {
    for text in [name, holder] {
        if text.is_empty() || text.len() > LEASE_TEXT_BYTES_MAX {
            return Err(LoadError::Argument(
                "a lease's name and holder have 1 to 256 bytes",
            ));
        }
    }
    Ok(())
}

impl Engine for MemoryEngine {
    fn commit(&self, change: Change) -> BoxFuture<'_, Result<Revision, CommitError>> {
        let prepared = match prepare(change, &self.sealer) {
            Ok(prepared) => prepared,
            Err(error) => return Box::pin(ready(Err(error))),
        };
        let mut state = self.lock();
        if let Some(waiting) = &mut state.stalled {
            let (promise, outcome) = promise();
            waiting.push((prepared, promise));
            return Box::pin(outcome);
        }
        let result = state.apply(prepared, &self.sealer);
        drop(state);
        Box::pin(ready(result))
    }

    fn load(&self, unit: Unit) -> BoxFuture<'_, Result<Option<Loaded>, LoadError>> {
        Box::pin(ready(Ok(self.cached(unit))))
    }

    fn cached(&self, unit: Unit) -> Option<Loaded> {
        self.lock().units.get(&unit).cloned()
    }

    fn read_at_least(
        &self,
        unit: Unit,
        revision: Revision,
    ) -> BoxFuture<'_, Result<Option<Loaded>, LoadError>> {
        let newest = Revision(self.lock().counters.revision);
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
        let changes = self
            .lock()
            .log
            .iter()
            .filter(|change| change.revision > revision)
            .take(limit.min(CHANGES_READ_MAX))
            .cloned()
            .collect();
        Box::pin(ready(Ok(changes)))
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
        let mut state = self.lock();
        let (answer, new) = take_lease(state.leases.get(name).cloned(), holder, ttl_s, now_s);
        if let Some(new) = new {
            state.leases.insert(name.to_owned(), new);
        }
        Box::pin(ready(Ok(answer)))
    }

    fn search(&self, query: Query) -> BoxFuture<'_, Result<Found, LoadError>> {
        let found = search_memory(&self.lock().events, &query);
        Box::pin(ready(Ok(found)))
    }

    fn event_policy(&self, hash: PolicyHash) -> BoxFuture<'_, Result<Option<String>, LoadError>> {
        let state = self.lock();
        let kept = state.policies.get(&hash);
        Box::pin(ready(Ok(kept.map(|kept| kept.text().to_string()))))
    }

    fn cluster_id(&self) -> &str {
        self.sealer.cluster_id()
    }

    fn counters(&self) -> Counters {
        let state = self.lock();
        Counters {
            cached_accounts: state.units.len() as u64,
            ..state.counters
        }
    }

    fn backup(&self, _to: &Path) -> BoxFuture<'_, Result<(), BackupError>> {
        Box::pin(ready(Err(BackupError::Unsupported)))
    }
}

impl From<LoadError> for CommitError {
    fn from(error: LoadError) -> CommitError {
        match error {
            LoadError::Record(error) => Unavailable::Damaged(error).into(),
            LoadError::Unavailable(reason) => reason.into(),
            other => Unavailable::Storage(other.to_string()).into(),
        }
    }
}
