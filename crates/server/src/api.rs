//! The api behind the sockets: calls, readiness, the operator's wishes, the store's figures.

mod explain;
mod trail;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use locum_api::import::{self, Mapping, Mode};
use locum_api::operator::{self, Actor, Rotate, WithRootKey};
use locum_api::{World, handle_named};
use locum_store::{AccountId, Counters, KeyState, Unit};
use serde_json::{Value, json};

use crate::delivery;
use crate::limits;
use crate::metrics::Figure;
use crate::metrics::FigureKind::{self, Counter, Gauge};
use crate::operator::{OperatorRefusal, OperatorRequest, Peer};
use crate::retention::Retention;
use crate::seam::{Answer, EdgeRefusal, Handler, Operator, Request};

/// Calls go to [`locum_api::handle_named`].
pub(crate) struct ApiHandler {
    world: Arc<World>,
    /// Service and name of each operation, sorted, for finding its counters.
    operations: Vec<(&'static str, &'static str)>,
    readiness: Mutex<Readiness>,
}

/// What the last look at the store showed. Looking costs a disk write and is open to everybody.
#[derive(Default)]
struct Readiness {
    looked: Option<(Instant, bool)>,
    counters: Counters,
}

impl ApiHandler {
    pub(crate) fn new(world: Arc<World>) -> ApiHandler {
        let mut operations: Vec<(&'static str, &'static str)> = locum_api::operations()
            .map(|operation| (operation.service.scope_name(), operation.name))
            .collect();
        operations.sort_unstable();
        ApiHandler {
            world,
            operations,
            readiness: Mutex::default(),
        }
    }

    /// A look that is fresh enough. When there is none the caller is to look, and others who ask
    /// meanwhile get what was known before.
    fn known(&self) -> Option<bool> {
        let mut readiness = self
            .readiness
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match readiness.looked {
            Some((looked, ready)) if looked.elapsed() < limits::READINESS_KEPT => Some(ready),
            before => {
                let ready = before.is_some_and(|(_, ready)| ready);
                readiness.looked = Some((Instant::now(), ready));
                None
            }
        }
    }

    /// Does the trail fail since the last look?
    fn trail_fails(&self, now: &Counters) -> bool {
        let readiness = self
            .readiness
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        now.trail_failures > readiness.counters.trail_failures
            && now.trail_batches == readiness.counters.trail_batches
    }
}

impl Handler for ApiHandler {
    async fn handle(&self, request: Request) -> Answer {
        let handled = handle_named(&self.world, request).await;
        let operation = handled.operation.and_then(|operation| {
            let key = (operation.service.scope_name(), operation.name);
            self.operations.binary_search(&key).ok()
        });
        Answer {
            response: handled.response,
            operation,
        }
    }

    async fn refused(&self, request: Request, refusal: EdgeRefusal, request_id: String) -> bool {
        locum_api::refused_by_edge(&self.world, &request, refusal, &request_id).await
    }

    async fn ready(&self) -> bool {
        if let Some(ready) = self.known() {
            return ready;
        }
        let engine = &self.world.engine;
        let now_s = self.world.clock.now_ms().div_euclid(1_000);
        // A lease is a commit that leaves nothing behind.
        let lease = engine.lease("readyz", engine.cluster_id(), 1, now_s);
        let lease = tokio::time::timeout(limits::READINESS_WAIT, lease).await;
        let counters = engine.counters();
        let ready = matches!(lease, Ok(Ok(_))) && !self.trail_fails(&counters);
        let mut readiness = self
            .readiness
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *readiness = Readiness {
            looked: Some((Instant::now(), ready)),
            counters,
        };
        ready
    }

    async fn stopped(&self) {
        locum_api::keep_noise(&self.world).await;
    }

    fn operations(&self) -> Vec<(&'static str, &'static str)> {
        self.operations.clone()
    }
}

/// The operator's wishes go to [`locum_api::operator`].
pub(crate) struct ApiOperator {
    pub(crate) world: Arc<World>,
    pub(crate) retention: Retention,
}

impl Operator for ApiOperator {
    async fn call(&self, request: OperatorRequest, peer: Peer) -> Result<Value, OperatorRefusal> {
        let world = &*self.world;
        let actor = Actor::Operator {
            uid: peer.uid,
            pid: peer.pid,
        };
        match request {
            OperatorRequest::Status {} => status(world, actor).await,
            OperatorRequest::CreateAccount {
                name,
                email,
                root_key,
            } => create_account(world, actor, &name, email.as_deref(), root_key).await,
            OperatorRequest::RootKey { account } => root_key(world, actor, &account).await,
            OperatorRequest::RotateKeys { retire, revoke } => {
                rotate(world, actor, retire, revoke).await
            }
            OperatorRequest::Backup { file } => backup(world, actor, &file).await,
            OperatorRequest::PruneTrail {
                before,
                keep_days,
                recent,
                dry_run,
            } => {
                let asked = trail::Asked {
                    before,
                    keep_days,
                    recent,
                    dry_run,
                };
                trail::prune(&self.world, &self.retention, actor, asked).await
            }
            OperatorRequest::SignCheckpoint {} => {
                trail::checkpoint(&self.world, &self.retention, actor).await
            }
            OperatorRequest::Why { call, columns } => {
                explain::why(world, actor, &call, columns).await
            }
            OperatorRequest::Can {
                principal,
                action,
                resource,
                context,
                session_policy,
                scp,
                rcp,
                columns,
            } => {
                let asked = explain::Asked {
                    principal,
                    action,
                    resource,
                    context,
                    session_policy,
                    scp,
                    rcp,
                    columns,
                };
                explain::can(world, actor, asked).await
            }
            OperatorRequest::ImportAccount {
                file,
                map_accounts,
                dry_run,
            } => {
                let mode = if dry_run { Mode::DryRun } else { Mode::Write };
                import(world, actor, file, &map_accounts, mode).await
            }
        }
    }
}

