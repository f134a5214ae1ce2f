//! A persistent ordered map from text to values: a B+tree whose copies share all unchanged nodes.
//!
//! A look-up reads one node per level (two levels for 1,000 entries): branches keep their keys in
//! one run of bytes and leaves are searched by a run of hashes, so a look-up in a table that has
//! gone cold costs a handful of cache misses, where a binary tree of 1,000 costs twenty. A change
//! copies one node per level.

use std::sync::Arc;

/// Entries of a leaf at most.
const LEAF: usize = 32;
/// Children of a branch at most.
const BRANCH: usize = 32;

/// The map. Cloning it is one reference count.
#[derive(Debug)]
pub(crate) struct Tree<V> {
    root: Option<Arc<Node<V>>>,
    len: usize,
}

impl<V> Clone for Tree<V> {
    fn clone(&self) -> Self {
        Tree {
            root: self.root.clone(),
            len: self.len,
        }
    }
}

impl<V> Default for Tree<V> {
    fn default() -> Self {
        Tree { root: None, len: 0 }
    }
}

#[derive(Debug)]
enum Node<V> {
    Leaf(Leaf<V>),
    Branch(Branch<V>),
}

#[derive(Debug, Clone)]
struct Leaf<V> {
    hashes: Vec<u32>,
    entries: Vec<(Arc<str>, V)>,
}

#[derive(Debug)]
struct Branch<V> {
    /// The first key under each child, one after the other; the first child's is not used to
    /// choose, so it may be larger than what was inserted below it later.
    text: String,
    ends: Vec<u32>,
    children: Vec<Arc<Node<V>>>,
}

