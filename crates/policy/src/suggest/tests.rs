//! Near and far names, and edits counted by trying everything.
#![allow(clippy::indexing_slicing, reason = "the indices are in range")]

use super::{NAME_CHARACTERS_MAX, edits, nearest};

/// The same by trying everything, from the ends of both texts.
fn by_trying(a: &[char], b: &[char]) -> usize {
    let ([.., x], [.., y]) = (a, b) else {
        return a.len().max(b.len());
    };
    let (a_rest, b_rest) = (&a[..a.len() - 1], &b[..b.len() - 1]);
    let mut best = by_trying(a_rest, b_rest) + usize::from(x != y);
    best = best.min(by_trying(a_rest, b) + 1);
    best = best.min(by_trying(a, b_rest) + 1);
    if let ([.., before_x, _], [.., before_y, _]) = (a, b)
        && (before_x, x) == (y, before_y)
    {
        best = best.min(by_trying(&a[..a.len() - 2], &b[..b.len() - 2]) + 1);
    }
    best
}

#[test]
fn edits_are_counted_as_by_trying() {
    let texts: Vec<Vec<char>> = (0..162_u32)
        .map(|seed| {
            let length = seed % 6;
            let letter = |place| b"abc"[(seed / 6 / 3_u32.pow(place) % 3) as usize];
            (0..length).map(|place| char::from(letter(place))).collect()
        })
        .collect();
    for a in &texts {
        for b in &texts {
            assert_eq!(edits(a, b), by_trying(a, b), "{a:?} {b:?}");
        }
    }
}

#[test]
fn a_third_of_a_name_may_be_wrong() {
    for (name, known, is_near) in [
        ("ab", "ac", true),
        ("ab", "cd", false),
        ("abcde", "abcxy", false),
        ("abcdef", "abcdxy", true),
        ("abcdef", "abcxyz", false),
        ("abcdefghijkl", "abcdefghwxyz", true),
        ("abcdefghijklmno", "abcdefghijvwxyz", false),
        ("abcdef", "abcdefgh", true),
        ("abcdef", "abcdefghi", false),
    ] {
        let found = nearest(name, [known].into_iter());
        assert_eq!(found.is_some(), is_near, "{name} {known}");
    }
    let longest = "a".repeat(NAME_CHARACTERS_MAX);
    assert!(nearest(&longest, [&*longest].into_iter()).is_some());
    for more in ["a", "aa"] {
        let longer = format!("{longest}{more}");
        assert!(nearest(&longer, [&*longer].into_iter()).is_none());
    }
}

#[test]
fn near_names_are_found_and_far_ones_not() {
    let known = ["GetObject", "PutObject", "ListBucket"];
    for (name, expected) in [
        ("GetObjct", Some("GetObject")),
        ("getobject", Some("GetObject")),
        ("ListBuckets", Some("ListBucket")),
        ("GteObject", Some("GetObject")),
        ("DeleteEverything", None),
        ("", None),
        ("x", None),
    ] {
        assert_eq!(nearest(name, known.into_iter()), expected, "{name}");
    }
}
