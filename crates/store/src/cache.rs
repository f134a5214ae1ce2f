//! Units in memory: a bounded map from account id to account, read under a lock held for one look-up.

use crate::account::Account;
use crate::engine::Loaded;
use crate::id::{AccountId, Unit};
use crate::installation::Installation;
use arc_swap::ArcSwapOption;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

/// Parts of the map, so that look-ups seldom meet on one lock.
const PARTS: usize = 64;
/// Decoded and compiled, a record takes a few times its stored bytes; reckoned as if all of an
/// account's records were in use.
const BYTES_PER_STORED_BYTE: u64 = 4;
/// What an account takes beside its records.
const BYTES_PER_ACCOUNT: u64 = 4_096;

/// Spreads account numbers. They are made at random by this program and only existing accounts get
/// in, so nobody can aim for collisions.
#[derive(Debug, Default)]
pub(crate) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    }
}

type Part = HashMap<AccountId, Entry, BuildHasherDefault<NumberHasher>>;

#[derive(Debug)]
struct Entry {
    account: Arc<Account>,
    cost: u64,
    /// Looked up since the hand last passed.
    used: AtomicBool,
}

/// The cache. The installation is always kept.
#[derive(Debug)]
pub(crate) struct Cache {
    parts: Vec<RwLock<Part>>,
    installation: ArcSwapOption<Installation>,
    bytes: AtomicU64,
    bytes_max: u64,
    hand: AtomicUsize,
}

impl Cache {
    pub(crate) fn new(bytes_max: u64) -> Cache {
        Cache {
            parts: (0..PARTS).map(|_| RwLock::default()).collect(),
            installation: ArcSwapOption::empty(),
            bytes: AtomicU64::new(0),
            bytes_max,
            hand: AtomicUsize::new(0),
        }
    }

    fn part(&self, id: AccountId) -> Option<&RwLock<Part>> {
        let mut hasher = NumberHasher::default();
        hasher.write_u64(id.number());
        let number = usize::try_from(hasher.finish() >> 58).unwrap_or(0);
        self.parts.get(number)
    }

    pub(crate) fn get(&self, unit: Unit) -> Option<Loaded> {
        match unit {
            Unit::Installation => self.installation.load_full().map(Loaded::Installation),
            Unit::Account(id) => {
                let part = self.part(id)?;
                let part = part.read().unwrap_or_else(PoisonError::into_inner);
                let entry = part.get(&id)?;
                // Written once per pass of the hand: the line stays shared between readers.
                if !entry.used.load(Ordering::Relaxed) {
                    entry.used.store(true, Ordering::Relaxed);
                }
                Some(Loaded::Account(entry.account.clone()))
            }
        }
    }

    /// Keeps a value unless a newer one is there.
    pub(crate) fn put(&self, value: &Loaded) {
        match value {
            Loaded::Installation(new) => {
                self.installation.rcu(|old| match old {
                    Some(old) if old.revision > new.revision => Some(old.clone()),
                    _ => Some(new.clone()),
                });
            }
            Loaded::Account(account) => self.put_account(account),
        }
    }

    fn put_account(&self, account: &Arc<Account>) {
        let Some(part) = self.part(account.id) else {
            return;
        };
        let cost = account.bytes * BYTES_PER_STORED_BYTE + BYTES_PER_ACCOUNT;
        let mut part = write(part);
        if part
            .get(&account.id)
            .is_some_and(|old| old.account.revision > account.revision)
        {
            return;
        }
        let entry = Entry {
            account: account.clone(),
            cost,
            used: AtomicBool::new(true),
        };
        let old = part.insert(account.id, entry);
        drop(part);
        let old_cost = old.map_or(0, |old| old.cost);
        self.bytes.fetch_add(cost, Ordering::Relaxed);
        self.bytes.fetch_sub(old_cost, Ordering::Relaxed);
        if self.bytes.load(Ordering::Relaxed) > self.bytes_max {
            self.evict();
        }
    }

    /// Passes over the parts, dropping accounts not looked up since the last pass, until a tenth of
    /// the room is free; two rounds are enough to drop all.
    fn evict(&self) {
        let target = self.bytes_max / 10 * 9;
        for _ in 0..PARTS * 2 {
            let at = self.hand.fetch_add(1, Ordering::Relaxed) % PARTS;
            let Some(part) = self.parts.get(at) else {
                return;
            };
            write(part).retain(|_, entry| {
                let keep = entry.used.swap(false, Ordering::Relaxed)
                    || self.bytes.load(Ordering::Relaxed) <= target;
                if !keep {
                    self.bytes.fetch_sub(entry.cost, Ordering::Relaxed);
                }
                keep
            });
            if self.bytes.load(Ordering::Relaxed) <= target {
                return;
            }
        }
    }

    pub(crate) fn remove(&self, unit: Unit) {
        match unit {
            Unit::Installation => self.installation.store(None),
            Unit::Account(id) => {
                if let Some(old) = self.part(id).and_then(|part| write(part).remove(&id)) {
                    self.bytes.fetch_sub(old.cost, Ordering::Relaxed);
                }
            }
        }
    }

    /// Forgets everything: what is stored may be something else now.
    pub(crate) fn clear(&self) {
        self.installation.store(None);
        for part in &self.parts {
            let mut part = write(part);
            let cost = part.values().map(|entry| entry.cost).sum();
            part.clear();
            self.bytes.fetch_sub(cost, Ordering::Relaxed);
        }
    }

    /// Accounts in memory and the bytes they are reckoned at.
    pub(crate) fn size(&self) -> (u64, u64) {
        let accounts = self
            .parts
            .iter()
            .map(|part| part.read().unwrap_or_else(PoisonError::into_inner).len() as u64)
            .sum();
        (accounts, self.bytes.load(Ordering::Relaxed))
    }
}

fn write(part: &RwLock<Part>) -> RwLockWriteGuard<'_, Part> {
    part.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