/// FNV-1a, folded: it only has to tell 32 neighbours apart.
fn hash(key: &str) -> u32 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in key.as_bytes() {
        state = (state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    u32::try_from((state ^ (state >> 32)) & 0xffff_ffff).unwrap_or(0)
}

impl<V> Branch<V> {
    fn of(children: Vec<(Arc<str>, Arc<Node<V>>)>) -> Branch<V> {
        let mut text = String::with_capacity(children.iter().map(|(key, _)| key.len()).sum());
        let mut ends = Vec::with_capacity(children.len());
        let mut nodes = Vec::with_capacity(children.len());
        for (key, node) in children {
            text.push_str(&key);
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
            nodes.push(node);
        }
        Branch {
            text,
            ends,
            children: nodes,
        }
    }

    fn key(&self, index: usize) -> &str {
        let at = |i: usize| self.ends.get(i).map_or(0, |end| *end as usize);
        let start = index.checked_sub(1).map_or(0, at);
        self.text.get(start..at(index)).unwrap_or_default()
    }

    /// The child in whose range the key falls.
    fn child_of(&self, key: &str) -> usize {
        let (mut low, mut high) = (1, self.ends.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.key(middle) <= key {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.saturating_sub(1)
    }

    /// The same with another child in one place; all keys stay, so nothing is taken apart.
    fn with_child(&self, at: usize, node: Arc<Node<V>>) -> Branch<V> {
        let mut children = self.children.clone();
        if let Some(slot) = children.get_mut(at) {
            *slot = node;
        }
        Branch {
            text: self.text.clone(),
            ends: self.ends.clone(),
            children,
        }
    }

    fn pairs(&self) -> Vec<(Arc<str>, Arc<Node<V>>)> {
        self.children
            .iter()
            .enumerate()
            .map(|(index, node)| (Arc::from(self.key(index)), node.clone()))
            .collect()
    }
}

impl<V: Clone> Leaf<V> {
    fn of(entries: Vec<(Arc<str>, V)>) -> Leaf<V> {
        Leaf {
            hashes: entries.iter().map(|(key, _)| hash(key)).collect(),
            entries,
        }
    }
}

impl<V> Leaf<V> {
    fn get(&self, key: &str, hashed: u32) -> Option<&V> {
        for (index, candidate) in self.hashes.iter().enumerate() {
            if *candidate == hashed
                && let Some((found, value)) = self.entries.get(index)
                && &**found == key
            {
                return Some(value);
            }
        }
        None
    }
}

/// What an insertion left: the node, or two when it was full.
enum Grown<V> {
    One(Arc<Node<V>>),
    Two(Arc<Node<V>>, Arc<str>, Arc<Node<V>>),
}

impl<V: Clone> Tree<V> {
    /// Builds the tree from entries in ascending order without duplicates.
    pub(crate) fn from_sorted(entries: Vec<(Arc<str>, V)>) -> Tree<V> {
        let len = entries.len();
        let mut level: Vec<(Arc<str>, Arc<Node<V>>)> = Vec::with_capacity(len / LEAF + 1);
        let mut rest = entries.into_iter();
        loop {
            let chunk: Vec<_> = rest.by_ref().take(LEAF).collect();
            let Some((first, _)) = chunk.first() else {
                break;
            };
            let first = first.clone();
            level.push((first, Arc::new(Node::Leaf(Leaf::of(chunk)))));
        }
        while level.len() > 1 {
            let mut upper = Vec::with_capacity(level.len() / BRANCH + 1);
            let mut nodes = level.into_iter();
            loop {
                let chunk: Vec<_> = nodes.by_ref().take(BRANCH).collect();
                let Some((first, _)) = chunk.first() else {
                    break;
                };
                upper.push((first.clone(), Arc::new(Node::Branch(Branch::of(chunk)))));
            }
            level = upper;
        }
        Tree {
            root: level.pop().map(|(_, node)| node),
            len,
        }
    }

    /// Puts a value; returns the one it replaced.
    pub(crate) fn insert(&mut self, key: &str, value: V) -> Option<V> {
        let Some(root) = self.root.clone() else {
            let leaf = Leaf::of(vec![(Arc::from(key), value)]);
            *self = Tree {
                root: Some(Arc::new(Node::Leaf(leaf))),
                len: 1,
            };
            return None;
        };
        let mut replaced = None;
        let root = match insert_at(&root, key, value, &mut replaced) {
            Grown::One(node) => node,
            Grown::Two(left, middle, right) => Arc::new(Node::Branch(Branch::of(vec![
                (Arc::from(""), left),
                (middle, right),
            ]))),
        };
        self.root = Some(root);
        if replaced.is_none() {
            self.len += 1;
        }
        replaced
    }

    /// Takes a value out.
    pub(crate) fn remove(&mut self, key: &str) -> Option<V> {
        let found = self.get(key)?.clone();
        let mut root = self.root.as_ref().and_then(|root| remove_at(root, key));
        while let Some(Node::Branch(branch)) = root.as_deref()
            && branch.children.len() == 1
        {
            root = branch.children.first().cloned();
        }
        self.root = root;
        self.len -= 1;
        Some(found)
    }
}

impl<V> Tree<V> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        let mut node: &Node<V> = self.root.as_deref()?;
        loop {
            match node {
                Node::Leaf(leaf) => return leaf.get(key, hash(key)),
                Node::Branch(branch) => node = branch.children.get(branch.child_of(key))?,
            }
        }
    }

    /// All entries in ascending order of keys.
    pub(crate) fn iter(&self) -> TreeIter<'_, V> {
        self.iter_from("")
    }

    /// Entries whose key is `from` or larger, in ascending order.
    pub(crate) fn iter_from(&self, from: &str) -> TreeIter<'_, V> {
        let mut stack = Vec::new();
        let mut node = self.root.as_deref();
        while let Some(current) = node {
            match current {
                Node::Leaf(leaf) => {
                    let at = leaf.entries.partition_point(|(key, _)| &**key < from);
                    stack.push((current, at));
                    node = None;
                }
                Node::Branch(branch) => {
                    let at = branch.child_of(from);
                    stack.push((current, at + 1));
                    node = branch.children.get(at).map(|child| &**child);
                }
            }
        }
        TreeIter { stack }
    }
}

