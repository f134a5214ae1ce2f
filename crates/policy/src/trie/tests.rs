//! The tree against the plain question, prefix by prefix.

use proptest::prelude::*;

use super::Trie;

fn walk(prefixes: &[&str], text: &str) -> Vec<usize> {
    let mut sorted: Vec<&str> = prefixes.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let ranges = sorted.iter().enumerate();
    let ranges: Vec<_> = ranges.map(|(i, prefix)| (*prefix, i..i + 1)).collect();
    let mut found = Vec::new();
    Trie::new(&ranges).walk(text.as_bytes(), |range| found.extend(range));
    let expected = sorted.iter().enumerate();
    let expected = expected.filter(|(_, prefix)| text.starts_with(**prefix));
    let expected: Vec<usize> = expected.map(|(i, _)| i).collect();
    assert_eq!(found, expected, "{sorted:?} {text}");
    found
}

#[test]
fn shapes() {
    assert_eq!(walk(&[], "abc").len(), 0);
    assert_eq!(walk(&[""], "").len(), 1);
    assert_eq!(walk(&["", "a", "ab", "abc", "abd", "b"], "abcd").len(), 4);
    assert_eq!(
        walk(&["tenant1", "tenant1234", "tenant"], "tenant123").len(),
        2
    );
    assert_eq!(walk(&["ü", "üb", "\u{fc}\u{e9}"], "über").len(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn as_prefix_by_prefix(prefixes in proptest::collection::vec("[ab/é]{0,6}", 0..20), text in "[ab/é]{0,8}") {
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        walk(&prefixes, &text);
    }
}
