//! Text with wildcards and variables (sections 2, 3 and 5), and a naive matcher.

use locum_policy::Values;

use super::Question;
use super::scalar::canonical;

/// What a pattern is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A letter of the policy.
    Written(char),
    /// A letter that a variable put in: never a wildcard.
    Value(char),
    /// `*`
    Many,
    /// `?`
    One,
}

/// A text after its variables were replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Text {
    Pieces(Vec<Piece>),
    /// A variable has no value and no default.
    Null,
    /// It cannot be told what a variable stands for.
    Unknown,
}

/// Whether `*` and `?` mean something.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wild {
    Yes,
    No,
}

fn written(c: char, wild: Wild) -> Piece {
    match (c, wild) {
        ('*', Wild::Yes) => Piece::Many,
        ('?', Wild::Yes) => Piece::One,
        (c, _) => Piece::Written(c),
    }
}

/// Text as it stands, without variables.
pub(crate) fn plain(text: &str, wild: Wild) -> Vec<Piece> {
    text.chars().map(|c| written(c, wild)).collect()
}

/// Replaces the variables of a text.
pub(crate) fn expand(text: &str, variables: bool, wild: Wild, question: &Question<'_>) -> Text {
    if !variables {
        return Text::Pieces(plain(text, wild));
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    let (mut null, mut unknown) = (false, false);
    while let Some(c) = rest.chars().next() {
        let Some(inside) = rest.strip_prefix("${") else {
            pieces.push(written(c, wild));
            rest = rest.split_at(c.len_utf8()).1;
            continue;
        };
        let Some((name, after)) = inside.split_once('}') else {
            return Text::Unknown;
        };
        rest = after;
        match variable(name, question) {
            Text::Pieces(value) => pieces.extend(value),
            Text::Null => null = true,
            Text::Unknown => unknown = true,
        }
    }
    // One part that is null makes the whole null, whatever the others are.
    match (null, unknown) {
        (true, _) => Text::Null,
        (false, true) => Text::Unknown,
        (false, false) => Text::Pieces(pieces),
    }
}

/// What whatever matches must begin with, whatever the variables stand for: the letters before the
/// first variable or wildcard.
pub(crate) fn begins(pattern: &str, wild: Wild) -> String {
    let mut rest = pattern;
    let mut out = String::new();
    while let Some(c) = rest.chars().next() {
        let escape = ["${*}", "${?}", "${$}"]
            .iter()
            .find(|escape| rest.starts_with(**escape));
        if let Some(escape) = escape {
            out.extend(escape.chars().nth(2));
            rest = rest.split_at(escape.len()).1;
        } else if rest.starts_with("${") || !matches!(written(c, wild), Piece::Written(_)) {
            break;
        } else {
            out.push(c);
            rest = rest.split_at(c.len_utf8()).1;
        }
    }
    out
}

/// What stands between `${` and `}`.
fn variable(name: &str, question: &Question<'_>) -> Text {
    let value = |text: &str| Text::Pieces(text.chars().map(Piece::Value).collect());
    if ["*", "?", "$"].contains(&name) {
        return value(name);
    }
    let (key, default) = match name.split_once(", ") {
        Some((key, quoted)) => {
            let inner = quoted.strip_prefix('\'').and_then(|q| q.strip_suffix('\''));
            match inner {
                Some(default) => (key, Some(default)),
                None => return Text::Unknown,
            }
        }
        None => (name, None),
    };
    match question.values(key) {
        Values::One(found) => value(&canonical(found)),
        // Which of two values is meant cannot be told.
        Values::Ambiguous => Text::Unknown,
        // Only keys with one value can be variables: one with several is as good as missing.
        Values::Absent | Values::Many(_) => match default {
            Some(default) => value(default),
            None => Text::Null,
        },
    }
}

/// Whether a pattern of wildcards matches a text.
pub(crate) fn wildcard(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    matches(&plain(pattern, Wild::Yes), &text)
}

/// Whether the pieces match the whole text.
pub(crate) fn matches(pieces: &[Piece], text: &[char]) -> bool {
    // A pair of positions that failed once fails again: remember it.
    let mut failed = vec![false; (pieces.len() + 1) * (text.len() + 1)];
    from(pieces, text, 0, 0, &mut failed)
}

fn from(pieces: &[Piece], text: &[char], p: usize, t: usize, failed: &mut [bool]) -> bool {
    let Some(piece) = pieces.get(p) else {
        return t == text.len();
    };
    let at = p * (text.len() + 1) + t;
    if failed[at] {
        return false;
    }
    let found = match piece {
        Piece::Many => {
            from(pieces, text, p + 1, t, failed)
                || (t < text.len() && from(pieces, text, p, t + 1, failed))
        }
        Piece::One => t < text.len() && from(pieces, text, p + 1, t + 1, failed),
        Piece::Written(c) | Piece::Value(c) => {
            text.get(t) == Some(c) && from(pieces, text, p + 1, t + 1, failed)
        }
    };
    failed[at] = !found;
    found
}
