//! Cases, what is said of them, and how often.

use std::collections::BTreeMap;

use super::compiled::Said;
use super::{Ask, Compiled, Policy, World};
use crate::model::Verdict;

/// The simulator is asked one question of every so many worlds.
const WORLDS_PER_SIMULATION: u64 = 4;

/// A world and a question to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) world: World,
    pub(crate) ask: Ask,
}

impl Case {
    /// What the two say of this case.
    pub(crate) fn said(&self) -> Said {
        Compiled::new(&self.world).said_by_all(&self.world, &self.ask)
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
    /// Runs the worlds of these seeds, with so many questions to each.
    pub(crate) fn of(seeds: impl Iterator<Item = u64>, asks: u64) -> Tally {
        let mut tally = Tally::default();
        for seed in seeds {
            tally.world(seed, asks);
        }
        tally
    }

    fn world(&mut self, seed: u64, asks: u64) {
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
        for number in 0..asks {
            let ask = Ask::generate(&mut random, &world);
            let said = match number == 0 && seed.is_multiple_of(WORLDS_PER_SIMULATION) {
                true => compiled.said_by_all(&world, &ask),
                false => compiled.said(&ask),
            };
            self.cases += 1;
            *self.verdicts.entry(said.model.verdict).or_default() += 1;
            if !said.agree() {
                let world = world.clone();
                self.mismatches.push((seed, Case { world, ask }));
            }
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
