//! Delivery: the trail's records as CloudTrail's files, with signed digests, in a folder or a bucket.
//!
//! A thread of its own reads the trail's day files behind their writer. It never holds up a call, and a
//! sink that fails or hangs delays delivery only: what was not put is put again.

mod chains;
pub(crate) mod check;
mod collect;
mod digest;
mod figures;
mod files;
mod key;
mod pass;
mod regions;
mod sink;
mod state;
mod target;
mod targets;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use locum_api::World;
use locum_store::TrailDay;

use crate::config::TrailConfig;
use crate::error::ServerError;
use crate::limits;
use crate::retention::Retention;
pub(crate) use figures::Figures;
pub(crate) use key::{Signer, is_signed};
use pass::Delivery;
use sink::Sink;
use state::{Reached, State};

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("{}: {source}", path.display())]
    State { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Trail(#[from] locum_store::FileError),
    #[error(transparent)]
    Sink(#[from] sink::SinkError),
    #[error("{0}")]
    Packing(#[from] io::Error),
    #[error("{0}")]
    Store(String),
}

impl Fault {
    /// S3's code for it, as GetTrailStatus tells it; only a sink that answered has one.
    fn code(&self) -> Option<String> {
        match self {
            Fault::Sink(error) => error.code(),
            Fault::State { .. } | Fault::Trail(_) | Fault::Packing(_) | Fault::Store(_) => None,
        }
    }
}

/// Held while a pass goes on: who ends the server waits for it, so that the store is closed in good order.
pub(crate) type Passing = Arc<Mutex<()>>;

/// Waits for the pass that goes on, if one does, but not for a sink that hangs.
pub(crate) fn wait(passing: &Passing) {
    let until = Instant::now() + limits::DELIVERY_END_WAIT;
    while passing.try_lock().is_err() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Begins to deliver, for as long as the server lives.
///
/// # Errors
/// When the sink's configuration cannot be used or the thread cannot be made.
pub(crate) fn start(
    world: &Arc<World>,
    config: &TrailConfig,
    data: &Path,
    figures: Arc<Figures>,
    retention: Retention,
) -> Result<(), ServerError> {
    let sink = Sink::open(config, data).map_err(|error| ServerError::Sink(error.to_string()))?;
    let delivery = Delivery {
        data: data.to_owned(),
        bucket: config.bucket.clone(),
        digest_every_s: i64::from(config.digest_every_s),
        sink,
        figures,
    };
    let pause = Duration::from_secs(config.deliver_every_s.min(config.digest_every_s).into());
    delivery.tell(world);
    // Not an owner of the world: whoever drops it last closes the store.
    let weak = Arc::downgrade(world);
    let run = move || {
        let mut next = Instant::now();
        loop {
            let held = retention
                .passing
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let Some(world) = weak.upgrade() else {
                return;
            };
            delivery.try_pass(&world);
            drop(world);
            if Instant::now() >= next {
                next = Instant::now() + limits::PRUNE_EVERY;
                retention.try_keep(&weak);
            }
            drop(held);
            std::thread::sleep(pause);
        }
    };
    std::thread::Builder::new()
        .name("locum-delivery".to_owned())
        .spawn(run)
        .map(|_| ())
        .map_err(|source| ServerError::Process {
            what: "the delivery of the trail",
            source,
        })
}

/// The files of a data directory's delivery.
fn state_path(data: &Path) -> PathBuf {
    data.join("trail/delivery")
}

/// Public keys of digests, by fingerprint, so that digests can be checked without a server.
fn keys_path(data: &Path) -> PathBuf {
    data.join("trail/keys")
}

/// How far each day is delivered.
pub(crate) fn reached(data: &Path) -> io::Result<Reached> {
    Ok(State::read(&state_path(data))?.done)
}

/// Forgets days whose files are gone, so that what comes for them later is delivered. Held by whoever calls: the
/// lock of the pass.
pub(crate) fn forget_removed(data: &Path, days: &[TrailDay]) -> io::Result<()> {
    let path = state_path(data);
    let mut state = State::read(&path)?;
    state.forget_removed(days);
    state.keep(&path)
}

/// Delivers all there is to the trail's own folder.
#[cfg(test)]
pub(crate) fn deliver_for_test(world: &World, data: &Path, now_s: i64) {
    let delivery = Delivery {
        bucket: "locum-trail".to_owned(),
        digest_every_s: 3_600,
        sink: Sink::Folder(data.join("trail")),
        figures: Arc::new(Figures::default()),
        data: data.to_owned(),
    };
    let passed = delivery.pass(world, now_s);
    assert!(passed.is_ok(), "{passed:?}");
}

#[cfg(test)]
mod tests;
