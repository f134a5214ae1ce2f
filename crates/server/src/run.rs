//! The server with the api and the embedded store: open, first start, serve.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

use locum_api::bootstrap::{AdminCredentials, bootstrap};
use locum_api::operator::{self, Actor, Rotate};
use locum_api::{Random, Settings, World};
use locum_store::{Engine, KeyState, RedbEngine, RedbOptions, Restore, TrailAlarm, open_redb};

use crate::api::{ApiHandler, ApiOperator, figures};
use crate::config::Config;
use crate::credentials_file::write_credentials;
use crate::delivery;
use crate::error::ServerError;
use crate::host::{Ready, host};
use crate::limits;
use crate::random::{PooledRandom, SystemClock};
use crate::retention::Retention;
use crate::seam::Hosted;

/// Runs Locum until SIGTERM or SIGINT; `on_ready` is called once, when calls are accepted.
///
/// On an empty data directory the management account and its first user are created, and that
/// user's key is written to `DIR/admin-credentials.json` before the store knows of it: an
/// installation without its key cannot come to be, and a key without its installation is replaced
/// at the next start.
///
/// # Errors
/// See [`ServerError`]. A clean end after a signal is `Ok`.
pub fn run(config: Config, on_ready: impl FnOnce(Ready)) -> Result<(), ServerError> {
    run_on(config, |engine| Arc::new(engine), on_ready)
}

/// [`run`], with whatever `wrap` makes of the store: for programs that measure or watch it. No setting leads here.
///
/// # Errors
/// See [`ServerError`]. A clean end after a signal is `Ok`.
pub fn run_on(
    config: Config,
    wrap: impl FnOnce(RedbEngine) -> Arc<dyn Engine>,
    on_ready: impl FnOnce(Ready),
) -> Result<(), ServerError> {
    let passing = delivery::Passing::default();
    let held = Arc::clone(&passing);
    let ended = host(config, |config| start(config, wrap, held), on_ready);
    delivery::wait(&passing);
    ended
}

async fn start(
    config: Config,
    wrap: impl FnOnce(RedbEngine) -> Arc<dyn Engine>,
    passing: delivery::Passing,
) -> Result<Hosted<ApiHandler, ApiOperator>, ServerError> {
    let engine = open(&config)?;
    let restored = engine.report().restored.is_some();
    let alarm = engine.report().trail_alarm;
    let settings = Settings {
        partition: config.partition.clone(),
        region: config.region.clone(),
        unauthenticated_records_max: config.limits.unauthenticated_records_max,
        trail_sinks: vec![config.trail.bucket.clone()],
        lookups_per_s_max: NonZeroU32::new(config.limits.lookups_per_s_max).map(NonZeroU32::get),
        ..Settings::default()
    };
    let world = Arc::new(World::new(
        wrap(engine),
        Arc::new(SystemClock),
        Arc::new(PooledRandom),
        settings,
    ));
    let account = bootstrap(&world, |credentials| keep(&config.data, credentials))
        .await
        .map_err(|error| ServerError::FirstStart(error.to_string()))?;
    if let Some(alarm) = alarm {
        tell_of_trail(&world, alarm).await?;
    }
    if restored {
        end_sessions(&world).await?;
    }
    tokio::spawn(keep_last_uses(Arc::clone(&world)));
    let delivered = Arc::new(delivery::Figures::default());
    let told = Arc::clone(&delivered);
    let retention = Retention {
        data: config.data.clone(),
        passing,
        keep_days: config.trail.keep_days,
    };
    delivery::start(
        &world,
        &config.trail,
        &config.data,
        delivered,
        retention.clone(),
    )?;
    tokio::spawn(keep_noise(Arc::clone(&world)));
    let counted = Arc::clone(&world);
    Ok(Hosted {
        handler: ApiHandler::new(Arc::clone(&world)),
        operator: ApiOperator { world, retention },
        account_id: account.to_string(),
        figures: Box::new(move || figures(&counted, &told)),
    })
}

/// Keeps, now and then, when keys and roles were last used.
async fn keep_last_uses(world: Arc<World>) {
    let mut tick = tokio::time::interval(limits::LAST_USES_KEPT_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        locum_api::keep_last_uses(&world).await;
    }
}

/// Writes, now and then, the counts of calls without a valid caller.
async fn keep_noise(world: Arc<World>) {
    let mut tick = tokio::time::interval(limits::NOISE_KEPT_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        locum_api::keep_noise(&world).await;
    }
}

fn open(config: &Config) -> Result<RedbEngine, ServerError> {
    let mut options = RedbOptions::new(Arc::new(|out: &mut [u8]| PooledRandom.fill(out)));
    if config.accept_restored_store {
        options.restore = Restore::Accept;
    }
    let engine =
        open_redb(&config.data, options).map_err(|error| ServerError::Store(error.to_string()))?;
    let report = engine.report();
    for repair in &report.repairs {
        tracing::warn!(
            alarm = "trail_repaired",
            ?repair,
            "a torn end of the trail was cut off"
        );
    }
    if report.redelivered > 0 {
        tracing::info!(
            records = report.redelivered,
            "records that a crash kept from the trail are there now"
        );
    }
    Ok(engine)
}

fn keep(data: &Path, credentials: &AdminCredentials) -> Result<(), String> {
    let account = credentials.account.to_string();
    let secret = &credentials.secret_access_key;
    write_credentials(data, &account, &credentials.access_key_id, secret)
        .map(|path| tracing::info!(file = %path.display(), "the first administrator's key was written"))
        .map_err(|error| error.to_string())
}

/// Records are missing at the end of the trail: the log says so, and the trail itself.
async fn tell_of_trail(world: &World, alarm: TrailAlarm) -> Result<(), ServerError> {
    tracing::error!(
        alarm = "trail_records_missing",
        "{alarm}; find out who changed the files: locum trail verify"
    );
    let fault = |error: operator::OperatorError| ServerError::Store(error.to_string());
    operator::trail_repaired(world, &alarm.to_string())
        .await
        .map_err(fault)
}

/// After an older store was accepted: sessions that were revoked since may have come back, so all end.
async fn end_sessions(world: &World) -> Result<(), ServerError> {
    tracing::warn!(
        alarm = "restored_store",
        "an older store was accepted: every session ends; keys deleted since its copy are valid again"
    );
    let fault = |error: operator::OperatorError| ServerError::Store(error.to_string());
    let status = operator::status(world, Actor::Server)
        .await
        .map_err(fault)?;
    for (epoch, state, _) in status.keys {
        if state != KeyState::Revoked {
            operator::rotate_keys(world, Actor::Server, Rotate::Revoke(epoch))
                .await
                .map_err(fault)?;
        }
    }
    Ok(())
}
