//! Asks both evaluators and compares what they say.

use std::collections::BTreeMap;

use locum_policy::{
    Decision, Document, Policies, Policy as Engine, PolicyType, Reason, Request, ResourceRule,
    decide,
};

use super::{Ask, Policy, World};
use crate::model::{self, Answer, Place, Question, Truth, Verdict};

/// A world and a question to it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    pub(crate) world: World,
    pub(crate) ask: Ask,
}

/// A policy in both forms.
struct Both {
    engine: Engine,
    model: model::Document,
}

/// A world in both forms; documents that the engine refuses are left out.
pub(crate) struct Compiled {
    identity: Vec<Both>,
    boundary: Option<Both>,
    session: Vec<Both>,
    resource: Option<Both>,
    scp: Vec<Vec<Both>>,
    rcp: Vec<Vec<Both>>,
    rule: ResourceRule,
    resource_account: String,
    /// How many were refused.
    pub(crate) refused: u64,
    /// Documents that the engine takes and the model calls ungrammatical.
    pub(crate) ungrammatical: Vec<String>,
}

/// What the two said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) engine: Answer,
    pub(crate) model: Answer,
    /// Whether the statement that the engine names is there, applies, and has the right effect.
    pub(crate) statement_is_right: bool,
}

impl Said {
    pub(crate) fn agree(&self) -> bool {
        // Of what is no question only the refusal is certain.
        match self.model.verdict {
            Verdict::NoQuestion => !self.engine.is_allowed(),
            _ => self.engine == self.model && self.statement_is_right,
        }
    }
}

impl Compiled {
    pub(crate) fn new(world: &World) -> Compiled {
        let (mut refused, mut ungrammatical) = (0, Vec::new());
        let mut both = |policy: &Policy| {
            let text = policy.text();
            let Ok(document) = Document::parse(&text) else {
                refused += 1;
                return None;
            };
            let engine = Engine::compile(&document);
            match model::Document::read(&text) {
                Some(model) => Some(Both { engine, model }),
                None => {
                    ungrammatical.push(text);
                    None
                }
            }
        };
        let identity = world.identity.iter().filter_map(&mut both).collect();
        let boundary = world.boundary.as_ref().and_then(&mut both);
        let session = world.session.iter().filter_map(&mut both).collect();
        let resource = world.resource.as_ref().and_then(&mut both);
        let mut levels = |levels: &[Vec<Policy>]| -> Vec<Vec<Both>> {
            let level = |level: &Vec<Policy>| level.iter().filter_map(&mut both).collect();
            levels.iter().map(level).collect()
        };
        let scp = levels(&world.scp);
        let rcp = levels(&world.rcp);
        Compiled {
            identity,
            boundary,
            session,
            resource,
            scp,
            rcp,
            rule: world.rule,
            resource_account: world.resource_account.clone(),
            refused,
            ungrammatical,
        }
    }

    /// Asks both.
    pub(crate) fn said(&self, ask: &Ask) -> Said {
        let facts = ask.facts.bound();
        let decision = self.engine(ask, &facts);
        let lookup = |key: &str| facts.lookup(key);
        let question = Question {
            action: &ask.action,
            resource: &ask.resource,
            caller: ask.caller.kind(),
            account: &ask.caller.account,
            lookup: &lookup,
        };
        Said {
            engine: verdict(&decision),
            model: model::decide(&self.for_model(ask), &question),
            statement_is_right: self.statement_is_right(decision.reason(), &question),
        }
    }

    /// Asks the engine alone.
    pub(crate) fn engine(&self, ask: &Ask, facts: &super::facts::Bound<'_>) -> Decision {
        let with = ask.with;
        let identity: &[Both] = if with.identity { &self.identity } else { &[] };
        let identity = engines(identity);
        let session = engines(&self.session);
        let scp: Vec<Vec<&Engine>> = self.scp.iter().map(|level| engines(level)).collect();
        let scp: Vec<&[&Engine]> = scp.iter().map(Vec::as_slice).collect();
        let rcp: Vec<Vec<&Engine>> = self.rcp.iter().map(|level| engines(level)).collect();
        let rcp: Vec<&[&Engine]> = rcp.iter().map(Vec::as_slice).collect();
        let principal = ask.caller.principal();
        let request = Request {
            action: &ask.action,
            resource: &ask.resource,
            principal: &principal,
            context: facts,
        };
        decide(
            &request,
            &Policies {
                identity: &identity,
                boundary: self
                    .boundary
                    .as_ref()
                    .filter(|_| with.boundary)
                    .map(|b| &b.engine),
                session: with.session.then_some(&session[..]),
                resource: self
                    .resource
                    .as_ref()
                    .filter(|_| with.resource)
                    .map(|b| &b.engine),
                resource_rule: self.rule,
                resource_account: &self.resource_account,
                scp: with.scp.then_some(&scp[..]),
                rcp: with.rcp.then_some(&rcp[..]),
            },
        )
    }

