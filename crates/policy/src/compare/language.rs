//! Patterns as regular languages: automata over the positions of their characters.
//!
//! A word may hold a letter that stands for the value of a policy variable, whatever it is. Reading
//! such a word, an automaton can tell what it accepts for certain and what it may accept; for words
//! of plain characters the two are the same.

use std::collections::BTreeSet;

/// Whether something can reach across a colon. In the first parts of an ARN nothing can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Reach {
    Within,
    Across,
}

/// One letter of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Letter {
    Char(char),
    /// The value of the variable with that index; one that stands within a part of an ARN has no
    /// colon.
    Variable(usize, Reach),
}

/// A text over letters.
pub(super) type Word = Vec<Letter>;

/// The word of a text.
pub(super) fn word(text: &str) -> Word {
    text.chars().map(Letter::Char).collect()
}

/// The text of a word; `None` when it holds a variable.
pub(super) fn text(word: &[Letter]) -> Option<String> {
    let mut letters = word.iter();
    letters.try_fold(String::new(), |mut text, letter| match letter {
        Letter::Char(c) => {
            text.push(*c);
            Some(text)
        }
        Letter::Variable(..) => None,
    })
}

/// One element of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Char(char),
    /// The character in either case of ASCII.
    Ascii(char),
    /// The character in any case that Unicode knows.
    Fold(char),
    /// `?`
    One(Reach),
    /// `*`
    Many(Reach),
    /// A variable whose value is open and not empty. Its [`Token::Tail`] follows.
    Variable(usize, Reach),
    /// The rest of a variable's value that the word spells out, as far as one can tell.
    Tail(Reach),
    /// A variable compared ignoring case: nothing is known of what it matches.
    Loose,
}

/// How a word is read when it holds variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// What is accepted whatever the variables' values are.
    Certain,
    /// What may be accepted for some values.
    Possible,
    /// What is accepted when each variable of the pattern is a letter of the word.
    Exact,
}

#[derive(Debug, Clone, Copy)]
enum Cell {
    Token(Token),
    End,
}

/// Positions that an automaton is in: sorted, without duplicates.
pub(super) type Places = Vec<u32>;

/// The union of some patterns.
#[derive(Debug, Clone, Default)]
pub(super) struct Automaton {
    cells: Vec<Cell>,
    starts: Vec<u32>,
}

impl Automaton {
    pub(super) fn of(patterns: impl IntoIterator<Item = Vec<Token>>) -> Automaton {
        let mut automaton = Automaton::default();
        for pattern in patterns {
            automaton.starts.push(place(automaton.cells.len()));
            automaton.cells.extend(pattern.into_iter().map(Cell::Token));
            automaton.cells.push(Cell::End);
        }
        automaton
    }

    pub(super) fn start(&self, reading: Reading) -> Places {
        let mut places = Places::new();
        for start in &self.starts {
            self.enter(*start, reading, &mut places);
        }
        tidy(places)
    }

    pub(super) fn step(&self, places: &[u32], letter: Letter, reading: Reading) -> Places {
        let mut next = Places::new();
        for at in places {
            if let Some(Cell::Token(token)) = self.cell(*at) {
                match letter {
                    Letter::Char(c) => self.step_char(*at, *token, c, reading, &mut next),
                    Letter::Variable(index, reach) => {
                        self.step_variable(*at, *token, (index, reach), reading, &mut next);
                    }
                }
            }
        }
        tidy(next)
    }

    /// Whether the word read so far is accepted.
    pub(super) fn accepts(&self, places: &[u32]) -> bool {
        let mut places = places.iter();
        places.any(|at| matches!(self.cell(*at), Some(Cell::End)))
    }

    /// Whether every continuation is accepted, as far as one can see.
    pub(super) fn accepts_any(&self, places: &[u32]) -> bool {
        let many = Token::Many(Reach::Across);
        let is_many = |at: u32| matches!(self.cell(at), Some(Cell::Token(t)) if *t == many);
        let mut places = places.iter();
        places.any(|at| is_many(*at) && matches!(self.cell(*at + 1), Some(Cell::End)))
    }

    /// Whether a whole word is accepted.
    pub(super) fn reads(&self, word: &[Letter], reading: Reading) -> bool {
        let start = self.start(reading);
        let end = word
            .iter()
            .fold(start, |places, letter| self.step(&places, *letter, reading));
        self.accepts(&end)
    }

    /// The characters that the patterns can tell apart; all others are alike. Where a pattern stops at
    /// colons it names them.
    pub(super) fn alphabet(&self, into: &mut BTreeSet<char>) {
        for cell in &self.cells {
            match cell {
                Cell::Token(Token::Char(c)) => {
                    into.insert(*c);
                }
                Cell::Token(Token::Ascii(c)) => {
                    into.extend([c.to_ascii_lowercase(), c.to_ascii_uppercase()]);
                }
                Cell::Token(Token::Fold(c)) => into.extend(variants(*c)),
                _ => {}
            }
        }
    }

