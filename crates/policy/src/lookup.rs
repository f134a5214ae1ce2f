//! What the context says, asked once a key: several conditions of a request often want the same.

use std::cell::OnceCell;

use crate::key::ConditionKey;
use crate::limits::KEYS_HELD;
use crate::request::Context;
use crate::value::Values;

/// A condition key with its place in the [`Lookup`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    name: ConditionKey,
    slot: usize,
}

impl Key {
    /// Resolves a name as it stands in a policy.
    pub(crate) fn parse(name: &str) -> Key {
        let name = ConditionKey::parse(name);
        let slot = slot(&name);
        Key { name, slot }
    }

    pub(crate) fn name(&self) -> &ConditionKey {
        &self.name
    }
}

/// Where the search for its place begins: the number of a known key, so that those listed near each
/// other are never in each other's way, or a small hash of the name (FNV-1a).
fn slot(name: &ConditionKey) -> usize {
    let hash = |bytes: &[u8], seed: u32| {
        let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(16_777_619);
        bytes.iter().fold(seed, step)
    };
    let hash = match name {
        ConditionKey::Known(known) => {
            let number = *known as usize;
            return (number + 6 * (number / KEYS_HELD)) % KEYS_HELD;
        }
        ConditionKey::PrincipalTag(tag) => hash(tag.as_bytes(), 1),
        ConditionKey::RequestTag(tag) => hash(tag.as_bytes(), 2),
        ConditionKey::ResourceTag(tag) => hash(tag.as_bytes(), 3),
        ConditionKey::Other(other) => hash(other.as_bytes(), 4),
    };
    let folded = hash ^ (hash >> 16) ^ (hash >> 8);
    folded as usize % KEYS_HELD
}

/// The common keys compare without a call.
#[inline]
fn is_same(a: &ConditionKey, b: &ConditionKey) -> bool {
    match (a, b) {
        (ConditionKey::Known(a), ConditionKey::Known(b)) => a == b,
        (ConditionKey::Known(_), _) | (_, ConditionKey::Known(_)) => false,
        (a, b) => a == b,
    }
}

/// The context of one decision, and what it answered so far.
pub(crate) struct Lookup<'q> {
    context: &'q dyn Context,
    held: [OnceCell<Held<'q>>; KEYS_HELD],
}

/// A key that was asked for, and its values.
struct Held<'q> {
    name: &'q ConditionKey,
    values: Values<'q>,
}

impl<'q> Lookup<'q> {
    #[inline]
    pub(crate) fn new(context: &'q dyn Context) -> Lookup<'q> {
        Lookup {
            context,
            held: std::array::from_fn(|_| OnceCell::new()),
        }
    }

    /// The values of one key.
    #[inline]
    pub(crate) fn values(&self, key: &'q Key) -> Values<'q> {
        let Some(cell) = self.held.get(key.slot % KEYS_HELD) else {
            return self.context.values(&key.name);
        };
        match cell.get() {
            Some(held) if is_same(held.name, &key.name) => held.values,
            Some(_) => self.find(key),
            None => self.ask(cell, &key.name),
        }
    }

    #[inline(never)]
    fn ask(&self, cell: &OnceCell<Held<'q>>, name: &'q ConditionKey) -> Values<'q> {
        let values = self.context.values(name);
        // The place is free: a context cannot ask back.
        let _ = cell.set(Held { name, values });
        values
    }

    /// The same for a key whose place another one took.
    #[cold]
    fn find(&self, key: &'q Key) -> Values<'q> {
        for place in key.slot..key.slot + KEYS_HELD {
            let Some(cell) = self.held.get(place % KEYS_HELD) else {
                break;
            };
            match cell.get() {
                Some(held) if is_same(held.name, &key.name) => return held.values,
                Some(_) => {}
                None => return self.ask(cell, &key.name),
            }
        }
        self.context.values(&key.name)
    }
}
