//! The models' patterns as tables, and the one matcher that reads them: linear, no allocation.

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// A pattern of the model, compiled by `cargo xtask codegen`.
#[derive(Debug)]
pub struct Pattern {
    /// The model's text, as validation errors print it.
    pub source: &'static str,
    pub(crate) rule: Rule,
}

/// How a pattern is matched.
#[derive(Debug)]
pub(crate) enum Rule {
    /// Between `min` and `max` characters of one class.
    Chars {
        class: CharClass,
        min: usize,
        max: usize,
    },
    /// A deterministic machine.
    Machine(&'static Machine),
}

/// A set of characters.
#[derive(Debug)]
pub(crate) struct CharClass {
    /// One bit for each ASCII character.
    pub(crate) ascii: u128,
    /// What belongs to it above ASCII.
    pub(crate) beyond: Beyond,
}

/// The part of a class above ASCII.
#[derive(Debug)]
pub(crate) enum Beyond {
    /// Inclusive ranges of code points.
    Ranges(&'static [(u32, u32)]),
    /// `\p{L}\p{Z}\p{N}`.
    LettersSeparatorsNumbers,
}

/// A deterministic machine over ASCII and bands of characters above it. State 0 is dead, 1 the start.
#[derive(Debug)]
pub(crate) struct Machine {
    /// Where each band above ASCII begins; the first at U+0080.
    pub(crate) bands: &'static [u32],
    /// Symbol → column: the 128 ASCII characters, then the bands.
    pub(crate) classes: &'static [u8],
    /// Columns per state.
    pub(crate) width: usize,
    /// State × width + column → state.
    pub(crate) next: &'static [u16],
    /// State → whether the text may end here.
    pub(crate) accepts: &'static [bool],
}

impl Pattern {
    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        match &self.rule {
            Rule::Chars { class, min, max } => class.matches(text, *min, *max),
            Rule::Machine(machine) => machine.matches(text),
        }
    }
}

impl CharClass {
    fn matches(&self, text: &str, min: usize, max: usize) -> bool {
        if self.all_ascii(text.as_bytes()) {
            return (min..=max).contains(&text.len());
        }
        let mut count = 0;
        for c in text.chars() {
            if !self.has(c) {
                return false;
            }
            count += 1;
        }
        (min..=max).contains(&count)
    }

    /// Whether all bytes are ASCII and of the class. Without an early exit, so that the loop is tight.
    fn all_ascii(&self, bytes: &[u8]) -> bool {
        let (low, high) = (self.ascii as u64, (self.ascii >> 64) as u64);
        let bits = bytes.iter().fold(1, |all, b| {
            let word = if b & 0x40 == 0 { low } else { high };
            all & word >> (b & 0x3F) & u64::from(!b >> 7)
        });
        bits == 1
    }

    fn has(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.ascii >> (c as u32) & 1 == 1;
        }
        match self.beyond {
            Beyond::Ranges(ranges) => ranges
                .iter()
                .any(|(from, to)| (*from..=*to).contains(&(c as u32))),
            Beyond::LettersSeparatorsNumbers => matches!(
                c.general_category_group(),
                GeneralCategoryGroup::Letter
                    | GeneralCategoryGroup::Separator
                    | GeneralCategoryGroup::Number
            ),
        }
    }
}

impl Machine {
    fn matches(&self, text: &str) -> bool {
        let mut state = 1_usize;
        for c in text.chars() {
            let symbol = match u32::from(c) {
                ascii @ ..0x80 => ascii as usize,
                above => 127 + self.bands.partition_point(|start| *start <= above),
            };
            let column = self.classes.get(symbol).copied().map_or(0, usize::from);
            state = self
                .next
                .get(state * self.width + column)
                .copied()
                .map_or(0, usize::from);
            if state == 0 {
                return false;
            }
        }
        self.accepts.get(state).copied().unwrap_or(false)
    }
}
