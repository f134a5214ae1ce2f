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

/// A small hash of the name (FNV-1a): where the search for its place begins.
fn slot(name: &ConditionKey) -> usize {
    let hash = |bytes: &[u8], seed: u32| {
        let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(16_777_619);
        bytes.iter().fold(seed, step)
    };
    let hash = match name {
        ConditionKey::Known(known) => hash(known.name().as_bytes(), 2_166_136_261),
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
        let held = self.held.get(key.slot % KEYS_HELD);
        match held.and_then(OnceCell::get) {
            Some(held) if is_same(held.name, &key.name) => held.values,
            _ => self.find(key),
        }
    }

    #[inline(never)]
    fn find(&self, key: &'q Key) -> Values<'q> {
        let halves = self.held.split_at_checked(key.slot % KEYS_HELD);
        let (before, from) = halves.unwrap_or_default();
        let mut free = None;
        for cell in from.iter().chain(before) {
            match cell.get() {
                Some(held) if is_same(held.name, &key.name) => return held.values,
                Some(_) => {}
                None => {
                    free = Some(cell);
                    break;
                }
            }
        }
        let name = &key.name;
        let values = self.context.values(name);
        if let Some(free) = free {
            // A context that asks a question of its own leaves this place to whoever took it.
            let _ = free.set(Held { name, values });
        }
        values
    }
}
