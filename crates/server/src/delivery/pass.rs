//! One pass: what was begun is finished, then the digests that are due, then what is new.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use locum_api::{Clock, World};

use super::Fault;
use super::collect::chain_name;
use super::figures::Figures;
use super::files::{Packed, Piles};
use super::sink::{Object, Sink};
use super::state::{Begun, Chain, State};
use super::targets::Targets;
use crate::limits;
use crate::random::SystemClock;

/// Delivers one trail to one sink.
pub(super) struct Delivery {
    pub(super) data: PathBuf,
    pub(super) bucket: String,
    pub(super) digest_every_s: i64,
    pub(super) sink: Sink,
    pub(super) figures: Arc<Figures>,
}

/// The files of a data directory's delivery.
fn state_path(data: &Path) -> PathBuf {
    data.join("trail/delivery")
}

impl Delivery {
    /// A pass, told in the log and the metrics.
    pub(super) fn try_pass(&self, world: &World) {
        match self.pass(world, SystemClock.now_ms().div_euclid(1_000)) {
            Ok(()) => {
                if self.figures.failing.swap(0, Ordering::Relaxed) == 1 {
                    tracing::info!("the trail is delivered again");
                }
            }
            Err(error) => {
                self.figures.failures.fetch_add(1, Ordering::Relaxed);
                if self.figures.failing.swap(1, Ordering::Relaxed) == 0 {
                    tracing::warn!(
                        alarm = "trail_delivery",
                        %error,
                        "the trail is not delivered; it is kept here and tried again"
                    );
                }
            }
        }
    }

    /// Delivers what there is, then the digests that are due.
    pub(super) fn pass(&self, world: &World, now_s: i64) -> Result<(), Fault> {
        let path = state_path(&self.data);
        let mut state = State::read(&path).map_err(|source| Fault::State {
            path: path.clone(),
            source,
        })?;
        let keep = |state: &State| {
            state.keep(&path).map_err(|source| Fault::State {
                path: path.clone(),
                source,
            })
        };
        let mut targets = Targets::new(world)?;
        if state.digest_end_s == 0 {
            state.digest_end_s = (now_s.div_euclid(self.digest_every_s) + 1) * self.digest_every_s;
        }
        if let Some(begun) = state.begun.clone() {
            let (piles, _) = self.collect(&state, Some(&begun.until), &mut targets)?;
            self.put_files(&mut state, piles, &targets, begun.at_s, now_s)?;
            state.done = begun.until;
            state.begun = None;
            keep(&state)?;
        }
        // Before what is new, which belongs to the span that comes.
        if now_s >= state.digest_end_s {
            self.put_digests(&mut state, &mut targets, world, now_s)?;
            keep(&state)?;
        }
        loop {
            let (piles, reached) = self.collect(&state, None, &mut targets)?;
            if reached == state.done {
                return Ok(());
            }
            let is_last = piles.bytes < limits::DELIVERY_BYTES_MAX;
            state.begun = Some(Begun {
                until: reached.clone(),
                at_s: now_s,
            });
            keep(&state)?;
            self.put_files(&mut state, piles, &targets, now_s, now_s)?;
            state.done = reached;
            state.begun = None;
            keep(&state)?;
            if is_last {
                return Ok(());
            }
        }
    }

    fn put_files(
        &self,
        state: &mut State,
        piles: Piles,
        targets: &Targets<'_>,
        at_s: i64,
        now_s: i64,
    ) -> Result<(), Fault> {
        let start_s = state.digest_end_s - self.digest_every_s;
        for (group, pile) in piles.groups {
            let Some(target) = targets.all.get(group.target) else {
                continue;
            };
            let Packed { file, body } = pile.pack(&group, target, at_s)?;
            let object = Object {
                key: &file.object,
                body: &body,
                signature: None,
            };
            self.sink.put(object, now_s)?;
            self.figures.files.fetch_add(1, Ordering::Relaxed);
            if target.has_digests {
                let chain = state.chains.entry(chain_name(target, &group));
                let chain = chain.or_insert_with(|| Chain {
                    target: target.id.clone(),
                    account: group.account,
                    region: group.region,
                    start_s,
                    ..Chain::default()
                });
                // A delivery that was cut short is done again.
                if !chain.files.contains(&file) {
                    chain.files.push(file);
                }
            }
        }
        Ok(())
    }
}
