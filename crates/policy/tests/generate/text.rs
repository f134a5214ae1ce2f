//! Changes of text: patterns from texts, texts from patterns, and texts that are nearly the same.

use super::facts::{Fact, Facts};
use super::{Random, values};

/// Small changes: a letter more, less or other, another case, a wildcard as a letter.
pub(crate) fn nearly(random: &mut Random, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = random.below(chars.len().max(1));
    match random.below(8) {
        0 => chars.push(*random.pick(&['x', '4', '/', ':', '*'])),
        1 | 2 if !chars.is_empty() => {
            chars.remove(at);
        }
        3 if !chars.is_empty() => chars[at] = *random.pick(&['x', '*', '?', ':', '\u{e9}']),
        4 => {
            for c in &mut chars {
                *c = if c.is_ascii_lowercase() {
                    c.to_ascii_uppercase()
                } else {
                    c.to_ascii_lowercase()
                };
            }
        }
        5 if !chars.is_empty() => {
            let c = chars[at];
            chars[at] = if c.is_ascii_lowercase() {
                c.to_ascii_uppercase()
            } else {
                c.to_ascii_lowercase()
            };
        }
        6 => chars.insert(at, *random.pick(&['a', '/', '*'])),
        _ => chars.truncate(at),
    }
    chars.into_iter().collect()
}

/// A pattern that matches a text, or nearly.
pub(crate) fn pattern(random: &mut Random, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return "*".to_owned();
    }
    for _ in 0..random.below(3) {
        let at = random.below(chars.len());
        match random.below(6) {
            0 => chars[at] = '?',
            1 => {
                chars.truncate(at);
                chars.push('*');
            }
            2 => {
                let end = (at + random.below(4)).min(chars.len());
                chars.splice(at..end, ['*']);
            }
            3 => chars.insert(at, '*'),
            4 => {
                chars.splice(..at, ['*']);
            }
            _ => {}
        }
    }
    chars.into_iter().collect()
}

/// What a wildcard may stand for.
const FILLINGS: &[&str] = &[
    "", "", "a", "x/y", "red", ":", "a:b", "\u{e9}", "*", "?", "ada/x",
];

/// A text that a pattern matches: its variables by the request's values, which are made up as
/// needed, and its wildcards by something.
pub(crate) fn instance(
    random: &mut Random,
    pattern: &str,
    wild: bool,
    facts: &mut Facts,
) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        if let Some((name, after)) = rest.strip_prefix("${").and_then(|r| r.split_once('}')) {
            out.push_str(&value_of(random, name, facts));
            rest = after;
            continue;
        }
        rest = rest.split_at(c.len_utf8()).1;
        match c {
            '*' if wild => out.push_str(random.pick::<&str>(FILLINGS)),
            '?' if wild => out.push(*random.pick(&['a', 'Z', '/', '\u{e9}', '?', ':'])),
            c => out.push(c),
        }
    }
    out
}

/// What a variable stands for; a key that has no value yet mostly gets one.
fn value_of(random: &mut Random, name: &str, facts: &mut Facts) -> String {
    if ["*", "?", "$"].contains(&name) {
        return name.to_owned();
    }
    let (key, default) = match name.split_once(", '") {
        Some((key, default)) => (key, default.trim_end_matches('\'')),
        None => (name, ""),
    };
    if facts.get(key).is_none() && random.chance(if default.is_empty() { 75 } else { 40 }) {
        let made = values::natural(random, key);
        facts.add(key, made);
    }
    match facts.get(key) {
        Some(Fact::Str(text)) => text.clone(),
        Some(Fact::Int(number)) => number.to_string(),
        Some(Fact::Bool(truth)) => truth.to_string(),
        Some(Fact::Ip(address)) => address.to_canonical().to_string(),
        Some(Fact::Many(texts)) => texts.first().cloned().unwrap_or_default(),
        _ => default.to_owned(),
    }
}
