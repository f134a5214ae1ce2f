//! Readiness over an engine that fails in each way, and the operations that are counted.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use locum_api::{Settings, World};
use locum_store::{
    BackupError, BoxFuture, Change, CommitError, Counters, Engine, LeaseState, LoadError, Loaded,
    LoggedChange, MemoryEngine, MemoryOptions, PolicyHash, Revision, Unavailable, Unit, memory,
};

use super::ApiHandler;
use crate::random::{PooledRandom, SystemClock};
use crate::seam::Handler;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Leases {
    Work,
    Fail,
    Hang,
}

/// The memory engine with leases and trail figures that a test sets.
struct Flaky {
    inner: MemoryEngine,
    leases: Leases,
    asked: AtomicUsize,
    trail_failures: AtomicU64,
}

impl Engine for Flaky {
    fn search(
        &self,
        query: locum_store::trail_index::Query,
    ) -> BoxFuture<'_, Result<locum_store::trail_index::Found, LoadError>> {
        self.inner.search(query)
    }
    fn commit(&self, change: Change) -> BoxFuture<'_, Result<Revision, CommitError>> {
        self.inner.commit(change)
    }
    fn load(&self, unit: Unit) -> BoxFuture<'_, Result<Option<Loaded>, LoadError>> {
        self.inner.load(unit)
    }
    fn cached(&self, unit: Unit) -> Option<Loaded> {
        self.inner.cached(unit)
    }
    fn read_at_least(
        &self,
        unit: Unit,
        revision: Revision,
    ) -> BoxFuture<'_, Result<Option<Loaded>, LoadError>> {
        self.inner.read_at_least(unit, revision)
    }
    fn changes_since(
        &self,
        revision: Revision,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<LoggedChange>, LoadError>> {
        self.inner.changes_since(revision, limit)
    }
    fn event_policy(&self, hash: PolicyHash) -> BoxFuture<'_, Result<Option<String>, LoadError>> {
        self.inner.event_policy(hash)
    }
    fn lease(
        &self,
        name: &str,
        holder: &str,
        ttl_s: u32,
        now_s: i64,
    ) -> BoxFuture<'_, Result<LeaseState, LoadError>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        match self.leases {
            Leases::Work => self.inner.lease(name, holder, ttl_s, now_s),
            Leases::Fail => Box::pin(async { Err(Unavailable::Storage("EIO".to_owned()).into()) }),
            Leases::Hang => Box::pin(std::future::pending()),
        }
    }
    fn cluster_id(&self) -> &str {
        self.inner.cluster_id()
    }
    fn counters(&self) -> Counters {
        let trail_failures = self.trail_failures.load(Ordering::SeqCst);
        Counters {
            trail_failures,
            ..self.inner.counters()
        }
    }
    fn backup(&self, to: &Path) -> BoxFuture<'_, Result<(), BackupError>> {
        self.inner.backup(to)
    }
}

fn handler(leases: Leases) -> (ApiHandler, Arc<Flaky>) {
    let engine = Arc::new(Flaky {
        inner: memory(MemoryOptions::default()),
        leases,
        asked: AtomicUsize::new(0),
        trail_failures: AtomicU64::new(0),
    });
    let kept = Arc::clone(&engine);
    let settings = Settings::default();
    let world = World::new(
        engine,
        Arc::new(SystemClock),
        Arc::new(PooledRandom),
        settings,
    );
    (ApiHandler::new(Arc::new(world)), kept)
}

fn ready(handler: &ApiHandler) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(handler.ready())
}

#[test]
fn aud_01_a_store_that_cannot_commit_is_not_ready() {
    for (leases, expected) in [
        (Leases::Work, true),
        (Leases::Fail, false),
        (Leases::Hang, false),
    ] {
        let began = Instant::now();
        assert_eq!(ready(&handler(leases).0), expected);
        assert!(
            began.elapsed() < Duration::from_secs(4),
            "the wait is bounded"
        );
    }
}

#[test]
fn aud_01_a_trail_that_fails_is_not_ready_until_it_writes_again() {
    let (handler, engine) = handler(Leases::Work);
    assert!(ready(&handler));
    engine.trail_failures.store(1, Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(1_050));
    assert!(!ready(&handler));
    std::thread::sleep(Duration::from_millis(1_050));
    assert!(ready(&handler), "no further failure");
}

/// `/readyz` is open to everybody and each look is a write to the disk.
#[test]
fn dos_10_readiness_is_looked_up_once_a_second() {
    let (handler, engine) = handler(Leases::Work);
    assert!((0..1_000).all(|_| ready(&handler)));
    assert!(engine.asked.load(Ordering::SeqCst) <= 3);
}

#[test]
fn every_operation_has_counters_of_its_own() {
    let (handler, _) = handler(Leases::Work);
    let operations = handler.operations();
    assert!(operations.contains(&("sts", "AssumeRole")) && operations.is_sorted());
    assert_eq!(operations.len(), locum_api::operations().count());
}
