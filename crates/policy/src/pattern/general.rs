//! Patterns with `?`, several `*` or several variables.
//!
//! They are a row of segments between their `*`. The first and the last are anchored; each of
//! those between is looked for once, leftmost, and never again: a match further right cannot help
//! what follows. A search costs at most a constant number of steps per character: plain text is
//! found by the standard library's two-way search, short segments with `?` position by position,
//! long ones with one bit per pattern character (shift-and).

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::{CaseMatch, Matched};
use crate::limits::SEGMENT_CHARACTERS_DIRECT;
use crate::lookup::Lookup;
use crate::text::after;
use crate::value::Text;
use crate::variable::{Token, Unvalued, Variable};

/// Any pattern that is not one of the common forms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct General {
    /// What stands between the `*`; one segment when there is none.
    segments: Box<[Box<[Piece]>]>,
    variables: Box<[Variable]>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Text(Box<str>),
    One,
    /// Index into the pattern's variables.
    Variable(usize),
}

type Resolved<'a> = SmallVec<[Text<'a>; 3]>;

impl General {
    pub(super) fn new(tokens: Vec<Token>) -> General {
        let mut segments = vec![Vec::new()];
        let mut variables = Vec::new();
        for token in tokens {
            let piece = match token {
                Token::Many => {
                    segments.push(Vec::new());
                    continue;
                }
                Token::Text(text) => Piece::Text(text.into()),
                Token::One => Piece::One,
                Token::Variable(variable) => {
                    variables.push(variable);
                    Piece::Variable(variables.len() - 1)
                }
            };
            if let Some(segment) = segments.last_mut() {
                segment.push(piece);
            }
        }
        General {
            segments: segments.into_iter().map(Vec::into).collect(),
            variables: variables.into(),
        }
    }

    pub(super) fn literal(&self) -> &str {
        match self.segments.first().and_then(|pieces| pieces.first()) {
            Some(Piece::Text(text)) => text,
            _ => "",
        }
    }

    #[inline(never)]
    pub(super) fn matches_plain(&self, text: &str) -> bool {
        self.variables.is_empty() && self.matches(text, &[])
    }

    /// Whether the whole `text` matches.
    #[inline(never)]
    pub(super) fn matches_variables<'q>(&'q self, text: &str, lookup: &Lookup<'q>) -> Matched {
        match self.resolve(lookup) {
            Ok(values) => self.matches(text, &values).into(),
            // Whatever the variable stood for: indexes go by the literal, too.
            Err(_) if !text.starts_with(self.literal()) => Matched::No,
            Err(unvalued) => unvalued.into(),
        }
    }

    /// Whether `text` equals the pattern ignoring case; there are no wildcards.
    pub(super) fn equals_ignoring_case<'q>(&'q self, text: &str, lookup: &Lookup<'q>) -> CaseMatch {
        match self.resolve(lookup) {
            Ok(resolved) => {
                let pieces = self.segments.iter().flat_map(|segment| segment.iter());
                let texts = pieces.map(|piece| piece.text(&resolved).unwrap_or_default());
                CaseMatch::of(texts.flat_map(str::chars), text)
            }
            Err(unvalued) => unvalued.into(),
        }
    }

    /// The texts of all variables. One that is null settles it, whatever the others are.
    fn resolve<'q>(&'q self, lookup: &Lookup<'q>) -> Result<Resolved<'q>, Unvalued> {
        let mut resolved = Resolved::new();
        let mut ambiguous = false;
        for variable in &self.variables {
            match variable.resolve(lookup) {
                Ok(text) => resolved.push(text),
                Err(Unvalued::Null) => return Err(Unvalued::Null),
                Err(Unvalued::Ambiguous) => ambiguous = true,
            }
        }
        if ambiguous {
            return Err(Unvalued::Ambiguous);
        }
        Ok(resolved)
    }

    fn matches(&self, text: &str, resolved: &[Text<'_>]) -> bool {
        let Some((first, rest)) = self.segments.split_first() else {
            return false;
        };
        let Some(after) = strip_front(first, text.as_bytes(), resolved) else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return after.is_empty();
        };
        let Some(inner) = strip_back(last, after, resolved) else {
            return false;
        };
        if middle.is_empty() {
            return true;
        }
        let start = text.len() - after.len();
        let mut rest = text.get(start..start + inner.len());
        for segment in middle {
            rest = rest.and_then(|rest| find(segment, rest, resolved));
        }
        rest.is_some()
    }
}

