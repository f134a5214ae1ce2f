//! Wildcards: as a regular expression that says the same, and as the naive matcher.

use locum_policy::wildcard_match;

use crate::model;

/// Longer inputs make the regular expression slow, not the matcher.
const CHARACTERS_MAX: usize = 400;
const NAIVE_MAX: usize = 60;

/// The input as pattern and text, parted by its first line break.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (pattern, text) = text.split_once('\n').unwrap_or((text, text));
    let length = pattern.chars().count().max(text.chars().count());
    let ours = wildcard_match(pattern, text);
    if length > CHARACTERS_MAX {
        return;
    }
    let mut expression = String::from("(?s)\\A");
    for c in pattern.chars() {
        match c {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            c => expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push_str("\\z");
    if let Ok(expression) = regex::Regex::new(&expression) {
        assert_eq!(ours, expression.is_match(text), "{pattern:?} {text:?}");
    }
    if length <= NAIVE_MAX {
        assert_eq!(ours, model::wildcard(pattern, text), "{pattern:?} {text:?}");
    }
}