async fn root_key(world: &World, actor: Actor, account: &str) -> Result<Value, OperatorRefusal> {
    let Some(account) = AccountId::parse(account) else {
        let message = format!("{account:?} is not an account id of twelve digits.");
        return Err(refused("InvalidAccountId", message));
    };
    let made = operator::root_key(world, actor, account).await;
    made.map(|key| shown(&key)).map_err(refusal)
}

async fn create_account(
    world: &World,
    actor: Actor,
    name: &str,
    email: Option<&str>,
    root_key: bool,
) -> Result<Value, OperatorRefusal> {
    let with = match root_key {
        true => WithRootKey::Yes,
        false => WithRootKey::No,
    };
    let made = operator::create_account(world, actor, name, email, with).await;
    let (account, key) = made.map_err(refusal)?;
    Ok(key.map_or_else(
        || json!({ "AccountId": account.to_string() }),
        |key| shown(&key),
    ))
}

fn shown(key: &operator::RootKey) -> Value {
    json!({
        "AccountId": key.account.to_string(),
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key.as_str(),
    })
}

async fn status(world: &World, actor: Actor) -> Result<Value, OperatorRefusal> {
    let status = operator::status(world, actor).await.map_err(refusal)?;
    let keys: Vec<Value> = status
        .keys
        .iter()
        .map(|(epoch, state, created_s)| {
            json!({ "Epoch": epoch, "State": state_name(*state), "CreatedSeconds": created_s })
        })
        .collect();
    Ok(json!({
        "Version": env!("CARGO_PKG_VERSION"),
        "ClusterId": status.cluster_id,
        "ManagementAccountId": status.management_account.to_string(),
        "OrganizationId": status.organization_id,
        "Accounts": status.accounts,
        "Revision": status.revision,
        "Keys": keys,
    }))
}

/// Retiring is what a new key does to the active one, so only that one can be retired.
async fn rotate(
    world: &World,
    actor: Actor,
    retire: Option<u32>,
    revoke: Option<u32>,
) -> Result<Value, OperatorRefusal> {
    let wish = match (retire, revoke) {
        (Some(_), Some(_)) => {
            let message = "Retire or revoke an epoch, not both in one request.";
            return Err(refused("InvalidRequest", message.to_owned()));
        }
        (Some(epoch), None) => {
            let held = world.engine.load(Unit::Installation).await.ok().flatten();
            let held = held.and_then(locum_store::Loaded::installation);
            let active = held.is_some_and(|held| {
                held.keys
                    .iter()
                    .any(|key| key.epoch == epoch && key.state == KeyState::Active)
            });
            if !active {
                let message = format!("Session key epoch {epoch} is not the active one.");
                return Err(refused("InvalidRequest", message));
            }
            Rotate::New
        }
        (None, Some(epoch)) => Rotate::Revoke(epoch),
        (None, None) => Rotate::New,
    };
    let ring = operator::rotate_keys(world, actor, wish)
        .await
        .map_err(refusal)?;
    let keys: Vec<Value> = ring
        .iter()
        .map(|(epoch, state)| json!({ "Epoch": epoch, "State": state_name(*state) }))
        .collect();
    Ok(json!({ "Keys": keys }))
}

fn state_name(state: KeyState) -> &'static str {
    match state {
        KeyState::Active => "active",
        KeyState::Retired => "retired",
        KeyState::Revoked => "revoked",
    }
}

async fn backup(world: &World, actor: Actor, file: &Path) -> Result<Value, OperatorRefusal> {
    if !file.is_absolute() {
        let message = "The file of a backup is an absolute path.";
        return Err(refused("InvalidRequest", message.to_owned()));
    }
    // The record first: a copy that is not in the trail must not exist.
    let name = file.display().to_string();
    operator::backed_up(world, actor, &name)
        .await
        .map_err(refusal)?;
    let copied = world.engine.backup(file).await;
    copied.map_err(|error| refused("BackupFailed", error.to_string()))?;
    Ok(json!({ "File": name, "Bytes": std::fs::metadata(file).map_or(0, |file| file.len()) }))
}

