//! Delivery: the trail's records as CloudTrail's files, with signed digests, in a folder or a bucket.
//!
//! A thread of its own reads the trail's day files behind their writer. It never holds up a call, and a
//! sink that fails or hangs delays delivery only: what was not put is put again.

pub(crate) mod check;
mod digest;
mod files;
mod key;
mod sink;
mod state;
mod target;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use locum_api::{Clock, World};
use locum_store::{AccountId, Installation, TrailDay, TrailReader, Unit};

use crate::config::TrailConfig;
use crate::error::ServerError;
use crate::limits;
use crate::metrics::{Figure, FigureKind};
use crate::random::SystemClock;
use crate::retention::Retention;
use files::{Group, HOME_REGION, Packed, Piles, Seen, filed_under};
pub(crate) use key::{Signer, is_signed};
use sink::{Object, Sink};
use state::{Begun, Chain, Reached, State};
use target::Target;

/// What delivery did since the start, for metrics.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) files: AtomicU64,
    pub(crate) digests: AtomicU64,
    pub(crate) failures: AtomicU64,
    /// 1 while the last try failed.
    pub(crate) failing: AtomicU64,
}

impl Figures {
    /// The figures as metrics.
    pub(crate) fn figures(&self) -> [Figure; 4] {
        let figure = |name, help, kind, value: &AtomicU64| Figure {
            name,
            help,
            kind,
            value: f64::from(u32::try_from(value.load(Ordering::Relaxed)).unwrap_or(u32::MAX)),
        };
        [
            figure(
                "locum_trail_delivered_files_total",
                "Files of records delivered.",
                FigureKind::Counter,
                &self.files,
            ),
            figure(
                "locum_trail_delivered_digests_total",
                "Signed digests delivered.",
                FigureKind::Counter,
                &self.digests,
            ),
            figure(
                "locum_trail_delivery_failures_total",
                "Deliveries that failed and were or will be tried again.",
                FigureKind::Counter,
                &self.failures,
            ),
            figure(
                "locum_trail_delivery_failing",
                "1 while the last delivery failed.",
                FigureKind::Gauge,
                &self.failing,
            ),
        ]
    }
}

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

