//! Keeping and removing: which days of the trail go, and the steps that leave the rest provable.
//!
//! The order is what a crash between any two steps needs: the days are proven, the record that they go is durable,
//! the signed marker is durable, and only then is the first of them removed.

use std::path::PathBuf;
use std::sync::{MutexGuard, PoisonError, Weak};
use std::time::Instant;

use locum_api::operator::{self, Actor, OperatorError};
use locum_api::{Clock, World, trail_public_keys};
use locum_store::{DayLength, FileError, Pruned, TrailDay, TrailReader, TrailRemoved};
use locum_wire::Timestamp;

use crate::delivery::{self, Passing, Signer};
use crate::limits;
use crate::random::SystemClock;
use crate::trail::{MarkerFound, ProofOptions, TrustedKeys, prove};

const DAY_S: i64 = 86_400;

/// Removes days of a data directory's trail.
#[derive(Debug, Clone)]
pub(crate) struct Retention {
    pub(crate) data: PathBuf,
    /// Held by a delivery and by a removal, never by both.
    pub(crate) passing: Passing,
    pub(crate) keep_days: Option<u32>,
}

/// Which days are to go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    /// Days before this one.
    pub(crate) before: TrailDay,
    /// Also days that LookupEvents still answers for.
    pub(crate) recent: bool,
}

impl Wish {
    /// All but so many whole days before today.
    pub(crate) fn keeping(days: u32, now_s: i64, recent: bool) -> Wish {
        let before = TrailDay::of_time(now_s - i64::from(days) * DAY_S);
        Wish { before, recent }
    }
}

/// What goes, and what of the wish stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    pub(crate) days: Vec<DayLength>,
    /// The records that go, by number, and how many.
    pub(crate) numbers: Option<(u64, u64)>,
    pub(crate) records: u64,
    /// The first day that was asked for and stays, and why.
    pub(crate) held: Option<(TrailDay, &'static str)>,
    marker: Option<Pruned>,
}

impl Plan {
    pub(crate) fn bytes(&self) -> u64 {
        self.days.iter().map(|(_, length)| length).sum()
    }
}

