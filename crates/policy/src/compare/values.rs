//! Values to try for policy variables, when the value decides whether there is a difference.

use super::atom::{Binding, Bindings, Source};
use super::key::Type;
use super::language::text;
use super::problem::Problem;
use super::search::Model;
use super::slot::{Atom, Content, Literal, Slot, fill};
use super::truths::Truths;
use super::words::Found;
use crate::key::ConditionKey;
use crate::limits::{COMPARE_CHOICES_MAX, COMPARE_VALUES_MAX};
use crate::operator::{Base, Qualifier, Sense, StringTest};

/// Candidates for the open variables.
pub(super) struct Candidates {
    /// By index of the variable.
    each: Vec<(usize, Vec<String>)>,
    /// Whether these are all values that are possible.
    pub(super) all: bool,
    pub(super) keys: Vec<ConditionKey>,
}

impl Candidates {
    /// One value for each variable, in all combinations up to a limit.
    pub(super) fn choices(&self) -> Vec<Vec<(usize, String)>> {
        let mut found: Vec<Vec<(usize, String)>> = vec![Vec::new()];
        for (index, values) in &self.each {
            let longer = found.iter().flat_map(|before| {
                values.iter().map(|value| {
                    let mut longer = before.clone();
                    longer.push((*index, value.clone()));
                    longer
                })
            });
            found = longer.take(COMPARE_CHOICES_MAX).collect();
        }
        found
    }
}

pub(super) fn values(
    problem: &mut Problem<'_>,
    bindings: &Bindings,
    slots: &[Slot],
    atoms: &[Atom],
    units: &[Literal],
    model: &Model,
) -> Candidates {
    let mut candidates = Candidates {
        each: Vec::new(),
        all: true,
        keys: Vec::new(),
    };
    let mut choices = 1_usize;
    for (index, (key, binding)) in bindings.0.iter().enumerate() {
        if *binding != Binding::Open {
            continue;
        }
        let slot = problem.sources.slot_of(key);
        let mut values = match pinned(problem, slot, units) {
            Some(values) => values,
            None => {
                candidates.all = false;
                guesses(problem, key, slot, slots, (atoms, units, model))
            }
        };
        values.dedup();
        choices = choices.saturating_mul(values.len());
        candidates.each.push((index, values));
        candidates.keys.push(key.clone());
    }
    candidates.all &= choices <= COMPARE_CHOICES_MAX;
    candidates
}

/// The only values that what must hold lets the key have.
fn pinned(problem: &Problem<'_>, slot: usize, units: &[Literal]) -> Option<Vec<String>> {
    units.iter().find_map(|unit| {
        let (of, source) = problem.sources.tests.get(unit.atom)?;
        let Source::Condition {
            operator, values, ..
        } = source
        else {
            return None;
        };
        let equals = operator.base == Base::String(StringTest::Equals, Sense::Positive);
        let pins = *of == slot
            && equals
            && operator.qualifier == Qualifier::None
            && unit.allowed == Truths::YES
            && source.variables().is_empty()
            && !values.iter().any(|value| value.contains('$'));
        pins.then(|| values.clone())
    })
}

/// Something that fits, something new, and what stands where the variable could.
fn guesses(
    problem: &mut Problem<'_>,
    key: &ConditionKey,
    slot: usize,
    slots: &[Slot],
    (atoms, units, model): (&[Atom], &[Literal], &Model),
) -> Vec<String> {
    let mut values: Vec<String> = Vec::new();
    let content = |content: &Content| match content {
        Content::One(word) => text(word),
        _ => None,
    };
    values.extend(model.get(slot).and_then(content));
    let own: Vec<Literal> = units
        .iter()
        .filter(|unit| atoms.get(unit.atom).is_some_and(|atom| atom.slot == slot))
        .copied()
        .collect();
    let Some(place) = slots.get(slot) else {
        return values;
    };
    if let Found::One(found) = fill(place, &own, atoms, &mut problem.budget) {
        values.extend(content(&found));
    }
    if !matches!(place.value_type, Type::Text | Type::Arn | Type::Account) {
        return values;
    }
    values.push("zz-9".to_owned());
    let of_variable = |source: &Source| source.variables().contains(key);
    let tests = problem.sources.tests.iter();
    let related: Vec<usize> = tests
        .filter(|(_, source)| of_variable(source))
        .map(|(slot, _)| *slot)
        .chain([slot])
        .collect();
    values.extend(cut_out(problem, key, model));
    let plain = without_variables(problem, &related, slots, (atoms, units, model));
    values.extend(cut_out(problem, key, &plain));
    values.extend(pieces(problem, &related));
    let shaped = |value: &String| {
        let word = super::language::word(value);
        let shape = place.shape.language.as_ref();
        shape.is_none_or(|language| language.truths(&word) == Truths::YES)
    };
    values.retain(shaped);
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|value| seen.insert(value.clone()));
    values.truncate(COMPARE_VALUES_MAX);
    values
}

/// What the variable would have to be for the model's texts to match the patterns that hold it.
fn cut_out(problem: &Problem<'_>, key: &ConditionKey, model: &Model) -> Vec<String> {
    let mut found = Vec::new();
    for (slot, source) in &problem.sources.tests {
        if !source.variables().contains(key) {
            continue;
        }
        let Some(Content::One(word)) = model.get(*slot) else {
            continue;
        };
        let Some(text) = text(word) else {
            continue;
        };
        for item in source.texts() {
            let before = item.split("${").next().unwrap_or_default();
            let after = item.rsplit('}').next().unwrap_or_default();
            let inner = text.strip_prefix(before);
            found.extend(
                inner
                    .and_then(|rest| rest.strip_suffix(after))
                    .map(str::to_owned),
            );
        }
    }
    found
}

/// The model with texts, in these slots, that do what must be done where no variable is involved.
fn without_variables(
    problem: &mut Problem<'_>,
    related: &[usize],
    slots: &[Slot],
    (atoms, units, model): (&[Atom], &[Literal], &Model),
) -> Model {
    let mut plain = model.clone();
    for slot in related {
        let is_plain = |unit: &&Literal| {
            let test = problem.sources.tests.get(unit.atom);
            test.is_some_and(|(of, source)| of == slot && source.variables().is_empty())
        };
        let units: Vec<Literal> = units.iter().filter(is_plain).copied().collect();
        let Some(place) = slots.get(*slot) else {
            continue;
        };
        let found = fill(place, &units, atoms, &mut problem.budget);
        if let (Some(content), Found::One(found)) = (plain.get_mut(*slot), found) {
            *content = found;
        }
    }
    plain
}

/// The texts that these slots are compared with, whole and in pieces.
fn pieces(problem: &Problem<'_>, related: &[usize]) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let tests = problem.sources.tests.iter();
    for (_, source) in tests.filter(|(of, _)| related.contains(of)) {
        for item in source.texts() {
            // A wildcard may be a character to an operator that knows none.
            if !item.contains('$') {
                pieces.push(item.clone());
            }
            let cut = item.split(['/', ':', '*', '?', '-']);
            pieces.extend(cut.filter(|piece| !piece.contains('$')).map(str::to_owned));
        }
    }
    pieces.retain(|piece| !["", "arn", "aws"].contains(&piece.as_str()));
    pieces
}
