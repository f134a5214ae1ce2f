//! One place of a request (the action, the resource, a condition key): which value does what some
//! tests ask of it?

use super::key::Type;
use super::language::{Letter, Word, text, word};
use super::points::{Family, points};
use super::truths::Truths;
use super::words::{Budget, Found, Language, OutOfSteps, Shape, Wanted, find};
use crate::condition::Condition;
use crate::key::ConditionKey;
use crate::lookup::Lookup;
use crate::operator::{Base, Operator, Qualifier, Sense};
use crate::request::Context;
use crate::truth::Truth;
use crate::value::{Value, Values};

/// What a place holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Absent,
    One(Word),
    /// Never empty.
    Many(Vec<Word>),
}

/// A place of the request.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    /// `None` for the action and the resource.
    pub(super) key: Option<ConditionKey>,
    pub(super) value_type: Type,
    pub(super) shape: Shape,
    /// Which of absent, one value and several are possible.
    pub(super) absent: bool,
    pub(super) one: bool,
    pub(super) many: bool,
    /// Whether the one value is not empty.
    pub(super) filled: bool,
    /// The only value possible.
    pub(super) fixed: Option<String>,
}

/// One test of one place.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    pub(super) slot: usize,
    pub(super) test: Test,
}

#[derive(Debug, Clone)]
pub(super) enum Test {
    Language(Language),
    Condition(Box<ConditionTest>),
}

/// A condition, as the engine has it and as languages.
#[derive(Debug, Clone)]
pub(super) struct ConditionTest {
    pub(super) condition: Condition,
    pub(super) operator: Operator,
    pub(super) values: Vec<String>,
    /// For the operators that compare characters.
    pub(super) language: Option<Language>,
}

/// An atom and what it may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Literal {
    pub(super) atom: usize,
    pub(super) allowed: Truths,
}

impl Literal {
    pub(super) fn complement(self) -> Literal {
        Literal {
            atom: self.atom,
            allowed: self.allowed.complement(),
        }
    }
}

/// Why a place could not be filled or proved impossible to fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    OutOfSteps,
    /// Operators of several families test one key.
    Mixed(ConditionKey),
}

/// How the answers for several values combine.
enum Combined {
    EveryValue,
    SomeValue,
}

impl Atom {
    /// Whether the content does what a literal of this atom asks.
    pub(super) fn meets(&self, allowed: Truths, content: &Content) -> bool {
        match content {
            Content::Absent => allowed.meets(self.of_absent()),
            Content::One(word) => allowed.meets(self.of_one(word)),
            Content::Many(words) => {
                if words.iter().all(|word| word.is_empty())
                    && let Some(truths) = self.null()
                {
                    return allowed.meets(truths);
                }
                let (combined, allowed) = self.combined(allowed);
                let mut each = words.iter().map(|word| allowed.meets(self.of_value(word)));
                match combined {
                    Combined::EveryValue => each.all(|met| met),
                    Combined::SomeValue => each.any(|met| met),
                }
            }
        }
    }

    fn of_absent(&self) -> Truths {
        match &self.test {
            Test::Language(_) => Truths::NO,
            Test::Condition(test) => Truths::of(test.holds(None)),
        }
    }

    fn of_one(&self, word: &Word) -> Truths {
        match self.null() {
            Some(truths) if word.is_empty() => truths,
            _ => self.of_value(word),
        }
    }

    /// One value among others: the empty one is nothing special.
    fn of_value(&self, word: &[Letter]) -> Truths {
        let test = match &self.test {
            Test::Language(language) => return language.truths(word),
            Test::Condition(test) => test,
        };
        if let Some(language) = &test.language {
            return language.truths(word);
        }
        match text(word) {
            Some(text) => Truths::of(test.of_value(&text)),
            None => Truths::NONE.complement(),
        }
    }

    /// What the set operators say when all values are empty.
    fn null(&self) -> Option<Truths> {
        match &self.test {
            Test::Condition(test) => match test.operator.qualifier {
                Qualifier::ForAllValues => Some(Truths::YES),
                Qualifier::ForAnyValue => Some(Truths::NO),
                Qualifier::None => None,
            },
            Test::Language(_) => None,
        }
    }

    fn is_presence(&self) -> bool {
        matches!(&self.test, Test::Condition(test) if test.operator.base == Base::Null)
    }

