//! What the host's operator may do and no API may: status, accounts, break-glass root keys, the key ring.

mod record;

use std::sync::Arc;

use locum_store::{
    AccountId, Change, CommitError, Event, Installation, KeyOwner, KeyState, Record,
    SessionKeyEpoch, Unit, UnitWrite,
};

use crate::error::ApiError;
use crate::iam::access_key::new_key;
use crate::ids;
use crate::limits;
use crate::organizations::new_account::{self, NewAccount};
use crate::session::new_epoch;
use crate::world::World;

pub use record::Actor;
pub(crate) use record::{Told, record};

/// The installation at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The id that every sealed value is bound to.
    pub cluster_id: String,
    /// The management account.
    pub management_account: AccountId,
    /// `o-…`.
    pub organization_id: Option<String>,
    /// How many accounts there are.
    pub accounts: usize,
    /// The session key ring: epoch, state, creation (Unix seconds).
    pub keys: Vec<(u32, KeyState, i64)>,
    /// The revision of the installation.
    pub revision: u64,
}

/// A key of a root user: shown once.
pub struct RootKey {
    /// Whose.
    pub account: AccountId,
    /// `AKIA…`.
    pub access_key_id: String,
    /// Forty characters; zeroed on drop.
    pub secret_access_key: zeroize::Zeroizing<String>,
}

/// Whether a new account's root user gets a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithRootKey {
    /// No: the account is reached through its access role.
    No,
    /// Yes.
    Yes,
}

/// What to do with the session key ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotate {
    /// A new key seals from now on; sessions of the old ones live out.
    New,
    /// Sessions of this epoch end at once (and a new key seals, if it was the active one).
    Revoke(u32),
}

/// Why the operator's wish was not done; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// There is no installation yet.
    #[error("there is no installation in this data directory yet")]
    NotStarted,
    /// No such account.
    #[error("account {0} does not exist")]
    NoSuchAccount(AccountId),
    /// No such epoch.
    #[error("there is no session key epoch {0}")]
    NoSuchEpoch(u32),
    /// The account could not be made.
    #[error("the account was not created: {0}")]
    NotCreated(&'static str),
    /// The root user has as many keys as it may have.
    #[error("the root user of account {0} has {max} access keys already", max = limits::ACCESS_KEYS_PER_USER_MAX)]
    TooManyKeys(AccountId),
    /// A name or address that cannot be used.
    #[error("{0}")]
    BadName(&'static str),
    /// A file that is not imported: everything that is wrong with it.
    #[error("nothing was imported:\n{}", .0.join("\n"))]
    NotImported(Vec<String>),
    /// A call that cannot be explained, and why.
    #[error("{0}")]
    NotExplained(String),
    /// A question that has no answer, and why.
    #[error("{0}")]
    BadQuestion(String),
    /// Days of the trail that are not removed, and why.
    #[error("{0}")]
    NotPruned(String),
    /// The store does not answer.
    #[error("{0}")]
    Store(String),
}

impl OperatorError {
    /// A code in the manner of AWS's, for the socket and for the trail.
    pub fn code(&self) -> &'static str {
        match self {
            OperatorError::NotStarted
            | OperatorError::NoSuchAccount(_)
            | OperatorError::NoSuchEpoch(_) => "NoSuchEntity",
            OperatorError::NotCreated(_) => "NotCreated",
            OperatorError::TooManyKeys(_) => "LimitExceeded",
            OperatorError::BadName(_)
            | OperatorError::NotImported(_)
            | OperatorError::BadQuestion(_) => "InvalidInput",
            OperatorError::NotExplained(_) => "NotExplained",
            OperatorError::NotPruned(_) => "NotPruned",
            OperatorError::Store(_) => "ServiceUnavailable",
        }
    }
}

pub(crate) async fn installation(world: &World) -> Result<Arc<Installation>, OperatorError> {
    let loaded = world.engine.load(Unit::Installation).await;
    let loaded = loaded.map_err(|error| OperatorError::Store(error.to_string()))?;
    loaded
        .and_then(locum_store::Loaded::installation)
        .ok_or(OperatorError::NotStarted)
}

