//! A world in both evaluators' forms, and what they say of a question to it.

use locum_policy::{
    Decision, Document, Policies, Policy as Engine, PolicyType, Reason, Request, ResourceRule,
    StatementRef, decide,
};

use super::facts::Bound;
use super::{Ask, Policy, Selection, World};
use crate::model::{self, Answer, Place, Question, Truth, Verdict};
use std::cell::RefCell;

/// The policies of a world in one form.
pub(crate) struct Set<T> {
    pub(crate) identity: Vec<T>,
    pub(crate) boundary: Option<T>,
    pub(crate) session: Vec<T>,
    pub(crate) resource: Option<T>,
    pub(crate) scp: Vec<Vec<T>>,
    pub(crate) rcp: Vec<Vec<T>>,
}

/// A world in the engine's form alone.
pub(crate) struct Plain {
    separate: Set<Engine>,
    rule: ResourceRule,
    resource_account: String,
    /// How many documents were refused, and left out.
    pub(crate) refused: u64,
}

/// A world in every form; documents that the engine refuses are left out.
pub(crate) struct Compiled {
    plain: Plain,
    /// All policies of one list joined into one plan.
    joined: Set<Engine>,
    model: Set<model::Document>,
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
    /// Whether the joined policies gave the same decision.
    pub(crate) joined_alike: bool,
    /// Whether the simulator gave the same decision; not asked in most cases, it takes its time.
    pub(crate) simulated_alike: bool,
}

impl Said {
    pub(crate) fn agree(&self) -> bool {
        // Of what is no question only the refusal is certain.
        match self.model.verdict {
            Verdict::NoQuestion => !self.engine.is_allowed(),
            _ => {
                self.engine == self.model
                    && self.statement_is_right
                    && self.joined_alike
                    && self.simulated_alike
            }
        }
    }
}

impl<T> Set<T> {
    pub(crate) fn of(world: &World, make: &mut impl FnMut(&Policy) -> Option<T>) -> Set<T> {
        Set {
            identity: world.identity.iter().filter_map(&mut *make).collect(),
            boundary: world.boundary.as_ref().and_then(&mut *make),
            session: world.session.iter().filter_map(&mut *make).collect(),
            resource: world.resource.as_ref().and_then(&mut *make),
            scp: levels_of(&world.scp, make),
            rcp: levels_of(&world.rcp, make),
        }
    }

    /// The policy that a reference names.
    fn get(&self, found: StatementRef) -> Option<&T> {
        match found.policy_type {
            PolicyType::Identity => self.identity.get(found.policy),
            PolicyType::Boundary => self.boundary.as_ref(),
            PolicyType::Session => self.session.get(found.policy),
            PolicyType::Resource | PolicyType::RoleTrust => self.resource.as_ref(),
            PolicyType::Scp => self.scp.iter().flatten().nth(found.policy),
            PolicyType::Rcp => self.rcp.iter().flatten().nth(found.policy),
        }
    }
}

fn levels_of<T>(
    levels: &[Vec<Policy>],
    make: &mut impl FnMut(&Policy) -> Option<T>,
) -> Vec<Vec<T>> {
    let levels = levels.iter();
    levels
        .map(|level| level.iter().filter_map(&mut *make).collect())
        .collect()
}

impl Set<Engine> {
    fn joined(&self) -> Set<Engine> {
        let join = |policies: &[Engine]| Engine::join(&policies.iter().collect::<Vec<_>>());
        let one = |policy: &Option<Engine>| policy.as_ref().map(|policy| Engine::join(&[policy]));
        let levels =
            |levels: &[Vec<Engine>]| levels.iter().map(|level| vec![join(level)]).collect();
        Set {
            identity: vec![join(&self.identity)],
            boundary: one(&self.boundary),
            session: vec![join(&self.session)],
            resource: one(&self.resource),
            scp: levels(&self.scp),
            rcp: levels(&self.rcp),
        }
    }
}

impl Plain {
    pub(crate) fn new(world: &World) -> Plain {
        let mut refused = 0;
        let separate = Set::of(world, &mut |policy| {
            let document = Document::parse(&policy.text());
            refused += u64::from(document.is_err());
            Some(Engine::compile(&document.ok()?))
        });
        Plain {
            separate,
            rule: world.rule,
            resource_account: world.resource_account.clone(),
            refused,
        }
    }

    /// Asks the engine.
    pub(crate) fn said(&self, ask: &Ask) -> Answer {
        verdict(&self.decide(&self.separate, ask, ask.with, &ask.facts.bound()))
    }

