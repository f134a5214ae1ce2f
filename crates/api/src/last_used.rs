//! When access keys, roles and principals were last used: noted in memory by calls, kept in batches.
//!
//! A call writes nothing for this. What is noted is at most a quarter of an hour finer than what is
//! told, as on AWS; [`keep`] commits it, without a trail record, for it is no call's doing.

mod keep;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use locum_store::{Account, AccountId, ActionAccess, LastAccess, LastUse};

use crate::caller::{Caller, Identity};
use crate::limits;

pub use keep::keep;

/// Uses that are noted and not yet kept.
#[derive(Debug, Default)]
pub struct LastUses(Mutex<Noted>);

#[derive(Debug, Default)]
struct Noted {
    accounts: HashMap<AccountId, Pending>,
    /// Uses and accesses of all accounts together.
    count: usize,
}

/// What is noted of one account.
#[derive(Clone, Debug, Default)]
struct Pending {
    /// By the key's id or the role's unique id.
    uses: HashMap<String, LastUse>,
    /// By the principal's unique id, then by the action.
    accesses: HashMap<String, HashMap<Called, When>>,
}

/// One call, as it is noted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Use<'a> {
    /// `iam`.
    pub(crate) service: &'a str,
    /// The operation, when the call named one of the service's model.
    pub(crate) action: Option<&'static str>,
    /// The region of the call.
    pub(crate) region: &'a str,
    /// Unix seconds.
    pub(crate) now_s: i64,
}

/// Service and action; no action for calls that named none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Called {
    service: &'static str,
    action: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct When {
    time_s: i64,
    region: String,
}

/// The unique id that accesses of a caller stand under: the user's, the role's, or the account's for root.
fn principal(caller: &Caller) -> Cow<'_, str> {
    match &caller.identity {
        Identity::Root => Cow::Owned(caller.account.id.to_string()),
        Identity::User(user) => Cow::Borrowed(&user.id),
        Identity::RoleSession(role) => Cow::Borrowed(&role.id),
    }
}

/// So old that it is noted anew.
fn is_stale(time_s: i64, now_s: i64) -> bool {
    now_s >= time_s.saturating_add(limits::LAST_USED_GRAIN_S)
}

impl LastUses {
    /// Notes what the caller used, and what it called.
    pub(crate) fn note(&self, caller: &Caller, call: Use<'_>) {
        self.note_use(caller, call);
        self.note_access(caller, call);
    }

    /// The caller's access key or, in a session of AssumeRole, the role.
    fn note_use(&self, caller: &Caller, call: Use<'_>) {
        let id = match (&caller.identity, &caller.session) {
            (Identity::RoleSession(role), _) => &role.id,
            (_, None) => &caller.access_key_id,
            (_, Some(_)) => return,
        };
        let fresh = |held: &LastUse| !is_stale(held.time_s, call.now_s);
        let kept = caller.account.last_uses().get(id);
        if kept.is_some_and(|kept| fresh(kept)) {
            return;
        }
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Noted { accounts, count } = &mut *noted;
        let pending = accounts.get(&caller.account.id);
        let held = pending.and_then(|pending| pending.uses.get(id));
        if held.is_some_and(fresh) || *count >= limits::LAST_USES_NOTED_MAX {
            return;
        }
        let new = LastUse {
            id: id.clone(),
            time_s: call.now_s,
            service: call.service.to_owned(),
            region: call.region.to_owned(),
        };
        let pending = accounts.entry(caller.account.id).or_default();
        if pending.uses.insert(id.clone(), new).is_none() {
            *count += 1;
        }
    }

    /// The last attempt of the caller at this action; whether it succeeds does not count, as on AWS.
    fn note_access(&self, caller: &Caller, call: Use<'_>) {
        // Only services of this server are called, so there are few names and they are known.
        let services = crate::handle::SERVICES.iter();
        let Some(service) = services.copied().find(|known| *known == call.service) else {
            return;
        };
        let action = call.action.unwrap_or_default();
        let called = Called { service, action };
        let id = principal(caller);
        let kept = caller.account.last_accesses().get(&id);
        let kept = kept.and_then(|kept| kept.of(service, action));
        if kept.is_some_and(|kept| !is_stale(kept.time_s, call.now_s)) {
            return;
        }
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Noted { accounts, count } = &mut *noted;
        let pending = accounts.get(&caller.account.id);
        let held = pending.and_then(|pending| pending.accesses.get(&*id)?.get(&called));
        let fresh = held.is_some_and(|held| !is_stale(held.time_s, call.now_s));
        if fresh || *count >= limits::LAST_USES_NOTED_MAX {
            return;
        }
        let when = When {
            time_s: call.now_s,
            region: call.region.to_owned(),
        };
        let pending = accounts.entry(caller.account.id).or_default();
        let accesses = pending.accesses.entry(id.into_owned()).or_default();
        if accesses.insert(called, when).is_none() {
            *count += 1;
        }
    }

    /// The last use of a key or role, kept or only noted.
    pub(crate) fn of(&self, account: &Account, id: &str) -> Option<LastUse> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = noted.accounts.get(&account.id);
        let noted = pending.and_then(|pending| pending.uses.get(id));
        let kept = account.last_uses().get(id).map(|kept| LastUse::clone(kept));
        noted.cloned().or(kept)
    }

    /// The last accesses of a user or role, or of root by the account's id, kept or only noted.
    pub(crate) fn accesses(&self, account: &Account, id: &str) -> LastAccess {
        let kept = account.last_accesses().get(id);
        let mut held = kept.map_or_else(|| nothing(id), |kept| LastAccess::clone(kept));
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let pending = noted.accounts.get(&account.id);
        if let Some(accesses) = pending.and_then(|pending| pending.accesses.get(id)) {
            put(&mut held, accesses);
        }
        held
    }
}

/// Of somebody who never called.
fn nothing(id: &str) -> LastAccess {
    LastAccess {
        id: id.to_owned(),
        accesses: Vec::new(),
    }
}

/// Puts what was noted over what was kept.
fn put(held: &mut LastAccess, noted: &HashMap<Called, When>) {
    for (called, when) in noted {
        held.put(ActionAccess {
            service: called.service.to_owned(),
            action: called.action.to_owned(),
            time_s: when.time_s,
            region: when.region.clone(),
        });
    }
}
