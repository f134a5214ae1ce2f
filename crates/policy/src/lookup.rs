//! What the context says, asked once a tag: several statements of a request often want the same.

use std::cell::Cell;

use crate::key::ConditionKey;
use crate::limits::KEYS_HELD;
use crate::request::Context;
use crate::value::{Value, Values};

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

/// Where the search for its place begins: a small hash of the name (FNV-1a).
fn slot(name: &ConditionKey) -> usize {
    let (text, seed) = match name {
        ConditionKey::Known(_) => return 0,
        ConditionKey::PrincipalTag(tag) => (tag, 1),
        ConditionKey::RequestTag(tag) => (tag, 2),
        ConditionKey::ResourceTag(tag) => (tag, 3),
        ConditionKey::Other(other) => (other, 4),
    };
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    let hash = text.bytes().fold(seed, step);
    let folded = hash ^ (hash >> 16) ^ (hash >> 8);
    folded as usize % KEYS_HELD
}

/// The context of one decision, and what it answered so far of keys that it must search for. Known
/// keys it has at hand: holding them would cost more than asking again.
pub(crate) struct Lookup<'q> {
    context: &'q dyn Context,
    held: [Cell<Option<Held<'q>>>; KEYS_HELD],
}

/// A key that was asked for, and its text if it has one. Other values are not held.
#[derive(Clone, Copy)]
struct Held<'q> {
    name: &'q ConditionKey,
    text: Option<&'q str>,
}

impl<'q> Lookup<'q> {
    #[inline]
    pub(crate) fn new(context: &'q dyn Context) -> Lookup<'q> {
        Lookup {
            context,
            held: std::array::from_fn(|_| Cell::new(None)),
        }
    }

    /// The values of one key.
    #[inline]
    pub(crate) fn values(&self, key: &'q Key) -> Values<'q> {
        match &key.name {
            ConditionKey::Known(_) => self.context.values(&key.name),
            _ => self.find(key),
        }
    }

    #[inline(never)]
    fn find(&self, key: &'q Key) -> Values<'q> {
        for place in key.slot..key.slot + KEYS_HELD {
            let Some(cell) = self.held.get(place % KEYS_HELD) else {
                break;
            };
            match cell.get() {
                Some(held) if *held.name == key.name => return of_text(held.text),
                Some(_) => {}
                None => {
                    let name = &key.name;
                    let text = match self.context.values(name) {
                        Values::One(Value::Str(text)) => Some(text),
                        Values::Absent => None,
                        values => return values,
                    };
                    cell.set(Some(Held { name, text }));
                    return of_text(text);
                }
            }
        }
        self.context.values(&key.name)
    }
}

#[inline]
fn of_text(text: Option<&str>) -> Values<'_> {
    text.map_or(Values::Absent, |text| Values::One(Value::Str(text)))
}
