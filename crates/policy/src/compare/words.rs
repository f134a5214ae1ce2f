//! Looks for a word that some languages accept and others refuse: the shortest one, or proof that
//! there is none.
//!
//! The automata are run side by side, breadth first, over one representative of each kind of
//! character that they can tell apart. Of a pattern with open variables that must match, the word
//! holds the variables as letters (every text that it matches can be written so); the other patterns
//! are then read cautiously: one that must match may, one that must not does so only for certain.
//! So *none* is always true, and a word without variables is always right.

use std::collections::{BTreeSet, HashSet, VecDeque};

use super::language::{Automaton, Letter, Places, Reading, Word, word};
use super::truths::{Chance, Truths, truths};

/// A test of one string as languages.
#[derive(Debug, Clone)]
pub(super) struct Language {
    /// What the test can read at all; everything when `None`.
    pub(super) readable: Option<Automaton>,
    pub(super) matched: Automaton,
    /// What neither matches nor fails.
    pub(super) doubtful: Option<Automaton>,
    /// Whether a match means No.
    pub(super) negated: bool,
}

impl Language {
    pub(super) fn plain(matched: Automaton) -> Language {
        Language {
            readable: None,
            matched,
            doubtful: None,
            negated: false,
        }
    }

    /// What the test can say of a word.
    pub(super) fn truths(&self, word: &[Letter]) -> Truths {
        let chance = |automaton: &Automaton| Chance {
            can_be: automaton.reads(word, Reading::Possible),
            can_fail: !automaton.reads(word, Reading::Certain),
        };
        let readable = self.readable.as_ref().map_or(Chance::CERTAIN, chance);
        let doubtful = self.doubtful.as_ref().map_or(Chance::NEVER, chance);
        self.signed(truths(readable, chance(&self.matched), doubtful))
    }

    fn signed(&self, found: Truths) -> Truths {
        if self.negated { found.negated() } else { found }
    }

    fn automata(&self) -> impl Iterator<Item = &Automaton> {
        let others = self.readable.iter().chain(&self.doubtful);
        std::iter::once(&self.matched).chain(others)
    }

    /// Whether these truth values leave nothing but a match.
    fn must_match(&self, allowed: Truths) -> bool {
        let allowed = self.signed(allowed);
        let certain = self.readable.is_none() && self.doubtful.is_none();
        allowed == Truths::YES || (certain && allowed == Truths::NOT_NO)
    }
}

/// A language and what it may say.
pub(super) type Wanted<'a> = (&'a Language, Truths);

/// The strings that a place of a request can hold.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// Their language; any text when `None`.
    pub(super) language: Option<Language>,
    /// The characters that they are made of.
    pub(super) permitted: fn(char) -> bool,
    /// Values that people know, tried first.
    pub(super) preferred: Vec<String>,
    /// The most characters that they have.
    pub(super) length_max: usize,
}

/// Steps that are left.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) steps: u64,
}

impl Budget {
    /// Takes some steps; `false` when there are not that many.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        match self.steps.checked_sub(steps) {
            Some(left) => {
                self.steps = left;
                true
            }
            None => {
                self.steps = 0;
                false
            }
        }
    }
}

/// The outcome of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found<T, R> {
    One(T),
    None,
    /// It could not be told.
    Open(R),
}

/// The search ran out of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OutOfSteps;

/// Finds a word of that shape of which every language says something that it may.
pub(super) fn find(
    wanted: &[Wanted<'_>],
    shape: &Shape,
    budget: &mut Budget,
) -> Found<Word, OutOfSteps> {
    let shaped = shape
        .language
        .iter()
        .map(|language| (language, Truths::YES));
    let wanted: Vec<Wanted<'_>> = wanted.iter().copied().chain(shaped).collect();
    for preferred in &shape.preferred {
        let word = word(preferred);
        if word.len() > shape.length_max {
            continue;
        }
        if wanted
            .iter()
            .all(|(l, allowed)| allowed.meets(l.truths(&word)))
        {
            return Found::One(word);
        }
    }
    match Product::new(&wanted, shape).search(budget) {
        // It is the shortest.
        Found::One(word) if word.len() > shape.length_max => Found::None,
        found => found,
    }
}

/// One automaton read in one way.
type Run<'a> = (&'a Automaton, Reading);

/// Where the runs of one language stand in the product: certain and possible reading of each part.
#[derive(Debug, Clone, Copy)]
struct Part {
    certain: usize,
    possible: usize,
}

struct Parts {
    readable: Option<Part>,
    matched: Part,
    doubtful: Option<Part>,
}

struct Product<'a> {
    wanted: &'a [Wanted<'a>],
    runs: Vec<Run<'a>>,
    parts: Vec<Parts>,
    /// The run of the pattern whose variables are letters.
    generator: Option<usize>,
    letters: Vec<Letter>,
}

type State = Box<[Places]>;

