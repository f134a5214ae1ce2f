//! Tables of entities: ordered by lower-cased name, decoded on first use, shared between versions.

use crate::engine::RecordError;
use crate::record::{Context, Stored};
use crate::tree::{Tree, TreeIter};
use bytes::Bytes;
use std::sync::{Arc, OnceLock};

/// One record: its bytes as stored, or its value, or both.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    /// The encoded record; empty when the value came from a write in this process.
    raw: Bytes,
    /// `None` inside: the record could not be decoded.
    value: OnceLock<Option<Arc<T>>>,
}

impl<T: Stored> Slot<T> {
    pub(crate) fn encoded(raw: Bytes) -> Slot<T> {
        Slot {
            raw,
            value: OnceLock::new(),
        }
    }

    pub(crate) fn decoded(value: Arc<T>) -> Slot<T> {
        Slot {
            raw: Bytes::new(),
            value: OnceLock::from(Some(value)),
        }
    }

    pub(crate) fn get(&self, key: &str, context: &Context) -> Option<&Arc<T>> {
        self.value
            .get_or_init(|| match T::decode(&self.raw, key, context) {
                Ok(value) => Some(Arc::new(value)),
                Err(error) => {
                    context.report_damage(error);
                    None
                }
            })
            .as_ref()
    }

    /// The unique id and the linked names of the record, without decoding it when avoidable.
    pub(crate) fn with_links<R>(
        &self,
        read: impl FnOnce(&str, &mut dyn Iterator<Item = &str>) -> R,
    ) -> Option<R> {
        match self.value.get() {
            Some(Some(value)) => {
                let links = value.links();
                Some(read(links.id, &mut links.names.iter().map(|name| &**name)))
            }
            Some(None) => None,
            None => {
                let header = crate::record::Header::read(&self.raw).ok()?;
                Some(read(header.id, &mut header.names()))
            }
        }
    }
}

pub(crate) type Slots<T> = Tree<Arc<Slot<T>>>;

/// Calls `read` with the name in lower case, without allocation for names of usual length.
pub(crate) fn with_lower<R>(name: &str, read: impl FnOnce(&str) -> R) -> R {
    if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return read(name);
    }
    let mut buffer = [0u8; 128];
    match buffer.get_mut(..name.len()) {
        Some(room) => {
            room.copy_from_slice(name.as_bytes());
            room.make_ascii_lowercase();
            // Lower-casing ASCII keeps UTF-8 valid.
            read(std::str::from_utf8(room).unwrap_or_default())
        }
        None => read(&name.to_ascii_lowercase()),
    }
}

/// A view of one table of an account.
#[derive(Debug)]
pub struct Table<'a, T> {
    slots: &'a Slots<T>,
    context: &'a Context,
}

impl<T> Clone for Table<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Table<'_, T> {}

impl<'a, T: Stored> Table<'a, T> {
    pub(crate) fn new(slots: &'a Slots<T>, context: &'a Context) -> Table<'a, T> {
        Table { slots, context }
    }

    /// The entity of that name, ignoring ASCII case.
    ///
    /// A record that cannot be decoded (see [`RecordError`]) is absent here, reported by the
    /// unit's `damage()`, and the engine refuses writes to its unit.
    pub fn get(&self, name: &str) -> Option<&'a Arc<T>> {
        let (slots, context) = (self.slots, self.context);
        with_lower(name, |lower| slots.get(lower)?.get(lower, context))
    }

    /// Number of entities.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.len() == 0
    }

    /// All entities in ascending order of their lower-cased names.
    pub fn iter(&self) -> Iter<'a, T> {
        Iter {
            slots: self.slots.iter(),
            context: self.context,
            skip: None,
        }
    }

    /// The entities whose lower-cased name comes after `marker`'s: the next page.
    pub fn after(&self, marker: &str) -> Iter<'a, T> {
        let lower = marker.to_ascii_lowercase();
        Iter {
            slots: self.slots.iter_from(&lower),
            context: self.context,
            skip: Some(lower),
        }
    }
}

impl<'a, T: Stored> IntoIterator for Table<'a, T> {
    type Item = &'a Arc<T>;
    type IntoIter = Iter<'a, T>;
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// Walks a table in ascending order of lower-cased names.
#[derive(Debug)]
pub struct Iter<'a, T> {
    slots: TreeIter<'a, Arc<Slot<T>>>,
    context: &'a Context,
    skip: Option<String>,
}

impl<'a, T: Stored> Iterator for Iter<'a, T> {
    type Item = &'a Arc<T>;
    fn next(&mut self) -> Option<&'a Arc<T>> {
        loop {
            let (key, slot) = self.slots.next()?;
            if self.skip.take().is_some_and(|marker| marker == key) {
                continue;
            }
            if let Some(value) = slot.get(key, self.context) {
                return Some(value);
            }
        }
    }
}

/// Where undecodable records of a unit are noted; the first one wins.
#[derive(Debug, Default)]
pub(crate) struct Damage(OnceLock<RecordError>);

impl Damage {
    pub(crate) fn report(&self, error: RecordError) {
        let _ = self.0.set(error);
    }

    pub(crate) fn first(&self) -> Option<&RecordError> {
        self.0.get()
    }
}