    /// The letters that stand for variables.
    pub(super) fn variables(&self) -> BTreeSet<Letter> {
        let cells = self.cells.iter();
        cells
            .filter_map(|cell| match cell {
                Cell::Token(Token::Variable(index, reach)) => {
                    Some(Letter::Variable(*index, *reach))
                }
                _ => None,
            })
            .collect()
    }

    /// Whether what it accepts depends on the values of variables.
    pub(super) fn has_variables(&self) -> bool {
        let mut cells = self.cells.iter();
        cells.any(|cell| matches!(cell, Cell::Token(Token::Variable(..) | Token::Loose)))
    }

    fn cell(&self, at: u32) -> Option<&Cell> {
        self.cells.get(usize::try_from(at).ok()?)
    }

    /// Adds a position and those that are reached from it without reading.
    fn enter(&self, at: u32, reading: Reading, into: &mut Places) {
        let mut at = at;
        loop {
            into.push(at);
            let skips = match self.cell(at) {
                Some(Cell::Token(Token::Many(_))) => true,
                Some(Cell::Token(Token::Tail(_) | Token::Loose)) => reading == Reading::Possible,
                _ => false,
            };
            if !skips {
                return;
            }
            at += 1;
        }
    }

    fn step_char(&self, at: u32, token: Token, c: char, reading: Reading, next: &mut Places) {
        let within = |reach: Reach| reach == Reach::Across || c != ':';
        match token {
            Token::Char(expected) if expected == c => self.enter(at + 1, reading, next),
            Token::Ascii(expected) if expected.eq_ignore_ascii_case(&c) => {
                self.enter(at + 1, reading, next);
            }
            Token::Fold(expected) if same_fold(expected, c) => self.enter(at + 1, reading, next),
            Token::One(reach) if within(reach) => self.enter(at + 1, reading, next),
            Token::Many(reach) if within(reach) => self.enter(at, reading, next),
            Token::Variable(_, reach) if reading == Reading::Possible && within(reach) => {
                self.enter(at + 1, reading, next);
            }
            // Reached only where the value is read character by character.
            Token::Tail(reach) if within(reach) => self.enter(at, reading, next),
            // Left only where something is possible.
            Token::Loose => self.enter(at, reading, next),
            _ => {}
        }
    }

    fn step_variable(
        &self,
        at: u32,
        token: Token,
        (index, reach): (usize, Reach),
        reading: Reading,
        next: &mut Places,
    ) {
        let absorbs = |within: Reach| within == Reach::Across || reach == Reach::Within;
        match (token, reading) {
            // It begins here, so it is all of the letter and nothing else.
            (Token::Variable(own, within), _) if own == index && absorbs(within) => {
                self.enter(at + 2, reading, next);
            }
            (Token::Many(within), Reading::Certain) if absorbs(within) => {
                self.enter(at, reading, next);
            }
            // The value is not empty: its first character is the `?` of `?*`.
            (Token::One(_), Reading::Certain) => {
                if let Some(Cell::Token(Token::Many(rest))) = self.cell(at + 1)
                    && absorbs(*rest)
                {
                    self.enter(at + 1, reading, next);
                }
            }
            (_, Reading::Possible) => self.wander(at, token, reach, next),
            _ => {}
        }
    }

    /// A value may be anything: every later place of the pattern can be reached by it.
    fn wander(&self, at: u32, token: Token, reach: Reach, next: &mut Places) {
        let stops = |at: u32| {
            let colon = matches!(
                self.cell(at),
                Some(Cell::Token(Token::Char(':') | Token::Ascii(':')))
            );
            colon && reach == Reach::Within
        };
        let mut at = at;
        if !matches!(token, Token::Many(_) | Token::Tail(_) | Token::Loose) {
            // This one takes a character.
            if stops(at) {
                return;
            }
            at += 1;
        }
        loop {
            self.enter(at, Reading::Possible, next);
            if stops(at) || !matches!(self.cell(at), Some(Cell::Token(_))) {
                return;
            }
            at += 1;
        }
    }
}

fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn tidy(mut places: Places) -> Places {
    places.sort_unstable();
    places.dedup();
    places
}

fn folded(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

fn same_fold(a: char, b: char) -> bool {
    a.eq_ignore_ascii_case(&b) || folded(a).eq(folded(b))
}

/// The characters that equal `c` ignoring case, in Unicode's eyes. The few beside upper and lower
/// case are those that fold to a Latin-1 character, which is all that a policy can hold.
fn variants(c: char) -> impl Iterator<Item = char> {
    const STRANGERS: [char; 6] = [
        '\u{17f}', '\u{131}', '\u{212a}', '\u{212b}', '\u{3bc}', '\u{39c}',
    ];
    let cases = [c, c.to_ascii_lowercase(), c.to_ascii_uppercase()];
    cases
        .into_iter()
        .chain(c.to_uppercase())
        .chain(c.to_lowercase())
        .chain(STRANGERS)
        .filter(move |other| same_fold(c, *other))
}
