//! What the operator asks of the trail: removing days, and a signed checkpoint.

use std::sync::Arc;

use locum_api::operator::{self, Actor};
use locum_api::{Clock, World};
use locum_store::{Checkpoint, TrailDay, TrailReader};
use serde_json::{Value, json};

use super::{refusal, refused};
use crate::delivery::Signer;
use crate::operator::OperatorRefusal;
use crate::random::SystemClock;
use crate::retention::{Plan, PruneError, Retention, Wish, own_keys};

/// The wish as it came.
pub(super) struct Asked {
    pub(super) before: Option<String>,
    pub(super) keep_days: Option<u32>,
    pub(super) recent: bool,
    pub(super) dry_run: bool,
}

impl Asked {
    fn wish(&self, now_s: i64) -> Result<Wish, String> {
        match (&self.before, self.keep_days) {
            (Some(before), None) => {
                let before: TrailDay = before
                    .parse()
                    .map_err(|_| format!("{before:?} is not a day of the form YYYY-MM-DD."))?;
                let recent = self.recent;
                Ok(Wish { before, recent })
            }
            (None, Some(days)) if days > 0 => Ok(Wish::keeping(days, now_s, self.recent)),
            _ => {
                Err("Name the first day that stays, or how many days stay (1 or more).".to_owned())
            }
        }
    }

    /// For the record.
    fn told(&self) -> Vec<(&'static str, String)> {
        let mut told = Vec::new();
        told.extend(self.before.iter().map(|day| ("before", day.clone())));
        let days = self.keep_days.iter();
        told.extend(days.map(|days| ("keepDays", days.to_string())));
        told.push(("dryRun", self.dry_run.to_string()));
        told
    }
}

/// Removes days, or tells which it would.
pub(super) async fn prune(
    world: &Arc<World>,
    retention: &Retention,
    actor: Actor,
    asked: Asked,
) -> Result<Value, OperatorRefusal> {
    let now_s = SystemClock.now_ms().div_euclid(1_000);
    let told = asked.told();
    let wish = match asked.wish(now_s) {
        Ok(wish) => wish,
        Err(why) => return Err(no(world, actor, &told, why).await),
    };
    let (owned, retention, dry_run) = (Arc::clone(world), retention.clone(), asked.dry_run);
    let work = move || -> Result<(Plan, Option<usize>), PruneError> {
        let _held = retention.lock()?;
        let plan = retention.plan(wish, &own_keys(&owned)?, now_s)?;
        if dry_run || plan.days.is_empty() {
            return Ok((plan, None));
        }
        let removed = retention.carry_out(&owned, actor, plan.clone())?;
        Ok((plan, Some(removed.policy_texts)))
    };
    let done = tokio::task::spawn_blocking(work).await;
    let (plan, texts) = match done {
        Ok(Ok(done)) => done,
        Ok(Err(error)) => return Err(no(world, actor, &told, error.to_string()).await),
        Err(error) => return Err(no(world, actor, &told, error.to_string()).await),
    };
    if texts.is_none() {
        let asked = operator::trail_not_pruned(world, actor, &told, None).await;
        asked.map_err(refusal)?;
    }
    Ok(answer(&plan, dry_run, texts))
}

fn answer(plan: &Plan, dry_run: bool, texts: Option<usize>) -> Value {
    let day = |day: Option<&locum_store::DayLength>| day.map(|(day, _)| day.to_string());
    json!({
        "DryRun": dry_run,
        "Days": plan.days.len(),
        "FirstDay": day(plan.days.first()),
        "LastDay": day(plan.days.last()),
        "Records": plan.records,
        "FirstSequence": plan.numbers.map(|(first, _)| first),
        "LastSequence": plan.numbers.map(|(_, last)| last),
        "Bytes": plan.bytes(),
        "PolicyTexts": texts,
        "Held": plan.held.map(|(day, why)| json!({ "Day": day.to_string(), "Why": why })),
    })
}

/// The refusal, recorded.
async fn no(
    world: &World,
    actor: Actor,
    told: &[(&'static str, String)],
    why: String,
) -> OperatorRefusal {
    let recorded = operator::trail_not_pruned(world, actor, told, Some(why.clone())).await;
    match recorded {
        Err(error) => refusal(error),
        Ok(()) => refused("NotPruned", why),
    }
}

/// A signed checkpoint: of the record that it was asked for, or a newer one.
pub(super) async fn checkpoint(
    world: &Arc<World>,
    retention: &Retention,
    actor: Actor,
) -> Result<Value, OperatorRefusal> {
    operator::checkpoint_signed(world, actor)
        .await
        .map_err(refusal)?;
    let (owned, data) = (Arc::clone(world), retention.data.clone());
    let work = move || -> Result<Checkpoint, String> {
        let reader = TrailReader::open(&data).map_err(|error| error.to_string())?;
        let newest = Checkpoint::durable(&reader).map_err(|error| error.to_string())?;
        let mut checkpoint = newest.ok_or("the head of the trail cannot be read")?;
        let signer = Signer::kept(&owned, &data).map_err(|error| error.to_string())?;
        let signature = signer.vouch(&checkpoint.statement());
        checkpoint.signature = Some(signature.map_err(|error| error.to_string())?);
        Ok(checkpoint)
    };
    let done = tokio::task::spawn_blocking(work).await;
    let done = done
        .map_err(|error| error.to_string())
        .and_then(|done| done);
    let checkpoint = done.map_err(|why| refused("NotSigned", why))?;
    Ok(json!({ "Text": checkpoint.to_string(), "Json": checkpoint.to_json() }))
}
