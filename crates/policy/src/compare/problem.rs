//! The question of a comparison, split into searches: by caller, by the Allow that might let through
//! more, and by what the variables are.

use std::rc::Rc;

use super::atom::Open;
use super::atom::{Binding, Bindings, Source};
use super::caller::{Caller, Known, Sort, callers};
use super::places::{Places, Presence};
use super::search::{Clause, Model, Search};
use super::slot::{Atom, Content, Literal, Slot, Trouble};
use super::statement::{RESOURCE, Sources, Statement, of_resource};
use super::truths::Truths;
use super::words::Budget;
use super::{Unsure, accounts};
use crate::decision::PolicyType;
use crate::document::{Document, Effect, Form};
use crate::key::ConditionKey;
use crate::limits::{COMPARE_STEPS_MAX, COMPARE_VARIABLES_MAX};
use crate::principal::Grant;
use crate::truth::Truth;

/// The keys of KMS.
const KEYS: &str = "arn:*:kms:*:*:key/*";

/// Two sides and everything that the searches share.
pub(super) struct Problem<'d> {
    pub(super) kind: PolicyType,
    pub(super) sources: Sources,
    pub(super) old: Vec<Statement<'d>>,
    pub(super) new: Vec<Statement<'d>>,
    /// What any request must do beside.
    pub(super) demands: Vec<Literal>,
    pub(super) variables: Vec<ConditionKey>,
    /// Whether the policies are those of a KMS key.
    of_key: bool,
    /// That the resource is a KMS key, of the policies of resources.
    is_key: Option<usize>,
    pub(super) budget: Budget,
    /// Why some search ended without an answer.
    pub(super) unsure: Option<Unsure>,
    compiled: Vec<(Bindings, Rc<[Atom]>)>,
}

/// One search: who asks, how strongly the new side must grant, and by which Allow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'p> {
    pub(super) caller: Option<&'p Caller>,
    pub(super) level: Grant,
    /// Index among the new side's statements; `None` when no Allow is needed.
    pub(super) allow: Option<usize>,
}

/// A request that was found.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub(super) model: Model,
    pub(super) caller: Option<Known>,
    pub(super) level: Grant,
    pub(super) allow: Option<usize>,
    pub(super) atoms: Rc<[Atom]>,
}

