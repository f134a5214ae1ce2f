//! One pass: what was begun is finished, then the digests that are due, then what is new.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use locum_api::{Clock, TrailDelivery, World};
use locum_store::TrailReader;

use super::collect::chain_name;
use super::figures::Figures;
use super::files::{Group, Packed, Pile, Piles};
use super::sink::{Object, Sink};
use super::state::{Begun, Chain, State};
use super::target::Target;
use super::targets::Targets;
use super::{Fault, state_path};
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

/// What time it is in a pass. It moves on: a pass may take long, and what is signed has to be of now.
#[derive(Clone, Copy)]
pub(super) struct Now {
    begun_s: i64,
    begun: Instant,
}

impl Now {
    fn at(begun_s: i64) -> Now {
        Now {
            begun_s,
            begun: Instant::now(),
        }
    }

    /// Unix seconds.
    pub(super) fn s(self) -> i64 {
        let passed_s = i64::try_from(self.begun.elapsed().as_secs());
        self.begun_s.saturating_add(passed_s.unwrap_or(i64::MAX))
    }
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

    /// Delivers what there is and the digests that are due, and tells how it went.
    pub(super) fn pass(&self, world: &World, now_s: i64) -> Result<(), Fault> {
        let path = state_path(&self.data);
        let mut state = read(&path)?;
        state.forget_removed(&TrailReader::open(&self.data)?.days()?);
        let before = state.clone();
        let now = Now::at(now_s);
        let done = self.deliver(&path, &mut state, world, now);
        if let Err(Fault::Sink(error)) = &done {
            self.tell_waiting(&mut state, world, now, error.code())?;
        }
        world.deliveries.tell(state.trails.clone());
        // Of many files that were to be put some were, so that the next try has less to do.
        if done.is_err() && state != before {
            keep(&state, &path)?;
        }
        done
    }

    /// Trails whose records wait behind what could not be put are not delivered either.
    fn tell_waiting(
        &self,
        state: &mut State,
        world: &World,
        now: Now,
        code: Option<String>,
    ) -> Result<(), Fault> {
        let mut ahead = state.clone();
        if let Some(begun) = ahead.begun.take() {
            ahead.done = begun.until;
        }
        let written = self.written()?;
        let mut targets = Targets::new(world)?;
        let (piles, _) = self.collect(&ahead, &written, &mut targets)?;
        for group in piles.groups.keys() {
            let target = targets.all.get(group.target);
            if let Some(told) = target.and_then(|target| told(&mut state.trails, target)) {
                told.attempted_s = Some(now.s());
                told.error.clone_from(&code);
            }
        }
        Ok(())
    }

    /// Tells what was known when the server ended.
    pub(super) fn tell(&self, world: &World) {
        if let Ok(state) = State::read(&state_path(&self.data)) {
            world.deliveries.tell(state.trails);
        }
    }