    fn decide(&self, set: &Set<Engine>, ask: &Ask, with: Selection, facts: &Bound<'_>) -> Decision {
        let identity: Vec<&Engine> = set.identity.iter().filter(|_| with.identity).collect();
        let session: Vec<&Engine> = set.session.iter().collect();
        let scp = borrowed(&set.scp);
        let scp: Vec<&[&Engine]> = scp.iter().map(Vec::as_slice).collect();
        let rcp = borrowed(&set.rcp);
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
                boundary: set.boundary.as_ref().filter(|_| with.boundary),
                session: with.session.then_some(&session[..]),
                resource: set.resource.as_ref().filter(|_| with.resource),
                resource_rule: self.rule,
                resource_account: &self.resource_account,
                scp: with.scp.then_some(&scp[..]),
                rcp: with.rcp.then_some(&rcp[..]),
            },
        )
    }
}

impl Compiled {
    pub(crate) fn new(world: &World) -> Compiled {
        let mut ungrammatical = Vec::new();
        let plain = Plain::new(world);
        let model = Set::of(world, &mut |policy| {
            let text = policy.text();
            Document::parse(&text).ok()?;
            let document = model::Document::read(&text);
            if document.is_none() {
                ungrammatical.push(text);
            }
            document
        });
        Compiled {
            joined: plain.separate.joined(),
            plain,
            model,
            ungrammatical,
        }
    }

    /// How many documents the engine refused.
    pub(crate) fn refused(&self) -> u64 {
        self.plain.refused
    }

    /// Asks both.
    pub(crate) fn said(&self, ask: &Ask) -> Said {
        self.said_of_each(ask, vec![ask.with])[0].1
    }

    /// Asks both the same question, of several selections of the policies.
    pub(crate) fn said_of_each(&self, ask: &Ask, withs: Vec<Selection>) -> Vec<(Selection, Said)> {
        let facts = ask.facts.bound();
        let lookup = |key: &str| facts.lookup(key);
        let question = Question {
            action: &ask.action,
            resource: &ask.resource,
            caller: ask.caller.kind(),
            account: &ask.caller.account,
            lookup: &lookup,
            told: RefCell::default(),
        };
        let said = |with| {
            let decision = self.plain.decide(&self.plain.separate, ask, with, &facts);
            let joined = self.plain.decide(&self.joined, ask, with, &facts);
            Said {
                engine: verdict(&decision),
                model: model::decide(&self.for_model(with), &question),
                statement_is_right: self.statement_is_right(decision.reason(), &question),
                joined_alike: joined == decision,
                simulated_alike: true,
            }
        };
        withs.into_iter().map(|with| (with, said(with))).collect()
    }

    /// Whether the simulator decides like the engine.
    pub(crate) fn simulated_alike(&self, world: &World, ask: &Ask) -> bool {
        let facts = ask.facts.bound();
        let decision = self
            .plain
            .decide(&self.plain.separate, ask, ask.with, &facts);
        super::simulated::decision(world, ask) == decision
    }

    fn for_model(&self, with: Selection) -> model::Policies<'_> {
        let set = &self.model;
        model::Policies {
            identity: set.identity.iter().filter(|_| with.identity).collect(),
            boundary: set.boundary.as_ref().filter(|_| with.boundary),
            session: with.session.then(|| set.session.iter().collect()),
            resource: set.resource.as_ref().filter(|_| with.resource),
            rule: self.plain.rule,
            resource_account: &self.plain.resource_account,
            scp: with.scp.then(|| borrowed(&set.scp)),
            rcp: with.rcp.then(|| borrowed(&set.rcp)),
        }
    }

    fn statement_is_right(&self, reason: &Reason, question: &Question<'_>) -> bool {
        let (found, allows) = match reason {
            Reason::Allowed(found) => (*found, true),
            Reason::ExplicitDeny(found) => (*found, false),
            _ => return true,
        };
        let place = match found.policy_type {
            PolicyType::Resource | PolicyType::RoleTrust => Place::Resource,
            PolicyType::Rcp => Place::Rcp,
            _ => Place::Caller,
        };
        let Some(document) = self.model.get(found) else {
            return false;
        };
        let Some(statement) = document.statements.get(found.statement) else {
            return false;
        };
        let (applies, _) = model::applies(document, statement, place, question);
        let enough = match allows {
            true => applies == Truth::Yes,
            false => applies != Truth::No,
        };
        statement.allows == allows && enough
    }
}

fn borrowed<T>(levels: &[Vec<T>]) -> Vec<Vec<&T>> {
    levels.iter().map(|level| level.iter().collect()).collect()
}

/// The engine's decision in the model's words.
pub(crate) fn verdict(decision: &Decision) -> Answer {
    let verdict = match decision.reason() {
        Reason::Allowed(_) => Verdict::Allowed,
        Reason::Root => Verdict::Root,
        Reason::ExplicitDeny(found) => Verdict::Denied(model::type_name(found.policy_type)),
        Reason::NoAllow(lacking) => Verdict::Lacks(model::type_name(*lacking)),
        Reason::CrossAccount(_) => Verdict::CrossAccount,
    };
    Answer {
        verdict,
        cross_account: decision.is_cross_account(),
    }
}