fn insert_at<V: Clone>(
    node: &Arc<Node<V>>,
    key: &str,
    value: V,
    replaced: &mut Option<V>,
) -> Grown<V> {
    match &**node {
        Node::Leaf(leaf) => {
            let mut entries = leaf.entries.clone();
            match entries.binary_search_by(|(found, _)| (**found).cmp(key)) {
                Ok(at) => {
                    if let Some((_, old)) = entries.get_mut(at) {
                        *replaced = Some(std::mem::replace(old, value));
                    }
                }
                Err(at) => entries.insert(at, (Arc::from(key), value)),
            }
            if entries.len() <= LEAF {
                return Grown::One(Arc::new(Node::Leaf(Leaf::of(entries))));
            }
            let right = entries.split_off(entries.len() / 2);
            let middle = right
                .first()
                .map_or_else(|| Arc::from(""), |(key, _)| key.clone());
            Grown::Two(
                Arc::new(Node::Leaf(Leaf::of(entries))),
                middle,
                Arc::new(Node::Leaf(Leaf::of(right))),
            )
        }
        Node::Branch(branch) => {
            let at = branch.child_of(key);
            let Some(child) = branch.children.get(at) else {
                return Grown::One(node.clone());
            };
            let mut pairs = match insert_at(child, key, value, replaced) {
                Grown::One(new) => {
                    return Grown::One(Arc::new(Node::Branch(branch.with_child(at, new))));
                }
                Grown::Two(left, middle, right) => {
                    let mut pairs = branch.pairs();
                    set_child(&mut pairs, at, left);
                    pairs.insert(at + 1, (middle, right));
                    pairs
                }
            };
            if pairs.len() <= BRANCH {
                return Grown::One(Arc::new(Node::Branch(Branch::of(pairs))));
            }
            let right = pairs.split_off(pairs.len() / 2);
            let middle = right
                .first()
                .map_or_else(|| Arc::from(""), |(key, _)| key.clone());
            Grown::Two(
                Arc::new(Node::Branch(Branch::of(pairs))),
                middle,
                Arc::new(Node::Branch(Branch::of(right))),
            )
        }
    }
}

fn set_child<V>(pairs: &mut [(Arc<str>, Arc<Node<V>>)], at: usize, node: Arc<Node<V>>) {
    if let Some((_, slot)) = pairs.get_mut(at) {
        *slot = node;
    }
}

/// The node without the key, `None` when nothing is left. Small nodes are not merged: order and
/// depth stay right, and a table that shrank is packed again when it is next loaded.
fn remove_at<V: Clone>(node: &Arc<Node<V>>, key: &str) -> Option<Arc<Node<V>>> {
    match &**node {
        Node::Leaf(leaf) => {
            let mut entries = leaf.entries.clone();
            if let Ok(at) = entries.binary_search_by(|(found, _)| (**found).cmp(key)) {
                entries.remove(at);
            }
            (!entries.is_empty()).then(|| Arc::new(Node::Leaf(Leaf::of(entries))))
        }
        Node::Branch(branch) => {
            let at = branch.child_of(key);
            let child = branch.children.get(at)?;
            if let Some(new) = remove_at(child, key) {
                return Some(Arc::new(Node::Branch(branch.with_child(at, new))));
            }
            let mut pairs = branch.pairs();
            pairs.remove(at);
            (!pairs.is_empty()).then(|| Arc::new(Node::Branch(Branch::of(pairs))))
        }
    }
}

/// Walks entries in ascending order of keys.
#[derive(Debug)]
pub(crate) struct TreeIter<'a, V> {
    stack: Vec<(&'a Node<V>, usize)>,
}

impl<'a, V> Iterator for TreeIter<'a, V> {
    type Item = (&'a str, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (node, at) = self.stack.last_mut()?;
            let index = *at;
            *at += 1;
            match *node {
                Node::Leaf(leaf) => match leaf.entries.get(index) {
                    Some((key, value)) => return Some((key, value)),
                    None => {
                        self.stack.pop();
                    }
                },
                Node::Branch(branch) => match branch.children.get(index) {
                    Some(child) => self.stack.push((child, 0)),
                    None => {
                        self.stack.pop();
                    }
                },
            }
        }
    }
}

#[cfg(test)]
mod tests;
