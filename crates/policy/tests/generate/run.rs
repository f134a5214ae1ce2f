//! Cases, what is said of them, and how often.

use std::collections::BTreeMap;

use super::ask::selection;
use super::compiled::Said;
use super::{Ask, Compiled, Policy, World};
use crate::model::Verdict;

/// The simulator is asked one question of every so many worlds.
const WORLDS_PER_SIMULATION: u64 = 4;

/// How much is asked of each world.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Questions that are made for it.
    pub(crate) asks: u64,
    /// Questions beside each of these.
    pub(crate) neighbours: u64,
    /// Selections of its policies that each question is put to.
    pub(crate) selections: u64,
}

/// A world and a question to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) world: World,
    pub(crate) ask: Ask,
}

impl Case {
    /// What the two say of this case.
    pub(crate) fn said(&self) -> Said {
        let compiled = Compiled::new(&self.world);
        Said {
            simulated_alike: compiled.simulated_alike(&self.world, &self.ask),
            ..compiled.said(&self.ask)
        }
    }

    /// The case in words: policies, request, both answers.
    pub(crate) fn report(&self) -> String {
        let said = self.said();
        let (world, ask) = (&self.world, &self.ask);
        let mut lines = vec![
            format!("engine   {:?}", said.engine),
            format!("model    {:?}", said.model),
        ];
        if !said.statement_is_right {
            lines.push("the statement that the engine names does not decide this".to_owned());
        }
        if !said.simulated_alike {
            lines.push("the simulator decides otherwise".to_owned());
        }
        if !said.joined_alike {
            lines.push("joined, the policies decide otherwise".to_owned());
        }
        lines.push(format!("caller   {:?}", ask.caller.principal()));
        lines.push(format!("action   {}", ask.action));
        lines.push(format!(
            "resource {} of {}, {:?}",
            ask.resource, world.resource_account, world.rule
        ));
        for (key, fact) in &ask.facts.0 {
            lines.push(format!("value    {key} = {fact:?}"));
        }
        let mut show = |name: &str, there: bool, policies: Vec<&Policy>| {
            if there {
                let texts: Vec<String> = policies.iter().map(|policy| policy.text()).collect();
                lines.push(format!("{name:8} {}", texts.join("\n         ")));
            }
        };
        show(
            "identity",
            ask.with.identity,
            world.identity.iter().collect(),
        );
        show(
            "boundary",
            ask.with.boundary,
            world.boundary.iter().collect(),
        );
        show("session", ask.with.session, world.session.iter().collect());
        show(
            "resource",
            ask.with.resource,
            world.resource.iter().collect(),
        );
        for level in &world.scp {
            show("scp", ask.with.scp, level.iter().collect());
        }
        for level in &world.rcp {
            show("rcp", ask.with.rcp, level.iter().collect());
        }
        lines.join("\n")
    }
}

/// How often each answer came.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tally {
    pub(crate) cases: u64,
    pub(crate) documents: u64,
    pub(crate) refused: u64,
    pub(crate) verdicts: BTreeMap<Verdict, u64>,
    pub(crate) mismatches: Vec<(u64, Case)>,
}

impl Tally {
    /// Runs the worlds of these seeds, with so much asked of each.
    pub(crate) fn of(seeds: impl Iterator<Item = u64>, effort: Effort) -> Tally {
        let mut tally = Tally::default();
        for seed in seeds {
            tally.world(seed, effort);
        }
        tally
    }

    fn world(&mut self, seed: u64, effort: Effort) {
        let mut random = super::Random::new(seed);
        let world = World::generate(&mut random);
        let compiled = Compiled::new(&world);
        self.documents += world.policies().count() as u64;
        self.refused += compiled.refused();
        assert!(
            compiled.ungrammatical.is_empty(),
            "seed {seed}: taken though the grammar forbids it: {:?}",
            compiled.ungrammatical
        );
        for number in 0..effort.asks {
            let first = Ask::generate(&mut random, &world);
            if number == 0 && seed.is_multiple_of(WORLDS_PER_SIMULATION) {
                let simulated_alike = compiled.simulated_alike(&world, &first);
                let said = compiled.said(&first);
                self.note(
                    seed,
                    &world,
                    &first,
                    Said {
                        simulated_alike,
                        ..said
                    },
                );
            }
            let beside: Vec<Ask> = (0..effort.neighbours)
                .map(|_| first.beside(&mut random, &world))
                .collect();
            for mut ask in std::iter::once(first).chain(beside) {
                let mut withs = vec![ask.with];
                withs.extend((1..effort.selections).map(|_| selection(&mut random, &ask.caller)));
                for (with, said) in compiled.said_of_each(&ask, withs) {
                    ask.with = with;
                    self.note(seed, &world, &ask, said);
                }
            }
        }
    }

    fn note(&mut self, seed: u64, world: &World, ask: &Ask, said: Said) {
        self.cases += 1;
        *self.verdicts.entry(said.model.verdict).or_default() += 1;
        if !said.agree() {
            let (world, ask) = (world.clone(), ask.clone());
            self.mismatches.push((seed, Case { world, ask }));
        }
    }

    /// Adds what another thread counted.
    pub(crate) fn add(&mut self, other: Tally) {
        self.cases += other.cases;
        self.documents += other.documents;
        self.refused += other.refused;
        self.mismatches.extend(other.mismatches);
        for (verdict, count) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += count;
        }
    }
}