struct Delivery {
    data: PathBuf,
    bucket: String,
    digest_every_s: i64,
    sink: Sink,
    figures: Arc<Figures>,
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

impl Delivery {
    fn try_pass(&self, world: &World) {
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
    fn pass(&self, world: &World, now_s: i64) -> Result<(), Fault> {
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
        state.forget_removed(&TrailReader::open(&self.data)?.days()?);
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

    /// The records behind what is done, up to `until` or as many as fit into memory.
    fn collect(
        &self,
        state: &State,
        until: Option<&Reached>,
        targets: &mut Targets<'_>,
    ) -> Result<(Piles, Reached), Fault> {
        let reader = TrailReader::open(&self.data)?;
        let mut reached = state.done.clone();
        let mut piles = Piles::default();
        for day in reader.days()? {
            let from = reached.get(&day.number()).copied().unwrap_or(0);
            let end = match until {
                Some(until) => until.get(&day.number()).copied().unwrap_or(0),
                None => u64::MAX,
            };
            if end <= from || piles.bytes >= limits::DELIVERY_BYTES_MAX {
                continue;
            }
            let at = collect_day(&reader, day, (from, end), state, targets, &mut piles)?;
            reached.insert(day.number(), at);
        }
        Ok((piles, reached))
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

    /// One digest for each chain, also when nothing was delivered: that nothing was is signed, too.
    fn put_digests(
        &self,
        state: &mut State,
        targets: &mut Targets<'_>,
        world: &World,
        now_s: i64,
    ) -> Result<(), Fault> {
        let end_s = state.digest_end_s;
        // Accounts whose records came in earlier passes are not met yet in this one.
        for chain in state.chains.values() {
            targets.of(&chain.account)?;
        }
        let signer = Signer::kept(world, &self.data)?;
        let mut told = BTreeMap::new();
        for (name, chain) in &state.chains {
            let target = targets.all.iter().find(|target| target.id == chain.target);
            let Some(target) = target.filter(|target| target.has_digests) else {
                continue;
            };
            let signed = digest::sign(chain, target, &self.bucket, end_s, &signer)?;
            let object = Object {
                key: &signed.told.object,
                body: &signed.body,
                signature: Some(&signed.told.signature),
            };
            self.sink.put(object, now_s)?;
            self.figures.digests.fetch_add(1, Ordering::Relaxed);
            told.insert(name.clone(), signed.told);
        }
        for (name, previous) in told {
            if let Some(chain) = state.chains.get_mut(&name) {
                chain.previous = Some(previous);
                chain.files.clear();
                chain.start_s = end_s;
            }
        }
        // Spans that nobody was there for become one.
        let whole = now_s.div_euclid(self.digest_every_s) + 1;
        state.digest_end_s = whole * self.digest_every_s;
        Ok(())
    }
}

/// Takes a day's records within a span of its file; answers where it ended.
fn collect_day(
    reader: &TrailReader,
    day: TrailDay,
    (from, end): (u64, u64),
    state: &State,
    targets: &mut Targets<'_>,
    piles: &mut Piles,
) -> Result<u64, Fault> {
    let mut lines = reader.lines(day, from)?.until(end);
    let mut at = from;
    while piles.bytes < limits::DELIVERY_BYTES_MAX {
        let Some(line) = lines.next_line()? else {
            break;
        };
        at = line.end;
        // A line that is no record was damaged; the trail's own check tells of it.
        let Ok(seen) = serde_json::from_slice::<Seen>(line.bytes) else {
            continue;
        };
        let management = targets.management.clone();
        let (account, region) = filed_under(&seen, &management);
        for number in targets.of(&account)? {
            let Some(target) = targets.all.get(number) else {
                continue;
            };
            if target.takes(&seen, &account, &region) {
                let mut group = Group {
                    target: number,
                    account: account.clone(),
                    region: region.clone(),
                };
                if is_one_too_many(state, piles, target, &group) {
                    HOME_REGION.clone_into(&mut group.region);
                }
                piles.add(group, line.bytes, &seen.event_time);
            }
        }
    }
    Ok(at)
}

/// Callers name regions at will; an account has chains for so many, the rest stands with its first.
fn is_one_too_many(state: &State, piles: &Piles, target: &Target, group: &Group) -> bool {
    if piles.groups.contains_key(group) || state.chains.contains_key(&chain_name(target, group)) {
        return false;
    }
    let first = format!("{}|{}|", target.id, group.account);
    let kept = state.chains.range(first.clone()..);
    let kept = kept
        .take_while(|(name, _)| name.starts_with(&first))
        .count();
    let same = |other: &&Group| other.target == group.target && other.account == group.account;
    let new = piles.groups.keys().filter(same).count();
    kept + new >= limits::DELIVERY_REGIONS_MAX
}

fn chain_name(target: &Target, group: &Group) -> String {
    format!("{}|{}|{}", target.id, group.account, group.region)
}

/// What is delivered: the installation's own target, and the trails of the accounts that are met.
struct Targets<'w> {
    world: &'w World,
    all: Vec<Target>,
    /// Of each account that was met, the numbers of its targets.
    met: HashMap<String, Vec<usize>>,
    /// Targets that every account has.
    whole: Vec<usize>,
    management: String,
    installation: Arc<Installation>,
}

impl<'w> Targets<'w> {
    fn new(world: &'w World) -> Result<Targets<'w>, Fault> {
        let loaded = pollster::block_on(world.engine.load(Unit::Installation));
        let loaded = loaded.map_err(|error| Fault::Store(error.to_string()))?;
        let installation = loaded
            .and_then(locum_store::Loaded::installation)
            .ok_or_else(|| Fault::Store("there is no installation yet".to_owned()))?;
        let management = installation.management_account;
        let mut targets = Targets {
            world,
            all: vec![Target::own()],
            met: HashMap::new(),
            whole: vec![0],
            management: management.to_string(),
            installation,
        };
        let own = targets.load(management)?;
        targets.met.insert(targets.management.clone(), own);
        Ok(targets)
    }

    /// The numbers of the targets that may take an account's records.
    fn of(&mut self, account: &str) -> Result<Vec<usize>, Fault> {
        let mut numbers = self.whole.clone();
        if let Some(own) = self.met.get(account) {
            numbers.extend(own);
            return Ok(numbers);
        }
        let own = match account.parse::<AccountId>() {
            Ok(id) => self.load(id)?,
            Err(_) => Vec::new(),
        };
        numbers.extend(&own);
        self.met.insert(account.to_owned(), own);
        Ok(numbers)
    }

    fn load(&mut self, account: AccountId) -> Result<Vec<usize>, Fault> {
        let loaded = pollster::block_on(self.world.engine.load(Unit::Account(account)));
        let loaded = loaded.map_err(|error| Fault::Store(error.to_string()))?;
        let Some(held) = loaded.and_then(locum_store::Loaded::account) else {
            return Ok(Vec::new());
        };
        let organization = (account == self.installation.management_account)
            .then(|| {
                self.installation
                    .organization
                    .as_ref()
                    .map(|held| held.id.clone())
            })
            .flatten();
        let mut own = Vec::new();
        for trail in held.trails().iter() {
            let target = Target::of_trail(&account.to_string(), trail, organization.as_deref());
            let number = self.all.len();
            match trail.is_organization && organization.is_some() {
                true => self.whole.push(number),
                false => own.push(number),
            }
            self.all.push(target);
        }
        Ok(own)
    }
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
