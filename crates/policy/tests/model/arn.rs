//! ARNs, compared component by component.

use super::Question;
use super::pattern::{Piece, Text, Wild, begins, expand, matches};
use super::truth::{Truth, all, truth};

/// The components of an ARN; the sixth may hold colons. Only region and account may be empty.
/// `None` when it is no ARN.
pub(crate) fn split(text: &str) -> Option<[&str; 6]> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let parts: [&str; 6] = parts.try_into().ok()?;
    let [head, partition, service, _, _, resource] = parts;
    let whole = head == "arn" && ![partition, service, resource].contains(&"");
    whole.then_some(parts)
}

/// Whether the pieces of a pattern match an ARN. A pattern that is no ARN cannot be told.
pub(crate) fn like(pieces: &[Piece], arn: [&str; 6]) -> Truth {
    if pieces == [Piece::Many] {
        return Truth::Yes;
    }
    // Colons that a variable brings separate nothing, or a value could move into another
    // component; but a variable may stand for a whole ARN.
    let Some(parts) = components(pieces, Piece::Written(':')) else {
        let whole: Option<String> = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Value(c) => Some(*c),
                _ => None,
            })
            .collect();
        let named = whole.as_deref().and_then(split);
        return named.map_or(Truth::Unknown, |named| truth(named == arn));
    };
    let texts = arn.map(|part| part.chars().collect::<Vec<char>>());
    let equal = parts
        .iter()
        .zip(&texts)
        .all(|(part, text)| matches(part, text));
    truth(equal)
}

/// A pattern of which a variable cannot be told. Another component that does not match settles it,
/// and so does one that begins otherwise.
pub(crate) fn unclear(pattern: &str, arn: [&str; 6], question: &Question<'_>) -> Truth {
    let mut parts = vec![String::new()];
    let mut depth = 0;
    for c in pattern.chars() {
        match c {
            ':' if depth == 0 && parts.len() < 6 => parts.push(String::new()),
            c => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                parts.last_mut().into_iter().for_each(|part| part.push(c));
            }
        }
    }
    if parts.len() < 6 {
        return Truth::Unknown;
    }
    all(parts.iter().zip(arn).map(|(part, text)| {
        let letters: Vec<char> = text.chars().collect();
        match expand(part, true, Wild::Yes, question) {
            Text::Pieces(pieces) => truth(matches(&pieces, &letters)),
            _ if !text.starts_with(&begins(part, Wild::Yes)) => Truth::No,
            Text::Null | Text::Unknown => Truth::Unknown,
        }
    }))
}

fn components(pieces: &[Piece], colon: Piece) -> Option<Vec<&[Piece]>> {
    let parts: Vec<&[Piece]> = pieces.splitn(6, |piece| *piece == colon).collect();
    (parts.len() == 6).then_some(parts)
}