    fn for_model(&self, ask: &Ask) -> model::Policies<'_> {
        let with = ask.with;
        model::Policies {
            identity: models(if with.identity { &self.identity } else { &[] }),
            boundary: self
                .boundary
                .as_ref()
                .filter(|_| with.boundary)
                .map(|b| &b.model),
            session: with.session.then(|| models(&self.session)),
            resource: self
                .resource
                .as_ref()
                .filter(|_| with.resource)
                .map(|b| &b.model),
            rule: self.rule,
            resource_account: &self.resource_account,
            scp: with.scp.then(|| levels(&self.scp)),
            rcp: with.rcp.then(|| levels(&self.rcp)),
        }
    }

    fn statement_is_right(&self, reason: &Reason, question: &Question<'_>) -> bool {
        let (found, allows) = match reason {
            Reason::Allowed(found) => (found, true),
            Reason::ExplicitDeny(found) => (found, false),
            _ => return true,
        };
        let (policy, place) = match found.policy_type {
            PolicyType::Identity => (self.identity.get(found.policy), Place::Caller),
            PolicyType::Boundary => (self.boundary.as_ref(), Place::Caller),
            PolicyType::Session => (self.session.get(found.policy), Place::Caller),
            PolicyType::Resource | PolicyType::RoleTrust => {
                (self.resource.as_ref(), Place::Resource)
            }
            PolicyType::Scp => (self.scp.iter().flatten().nth(found.policy), Place::Caller),
            PolicyType::Rcp => (self.rcp.iter().flatten().nth(found.policy), Place::Rcp),
        };
        let Some(document) = policy.map(|both| &both.model) else {
            return false;
        };
        let Some(statement) = document.statements.get(found.statement) else {
            return false;
        };
        let (applies, _) = model::applies(document, statement, place, question);
        let enough = if allows {
            applies == Truth::Yes
        } else {
            applies != Truth::No
        };
        statement.allows == allows && enough
    }
}

fn engines(policies: &[Both]) -> Vec<&Engine> {
    policies.iter().map(|both| &both.engine).collect()
}

fn models(policies: &[Both]) -> Vec<&model::Document> {
    policies.iter().map(|both| &both.model).collect()
}

fn levels(levels: &[Vec<Both>]) -> Vec<Vec<&model::Document>> {
    levels.iter().map(|level| models(level)).collect()
}

/// The engine's decision in the model's words.
pub(crate) fn verdict(decision: &Decision) -> Answer {
    let verdict = match decision.reason() {
        Reason::Allowed(_) => Verdict::Allowed,
        Reason::Root => Verdict::Root,
        Reason::ExplicitDeny(found) => Verdict::Denied(model::type_name(found.policy_type)),
        Reason::NoAllow(lacking) => Verdict::Lacks(model::type_name(*lacking)),
        Reason::CrossAccount => Verdict::CrossAccount,
    };
    Answer {
        verdict,
        cross_account: decision.is_cross_account(),
    }
}

impl Case {
    /// What the two say of this case.
    pub(crate) fn said(&self) -> Said {
        Compiled::new(&self.world).said(&self.ask)
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
    /// Runs the worlds of these seeds.
    pub(crate) fn of(seeds: impl Iterator<Item = u64>) -> Tally {
        let mut tally = Tally::default();
        for seed in seeds {
            tally.world(seed);
        }
        tally
    }

    fn world(&mut self, seed: u64) {
        let mut random = super::Random::new(seed);
        let world = World::generate(&mut random);
        let compiled = Compiled::new(&world);
        self.documents += world.policies().count() as u64;
        self.refused += compiled.refused;
        assert!(
            compiled.ungrammatical.is_empty(),
            "seed {seed}: taken though the grammar forbids it: {:?}",
            compiled.ungrammatical
        );
        for _ in 0..super::ASKS_PER_WORLD {
            let ask = Ask::generate(&mut random, &world);
            let said = compiled.said(&ask);
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