async fn import(
    world: &World,
    actor: Actor,
    file: PathBuf,
    map_accounts: &BTreeMap<String, String>,
    mode: Mode,
) -> Result<Value, OperatorRefusal> {
    let mut mappings = Vec::with_capacity(map_accounts.len());
    for (from, to) in map_accounts {
        let (Some(from), Some(to)) = (AccountId::parse(from), AccountId::parse(to)) else {
            let message = format!("{from:?} and {to:?} are not two account ids of twelve digits.");
            return Err(refused("InvalidAccountId", message));
        };
        mappings.push(Mapping { from, to });
    }
    let name = file.display().to_string();
    let read = tokio::task::spawn_blocking(move || read_import(&file));
    let read = read.await.map_err(|error| error.to_string());
    let text = read.and_then(|text| text);
    let text = text.map_err(|why| refused("ImportFailed", format!("{name}: {why}")))?;
    let done = import::import(world, actor, &name, &text, &mappings, mode).await;
    let done = done.map_err(refusal)?;
    let [users, groups, roles, profiles, policies] = done.created;
    Ok(json!({
        "AccountId": done.account.to_string(),
        "DryRun": mode == Mode::DryRun,
        "Users": users,
        "Groups": groups,
        "Roles": roles,
        "InstanceProfiles": profiles,
        "Policies": policies,
        "Plan": done.lines,
        "NotCarried": done.not_carried,
    }))
}

/// A plain file in UTF-8 that is not too long.
fn read_import(file: &Path) -> Result<String, String> {
    if !file.is_absolute() {
        return Err("the file of an import is an absolute path".to_owned());
    }
    let facts = std::fs::metadata(file).map_err(|error| error.to_string())?;
    if !facts.is_file() || facts.len() > limits::IMPORT_FILE_BYTES_MAX {
        let max = limits::IMPORT_FILE_BYTES_MAX;
        return Err(format!("it is not a file of at most {max} bytes"));
    }
    std::fs::read_to_string(file).map_err(|error| error.to_string())
}

fn refused(code: &str, message: String) -> OperatorRefusal {
    OperatorRefusal {
        code: code.to_owned(),
        message,
    }
}

fn refusal(error: operator::OperatorError) -> OperatorRefusal {
    refused(error.code(), error.to_string())
}

type Row = (&'static str, &'static str, FigureKind, fn(&Counters) -> f64);

/// The store's counters as metrics.
const FIGURES: &[Row] = &[
    ("locum_store_revision", "The newest revision.", Gauge, |c| {
        number(c.revision)
    }),
    (
        "locum_store_commits_total",
        "Changes committed.",
        Counter,
        |c| number(c.changes),
    ),
    (
        "locum_store_conflicts_total",
        "Changes that lost a race.",
        Counter,
        |c| number(c.conflicts),
    ),
    (
        "locum_store_batches_total",
        "Transactions of the database.",
        Counter,
        |c| number(c.write_batches),
    ),
    (
        "locum_store_write_seconds_total",
        "Time in commits.",
        Counter,
        |c| c.write_time.as_secs_f64(),
    ),
    (
        "locum_store_unavailable_total",
        "Commits answered as unavailable.",
        Counter,
        |c| number(c.unavailable),
    ),
    (
        "locum_store_loads_total",
        "Accounts read from the database.",
        Counter,
        |c| number(c.loads),
    ),
    (
        "locum_store_cached_accounts",
        "Accounts in memory.",
        Gauge,
        |c| number(c.cached_accounts),
    ),
    (
        "locum_store_cached_bytes",
        "Bytes those are reckoned at.",
        Gauge,
        |c| number(c.cached_bytes),
    ),
    (
        "locum_trail_events_total",
        "Records durable in the trail.",
        Counter,
        |c| number(c.trail_events),
    ),
    (
        "locum_trail_bytes_total",
        "Bytes of those records.",
        Counter,
        |c| number(c.trail_bytes),
    ),
    (
        "locum_trail_batches_total",
        "Writes to the trail.",
        Counter,
        |c| number(c.trail_batches),
    ),
    (
        "locum_trail_write_seconds_total",
        "Time in writes to the trail.",
        Counter,
        |c| c.trail_time.as_secs_f64(),
    ),
    (
        "locum_trail_failures_total",
        "Writes to the trail that failed.",
        Counter,
        |c| number(c.trail_failures),
    ),
    (
        "locum_trail_alarms",
        "1 when records were missing at the end of the trail at this start.",
        Gauge,
        |c| number(c.trail_alarms),
    ),
    (
        "locum_trail_queue",
        "Records of committed writes not yet in the trail.",
        Gauge,
        |c| number(c.outbox_rows),
    ),
];

/// The store's figures now.
pub(crate) fn figures(world: &World, delivered: &delivery::Figures) -> Vec<Figure> {
    let counters = world.engine.counters();
    let counted = Figure {
        name: "locum_trail_unauthenticated_counted_total",
        help: "Calls without a valid caller that have one record together.",
        kind: Counter,
        value: number(world.unauthenticated_counted()),
    };
    let rows = FIGURES.iter();
    let stored = rows.map(|&(name, help, kind, value)| Figure {
        name,
        help,
        kind,
        value: value(&counters),
    });
    stored.chain(delivered.figures()).chain([counted]).collect()
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus counts in doubles")]
fn number(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
