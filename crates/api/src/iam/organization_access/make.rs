//! Making the reports that were asked for: account by account, holding no more than a sum per service.

use std::collections::BTreeMap;
use std::sync::Arc;

use locum_store::{
    Account, AccountId, Installation, Job, JobKind, LoadError, Loaded, Record, Seen, ServiceAccess,
    Unit,
};

use super::{Scope, scope};
use crate::error::ApiError;
use crate::iam::names;
use crate::limits;
use crate::snapshot::Snapshot;
use crate::world::World;

/// Is it a report that is yet to be made?
pub(super) fn is_pending(job: &Job, now_s: i64) -> bool {
    job.kind == JobKind::Organization
        && job.completed_s.is_none()
        && now_s < job.created_s.saturating_add(limits::ACCESS_JOB_S_MAX)
}

/// Makes the reports that are pending, one after the other. What cannot be loaded or kept now is made
/// the next time.
pub(crate) async fn make(world: &World) {
    let Some(installation) = installation(world).await else {
        return;
    };
    let management = Unit::Account(installation.management_account);
    let now_s = world.clock.now_ms().div_euclid(1_000);
    loop {
        let account = loaded(world, management).await.ok().flatten();
        let Some(account) = account.and_then(Loaded::account) else {
            return;
        };
        let mut jobs = account.jobs().iter();
        let Some(job) = jobs.find(|job| is_pending(job, now_s)) else {
            return;
        };
        let mut made = Job {
            completed_s: Some(now_s),
            ..Job::clone(job)
        };
        match summed(world, &installation, &made, now_s).await {
            Ok(accessed) => made.accessed = accessed,
            Err(Fault::Later) => return,
            Err(Fault::Never(why)) => made.failure = Some(why),
        }
        let change = names::change(&account, vec![Record::Job(made)], vec![]);
        if world.engine.commit(change).await.is_err() {
            return;
        }
    }
}

/// Why a report is not made.
enum Fault {
    /// It may be the next time.
    Later,
    /// The caller reads why.
    Never(String),
}

impl From<LoadError> for Fault {
    fn from(error: LoadError) -> Fault {
        match error {
            LoadError::Unavailable(_) => Fault::Later,
            _ => Fault::Never("An account of the organization could not be read.".to_owned()),
        }
    }
}

async fn installation(world: &World) -> Option<Arc<Installation>> {
    let held = loaded(world, Unit::Installation).await.ok()?;
    held.and_then(Loaded::installation)
}

async fn loaded(world: &World, unit: Unit) -> Result<Option<Loaded>, LoadError> {
    match world.engine.cached(unit) {
        Some(held) => Ok(Some(held)),
        None => world.engine.load(unit).await,
    }
}

/// The calls of the accounts that the report is about, summed up by service.
async fn summed(
    world: &World,
    installation: &Arc<Installation>,
    job: &Job,
    now_s: i64,
) -> Result<Vec<ServiceAccess>, Fault> {
    let state = Snapshot::new(Arc::clone(installation));
    let gone = |error: ApiError| Fault::Never(error.to_string());
    let scope = scope(&state, &job.subject).map_err(gone)?;
    let mut sums = BTreeMap::new();
    if let Scope::Account(id) = scope {
        add(world, installation, id, now_s, &mut sums).await?;
    } else {
        for summary in installation.accounts() {
            if summary.id != installation.management_account {
                add(world, installation, summary.id, now_s, &mut sums).await?;
            }
        }
    }
    Ok(sums.into_values().collect())
}

async fn add(
    world: &World,
    installation: &Installation,
    id: AccountId,
    now_s: i64,
    sums: &mut BTreeMap<String, ServiceAccess>,
) -> Result<(), Fault> {
    let Some(account) = loaded(world, Unit::Account(id))
        .await?
        .and_then(Loaded::account)
    else {
        return Ok(());
    };
    let path = installation.organization.as_ref();
    let path = path.map(|held| format!("{}/{}/{id}", held.id, held.root_id));
    let by = path.unwrap_or_default();
    for (service, (time_s, region)) in newest(&account, now_s) {
        let last = Seen {
            by: by.clone(),
            time_s,
            region: region.to_owned(),
        };
        match sums.get_mut(service) {
            Some(sum) => {
                sum.total = sum.total.saturating_add(1);
                if sum.last.time_s < time_s {
                    sum.last = last;
                }
            }
            None => {
                let sum = ServiceAccess {
                    service: service.to_owned(),
                    total: 1,
                    last,
                    actions: Vec::new(),
                };
                sums.insert(service.to_owned(), sum);
            }
        }
    }
    Ok(())
}

/// The last call of each service by anybody of the account, its root among them.
fn newest(account: &Account, now_s: i64) -> BTreeMap<&str, (i64, &str)> {
    let mut newest: BTreeMap<&str, (i64, &str)> = BTreeMap::new();
    let accesses = account.last_accesses().iter();
    for access in accesses.flat_map(|held| &held.accesses) {
        if now_s - access.time_s > limits::LAST_USES_TOLD_S_MAX {
            continue;
        }
        let call = (access.time_s, access.region.as_str());
        let held = newest.entry(&access.service).or_insert(call);
        if held.0 < call.0 {
            *held = call;
        }
    }
    newest
}
