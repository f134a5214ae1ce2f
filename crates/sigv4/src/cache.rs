//! A bounded cache of signing keys: sets of a few entries, each set behind its own lock.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};

use crate::key::SigningKey;
use crate::limits::CACHE_WAYS;

/// Bounded cache of signing keys by access key id, tag of the secret, date, region and service.
///
/// A hit takes one short lock out of many and allocates nothing; the oldest entry of a full set gives
/// way. Dropped keys are wiped. Seeds of the hash come from the standard library; they decide only
/// which set holds an entry.
pub struct KeyCache {
    sets: Box<[Mutex<Set>]>,
    seed: RandomState,
}

#[derive(Default)]
struct Set {
    entries: Vec<Entry>,
    clock: u64,
}

struct Entry {
    hash: u64,
    secret_tag: u64,
    /// Access key id, date, region, service.
    names: [Box<str>; 4],
    key: Arc<SigningKey>,
    used: u64,
}

impl KeyCache {
    /// A cache of at least `capacity` keys (rounded up to a power of two, at least eight).
    pub fn new(capacity: usize) -> Self {
        let sets = capacity.div_ceil(CACHE_WAYS).max(1).next_power_of_two();
        KeyCache {
            sets: (0..sets).map(|_| Mutex::default()).collect(),
            seed: RandomState::new(),
        }
    }

    /// The signing key of this secret for this scope, derived and kept if it is not held.
    ///
    /// `secret_tag` tells one secret of an access key id from another (a revision, say): a key derived
    /// under one tag is never given for another. For a request that is not proven yet see
    /// [`KeyCache::get`].
    pub fn get_or_derive(
        &self,
        access_key_id: &str,
        secret_tag: u64,
        secret: &[u8],
        date: &str,
        region: &str,
        service: &str,
    ) -> Arc<SigningKey> {
        let scope = [date, region, service];
        if let Some(key) = self.get(access_key_id, secret_tag, scope) {
            return key;
        }
        // Derived outside the lock: two threads may both derive, and both are right.
        let key = Arc::new(SigningKey::derive(secret, date, region, service));
        self.keep(access_key_id, secret_tag, scope, &key);
        key
    }

    /// The signing key for this scope (date, region, service), if it is held. Nothing is put in:
    /// whoever knows a key id and not its secret could otherwise push out the keys of others.
    pub fn get(
        &self,
        access_key_id: &str,
        secret_tag: u64,
        scope: [&str; 3],
    ) -> Option<Arc<SigningKey>> {
        let (hash, names) = self.place(access_key_id, secret_tag, scope);
        self.set(hash)?
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .find(hash, secret_tag, names)
    }

    /// Keeps `key` for this scope, once a request has proven that it knows it.
    pub fn keep(
        &self,
        access_key_id: &str,
        secret_tag: u64,
        scope: [&str; 3],
        key: &Arc<SigningKey>,
    ) {
        let (hash, names) = self.place(access_key_id, secret_tag, scope);
        let Some(set) = self.set(hash) else { return };
        let entry = Entry {
            hash,
            secret_tag,
            names: names.map(Box::from),
            key: Arc::clone(key),
            used: 0,
        };
        set.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(entry);
    }

    fn place<'a>(
        &self,
        access_key_id: &'a str,
        secret_tag: u64,
        [date, region, service]: [&'a str; 3],
    ) -> (u64, [&'a str; 4]) {
        let names = [access_key_id, date, region, service];
        (self.seed.hash_one((names, secret_tag)), names)
    }

    /// Keys held now.
    pub fn len(&self) -> usize {
        let held = |set: &Mutex<Set>| {
            set.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .entries
                .len()
        };
        self.sets.iter().map(held).sum()
    }

    /// Is nothing held?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn set(&self, hash: u64) -> Option<&Mutex<Set>> {
        let count = u64::try_from(self.sets.len()).ok()?;
        usize::try_from(hash.checked_rem(count)?)
            .ok()
            .and_then(|at| self.sets.get(at))
    }
}

impl std::fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyCache")
            .field("sets", &self.sets.len())
            .finish_non_exhaustive()
    }
}

impl Set {
    fn find(&mut self, hash: u64, secret_tag: u64, names: [&str; 4]) -> Option<Arc<SigningKey>> {
        self.clock += 1;
        let clock = self.clock;
        let entry = self
            .entries
            .iter_mut()
            .find(|entry| entry.is(hash, secret_tag, names))?;
        entry.used = clock;
        Some(entry.key.clone())
    }

    fn insert(&mut self, mut entry: Entry) {
        self.clock += 1;
        entry.used = self.clock;
        if self.entries.len() >= CACHE_WAYS {
            let oldest = self
                .entries
                .iter()
                .enumerate()
                .min_by_key(|(_, entry)| entry.used);
            if let Some((position, _)) = oldest {
                self.entries.swap_remove(position);
            }
        }
        self.entries.push(entry);
    }
}

impl Entry {
    fn is(&self, hash: u64, secret_tag: u64, names: [&str; 4]) -> bool {
        self.hash == hash
            && self.secret_tag == secret_tag
            && self
                .names
                .iter()
                .zip(names)
                .all(|(held, asked)| **held == *asked)
    }
}
