//! `records kept|discarded DIR`: Locum's server, with its records or without, to be measured side by side.

use std::future::ready;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use locum_server::Config;
use locum_store::{
    BackupError, BoxFuture, Change, CommitError, Counters, Engine, LeaseState, LoadError, Loaded,
    LoggedChange, PolicyHash, Revision, Unit, trail_index,
};

/// As in the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, records, data] = &arguments[..] else {
        eprintln!("usage: records kept|discarded DIR");
        return ExitCode::from(252);
    };
    let settings = [("data", data.as_str()), ("listen", "127.0.0.1:0")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(None, std::iter::empty(), settings).expect("settings");
    let discards = records == "discarded";
    let ended = locum_server::run_on(
        config,
        |engine| {
            if discards {
                Arc::new(Discards(engine))
            } else {
                Arc::new(engine)
            }
        },
        |ready| println!("ready {} account {}", ready.url, ready.account_id),
    );
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(255)
        }
    }
}

/// A store that forgets the records of calls that change nothing.
struct Discards<E>(E);

impl<E: Engine> Engine for Discards<E> {
    fn commit(&self, change: Change) -> BoxFuture<'_, Result<Revision, CommitError>> {
        if change.writes.is_empty() {
            return Box::pin(ready(Ok(Revision(0))));
        }
        self.0.commit(change)
    }

    fn load(&self, unit: Unit) -> BoxFuture<'_, Result<Option<Loaded>, LoadError>> {
        self.0.load(unit)
    }

    fn cached(&self, unit: Unit) -> Option<Loaded> {
        self.0.cached(unit)
    }

    fn read_at_least(
        &self,
        unit: Unit,
        revision: Revision,
    ) -> BoxFuture<'_, Result<Option<Loaded>, LoadError>> {
        self.0.read_at_least(unit, revision)
    }

    fn changes_since(
        &self,
        revision: Revision,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<LoggedChange>, LoadError>> {
        self.0.changes_since(revision, limit)
    }

    fn lease(
        &self,
        name: &str,
        holder: &str,
        ttl_s: u32,
        now_s: i64,
    ) -> BoxFuture<'_, Result<LeaseState, LoadError>> {
        self.0.lease(name, holder, ttl_s, now_s)
    }

    fn search(
        &self,
        query: trail_index::Query,
    ) -> BoxFuture<'_, Result<trail_index::Found, LoadError>> {
        self.0.search(query)
    }

    fn event_policy(&self, hash: PolicyHash) -> BoxFuture<'_, Result<Option<String>, LoadError>> {
        self.0.event_policy(hash)
    }

    fn cluster_id(&self) -> &str {
        self.0.cluster_id()
    }

    fn counters(&self) -> Counters {
        self.0.counters()
    }

    fn backup(&self, to: &Path) -> BoxFuture<'_, Result<(), BackupError>> {
        self.0.backup(to)
    }
}