impl Piece {
    /// The literal text of a piece; `None` for `?`.
    fn text<'a>(&'a self, resolved: &'a [Text<'_>]) -> Option<&'a str> {
        match self {
            Piece::Text(text) => Some(text),
            Piece::Variable(index) => Some(resolved.get(*index).map_or("", Text::as_str)),
            Piece::One => None,
        }
    }
}

/// Takes a segment off the front of `text`, which is whole characters before and after.
#[inline]
fn strip_front<'t>(pieces: &[Piece], text: &'t [u8], resolved: &[Text<'_>]) -> Option<&'t [u8]> {
    let mut rest = text;
    for piece in pieces {
        rest = match piece.text(resolved) {
            Some(literal) => after(rest, literal.as_bytes())?,
            None => rest.get(width(*rest.first()?)..)?,
        };
    }
    Some(rest)
}

/// Takes a segment off the back of `text`, in the same way.
#[inline]
fn strip_back<'t>(pieces: &[Piece], text: &'t [u8], resolved: &[Text<'_>]) -> Option<&'t [u8]> {
    let mut rest = text;
    for piece in pieces.iter().rev() {
        rest = match piece.text(resolved) {
            Some(literal) => rest.strip_suffix(literal.as_bytes())?,
            None => {
                let begins_one = |byte: &u8| !matches!(byte, 0x80..=0xbf);
                rest.get(..rest.iter().rposition(begins_one)?)?
            }
        };
    }
    Some(rest)
}

/// The bytes of a character that begins with this one.
fn width(first: u8) -> usize {
    match first {
        ..0xc0 => 1,
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
    }
}

/// What follows the leftmost occurrence of a segment.
fn find<'t>(pieces: &[Piece], text: &'t str, resolved: &[Text<'_>]) -> Option<&'t str> {
    if let [piece] = pieces
        && let Some(literal) = piece.text(resolved)
    {
        return text.split_once(literal).map(|(_, rest)| rest);
    }
    let width = |piece: &Piece| piece.text(resolved).map_or(1, |text| text.chars().count());
    if pieces.iter().map(width).sum::<usize>() > SEGMENT_CHARACTERS_DIRECT {
        return shift_and(pieces, text, resolved);
    }
    let first = pieces.first().and_then(|piece| piece.text(resolved));
    let lead = first.and_then(|text| text.chars().next());
    let mut rest = text;
    loop {
        if let Some(lead) = lead {
            rest = rest.get(rest.find(lead)?..)?;
        }
        if let Some(after) = strip_front(pieces, rest.as_bytes(), resolved) {
            return rest.get(rest.len() - after.len()..);
        }
        let mut characters = rest.chars();
        characters.next()?;
        rest = characters.as_str();
    }
}

/// The same for long segments: bit `i` of the state says that the text read so far ends with the
/// segment's first `i + 1` characters.
fn shift_and<'t>(pieces: &[Piece], text: &'t str, resolved: &[Text<'_>]) -> Option<&'t str> {
    let mut expected: Vec<Option<char>> = Vec::new();
    for piece in pieces {
        match piece.text(resolved) {
            Some(literal) => expected.extend(literal.chars().map(Some)),
            None => expected.push(None),
        }
    }
    let words = expected.len().div_ceil(64);
    let mut any = vec![0_u64; words];
    let mut places: BTreeMap<char, Vec<u64>> = BTreeMap::new();
    for (index, c) in expected.iter().enumerate() {
        let mask = match c {
            Some(c) => places.entry(*c).or_insert_with(|| vec![0; words]),
            None => &mut any,
        };
        if let Some(word) = mask.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }
    let last = 1_u64 << ((expected.len() - 1) % 64);
    let mut state = vec![0_u64; words];
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        let here = places.get(&c).map_or(&[][..], Vec::as_slice);
        let mut carry = 1;
        for (index, (word, any)) in state.iter_mut().zip(&any).enumerate() {
            let shifted = (*word << 1) | carry;
            carry = *word >> 63;
            *word = shifted & (any | here.get(index).copied().unwrap_or(0));
        }
        if state.last().is_some_and(|word| word & last != 0) {
            return Some(characters.as_str());
        }
    }
    None
}