    /// What a literal asks of several values: something of each, or something of one.
    fn combined(&self, allowed: Truths) -> (Combined, Truths) {
        let operator = match &self.test {
            Test::Condition(test) => test.operator,
            Test::Language(_) => return (Combined::EveryValue, allowed),
        };
        let negated = match operator.base {
            Base::String(_, sense)
            | Base::Numeric(_, sense)
            | Base::Date(_, sense)
            | Base::Ip(sense)
            | Base::Arn(sense) => sense == Sense::Negated,
            Base::Bool | Base::Binary | Base::Null => false,
        };
        let every = match (operator.qualifier, negated) {
            (Qualifier::ForAllValues, _) => allowed == Truths::YES || allowed == Truths::NOT_NO,
            (Qualifier::ForAnyValue, _) | (Qualifier::None, false) => {
                allowed == Truths::NO || allowed == Truths::NOT_YES
            }
            // Certain only where all values agree.
            (Qualifier::None, true) => allowed == Truths::YES || allowed == Truths::NO,
        };
        let combined = if every {
            Combined::EveryValue
        } else {
            Combined::SomeValue
        };
        (combined, allowed)
    }

    fn language(&self) -> Option<&Language> {
        match &self.test {
            Test::Language(language) => Some(language),
            Test::Condition(test) => test.language.as_ref(),
        }
    }
}

impl ConditionTest {
    fn of_value(&self, text: &str) -> Truth {
        self.holds(Some(text))
    }

    fn holds(&self, text: Option<&str>) -> Truth {
        self.condition.holds(&Lookup::new(&Only(text)))
    }
}

/// What the one key that a condition without variables asks for may hold.
struct Only<'a>(Option<&'a str>);

impl Context for Only<'_> {
    fn values<'a>(&'a self, _: &ConditionKey) -> Values<'a> {
        match self.0 {
            Some(text) => Values::One(Value::Str(text)),
            None => Values::Absent,
        }
    }
}

/// Finds a content that does what all literals ask.
pub(super) fn fill(
    slot: &Slot,
    literals: &[Literal],
    atoms: &[Atom],
    budget: &mut Budget,
) -> Found<Content, Trouble> {
    for literal in literals {
        let same = literals.iter().filter(|other| other.atom == literal.atom);
        let left = same.fold(literal.allowed, |left, other| {
            left.intersection(other.allowed)
        });
        if left == Truths::NONE {
            return Found::None;
        }
    }
    let asked = |literal: &Literal| Some((atoms.get(literal.atom)?, literal.allowed));
    let asked: Vec<(&Atom, Truths)> = literals.iter().filter_map(asked).collect();
    Filling { slot, asked }.fill(budget)
}

struct Filling<'a> {
    slot: &'a Slot,
    asked: Vec<(&'a Atom, Truths)>,
}

