//! The tree against the standard library's map.

use super::Tree;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

fn check(tree: &Tree<u32>, model: &BTreeMap<String, u32>) {
    assert_eq!(tree.len(), model.len());
    let found: Vec<_> = tree.iter().map(|(k, v)| (k.to_owned(), *v)).collect();
    let expected: Vec<_> = model.iter().map(|(k, v)| (k.clone(), *v)).collect();
    assert_eq!(found, expected);
    for (key, value) in model {
        assert_eq!(tree.get(key), Some(value));
    }
}

proptest! {
    #[test]
    fn agrees_with_a_btreemap(
        start in 0u32..3_000,
        steps in prop::collection::vec((0u32..400, 0u8..3), 0..600),
        from in 0u32..400,
    ) {
        let mut model: BTreeMap<String, u32> =
            (0..start).map(|n| (format!("role-{n:05}"), n)).collect();
        let mut tree = Tree::from_sorted(
            model.iter().map(|(k, v)| (Arc::from(k.as_str()), *v)).collect(),
        );
        let before = tree.clone();
        let untouched = model.clone();
        for (number, step) in steps {
            let key = format!("role-{:05}", number * 7);
            if step == 0 {
                prop_assert_eq!(tree.remove(&key), model.remove(&key));
            } else {
                prop_assert_eq!(tree.insert(&key, number), model.insert(key, number));
            }
        }
        check(&tree, &model);
        check(&before, &untouched);
        let marker = format!("role-{:05}", from * 7);
        let found: Vec<_> = tree.iter_from(&marker).map(|(k, _)| k.to_owned()).collect();
        let expected: Vec<_> = model.range(marker..).map(|(k, _)| k.clone()).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn empties_and_fills_again() {
    let mut tree = Tree::default();
    for n in 0..2_000u32 {
        assert_eq!(tree.insert(&format!("{n}"), n), None);
    }
    for n in 0..2_000u32 {
        assert_eq!(tree.remove(&format!("{n}")), Some(n));
    }
    assert_eq!(tree.len(), 0);
    assert!(tree.iter().next().is_none());
    assert_eq!(tree.remove("0"), None);
    tree.insert("again", 1);
    assert_eq!(tree.get("again"), Some(&1));
}