/// Why nothing is removed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PruneError {
    #[error("{0} is not over yet: days are removed whole, and never today's")]
    NotOver(TrailDay),
    #[error(
        "LookupEvents answers for 90 days, and days since {0} are among them; --recent removes them as well"
    )]
    Recent(TrailDay),
    #[error("a delivery of the trail is under way and does not end; try again later")]
    Busy,
    #[error("the trail is broken, and what is broken is not removed: {0}")]
    Broken(String),
    #[error("the file `pruned` of the trail is damaged or not signed by this installation")]
    Marker,
    #[error("{0}")]
    Trail(#[from] FileError),
    #[error("{0}")]
    Delivery(#[from] delivery::Fault),
    #[error("how far the trail is delivered cannot be read: {0}")]
    State(#[from] std::io::Error),
    #[error("{0}")]
    Store(String),
}

impl From<OperatorError> for PruneError {
    fn from(error: OperatorError) -> PruneError {
        PruneError::Store(error.to_string())
    }
}

/// The public keys of this installation, from its store: nobody who can write files alone can add one.
pub(crate) fn own_keys(world: &World) -> Result<TrustedKeys, PruneError> {
    let ders = pollster::block_on(trail_public_keys(world))?;
    Ok(TrustedKeys::of_ders(ders))
}

impl Retention {
    /// Waits for a delivery that is under way, but not for a sink that hangs.
    pub(crate) fn lock(&self) -> Result<MutexGuard<'_, ()>, PruneError> {
        let until = Instant::now() + limits::PRUNE_WAIT;
        loop {
            match self.passing.try_lock() {
                Ok(held) => return Ok(held),
                Err(std::sync::TryLockError::Poisoned(held)) => {
                    return Ok(PoisonError::into_inner(held));
                }
                Err(_) if Instant::now() < until => {
                    std::thread::sleep(std::time::Duration::from_millis(20));
                }
                Err(_) => return Err(PruneError::Busy),
            }
        }
    }

    /// Removes what is older than the configuration keeps, if it says so. Whoever calls holds the lock.
    pub(crate) fn try_keep(&self, world: &Weak<World>) {
        let Some(days) = self.keep_days else {
            return;
        };
        let now_s = SystemClock.now_ms().div_euclid(1_000);
        // Few days are an explicit wish: who sets it knows what LookupEvents will answer.
        let wish = Wish::keeping(days, now_s, true);
        match self.keep(world, wish, now_s) {
            Ok(None) => {}
            Ok(Some(removed)) => {
                let (days, texts) = (removed.days, removed.policy_texts);
                tracing::info!(days, texts, "old days of the trail were removed");
            }
            Err(error) => tracing::warn!(
                alarm = "trail_pruning",
                %error,
                "old days of the trail are not removed; it is tried again"
            ),
        }
    }

    fn keep(
        &self,
        world: &Weak<World>,
        wish: Wish,
        now_s: i64,
    ) -> Result<Option<TrailRemoved>, PruneError> {
        let Some(owned) = world.upgrade() else {
            return Ok(None);
        };
        let keys = own_keys(&owned)?;
        // Proving takes its time, and the store is to be closed in good order meanwhile.
        drop(owned);
        let plan = self.plan(wish, &keys, now_s)?;
        if let Some((day, why)) = plan.held {
            tracing::warn!(alarm = "trail_pruning", %day, why, "an old day of the trail is kept");
        }
        match world.upgrade() {
            Some(world) if !plan.days.is_empty() => {
                self.carry_out(&world, Actor::Server, plan).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What would go. Every day that would is proven first.
    pub(crate) fn plan(
        &self,
        wish: Wish,
        keys: &TrustedKeys,
        now_s: i64,
    ) -> Result<Plan, PruneError> {
        let today = TrailDay::of_time(now_s);
        if wish.before > today {
            return Err(PruneError::NotOver(today));
        }
        let answered = TrailDay::of_time(now_s - locum_api::limits::LOOKUP_S_MAX);
        if wish.before > answered && !wish.recent {
            return Err(PruneError::Recent(answered));
        }
        let reader = TrailReader::open(&self.data)?;
        let mut plan = self.choose(wish, &reader)?;
        let Some((last, _)) = plan.days.last().copied() else {
            return Ok(plan);
        };
        let options = ProofOptions {
            until: Some(last),
            ..ProofOptions::default()
        };
        let proof = prove(&reader, keys, options, &mut |_| {})?;
        let before = match &proof.marker {
            MarkerFound::None => None,
            MarkerFound::Trusted(marker) => Some(marker),
            MarkerFound::Damaged | MarkerFound::Forged => return Err(PruneError::Marker),
        };
        if let Some(finding) = proof.report.findings.first() {
            return Err(PruneError::Broken(finding.to_string()));
        }
        let time = Timestamp(now_s).to_string();
        let new = Pruned::with_days(None, &reader, &plan.days, &time)?;
        let numbers = new.as_ref().and_then(|new| {
            let (first, last) = (new.gone.first()?, new.gone.last()?);
            Some((first.first, last.last.sequence))
        });
        plan.numbers = numbers;
        plan.records = new.map_or(0, |new| new.records());
        plan.marker = Pruned::with_days(before, &reader, &plan.days, &time)?;
        Ok(plan)
    }

    /// The oldest days before the wish's, as far as all that is in them is delivered.
    fn choose(&self, wish: Wish, reader: &TrailReader) -> Result<Plan, PruneError> {
        let delivered = delivery::reached(&self.data)?;
        let newest = reader.head()?.known().map(|head| head.day);
        let days = reader.days()?;
        let mut plan = Plan::default();
        for day in &days {
            if *day >= wish.before {
                break;
            }
            let length = reader.length(*day)?;
            let why = if Some(day) == days.last() || Some(*day) == newest {
                Some("the newest record is in it")
            } else if delivered.get(&day.number()).copied().unwrap_or(0) < length {
                Some("not all of it is delivered yet")
            } else {
                None
            };
            if let Some(why) = why {
                plan.held = Some((*day, why));
                break;
            }
            plan.days.push((*day, length));
        }
        Ok(plan)
    }

    /// Removes what was planned, step by step. Whoever calls holds the lock since the plan was made.
    pub(crate) fn carry_out(
        &self,
        world: &World,
        actor: Actor,
        plan: Plan,
    ) -> Result<TrailRemoved, PruneError> {
        self.tell(world, actor, &plan)?;
        self.mark(world, &plan)?;
        self.remove(world, plan.days)
    }

    /// The record that the days go.
    fn tell(&self, world: &World, actor: Actor, plan: &Plan) -> Result<(), PruneError> {
        let name = |day: Option<&DayLength>| day.map_or(String::new(), |(day, _)| day.to_string());
        let mut told = vec![
            ("firstDay", name(plan.days.first())),
            ("lastDay", name(plan.days.last())),
            ("days", plan.days.len().to_string()),
            ("records", plan.records.to_string()),
        ];
        if let Some((first, last)) = plan.numbers {
            told.push(("firstSequence", first.to_string()));
            told.push(("lastSequence", last.to_string()));
        }
        pollster::block_on(operator::trail_pruned(world, actor, &told)).map_err(PruneError::from)
    }

    /// The signed marker, durable.
    fn mark(&self, world: &World, plan: &Plan) -> Result<(), PruneError> {
        let Some(mut marker) = plan.marker.clone() else {
            return Ok(());
        };
        let signer = Signer::kept(world, &self.data)?;
        marker.signature = Some(signer.vouch(&marker.statement())?);
        marker.write(&TrailReader::open(&self.data)?)?;
        Ok(())
    }

    fn remove(&self, world: &World, days: Vec<DayLength>) -> Result<TrailRemoved, PruneError> {
        let removed = pollster::block_on(world.engine.remove_trail_days(days));
        let removed = removed.map_err(|error| PruneError::Store(error.to_string()));
        let there = TrailReader::open(&self.data)?.days()?;
        delivery::forget_removed(&self.data, &there)?;
        removed
    }
}

#[cfg(test)]
mod tests;