impl Filling<'_> {
    fn fill(&self, budget: &mut Budget) -> Found<Content, Trouble> {
        if let Some(fixed) = &self.slot.fixed {
            return self.first([Content::One(word(fixed))]);
        }
        let absent = self.slot.absent.then_some(Content::Absent);
        if let found @ Found::One(_) = self.first(absent) {
            return found;
        }
        let mut trouble = None;
        if self.slot.one {
            match self.value(&self.asked, budget) {
                Found::One(word) => return Found::One(Content::One(word)),
                Found::None => {}
                Found::Open(why) => trouble = Some(why),
            }
            let empty = (!self.slot.filled).then(|| Content::One(Word::new()));
            if let found @ Found::One(_) = self.first(empty) {
                return found;
            }
        }
        if self.slot.many {
            match self.several(budget) {
                Found::One(words) => return Found::One(Content::Many(words)),
                Found::None => {}
                Found::Open(why) => trouble = Some(why),
            }
            if let found @ Found::One(_) = self.first([Content::Many(vec![Word::new()])]) {
                return found;
            }
        }
        trouble.map_or(Found::None, Found::Open)
    }

    fn first(&self, contents: impl IntoIterator<Item = Content>) -> Found<Content, Trouble> {
        let meets = |content: &Content| {
            let mut asked = self.asked.iter();
            asked.all(|(atom, allowed)| atom.meets(*allowed, content))
        };
        let found = contents.into_iter().find(meets);
        found.map_or(Found::None, Found::One)
    }

    /// Several values: what is asked of each holds for all, and one more does each other thing.
    fn several(&self, budget: &mut Budget) -> Found<Vec<Word>, Trouble> {
        let mut every: Vec<(&Atom, Truths)> = Vec::new();
        let mut some: Vec<(&Atom, Truths)> = Vec::new();
        for (atom, allowed) in &self.asked {
            if atom.is_presence() {
                if !allowed.meets(atom.of_one(&word("x"))) {
                    return Found::None;
                }
                continue;
            }
            match atom.combined(*allowed) {
                (Combined::EveryValue, allowed) => every.push((*atom, allowed)),
                (Combined::SomeValue, allowed) => some.push((*atom, allowed)),
            }
        }
        let mut words: Vec<Word> = Vec::new();
        for (atom, allowed) in some {
            if words.iter().any(|word| allowed.meets(atom.of_value(word))) {
                continue;
            }
            let mut asked = every.clone();
            asked.push((atom, allowed));
            match self.value(&asked, budget) {
                Found::One(word) => words.push(word),
                Found::None => {
                    let empty = Word::new();
                    let mut asked = asked.iter();
                    if !asked.all(|(atom, allowed)| allowed.meets(atom.of_value(&empty))) {
                        return Found::None;
                    }
                    words.push(empty);
                }
                Found::Open(why) => return Found::Open(why),
            }
        }
        // Not all may be empty: that is another case.
        if words.iter().all(|word| word.is_empty()) {
            match self.value(&every, budget) {
                Found::One(word) => words.push(word),
                Found::None => return Found::None,
                Found::Open(why) => return Found::Open(why),
            }
        }
        Found::One(words)
    }

    /// One value that is not empty.
    fn value(&self, asked: &[(&Atom, Truths)], budget: &mut Budget) -> Found<Word, Trouble> {
        let has_points =
            |(atom, _): &&(&Atom, Truths)| atom.language().is_none() && !atom.is_presence();
        let textual = matches!(self.slot.value_type, Type::Text | Type::Arn | Type::Account);
        if textual && !asked.iter().any(|atom| has_points(&atom)) {
            return self.text(asked, budget);
        }
        let mut operands: Vec<(Family, &str)> = Vec::new();
        let mut texts: Vec<&str> = Vec::new();
        for (atom, _) in asked {
            if let Test::Condition(test) = &atom.test {
                let values = test.values.iter().map(String::as_str);
                match Family::of(test.operator.base) {
                    Some(family) => operands.extend(values.map(|value| (family, value))),
                    None => texts.extend(values),
                }
            }
        }
        let presence = |(atom, _): &(&Atom, Truths)| atom.is_presence();
        let only_points = asked.iter().all(|atom| presence(atom) || has_points(&atom));
        let free = asked.iter().all(presence);
        let points = points(self.slot.value_type, &operands);
        let bool_type = self.slot.value_type == Type::Bool;
        let complete = bool_type || free || (points.complete && only_points);
        let others = texts.into_iter().filter(|text| textual && !text.is_empty());
        let candidates = points.values.iter().map(String::as_str).chain(others);
        let shape = self.slot.shape.language.as_ref();
        let shaped = |word: &Word| shape.is_none_or(|l| l.truths(word) == Truths::YES);
        let mut candidates = candidates.map(word).filter(shaped);
        let meets = |word: &Word| {
            let mut asked = asked.iter();
            asked.all(|(atom, allowed)| allowed.meets(atom.of_one(word)))
        };
        match (candidates.find(meets), &self.slot.key) {
            (Some(word), _) => Found::One(word),
            (None, Some(key)) if !complete => Found::Open(Trouble::Mixed(key.clone())),
            (None, _) => Found::None,
        }
    }

    fn text(&self, asked: &[(&Atom, Truths)], budget: &mut Budget) -> Found<Word, Trouble> {
        let mut wanted: Vec<Wanted<'_>> = Vec::new();
        for (atom, allowed) in asked {
            match atom.language() {
                Some(language) => wanted.push((language, *allowed)),
                None if allowed.meets(atom.of_one(&word("x"))) => {}
                None => return Found::None,
            }
        }
        let nonempty = super::key::nonempty();
        wanted.push((&nonempty, Truths::YES));
        match find(&wanted, &self.slot.shape, budget) {
            Found::One(word) => Found::One(word),
            Found::None => Found::None,
            Found::Open(OutOfSteps) => Found::Open(Trouble::OutOfSteps),
        }
    }
}
