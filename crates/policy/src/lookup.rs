//! What the context says, asked once a key: several conditions of a request often want the same.

use std::cell::Cell;

use crate::key::ConditionKey;
use crate::limits::KEYS_HELD;
use crate::request::Context;
use crate::value::Values;

/// A condition key with its place in the [`Lookup`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    name: ConditionKey,
    slot: u8,
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

/// A small hash of the name (FNV-1a): keys that share a place only push each other out of it.
fn slot(name: &ConditionKey) -> u8 {
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
    u8::try_from(folded as usize % KEYS_HELD).unwrap_or(0)
}

type Held<'q> = Option<(&'q ConditionKey, Values<'q>)>;

/// The context of one decision, and what it answered so far.
pub(crate) struct Lookup<'q> {
    context: &'q dyn Context,
    held: [Cell<Held<'q>>; KEYS_HELD],
}

impl<'q> Lookup<'q> {
    pub(crate) fn new(context: &'q dyn Context) -> Lookup<'q> {
        Lookup {
            context,
            held: [const { Cell::new(None) }; KEYS_HELD],
        }
    }

    /// The values of one key.
    pub(crate) fn values(&self, key: &'q Key) -> Values<'q> {
        let Some(cell) = self.held.get(usize::from(key.slot)) else {
            return self.context.values(&key.name);
        };
        if let Some((name, values)) = cell.get()
            && *name == key.name
        {
            return values;
        }
        let values = self.context.values(&key.name);
        cell.set(Some((&key.name, values)));
        values
    }
}
