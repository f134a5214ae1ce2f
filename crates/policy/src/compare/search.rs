//! Looks for a request that satisfies some demands, each of which can be met in several ways.
//!
//! At every moment there is a model: a request that does all that was decided so far. A demand that
//! the model meets needs no decision. Of one that it does not meet, each way is tried in turn; what
//! failed is ruled out for the ways that follow.

use super::slot::{Atom, Content, Literal, Slot, Trouble, fill};
use super::words::{Budget, Found};
use crate::limits::COMPARE_DEMANDS_WEIGHED;

/// One of the literals must hold.
pub(super) type Clause = Vec<Literal>;

/// A request, one content for each slot.
pub(super) type Model = Vec<Content>;

/// The search for one request.
pub(super) struct Search<'a> {
    pub(super) slots: &'a [Slot],
    pub(super) atoms: &'a [Atom],
    pub(super) clauses: &'a [Clause],
    pub(super) budget: &'a mut Budget,
    /// What kept a branch from being decided.
    pub(super) trouble: Option<Trouble>,
}

/// What was decided so far, by slot, and a request that does it.
#[derive(Clone)]
struct State {
    decided: Vec<Vec<Literal>>,
    model: Model,
}

/// A way to meet a demand, and the content that does.
type Way = (Literal, Content);

impl Search<'_> {
    /// A request that does what all `units` say and meets every clause.
    pub(super) fn run(&mut self, units: &[Literal]) -> Option<Model> {
        let mut state = State {
            decided: vec![Vec::new(); self.slots.len()],
            model: Vec::new(),
        };
        for unit in units {
            let slot = self.atoms.get(unit.atom)?.slot;
            let decided = state.decided.get_mut(slot)?;
            if !decided.contains(unit) {
                decided.push(*unit);
            }
        }
        for slot in 0..self.slots.len() {
            let content = self.fill(slot, state.decided.get(slot)?)?;
            state.model.push(content);
        }
        self.descend(state)
    }

    fn descend(&mut self, mut state: State) -> Option<Model> {
        let unmet: Vec<&Clause> = self
            .clauses
            .iter()
            .filter(|clause| !clause.iter().any(|literal| self.is_met(*literal, &state)))
            .collect();
        if unmet.is_empty() {
            return Some(state.model);
        }
        let mut narrowest: Option<Vec<Way>> = None;
        for clause in unmet.into_iter().take(COMPARE_DEMANDS_WEIGHED) {
            let ways: Vec<Way> = clause
                .iter()
                .filter_map(|literal| Some((*literal, self.with(*literal, &state)?)))
                .collect();
            let fewer = narrowest
                .as_ref()
                .is_none_or(|least| ways.len() < least.len());
            if fewer {
                let decided = ways.len() <= 1;
                narrowest = Some(ways);
                if decided {
                    break;
                }
            }
        }
        for (literal, content) in narrowest? {
            let mut next = state.clone();
            self.decide(literal, content, &mut next)?;
            if let Some(model) = self.descend(next) {
                return Some(model);
            }
            if self.budget.steps == 0 {
                self.trouble = Some(Trouble::OutOfSteps);
                return None;
            }
            // The model does not do it, so there is a request without it, or trouble.
            let without = literal.complement();
            if let Some(content) = self.with(without, &state) {
                self.decide(without, content, &mut state)?;
            }
        }
        None
    }

    /// Whether the model does what the literal says, whatever the variables are, or it was decided.
    fn is_met(&self, literal: Literal, state: &State) -> bool {
        let Some(atom) = self.atoms.get(literal.atom) else {
            return false;
        };
        let decided = state.decided.get(atom.slot);
        let surely = |content| !atom.meets(literal.complement().allowed, content);
        decided.is_some_and(|decided| decided.contains(&literal))
            || state.model.get(atom.slot).is_some_and(surely)
    }

    /// The content of the literal's slot when it is decided as well.
    fn with(&mut self, literal: Literal, state: &State) -> Option<Content> {
        let slot = self.atoms.get(literal.atom)?.slot;
        let mut decided = state.decided.get(slot)?.clone();
        decided.push(literal);
        self.fill(slot, &decided)
    }

    fn decide(&self, literal: Literal, content: Content, state: &mut State) -> Option<()> {
        let slot = self.atoms.get(literal.atom)?.slot;
        state.decided.get_mut(slot)?.push(literal);
        *state.model.get_mut(slot)? = content;
        Some(())
    }

    fn fill(&mut self, slot: usize, decided: &[Literal]) -> Option<Content> {
        match fill(self.slots.get(slot)?, decided, self.atoms, self.budget) {
            Found::One(content) => Some(content),
            Found::None => None,
            Found::Open(trouble) => {
                self.trouble = Some(trouble);
                None
            }
        }
    }
}
