//! Keeping what was noted: commits of its own, for each account and so many records at once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use locum_store::{Account, AccountId, Change, CommitError, LastAccess, Record, Unit, UnitWrite};

use super::{LastUses, Pending, nothing, put};
use crate::limits;
use crate::world::World;

impl LastUses {
    fn accounts(&self) -> Vec<AccountId> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.accounts.keys().copied().collect()
    }

    /// Some of what is noted of an account, as much as one commit takes.
    fn some_of(&self, account: AccountId) -> Pending {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(pending) = noted.accounts.get(&account) else {
            return Pending::default();
        };
        let uses = pending.uses.iter().take(limits::LAST_USES_KEPT_AT_ONCE);
        let accesses = pending.accesses.iter();
        let accesses = accesses.take(limits::LAST_USES_KEPT_AT_ONCE);
        let owned = |(id, held): (&String, &HashMap<_, _>)| (id.clone(), held.clone());
        Pending {
            uses: uses.map(|(id, held)| (id.clone(), held.clone())).collect(),
            accesses: accesses.map(owned).collect(),
        }
    }

    /// Takes out what was kept, unless it was used again since.
    fn done(&self, account: AccountId, kept: &Pending) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let noted = &mut *noted;
        let Some(pending) = noted.accounts.get_mut(&account) else {
            return;
        };
        let before = count(pending);
        pending
            .uses
            .retain(|id, noted| kept.uses.get(id) != Some(noted));
        for (id, accesses) in &mut pending.accesses {
            if let Some(kept) = kept.accesses.get(id) {
                accesses.retain(|called, noted| kept.get(called) != Some(noted));
            }
        }
        pending.accesses.retain(|_, accesses| !accesses.is_empty());
        let after = count(pending);
        noted.count = noted.count.saturating_sub(before - after);
        if after == 0 {
            noted.accounts.remove(&account);
        }
    }
}

fn count(pending: &Pending) -> usize {
    let accesses = pending.accesses.values().map(HashMap::len);
    pending.uses.len() + accesses.sum::<usize>()
}

/// Keeps what was noted since the last time, a commit for each account or a few for large ones. What
/// loses a race is kept the next time. Reports over the organization that were asked for are made
/// then, too. The edge calls this now and then.
pub async fn keep(world: &World) {
    for account in world.last_uses.accounts() {
        loop {
            let pending = world.last_uses.some_of(account);
            if count(&pending) == 0 || !keep_some(world, account, &pending).await {
                break;
            }
        }
    }
    crate::iam::organization_access::make(world).await;
}

/// Whether it is done with: kept, or of no use to anybody.
async fn keep_some(world: &World, id: AccountId, pending: &Pending) -> bool {
    let loaded = world.engine.load(Unit::Account(id)).await;
    let Ok(account) = loaded.map(|loaded| loaded.and_then(locum_store::Loaded::account)) else {
        return false;
    };
    let change = account.and_then(|account| batch(&account, pending));
    let kept = match change {
        Some(change) => world.engine.commit(change).await.map(|_| ()),
        None => Ok(()),
    };
    let lost = matches!(
        kept,
        Err(CommitError::Conflict { .. } | CommitError::Unavailable(_))
    );
    // A batch that can never be kept is dropped.
    if !lost {
        world.last_uses.done(id, pending);
    }
    !lost
}

/// The uses of what is still there.
fn batch(account: &Arc<Account>, pending: &Pending) -> Option<Change> {
    let root = account.id.to_string();
    let uses = pending.uses.values();
    let uses = uses.filter(|held| {
        account.access_key(&held.id).is_some() || account.role_by_id(&held.id).is_some()
    });
    let mut puts: Vec<Record> = uses.map(|held| Record::LastUse(held.clone())).collect();
    let accesses = pending.accesses.iter();
    let accesses = accesses.filter(|(id, _)| {
        **id == root || account.user_by_id(id).is_some() || account.role_by_id(id).is_some()
    });
    puts.extend(accesses.map(|(id, noted)| {
        let kept = account.last_accesses().get(id);
        let mut held = kept.map_or_else(|| nothing(id), |kept| LastAccess::clone(kept));
        put(&mut held, noted);
        Record::LastAccess(held)
    }));
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