impl<'a> Product<'a> {
    fn new(wanted: &'a [Wanted<'a>], shape: &Shape) -> Product<'a> {
        let symbolic = |language: &Language| {
            let mut automata = language.automata();
            automata.any(Automaton::has_variables)
        };
        let generating = wanted.iter().find(|(language, allowed)| {
            language.must_match(*allowed) && !language.matched.variables().is_empty()
        });
        let cautious = wanted.iter().any(|(language, _)| symbolic(language));
        let mut runs: Vec<Run<'a>> = Vec::new();
        let mut part = |automaton: &'a Automaton| {
            let certain = runs.len();
            runs.push((automaton, Reading::Certain));
            if cautious {
                runs.push((automaton, Reading::Possible));
            }
            Part {
                certain,
                possible: runs.len() - 1,
            }
        };
        let mut parts = Vec::new();
        for (language, _) in wanted {
            parts.push(Parts {
                readable: language.readable.as_ref().map(&mut part),
                matched: part(&language.matched),
                doubtful: language.doubtful.as_ref().map(&mut part),
            });
        }
        let generator = generating.map(|(language, _)| {
            runs.push((&language.matched, Reading::Exact));
            runs.len() - 1
        });
        let mut letters = letters(wanted, shape);
        if let Some((language, _)) = generating {
            letters.extend(language.matched.variables());
        }
        Product {
            wanted,
            runs,
            parts,
            generator,
            letters,
        }
    }

    fn search(&self, budget: &mut Budget) -> Found<Word, OutOfSteps> {
        let start: State = self
            .runs
            .iter()
            .map(|(a, reading)| a.start(*reading))
            .collect();
        let mut seen: HashSet<State> = HashSet::new();
        // The letters that led to each state, as links to the one before.
        let mut links: Vec<(usize, Option<Letter>)> = vec![(0, None)];
        let mut queue: VecDeque<(usize, State)> = VecDeque::new();
        seen.insert(start.clone());
        queue.push_back((0, start));
        while let Some((link, state)) = queue.pop_front() {
            if self.accepts(&state) {
                return Found::One(spelled(&links, link));
            }
            if !self.is_hopeful(&state) {
                continue;
            }
            let places: usize = state.iter().map(Vec::len).sum();
            for letter in &self.letters {
                if !budget.spend(places + self.runs.len()) {
                    return Found::Open(OutOfSteps);
                }
                let next: State = self
                    .runs
                    .iter()
                    .zip(&state)
                    .map(|((automaton, reading), places)| automaton.step(places, *letter, *reading))
                    .collect();
                if !seen.contains(&next) {
                    seen.insert(next.clone());
                    links.push((link, Some(*letter)));
                    queue.push_back((links.len() - 1, next));
                }
            }
        }
        Found::None
    }

    fn places<'s>(&self, state: &'s State, run: usize) -> &'s [u32] {
        state.get(run).map_or(&[], Vec::as_slice)
    }

    fn automaton(&self, run: usize) -> Option<&'a Automaton> {
        self.runs.get(run).map(|(automaton, _)| *automaton)
    }

    /// Whether the word that led here will do.
    fn accepts(&self, state: &State) -> bool {
        let accepted = |run: usize| {
            let automaton = self.automaton(run);
            automaton.is_some_and(|automaton| automaton.accepts(self.places(state, run)))
        };
        let chance = |part: Part| Chance {
            can_be: accepted(part.possible),
            can_fail: !accepted(part.certain),
        };
        self.generator.is_none_or(accepted) && self.agree(chance)
    }

    /// Whether a longer word might do.
    fn is_hopeful(&self, state: &State) -> bool {
        let chance = |part: Part| Chance {
            can_be: !self.places(state, part.possible).is_empty(),
            can_fail: !self
                .automaton(part.certain)
                .is_some_and(|automaton| automaton.accepts_any(self.places(state, part.certain))),
        };
        let generated = self
            .generator
            .is_none_or(|run| !self.places(state, run).is_empty());
        generated && self.agree(chance)
    }

    /// Whether each language can say something that it may.
    fn agree(&self, chance: impl Fn(Part) -> Chance) -> bool {
        let mut pairs = self.wanted.iter().zip(&self.parts);
        pairs.all(|((language, allowed), parts)| {
            let readable = parts.readable.map_or(Chance::CERTAIN, &chance);
            let doubtful = parts.doubtful.map_or(Chance::NEVER, &chance);
            let found = language.signed(truths(readable, chance(parts.matched), doubtful));
            allowed.meets(found)
        })
    }
}

/// One character of each kind, one that no pattern names first.
fn letters(wanted: &[Wanted<'_>], shape: &Shape) -> Vec<Letter> {
    let mut named = BTreeSet::new();
    for (language, _) in wanted {
        for automaton in language.automata() {
            automaton.alphabet(&mut named);
        }
    }
    let usual = ('a'..='z')
        .chain('0'..='9')
        .chain('A'..='Z')
        .chain(['-', '_']);
    let mut others = usual.chain('\u{c0}'..='\u{ffff}');
    let other = others.find(|c| !named.contains(c) && (shape.permitted)(*c));
    let named = named.into_iter().filter(|c| (shape.permitted)(*c));
    other.into_iter().chain(named).map(Letter::Char).collect()
}

fn spelled(links: &[(usize, Option<Letter>)], last: usize) -> Word {
    let mut letters = Vec::new();
    let mut at = last;
    while let Some((before, Some(letter))) = links.get(at) {
        letters.push(*letter);
        at = *before;
    }
    letters.reverse();
    letters
}
