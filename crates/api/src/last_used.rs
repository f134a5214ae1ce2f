//! When access keys and roles were last used: noted in memory by calls, kept in batches beside them.
//!
//! A call writes nothing for this. What is noted is at most a quarter of an hour finer than what is
//! told, as on AWS; [`keep`] commits it, without a trail record, for it is no call's doing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use locum_store::{Account, AccountId, Change, CommitError, LastUse, Record, Unit, UnitWrite};

use crate::caller::{Caller, Identity};
use crate::limits;
use crate::world::World;

/// Uses that are noted and not yet kept.
#[derive(Debug, Default)]
pub struct LastUses(Mutex<Noted>);

/// By account, then by the key's id or the role's unique id.
#[derive(Debug, Default)]
struct Noted {
    accounts: HashMap<AccountId, HashMap<String, LastUse>>,
    count: usize,
}

impl LastUses {
    /// What the caller used: its access key or, in a session of AssumeRole, the role.
    pub(crate) fn note(&self, caller: &Caller, service: &str, region: &str, now_s: i64) {
        let id = match (&caller.identity, &caller.session) {
            (Identity::RoleSession(role), _) => &role.id,
            (_, None) => &caller.access_key_id,
            (_, Some(_)) => return,
        };
        let fresh = |held: &LastUse| now_s < held.time_s + limits::LAST_USED_GRAIN_S;
        let kept = caller.account.last_uses().get(id);
        if kept.is_some_and(|kept| fresh(kept)) {
            return;
        }
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Noted { accounts, count } = &mut *noted;
        let account = caller.account.id;
        let held = accounts.get(&account).and_then(|uses| uses.get(id));
        if held.is_some_and(fresh) || *count >= limits::LAST_USES_NOTED_MAX {
            return;
        }
        let new = LastUse {
            id: id.clone(),
            time_s: now_s,
            service: service.to_owned(),
            region: region.to_owned(),
        };
        let uses = accounts.entry(account).or_default();
        if uses.insert(id.clone(), new).is_none() {
            *count += 1;
        }
    }

    /// The last use of a key or role, kept or only noted.
    pub(crate) fn of(&self, account: &Account, id: &str) -> Option<LastUse> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = noted
            .accounts
            .get(&account.id)
            .and_then(|uses| uses.get(id));
        let kept = account.last_uses().get(id).map(|kept| LastUse::clone(kept));
        noted.cloned().or(kept)
    }

    fn all(&self) -> Vec<(AccountId, Vec<LastUse>)> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let accounts = noted.accounts.iter();
        accounts
            .map(|(account, uses)| (*account, uses.values().cloned().collect()))
            .collect()
    }

    /// Takes out what was kept, unless it was used again since.
    fn done(&self, account: AccountId, kept: &[LastUse]) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Noted { accounts, count } = &mut *noted;
        let Some(uses) = accounts.get_mut(&account) else {
            return;
        };
        let before = uses.len();
        uses.retain(|_, noted| !kept.contains(noted));
        *count = count.saturating_sub(before - uses.len());
        if uses.is_empty() {
            accounts.remove(&account);
        }
    }
}

/// Keeps what was noted since the last time, one commit for each account. What loses a race is kept the
/// next time. The edge calls this now and then.
pub async fn keep(world: &World) {
    for (id, uses) in world.last_uses.all() {
        let loaded = world.engine.load(Unit::Account(id)).await;
        let Ok(account) = loaded.map(|loaded| loaded.and_then(locum_store::Loaded::account)) else {
            continue;
        };
        let change = account.and_then(|account| batch(&account, &uses));
        let kept = match change {
            Some(change) => world.engine.commit(change).await,
            None => {
                world.last_uses.done(id, &uses);
                continue;
            }
        };
        // A batch that can never be kept is dropped.
        if !matches!(
            kept,
            Err(CommitError::Conflict { .. } | CommitError::Unavailable(_))
        ) {
            world.last_uses.done(id, &uses);
        }
    }
}

/// The uses of what is still there.
fn batch(account: &Arc<Account>, uses: &[LastUse]) -> Option<Change> {
    let there = |held: &&LastUse| {
        account.access_key(&held.id).is_some() || account.role_by_id(&held.id).is_some()
    };
    let puts: Vec<Record> = uses
        .iter()
        .filter(there)
        .map(|held| Record::LastUse(held.clone()))
        .collect();
    let write = UnitWrite {
        unit: Unit::Account(account.id),
        expects: account.revision,
        puts,
        deletes: vec![],
    };
    (!write.puts.is_empty()).then(|| Change {
        writes: vec![write],
        ..Change::default()
    })
}