/// Says what a solution comes to: an answer, or why it is none.
pub(super) type Check<'c, 'd, T> = dyn FnMut(&Problem<'d>, Solution) -> Result<T, Unsure> + 'c;

/// What must hold in one search.
struct Demands {
    units: Vec<Literal>,
    clauses: Vec<Clause>,
}

impl<'d> Problem<'d> {
    pub(super) fn new(kind: PolicyType, old: &[&'d Document], new: &[&'d Document]) -> Problem<'d> {
        let mut sources = Sources::default();
        let old = sources.read(old, kind);
        let new = sources.read(new, kind);
        let mut variables: Vec<ConditionKey> = Vec::new();
        for (_, source) in &sources.tests {
            for key in source.variables() {
                if !variables.contains(&key) {
                    variables.push(key);
                }
            }
        }
        // A variable's value is a place of the request like any other.
        for key in &variables {
            sources.slot_of(key);
        }
        let is_key = (kind == PolicyType::Resource).then(|| {
            let pattern = Source::Resource(Form::Plain, vec![KEYS.to_owned()], Open::No);
            sources.add(RESOURCE, pattern)
        });
        let of_key = is_key.is_some() && old.iter().chain(&new).all(Statement::is_about_keys);
        let demands = is_key.filter(|_| of_key).map(|atom| Literal {
            atom,
            allowed: Truths::YES,
        });
        Problem {
            kind,
            sources,
            old,
            new,
            demands: demands.into_iter().collect(),
            variables,
            of_key,
            is_key,
            budget: Budget {
                steps: COMPARE_STEPS_MAX,
            },
            unsure: None,
            compiled: Vec::new(),
        }
    }

    /// Looks for a request that the new side allows and the old does not, and hands each to `check`
    /// until that makes an answer of it.
    pub(super) fn solve<T>(&mut self, check: &mut Check<'_, 'd, T>) -> Option<T> {
        if self.is_within() {
            return None;
        }
        if self.variables.len() > COMPARE_VARIABLES_MAX {
            self.unsure = Some(Unsure::Variables(self.variables.clone()));
            return None;
        }
        if !of_resource(self.kind) {
            return self.solve_for(None, &[Grant::Full], check);
        }
        let named = accounts::named(&self.sources);
        if named.partly {
            self.unsure = Some(Unsure::Accounts);
        }
        let statements = self.old.iter().chain(&self.new);
        let Some(callers) = callers(statements, &named.texts) else {
            self.unsure = Some(Unsure::Callers);
            return None;
        };
        for caller in &callers {
            let found = self.solve_for(Some(caller), self.levels(caller.sort), check);
            if found.is_some() || self.budget.steps == 0 {
                return found;
            }
        }
        None
    }

    /// How strongly the new side may have to grant to such a caller.
    fn levels(&self, sort: Sort) -> &'static [Grant] {
        // Whom neither a role nor a key names gets nowhere.
        let must_grant = self.kind == PolicyType::RoleTrust || self.of_key;
        match sort {
            // That all others allow is enough to see what a level of an organization says.
            _ if self.kind == PolicyType::Rcp => &[Grant::Full],
            sort if !sort.has_account() => &[Grant::Full],
            Sort::Root if must_grant => &[Grant::Full],
            Sort::Root => &[Grant::Full, Grant::None],
            _ if must_grant => &[Grant::Full, Grant::Limited, Grant::Delegated],
            _ => &[Grant::Full, Grant::Limited, Grant::Delegated, Grant::None],
        }
    }

    /// Whether the old side has every Allow of the new one and the new side every Deny of the old
    /// one, word for word: what needs no search, and no limit, to be answered.
    fn is_within(&self) -> bool {
        let mut allows = self
            .new
            .iter()
            .filter(|statement| statement.is(Effect::Allow));
        self.keeps_denies() && allows.all(|statement| has(&self.old, statement))
    }

    /// Whether every Deny of the old side stands on the new one: then an Allow that both have lets
    /// nothing new through.
    fn keeps_denies(&self) -> bool {
        let mut denies = self
            .old
            .iter()
            .filter(|statement| statement.is(Effect::Deny));
        denies.all(|statement| has(&self.new, statement))
    }

    fn solve_for<T>(
        &mut self,
        caller: Option<&Caller>,
        levels: &[Grant],
        check: &mut Check<'_, 'd, T>,
    ) -> Option<T> {
        let keeps_denies = self.keeps_denies();
        for level in levels {
            let allows: Vec<Option<usize>> = match level {
                Grant::None => vec![None],
                _ => {
                    let indexed = self.new.iter().enumerate();
                    let granting = indexed.filter(|(_, s)| {
                        self.grants(s, caller, *level) && !(keeps_denies && has(&self.old, s))
                    });
                    granting.map(|(index, _)| Some(index)).collect()
                }
            };
            for allow in allows {
                let attempt = Attempt {
                    caller,
                    level: *level,
                    allow,
                };
                for demands in self.demands(attempt) {
                    let found = self.settle(attempt, &demands, check);
                    if found.is_some() {
                        return found;
                    }
                    if self.budget.steps == 0 {
                        self.unsure = Some(Unsure::Steps);
                        return None;
                    }
                }
            }
        }
        None
    }

    fn grants(&self, statement: &Statement<'_>, caller: Option<&Caller>, level: Grant) -> bool {
        let granted = |caller: &Caller| {
            let partition = partition(caller);
            let known = caller.known(None, None);
            statement.grant(&known.principal(), partition) >= level
        };
        statement.is(Effect::Allow) && caller.is_none_or(granted)
    }

    fn denies(statement: &Statement<'_>, caller: Option<&Caller>) -> Truth {
        caller.map_or(Truth::Yes, |caller| {
            let known = caller.known(None, None);
            statement.denies(&known.principal(), partition(caller))
        })
    }

    /// The ways in which the new side can allow what the old does not: no Allow of the old side
    /// matches, or one of its Denies does.
    fn demands(&self, attempt: Attempt<'_>) -> Vec<Demands> {
        let mut units = self.demands.clone();
        // Where the caller's own policies are enough, the resource is no key.
        let no_key = self.is_key.filter(|_| attempt.level == Grant::None);
        units.extend(no_key.map(|atom| Literal {
            atom,
            allowed: Truths::NO,
        }));
        let mut clauses = Vec::new();
        if let Some(statement) = attempt.allow.and_then(|index| self.new.get(index)) {
            let Some(all) = statement.all(Truths::YES) else {
                return Vec::new();
            };
            units.extend(all);
        }
        let denies = |statements: &'_ [Statement<'d>]| -> Vec<usize> {
            let denies = statements.iter().enumerate();
            let denies = denies.filter(|(_, s)| {
                s.is(Effect::Deny) && Self::denies(s, attempt.caller) != Truth::No
            });
            denies.map(|(index, _)| index).collect()
        };
        for statement in denies(&self.new)
            .iter()
            .filter_map(|index| self.new.get(*index))
        {
            clauses.extend(statement.any(Truths::NO));
        }
        let mut found = Vec::new();
        if attempt.level > Grant::None {
            let mut clauses = clauses.clone();
            for statement in &self.old {
                if self.grants(statement, attempt.caller, attempt.level) {
                    clauses.extend(statement.any(Truths::NOT_YES));
                }
            }
            found.push(Demands {
                units: units.clone(),
                clauses,
            });
        }
        for statement in denies(&self.old)
            .iter()
            .filter_map(|index| self.old.get(*index))
        {
            if let Some(all) = statement.all(Truths::NOT_NO) {
                found.push(Demands {
                    units: units.iter().copied().chain(all).collect(),
                    clauses: clauses.clone(),
                });
            }
        }
        found
    }

    /// Goes through what the variables can be.
    fn settle<T>(
        &mut self,
        attempt: Attempt<'_>,
        demands: &Demands,
        check: &mut Check<'_, 'd, T>,
    ) -> Option<T> {
        let places = Places::new(self, attempt.caller, attempt.level);
        for presence in places.presences() {
            let slots = places.slots(&presence);
            let bindings = places.bindings(&presence);
            let open = bindings
                .0
                .iter()
                .any(|(_, binding)| *binding == Binding::Open);
            let units: Vec<Literal> = demands
                .units
                .iter()
                .copied()
                .chain(places.literals.iter().copied())
                .collect();
            let found = self.search(&slots, &bindings, &units, &demands.clauses);
            let Some((model, atoms)) = found else {
                continue;
            };
            if !open {
                let solution = self.solution(attempt, model, atoms);
                match check(self, solution) {
                    Ok(found) => return Some(found),
                    Err(unsure) => self.unsure = Some(unsure),
                }
                continue;
            }
            let found = self.concrete(
                attempt,
                demands,
                &units,
                (&places, &presence),
                &model,
                check,
            );
            if found.is_some() {
                return found;
            }
        }
        None
    }

    /// Variables with an open value led to something: tries values for them.
    fn concrete<T>(
        &mut self,
        attempt: Attempt<'_>,
        demands: &Demands,
        units: &[Literal],
        (places, presence): (&Places, &[Presence]),
        model: &Model,
        check: &mut Check<'_, 'd, T>,
    ) -> Option<T> {
        let mut bindings = places.bindings(presence);
        let slots = places.slots(presence);
        let atoms = self.atoms(&bindings);
        let values = super::values::values(self, &bindings, &slots, &atoms, units, model);
        for choice in values.choices() {
            let mut slots = slots.clone();
            for (index, value) in &choice {
                let Some((key, binding)) = bindings.0.get_mut(*index) else {
                    continue;
                };
                *binding = Binding::Value(value.clone());
                let slot = self.sources.slot_of(key);
                if let Some(slot) = slots.get_mut(slot) {
                    slot.fixed = Some(value.clone());
                }
            }
            let found = self.search(&slots, &bindings, units, &demands.clauses);
            if let Some((model, atoms)) = found {
                let solution = self.solution(attempt, model, atoms);
                match check(self, solution) {
                    Ok(found) => return Some(found),
                    Err(unsure) => self.unsure = Some(unsure),
                }
            }
            if self.budget.steps == 0 {
                return None;
            }
        }
        if !values.all {
            self.unsure = Some(Unsure::Variables(values.keys));
        }
        None
    }

    fn search(
        &mut self,
        slots: &[Slot],
        bindings: &Bindings,
        units: &[Literal],
        clauses: &[Clause],
    ) -> Option<(Model, Rc<[Atom]>)> {
        let atoms = self.atoms(bindings);
        let mut search = Search {
            slots,
            atoms: &atoms,
            clauses,
            budget: &mut self.budget,
            trouble: None,
        };
        let model = search.run(units);
        match (model, search.trouble) {
            (Some(model), _) => Some((model, atoms)),
            (None, trouble) => {
                if let Some(trouble) = trouble {
                    self.unsure = Some(match trouble {
                        Trouble::OutOfSteps => Unsure::Steps,
                        Trouble::Mixed(key) => Unsure::MixedOperators(key),
                    });
                }
                None
            }
        }
    }

    /// The tests under some bindings; those without values are kept.
    fn atoms(&mut self, bindings: &Bindings) -> Rc<[Atom]> {
        let count = self.sources.tests.len();
        self.compiled.retain(|(_, atoms)| atoms.len() == count);
        if let Some((_, atoms)) = self.compiled.iter().find(|(known, _)| known == bindings) {
            return Rc::clone(atoms);
        }
        let tests = self.sources.tests.iter();
        // What cannot be read matches nothing; no document holds it.
        let nothing = |slot: usize| Source::OneOf(Form::Plain, Vec::new()).atom(slot, bindings);
        let atoms: Rc<[Atom]> = tests
            .filter_map(|(slot, source)| source.atom(*slot, bindings).or_else(|| nothing(*slot)))
            .collect();
        let valued = |(_, binding): &(ConditionKey, Binding)| match binding {
            Binding::Value(value) => !value.is_empty(),
            Binding::Open | Binding::Unresolved => false,
        };
        if !bindings.0.iter().any(valued) {
            self.compiled.push((bindings.clone(), Rc::clone(&atoms)));
        }
        atoms
    }

    fn solution(&self, attempt: Attempt<'_>, model: Model, atoms: Rc<[Atom]>) -> Solution {
        let caller = attempt.caller.map(|caller| {
            let arn = self.text_of(&model, &ConditionKey::parse("aws:PrincipalArn"));
            let id = self.text_of(&model, &ConditionKey::parse("aws:userid"));
            let has_account = caller.sort.has_account();
            let of_account = |text: Option<String>| text.filter(|_| has_account);
            caller.known(of_account(arn).as_deref(), of_account(id).as_deref())
        });
        Solution {
            model,
            caller,
            level: attempt.level,
            allow: attempt.allow,
            atoms,
        }
    }

    fn text_of(&self, model: &Model, key: &ConditionKey) -> Option<String> {
        let index = self.sources.keys.iter().position(|known| known == key)?;
        match model.get(super::statement::FIRST_KEY + index)? {
            Content::One(word) => super::language::text(word),
            _ => None,
        }
    }
}

/// Whether one of `statements` says the same as `wanted`, word for word.
fn has(statements: &[Statement<'_>], wanted: &Statement<'_>) -> bool {
    statements
        .iter()
        .any(|statement| statement.says_what(wanted))
}

/// The partition of a caller as the engine sees it; of a root user, that of the resource.
fn partition(caller: &Caller) -> Option<&str> {
    let partition = Some(caller.partition.as_str());
    partition.filter(|partition| !partition.is_empty())
}
