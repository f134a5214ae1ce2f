//! Which of many prefixes a text begins with: a radix tree, walked once along the text.

use std::collections::VecDeque;
use std::ops::Range;

use crate::text::begins;

/// Prefixes, each with a range of whatever is listed under it.
#[derive(Debug, Default)]
pub(crate) struct Trie {
    /// The root first; the children of a node stand together, sorted by their first byte.
    nodes: Box<[Node]>,
    /// The first byte of each node.
    firsts: Box<[u8]>,
    /// What the nodes hold after their first bytes.
    labels: Box<[u8]>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    label: Range<usize>,
    children: Range<usize>,
    listed: Range<usize>,
}

/// Sorted prefixes that share their first `depth` bytes, and the node to be made of them.
struct Task {
    node: usize,
    prefixes: Range<usize>,
    depth: usize,
}

impl Trie {
    /// Makes the tree of `prefixes`, which are sorted and unique.
    pub(crate) fn new(prefixes: &[(&str, Range<usize>)]) -> Trie {
        let mut nodes = vec![Node::default()];
        let mut firsts = vec![0];
        let mut labels = Vec::new();
        let mut tasks = VecDeque::from([Task {
            node: 0,
            prefixes: 0..prefixes.len(),
            depth: 0,
        }]);
        while let Some(task) = tasks.pop_front() {
            let mut rest = task.prefixes;
            let children = nodes.len();
            let mut listed = 0..0;
            let bytes = |index: usize| prefixes.get(index).map_or(&[][..], |(p, _)| p.as_bytes());
            if let Some((prefix, range)) = prefixes.get(rest.start)
                && !rest.is_empty()
                && prefix.len() == task.depth
            {
                listed = range.clone();
                rest.start += 1;
            }
            while let Some(first) = bytes(rest.start).get(task.depth).copied()
                && !rest.is_empty()
            {
                let of_first = prefixes.get(rest.clone()).unwrap_or_default();
                let count = of_first.partition_point(|(prefix, _)| {
                    prefix.as_bytes().get(task.depth) == Some(&first)
                });
                let run = rest.start..rest.start + count.max(1);
                let (low, high) = (bytes(run.start), bytes(run.end - 1));
                let depth = low.iter().zip(high).take_while(|(a, b)| a == b).count();
                let start = labels.len();
                labels.extend_from_slice(low.get(task.depth + 1..depth).unwrap_or_default());
                tasks.push_back(Task {
                    node: nodes.len(),
                    prefixes: run.clone(),
                    depth,
                });
                nodes.push(Node {
                    label: start..labels.len(),
                    ..Node::default()
                });
                firsts.push(first);
                rest.start = run.end;
            }
            let end = nodes.len();
            if let Some(node) = nodes.get_mut(task.node) {
                node.children = children..end;
                node.listed = listed;
            }
        }
        Trie {
            nodes: nodes.into(),
            firsts: firsts.into(),
            labels: labels.into(),
        }
    }

    /// Visits what is listed under every prefix of `text`, the shortest first.
    pub(crate) fn walk(&self, text: &[u8], mut visit: impl FnMut(Range<usize>)) {
        let mut rest = text;
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            if !node.listed.is_empty() {
                visit(node.listed.clone());
            }
            let Some((first, after)) = rest.split_first() else {
                return;
            };
            let firsts = self.firsts.get(node.children.clone()).unwrap_or_default();
            let Some(child) = firsts.iter().position(|byte| byte == first) else {
                return;
            };
            at = node.children.start + child;
            let label = self.nodes.get(at).map(|node| node.label.clone());
            let label = label.and_then(|label| self.labels.get(label));
            let label = label.unwrap_or_default();
            if !begins(after, label) {
                return;
            }
            rest = after.get(label.len()..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests;