    fn deliver(
        &self,
        path: &Path,
        state: &mut State,
        world: &World,
        now: Now,
    ) -> Result<(), Fault> {
        let now_s = now.s();
        let mut targets = Targets::new(world)?;
        if state.digest_end_s == 0 {
            state.digest_end_s = (now_s.div_euclid(self.digest_every_s) + 1) * self.digest_every_s;
        }
        self.move_sink(state, now)?;
        if let Some(begun) = state.begun.clone() {
            let (piles, _) = self.collect(state, &begun.until, &mut targets)?;
            self.put_files(state, piles, &targets, begun.at_s, now)?;
            state.done = begun.until;
            state.begun = None;
            keep(state, path)?;
        }
        // Before what is new, which belongs to the span that comes.
        if now_s >= state.digest_end_s {
            self.put_digests(state, &mut targets, world, now)?;
            keep(state, path)?;
        }
        loop {
            // Before the trails are looked at, which may have changed while files were put: what was
            // recorded after StartLogging is asked of a trail that is started.
            let written = self.written()?;
            let mut targets = Targets::new(world)?;
            let (piles, reached) = self.collect(state, &written, &mut targets)?;
            if reached == state.done {
                return Ok(());
            }
            let is_last = piles.bytes < limits::DELIVERY_BYTES_MAX;
            state.begun = Some(Begun {
                until: reached.clone(),
                at_s: now_s,
            });
            keep(state, path)?;
            self.put_files(state, piles, &targets, now_s, now)?;
            state.done = reached;
            state.begun = None;
            keep(state, path)?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// When the sink is another one than before: files that the next digests will name go to a bucket once more, so
    /// that they are where their digests are. From a bucket there is no way back.
    fn move_sink(&self, state: &mut State, now: Now) -> Result<(), Fault> {
        let in_bucket = self.sink.is_bucket();
        state.move_to(in_bucket);
        if !in_bucket {
            return Ok(());
        }
        let files = state.chains.values_mut().flat_map(|chain| &mut chain.files);
        for file in files.filter(|file| !file.in_bucket) {
            let Ok(body) = std::fs::read(self.data.join("trail").join(&file.object)) else {
                // It was taken away, which the check of the folder tells.
                continue;
            };
            let object = Object {
                key: &file.object,
                body: &body,
                signature: None,
            };
            self.sink.put(object, now.s())?;
            file.in_bucket = true;
        }
        Ok(())
    }

    fn put_files(
        &self,
        state: &mut State,
        piles: Piles,
        targets: &Targets<'_>,
        at_s: i64,
        now: Now,
    ) -> Result<(), Fault> {
        let mut groups = piles.groups.into_iter();
        while let Some((group, pile)) = groups.next() {
            let Some(target) = targets.all.get(group.target) else {
                continue;
            };
            if let Some(told) = told(&mut state.trails, target) {
                told.attempted_s = Some(now.s());
            }
            match self.put_file(state, (&group, pile), target, at_s, now) {
                Ok(()) => {
                    if let Some(told) = told(&mut state.trails, target) {
                        told.delivered_s = Some(now.s());
                        told.error = None;
                    }
                }
                Err(error) => {
                    // Nor are the files behind it put.
                    let behind = groups.filter_map(|(group, _)| targets.all.get(group.target));
                    for target in std::iter::once(target).chain(behind) {
                        if let Some(told) = told(&mut state.trails, target) {
                            told.attempted_s = Some(now.s());
                            told.error = error.code();
                        }
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    fn put_file(
        &self,
        state: &mut State,
        (group, pile): (&Group, Pile),
        target: &Target,
        at_s: i64,
        now: Now,
    ) -> Result<(), Fault> {
        let Packed { mut file, body } = pile.pack(group, target, at_s)?;
        let object = Object {
            key: &file.object,
            body: &body,
            signature: None,
        };
        self.sink.put(object, now.s())?;
        self.figures.files.fetch_add(1, Ordering::Relaxed);
        if !target.has_digests {
            return Ok(());
        }
        let start_s = target.begins_s(state.digest_end_s - self.digest_every_s);
        let chain = state.chains.entry(chain_name(target, group));
        let chain = chain.or_insert_with(|| Chain {
            target: target.id.clone(),
            account: group.account.clone(),
            region: group.region.clone(),
            start_s,
            ..Chain::default()
        });
        if chain.has_ended {
            chain.begin_again(start_s);
        }
        file.in_bucket = self.sink.is_bucket();
        // A delivery that was cut short is done again.
        let held = chain.files.iter_mut();
        match { held }.find(|held| held.object == file.object) {
            Some(held) => *held = file,
            None => chain.files.push(file),
        }
        Ok(())
    }
}

/// The state that is told of a target, if it is a trail of an account.
pub(super) fn told<'s>(
    trails: &'s mut BTreeMap<String, TrailDelivery>,
    target: &Target,
) -> Option<&'s mut TrailDelivery> {
    let id = target.told_as.as_ref()?;
    Some(trails.entry(id.clone()).or_default())
}

fn read(path: &Path) -> Result<State, Fault> {
    State::read(path).map_err(|source| Fault::State {
        path: path.to_owned(),
        source,
    })
}

fn keep(state: &State, path: &Path) -> Result<(), Fault> {
    state.keep(path).map_err(|source| Fault::State {
        path: path.to_owned(),
        source,
    })
}
