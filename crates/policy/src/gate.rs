//! Statements of the same actions and resource, told apart by a condition: those that want a text
//! which begins otherwise than the request's are never looked at.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::index::Entry;
use crate::key::ConditionKey;
use crate::limits::GATED_MIN;
use crate::lookup::{Key, Lookup};
use crate::trie::Prefixes;
use crate::value::{Value, Values};

/// Statements that all have a condition on one key, under the literals that its operands begin with.
#[derive(Debug)]
pub(crate) struct Gate {
    key: Key,
    prefixes: Prefixes,
    /// Sorted by literal, then place; a statement of several literals stands under each.
    listed: Box<[Entry]>,
}

impl Gate {
    /// Takes out of `entries` what is worth a gate.
    pub(crate) fn split(entries: Vec<Entry>) -> (Box<[Gate]>, Box<[Entry]>) {
        if entries.len() < GATED_MIN {
            return (Box::default(), entries.into());
        }
        let mut of_key: BTreeMap<ConditionKey, Vec<Entry>> = BTreeMap::new();
        let mut others = Vec::new();
        for entry in entries {
            match entry.gated_by().map(|(key, _)| key.name().clone()) {
                Some(name) => of_key.entry(name).or_default().push(entry),
                None => others.push(entry),
            }
        }
        let mut gates = Vec::new();
        for entries in of_key.into_values() {
            match Gate::new(&entries).filter(|_| entries.len() >= GATED_MIN) {
                Some(gate) => gates.push(gate),
                None => others.extend(entries),
            }
        }
        others.sort_unstable_by_key(|entry| entry.place);
        (gates.into(), others.into())
    }

    fn new(entries: &[Entry]) -> Option<Gate> {
        let (key, _) = entries.first()?.gated_by()?;
        let mut rows: Vec<(&str, usize, &Entry)> = Vec::new();
        for entry in entries {
            let (_, literals) = entry.gated_by()?;
            rows.extend(literals.map(|literal| (literal, entry.place, entry)));
        }
        rows.sort_unstable_by_key(|(literal, place, _)| (*literal, *place));
        rows.dedup_by_key(|(literal, place, _)| (*literal, *place));
        let mut prefixes: Vec<(&str, Range<usize>)> = Vec::new();
        for rows in rows.chunk_by(|a, b| a.0 == b.0) {
            let start = prefixes.last().map_or(0, |(_, range)| range.end);
            let literal = rows.first().map_or("", |(literal, _, _)| literal);
            prefixes.push((literal, start..start + rows.len()));
        }
        Some(Gate {
            key: key.clone(),
            prefixes: Prefixes::new(&prefixes),
            listed: rows.iter().map(|(_, _, entry)| (*entry).clone()).collect(),
        })
    }

    /// Visits whatever may apply, each slice in the order of places.
    #[inline]
    pub(crate) fn visit<'q>(&'q self, lookup: &Lookup<'q>, mut visit: impl FnMut(&'q [Entry])) {
        let mut walk = |text: &str| {
            self.prefixes.walk(text, |range| {
                visit(self.listed.get(range).unwrap_or_default());
            });
        };
        match lookup.values(&self.key) {
            Values::One(Value::Str(text)) => walk(text),
            Values::Many(values) => values.iter().for_each(|text| walk(text)),
            // What is missing, ambiguous or no text is for the conditions themselves.
            _ => self.listed.chunks(1).for_each(visit),
        }
    }
}