/// Commits `plan` with its record, planning again when it loses a race. A plan that cannot be done
/// leaves a record of what was asked for.
pub(crate) async fn commit<T>(
    world: &World,
    actor: Actor,
    event: &str,
    asked: &[(&'static str, String)],
    plan: impl AsyncFn() -> Result<
        (
            Option<AccountId>,
            Vec<UnitWrite>,
            Vec<(&'static str, String)>,
            T,
        ),
        OperatorError,
    >,
) -> Result<T, OperatorError> {
    for _ in 0..limits::COMMIT_ATTEMPTS_MAX {
        let planned = plan().await;
        let time_s = world.clock.now_ms().div_euclid(1_000);
        let mut told = Told {
            event,
            account: None,
            parameters: asked,
            error: None,
        };
        let (writes, record, result) = match planned {
            Ok((account, writes, parameters, value)) => {
                told.account = account;
                told.parameters = &parameters;
                let record = record(world, time_s, actor, &told);
                (writes, record, Ok(value))
            }
            Err(error) => {
                told.account = whose_refusal(world, &error).await;
                told.error = Some(&error);
                let record = record(world, time_s, actor, &told);
                (Vec::new(), record, Err(error))
            }
        };
        let change = Change {
            writes,
            events: vec![Event::new(time_s, record)],
            ..Change::default()
        };
        match world.engine.commit(change).await {
            Ok(_) => return result,
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(OperatorError::Store(error.to_string())),
        }
    }
    Err(OperatorError::Store(
        "the change lost every race".to_owned(),
    ))
}

/// Where a refusal is recorded: with the account that is asked about, if it is there, else with the
/// management account.
async fn whose_refusal(world: &World, error: &OperatorError) -> Option<AccountId> {
    match error {
        OperatorError::TooManyKeys(account) => Some(*account),
        _ => Some(installation(world).await.ok()?.management_account),
    }
}

/// The installation at a glance; leaves a record like every other use of the socket.
///
/// # Errors
/// See [`OperatorError`].
pub async fn status(world: &World, actor: Actor) -> Result<Status, OperatorError> {
    commit(world, actor, "GetStatus", &[], async || {
        let held = installation(world).await?;
        let keys = held
            .keys
            .iter()
            .map(|key| (key.epoch, key.state, key.created_s))
            .collect();
        let status = Status {
            cluster_id: held.cluster_id.clone(),
            management_account: held.management_account,
            organization_id: held.organization.as_ref().map(|held| held.id.clone()),
            accounts: held.accounts().len(),
            keys,
            revision: held.revision.0,
        };
        Ok((Some(held.management_account), vec![], vec![], status))
    })
    .await
}

/// A new account of the organization, with the access role and, when asked, a root key.
///
/// # Errors
/// See [`OperatorError`].
pub async fn create_account(
    world: &World,
    actor: Actor,
    name: &str,
    email: Option<&str>,
    with: WithRootKey,
) -> Result<(AccountId, Option<RootKey>), OperatorError> {
    let email = match email {
        Some(email) => email.to_owned(),
        None => format!(
            "{}@accounts.locum.invalid",
            ids::lower_id("a-", 20, &*world.random)
        ),
    };
    let asked = [("accountName", name.to_owned())];
    commit(world, actor, "CreateAccount", &asked, async || {
        check_name(name)?;
        let held = installation(world).await?;
        let now_s = world.clock.now_ms().div_euclid(1_000);
        let new = NewAccount {
            name,
            email: &email,
            role_name: new_account::ACCESS_ROLE,
            partition: &world.settings.partition,
            now_s,
        };
        let planned = new_account::plan(&held, &new, &*world.random).map_err(internal)?;
        let mut made = planned.map_err(|refused| OperatorError::NotCreated(refused.reason()))?;
        let id = made.id;
        let mut parameters = vec![
            ("accountName", name.to_owned()),
            ("accountId", id.to_string()),
        ];
        let root_key = (with == WithRootKey::Yes).then(|| {
            let (key, secret) = new_key(now_s, &*world.random, id, KeyOwner::Root);
            parameters.push(("rootAccessKeyId", key.id.clone()));
            let shown = RootKey {
                account: id,
                access_key_id: key.id.clone(),
                secret_access_key: zeroize::Zeroizing::new(secret),
            };
            made.unit.puts.push(Record::AccessKey(key));
            shown
        });
        let index = UnitWrite {
            unit: Unit::Installation,
            expects: held.revision,
            puts: vec![Record::AccountSummary(made.summary)],
            deletes: Vec::new(),
        };
        Ok((Some(id), vec![made.unit, index], parameters, (id, root_key)))
    })
    .await
}

fn internal(error: ApiError) -> OperatorError {
    OperatorError::Store(error.to_string())
}

/// Organizations' rule for account names.
fn check_name(name: &str) -> Result<(), OperatorError> {
    let good =
        (1..=50).contains(&name.len()) && name.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if good {
        Ok(())
    } else {
        Err(OperatorError::BadName(
            "an account name has 1 to 50 printable ASCII characters",
        ))
    }
}

/// Break-glass: a key of an account's root user.
///
/// # Errors
/// See [`OperatorError`].
pub async fn root_key(
    world: &World,
    actor: Actor,
    account: AccountId,
) -> Result<RootKey, OperatorError> {
    let asked = [("accountId", account.to_string())];
    commit(world, actor, "CreateRootAccessKey", &asked, async || {
        let loaded = world.engine.load(Unit::Account(account)).await;
        let loaded = loaded.map_err(|error| OperatorError::Store(error.to_string()))?;
        let held = loaded.and_then(locum_store::Loaded::account);
        let held = held.ok_or(OperatorError::NoSuchAccount(account))?;
        if held.root_access_keys().len() >= limits::ACCESS_KEYS_PER_USER_MAX {
            return Err(OperatorError::TooManyKeys(account));
        }
        let now_s = world.clock.now_ms().div_euclid(1_000);
        let (key, secret) = new_key(now_s, &*world.random, account, KeyOwner::Root);
        let shown = RootKey {
            account,
            access_key_id: key.id.clone(),
            secret_access_key: zeroize::Zeroizing::new(secret),
        };
        let parameters = vec![
            ("accountId", account.to_string()),
            ("rootAccessKeyId", key.id.clone()),
        ];
        let write = UnitWrite {
            unit: Unit::Account(account),
            expects: held.revision,
            puts: vec![Record::AccessKey(key)],
            deletes: Vec::new(),
        };
        Ok((Some(account), vec![write], parameters, shown))
    })
    .await
}

/// Turns the session key ring; answers the ring as it is then (epoch and state).
///
/// # Errors
/// See [`OperatorError`].
pub async fn rotate_keys(
    world: &World,
    actor: Actor,
    rotate: Rotate,
) -> Result<Vec<(u32, KeyState)>, OperatorError> {
    let asked = match rotate {
        Rotate::New => vec![],
        Rotate::Revoke(epoch) => vec![("revoke", epoch.to_string())],
    };
    commit(world, actor, "RotateSessionKeys", &asked, async || {
        let held = installation(world).await?;
        let now_s = world.clock.now_ms().div_euclid(1_000);
        let mut ring = held.keys.clone();
        turn(&mut ring, rotate, now_s, world)?;
        let shown: Vec<(u32, KeyState)> = ring.iter().map(|key| (key.epoch, key.state)).collect();
        let changed = ring.into_iter().filter(|key| !held.keys.contains(key));
        let write = UnitWrite {
            unit: Unit::Installation,
            expects: held.revision,
            puts: changed.map(Record::SessionKey).collect(),
            deletes: Vec::new(),
        };
        Ok((
            Some(held.management_account),
            vec![write],
            asked.clone(),
            shown,
        ))
    })
    .await
}

fn turn(
    ring: &mut Vec<SessionKeyEpoch>,
    rotate: Rotate,
    now_s: i64,
    world: &World,
) -> Result<(), OperatorError> {
    if let Rotate::Revoke(epoch) = rotate {
        let key = ring.iter_mut().find(|key| key.epoch == epoch);
        key.ok_or(OperatorError::NoSuchEpoch(epoch))?.state = KeyState::Revoked;
    }
    let active = ring.iter().any(|key| key.state == KeyState::Active);
    if active && rotate != Rotate::New {
        return Ok(());
    }
    for key in ring.iter_mut().filter(|key| key.state == KeyState::Active) {
        key.state = KeyState::Retired;
    }
    let newest = ring.iter().map(|key| key.epoch).max().unwrap_or(0);
    ring.push(new_epoch(newest + 1, now_s, &*world.random));
    Ok(())
}

/// The record of a backup that was taken; the copy itself is the engine's work.
///
/// # Errors
/// See [`OperatorError`].
pub async fn backed_up(world: &World, actor: Actor, file: &str) -> Result<(), OperatorError> {
    commit(world, actor, "Backup", &[], async || {
        let held = installation(world).await?;
        Ok((
            Some(held.management_account),
            vec![],
            vec![("file", file.to_owned())],
            (),
        ))
    })
    .await
}

/// The record that says, at a start, that records of the trail are missing.
///
/// # Errors
/// See [`OperatorError`].
pub async fn trail_repaired(world: &World, found: &str) -> Result<(), OperatorError> {
    commit(world, Actor::Server, "TrailRepaired", &[], async || {
        let held = installation(world).await?;
        let told = vec![("found", found.to_owned())];
        Ok((Some(held.management_account), vec![], told, ()))
    })
    .await
}

/// What was asked about removing days of the trail, when none is removed: it was only asked what would be, there is
/// none to remove, or it is refused.
///
/// # Errors
/// The refusal itself, or see [`OperatorError`].
pub async fn trail_not_pruned(
    world: &World,
    actor: Actor,
    asked: &[(&'static str, String)],
    refusal: Option<String>,
) -> Result<(), OperatorError> {
    commit(world, actor, "PruneTrail", asked, async || {
        if let Some(why) = refusal.clone() {
            return Err(OperatorError::NotPruned(why));
        }
        let held = installation(world).await?;
        Ok((Some(held.management_account), vec![], asked.to_vec(), ()))
    })
    .await
}

/// The record that days of the trail are removed: it is durable before the first of them is.
///
/// # Errors
/// See [`OperatorError`].
pub async fn trail_pruned(
    world: &World,
    actor: Actor,
    told: &[(&'static str, String)],
) -> Result<(), OperatorError> {
    commit(world, actor, "TrailPruned", told, async || {
        let held = installation(world).await?;
        Ok((Some(held.management_account), vec![], told.to_vec(), ()))
    })
    .await
}

/// The record that a checkpoint is signed, which is the newest that the checkpoint vouches for.
///
/// # Errors
/// See [`OperatorError`].
pub async fn checkpoint_signed(world: &World, actor: Actor) -> Result<(), OperatorError> {
    commit(world, actor, "SignCheckpoint", &[], async || {
        let held = installation(world).await?;
        Ok((Some(held.management_account), vec![], vec![], ()))
    })
    .await
}
