//! From a parsed pattern to a deterministic machine over ASCII and the bands above it.

use super::parse::{Class, Node};
use std::collections::{BTreeMap, BTreeSet};

/// More states than this means the pattern wants another treatment.
const STATES_MAX: usize = 4096;

/// The tables. State 0 is dead, state 1 is the start.
pub struct Table {
    /// Where each band of characters above ASCII begins; the first at U+0080. No class of the pattern
    /// tells characters of one band apart. Symbols are the 128 ASCII characters and then the bands.
    pub bands: Vec<u32>,
    pub classes: Vec<u8>,
    pub width: usize,
    pub next: Vec<u16>,
    pub accepts: Vec<bool>,
}

struct Nfa {
    bands: Vec<u32>,
    /// Free moves.
    free: Vec<Vec<usize>>,
    /// A move on a set of symbols.
    moves: Vec<Option<(Vec<bool>, usize)>>,
}

impl Nfa {
    fn state(&mut self) -> usize {
        self.free.push(Vec::new());
        self.moves.push(None);
        self.free.len() - 1
    }

    /// Adds `node` after state `from`; answers the state where it ends.
    fn add(&mut self, node: &Node, from: usize) -> Result<usize, String> {
        match node {
            Node::Class(class) => {
                let end = self.state();
                let start = self.state();
                self.moves[start] = Some((symbols(class, &self.bands)?, end));
                self.free[from].push(start);
                Ok(end)
            }
            Node::Sequence(items) => items.iter().try_fold(from, |at, item| self.add(item, at)),
            Node::Either(options) => {
                let end = self.state();
                for option in options {
                    let start = self.state();
                    self.free[from].push(start);
                    let last = self.add(option, start)?;
                    self.free[last].push(end);
                }
                Ok(end)
            }
            Node::Repeat(inner, min, max) => self.repeat(inner, *min, *max, from),
        }
    }

    fn repeat(
        &mut self,
        inner: &Node,
        min: u32,
        max: Option<u32>,
        from: usize,
    ) -> Result<usize, String> {
        let mut at = from;
        for _ in 0..min {
            at = self.add(inner, at)?;
        }
        let end = self.state();
        let Some(max) = max else {
            let start = self.state();
            self.free[at].push(start);
            self.free[start].push(end);
            let last = self.add(inner, start)?;
            self.free[last].push(start);
            return Ok(end);
        };
        for _ in min..max {
            self.free[at].push(end);
            at = self.add(inner, at)?;
        }
        self.free[at].push(end);
        Ok(end)
    }

    fn closure(&self, states: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let mut todo: Vec<usize> = states.into_iter().collect();
        let mut found = BTreeSet::new();
        while let Some(state) = todo.pop() {
            if found.insert(state) {
                todo.extend(&self.free[state]);
            }
        }
        found
    }

    fn step(&self, states: &BTreeSet<usize>, symbol: usize) -> BTreeSet<usize> {
        let reached = states.iter().filter_map(|s| self.moves[*s].as_ref());
        self.closure(reached.filter(|(set, _)| set[symbol]).map(|(_, end)| *end))
    }
}

/// The symbols of a class.
fn symbols(class: &Class, bands: &[u32]) -> Result<Vec<bool>, String> {
    if class.letters {
        return Err("a machine knows no Unicode categories".to_owned());
    }
    let ascii = (0..128).map(|c| (class.ascii >> c) & 1 == 1);
    let above = bands
        .iter()
        .map(|start| class.ranges.iter().any(|(a, b)| a <= start && start <= b));
    Ok(ascii.chain(above).collect())
}

/// Every place above ASCII where some class of the pattern begins or ends.
fn borders(node: &Node, out: &mut BTreeSet<u32>) {
    match node {
        Node::Class(class) => {
            out.extend(class.ranges.iter().flat_map(|(from, to)| [*from, to + 1]));
        }
        Node::Repeat(inner, ..) => borders(inner, out),
        Node::Sequence(items) | Node::Either(items) => {
            items.iter().for_each(|item| borders(item, out));
        }
    }
}

pub fn build(node: &Node) -> Result<Table, String> {
    let mut bands = BTreeSet::from([0x80]);
    borders(node, &mut bands);
    let bands: Vec<u32> = bands
        .into_iter()
        .filter(|start| *start <= 0x10_FFFF)
        .collect();
    let count = 128 + bands.len();
    let mut nfa = Nfa {
        bands,
        free: Vec::new(),
        moves: Vec::new(),
    };
    let start = nfa.state();
    let end = nfa.add(node, start)?;
    let first = nfa.closure([start]);
    let mut numbers = BTreeMap::from([(BTreeSet::new(), 0_usize), (first.clone(), 1)]);
    let mut states = vec![BTreeSet::new(), first];
    let mut rows: Vec<Vec<usize>> = Vec::new();
    while let Some(set) = states.get(rows.len()).cloned() {
        let mut row = Vec::with_capacity(count);
        for symbol in 0..count {
            let reached = nfa.step(&set, symbol);
            let number = *numbers.entry(reached.clone()).or_insert_with(|| {
                states.push(reached);
                states.len() - 1
            });
            row.push(number);
        }
        rows.push(row);
        if states.len() > STATES_MAX {
            return Err("too many states".to_owned());
        }
    }
    let accepts = states.iter().map(|s| s.contains(&end)).collect();
    Ok(squeeze(&rows, nfa.bands, accepts))
}

/// Symbols that every state treats alike share one column.
fn squeeze(rows: &[Vec<usize>], bands: Vec<u32>, accepts: Vec<bool>) -> Table {
    let count = 128 + bands.len();
    let mut columns: BTreeMap<Vec<usize>, u8> = BTreeMap::new();
    let mut order: Vec<Vec<usize>> = Vec::new();
    let classes = (0..count)
        .map(|symbol| {
            let column: Vec<usize> = rows.iter().map(|row| row[symbol]).collect();
            *columns.entry(column.clone()).or_insert_with(|| {
                order.push(column);
                u8::try_from(order.len() - 1).unwrap_or(u8::MAX)
            })
        })
        .collect();
    let next = (0..rows.len())
        .flat_map(|state| order.iter().map(move |column| column[state]))
        .map(|state| u16::try_from(state).unwrap_or(0))
        .collect();
    Table {
        bands,
        classes,
        width: order.len(),
        next,
        accepts,
    }
}
