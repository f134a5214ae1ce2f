//! Statements of the same actions and resource, told apart by a condition: those that want another text,
//! address or time than the request's are never looked at.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;
use std::slice;

use crate::date::Instant;
use crate::index::Entry;
use crate::ip;
use crate::key::ConditionKey;
use crate::limits::GATED_MIN;
use crate::lookup::{Key, Lookup};
use crate::trie::Trie;
use crate::value::{Value, Values};

/// Statements that all have a condition of one kind on one key.
#[derive(Debug)]
pub(crate) struct Gate {
    key: Key,
    by: By,
    /// In the order of `by`, then place; a statement that is let through in several ways stands under
    /// each.
    listed: Box<[Entry]>,
}

/// What lets statements through.
#[derive(Debug)]
enum By {
    Literal(Trie),
    Network(Box<[ip::Range]>),
    /// Falling.
    Until(Box<[Instant]>),
    /// Rising.
    Since(Box<[Instant]>),
}

/// A value that a condition may hold for. It certainly fails for one of the same type that is no such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way<'c> {
    /// A text that begins so.
    Literal(&'c str),
    /// An address within.
    Network(ip::Range),
    /// This instant or an earlier one.
    Until(Reverse<Instant>),
    /// This instant or a later one.
    Since(Instant),
}

impl Way<'_> {
    /// Ways of one kind lead through the same gate.
    fn kind(self) -> u8 {
        match self {
            Way::Literal(_) => 0,
            Way::Network(_) => 1,
            Way::Until(_) => 2,
            Way::Since(_) => 3,
        }
    }
}

impl Gate {
    /// Takes out of `entries` what is worth a gate.
    pub(crate) fn split(entries: Vec<Entry>) -> (Box<[Gate]>, Box<[Entry]>) {
        if entries.len() < GATED_MIN {
            return (Box::default(), entries.into());
        }
        let mut of_kind: BTreeMap<(ConditionKey, u8), Vec<Entry>> = BTreeMap::new();
        let mut others = Vec::new();
        for entry in entries {
            let kind = entry.gated_by().and_then(|(key, ways)| {
                let kind = ways.first()?.kind();
                Some((key.name().clone(), kind))
            });
            match kind {
                Some(kind) => of_kind.entry(kind).or_default().push(entry),
                None => others.push(entry),
            }
        }
        let mut gates = Vec::new();
        for entries in of_kind.into_values() {
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
        let mut rows: Vec<(Way<'_>, usize, &Entry)> = Vec::new();
        for entry in entries {
            let (_, ways) = entry.gated_by()?;
            rows.extend(ways.into_iter().map(|way| (way, entry.place, entry)));
        }
        rows.sort_unstable_by_key(|(way, place, _)| (*way, *place));
        rows.dedup_by_key(|(way, place, _)| (*way, *place));
        let ways = rows.iter().map(|(way, _, _)| *way);
        Some(Gate {
            key: key.clone(),
            by: By::new(ways.collect()),
            listed: rows.iter().map(|(_, _, entry)| (*entry).clone()).collect(),
        })
    }

    /// Visits whatever may apply, each slice in the order of places.
    #[inline]
    pub(crate) fn visit<'q>(&'q self, lookup: &Lookup<'q>, mut visit: impl FnMut(&'q [Entry])) {
        let mut walk = |trie: &Trie, text: &str| {
            trie.walk(text.as_bytes(), |range| {
                visit(self.listed.get(range).unwrap_or_default());
            });
        };
        match (&self.by, lookup.values(&self.key)) {
            (By::Literal(trie), Values::One(Value::Str(text))) => walk(trie, text),
            (By::Literal(trie), Values::Many(values)) => {
                values.iter().for_each(|text| walk(trie, text));
            }
            (By::Network(networks), Values::One(Value::Ip(address))) => {
                let address = address.to_canonical();
                for (network, entry) in networks.iter().zip(&self.listed) {
                    if network.contains(address) {
                        visit(slice::from_ref(entry));
                    }
                }
            }
            (By::Until(latest), Values::One(Value::Date(seconds))) => {
                let now = Instant::at(seconds);
                let open = latest.partition_point(|latest| now <= *latest);
                self.listed
                    .iter()
                    .take(open)
                    .map(slice::from_ref)
                    .for_each(visit);
            }
            (By::Since(earliest), Values::One(Value::Date(seconds))) => {
                let now = Instant::at(seconds);
                let open = earliest.partition_point(|earliest| *earliest <= now);
                self.listed
                    .iter()
                    .take(open)
                    .map(slice::from_ref)
                    .for_each(visit);
            }
            // What is missing, ambiguous or of another type is for the conditions themselves.
            _ => self.listed.chunks(1).for_each(visit),
        }
    }
}

impl By {
    /// Of sorted ways, which are of one kind.
    fn new(ways: Vec<Way<'_>>) -> By {
        let each = || ways.iter().copied();
        match ways.first() {
            None | Some(Way::Literal(_)) => {
                let mut prefixes: Vec<(&str, Range<usize>)> = Vec::new();
                for (index, way) in each().enumerate() {
                    let Way::Literal(literal) = way else { continue };
                    match prefixes.last_mut() {
                        Some((last, range)) if *last == literal => range.end = index + 1,
                        _ => prefixes.push((literal, index..index + 1)),
                    }
                }
                By::Literal(Trie::new(&prefixes))
            }
            Some(Way::Network(_)) => By::Network(
                each()
                    .filter_map(|way| match way {
                        Way::Network(network) => Some(network),
                        _ => None,
                    })
                    .collect(),
            ),
            Some(Way::Until(_)) => By::Until(
                each()
                    .filter_map(|way| match way {
                        Way::Until(Reverse(latest)) => Some(latest),
                        _ => None,
                    })
                    .collect(),
            ),
            Some(Way::Since(_)) => By::Since(
                each()
                    .filter_map(|way| match way {
                        Way::Since(earliest) => Some(earliest),
                        _ => None,
                    })
                    .collect(),
            ),
        }
    }
}
