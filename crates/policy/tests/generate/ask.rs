//! Questions to a world: near its focus, with values near the operands of its conditions.

use super::caller::Caller;
use super::facts::{Fact, Facts};
use super::values::{beside, natural, typed};
use super::world::World;
use super::{Policy, Random, text};

/// A request, and which of the world's policies bear on it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    pub(crate) caller: Caller,
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) facts: Facts,
    pub(crate) with: Selection,
}

/// Which of the world's policies are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) identity: bool,
    pub(crate) boundary: bool,
    pub(crate) session: bool,
    pub(crate) resource: bool,
    pub(crate) scp: bool,
    pub(crate) rcp: bool,
}

impl Ask {
    pub(crate) fn generate(random: &mut Random, world: &World) -> Ask {
        let caller = match random.chance(75) {
            true => world.focus.caller.clone(),
            false => Caller::generate(random),
        };
        let with = selection(random, &caller);
        let mut facts = Facts::default();
        if let Some(arn) = caller.arn().filter(|_| random.chance(50)) {
            facts.add("aws:PrincipalArn", Fact::Str(arn));
        }
        let action = action(random, world);
        let resource = resource(random, world, &mut facts);
        for policy in selected(world, with) {
            values(random, policy, &mut facts);
        }
        if random.chance(3) && !facts.0.is_empty() {
            let at = random.below(facts.0.len());
            facts.0[at].1 = Fact::Ambiguous;
        }
        if random.chance(5) && !facts.0.is_empty() {
            facts.0.remove(random.below(facts.0.len()));
        }
        Ask {
            caller,
            action,
            resource,
            facts,
            with,
        }
    }

    /// A question beside this one: a value less or another, another action or resource.
    pub(crate) fn beside(&self, random: &mut Random, world: &World) -> Ask {
        let mut ask = self.clone();
        let facts = &mut ask.facts.0;
        match random.below(100) {
            0..45 if !facts.is_empty() => {
                let (_, fact) = facts.swap_remove(random.below(facts.len()));
                // Its value under another key, now and then.
                if random.chance(20) && !facts.is_empty() {
                    let at = random.below(facts.len());
                    facts[at].1 = fact;
                }
            }
            45..70 if !facts.is_empty() => {
                let at = random.below(facts.len());
                if let Fact::Str(text) = &mut facts[at].1 {
                    *text = text::nearly(random, text);
                }
            }
            70..85 => ask.action = action(random, world),
            _ => ask.resource = resource(random, world, &mut ask.facts),
        }
        ask
    }
}

/// Callers without policies of their own mostly come without.
pub(super) fn selection(random: &mut Random, caller: &Caller) -> Selection {
    let own = caller.has_policies();
    let mut chance = |has: bool, percent| random.chance(if has { percent } else { 2 });
    let identity = chance(own, 85);
    let boundary = chance(own, 30);
    let session = chance(own, 35);
    let scp = chance(caller.has_account(), 30);
    Selection {
        identity,
        boundary,
        session,
        resource: random.chance(70),
        scp,
        rcp: random.chance(30),
    }
}

/// The policies that are there.
fn selected(world: &World, with: Selection) -> impl Iterator<Item = &Policy> {
    let identity = with
        .identity
        .then_some(&world.identity)
        .into_iter()
        .flatten();
    let session = with.session.then_some(&world.session).into_iter().flatten();
    let boundary = world.boundary.iter().filter(move |_| with.boundary);
    let resource = world.resource.iter().filter(move |_| with.resource);
    let scp = with
        .scp
        .then_some(&world.scp)
        .into_iter()
        .flatten()
        .flatten();
    let rcp = with
        .rcp
        .then_some(&world.rcp)
        .into_iter()
        .flatten()
        .flatten();
    identity
        .chain(resource)
        .chain(session)
        .chain(boundary)
        .chain(scp)
        .chain(rcp)
}

fn action(random: &mut Random, world: &World) -> String {
    let focus = &world.focus.action;
    match random.below(100) {
        0..80 => focus.clone(),
        80..84 => focus.to_ascii_uppercase(),
        84..86 => text::nearly(random, focus),
        86 => (*random.pick(&["", "s3", "*", "s3:Get:x", "s3:*", ":"])).to_owned(),
        87 => format!("s3:{}", "a".repeat(random.below(3) + 124)),
        _ => {
            let policies: Vec<&Policy> = world.policies().collect();
            let policy = *random.pick(&policies);
            let statement = random.pick(&policy.statements);
            let pattern = random.pick(&statement.action.items).clone();
            pattern.replace('*', "Get").replace('?', "t")
        }
    }
}

fn resource(random: &mut Random, world: &World, facts: &mut Facts) -> String {
    let focus = &world.focus.resource;
    if random.chance(70) {
        return focus.clone();
    }
    if random.chance(12) {
        return (*random.pick(&[
            "*",
            "",
            "s3-is-no-arn",
            "arn:aws:s3:::",
            "arn:aws:iam::1111222233334:role/x",
        ]))
        .to_owned();
    }
    let policies: Vec<&Policy> = world.policies().collect();
    let policy = *random.pick(&policies);
    let statement = random.pick(&policy.statements);
    let Some(list) = &statement.resource else {
        return focus.clone();
    };
    let pattern = random.pick(&list.items);
    if pattern == "*" {
        return focus.clone();
    }
    let found = text::instance(random, pattern, true, facts);
    match random.below(4) {
        0 => text::nearly(random, &found),
        _ => found,
    }
}

/// Values for the keys of a policy's conditions, and for what its variables stand for.
fn values(random: &mut Random, policy: &Policy, facts: &mut Facts) {
    for statement in &policy.statements {
        for condition in &statement.conditions {
            // A key that a statement of effect is about: there, beside it, or not there at all.
            let hit = if statement.allows { 85 } else { 60 };
            if facts.get(&condition.key).is_some() || !random.chance(hit) {
                continue;
            }
            let Some(count) = condition.operands.len().checked_sub(1) else {
                continue;
            };
            if random.chance(8) {
                let made = natural(random, &condition.key);
                facts.add(&condition.key, made);
                continue;
            }
            let operands = &condition.operands[..=count];
            let several = match condition.operator.starts_with("For") {
                true => random.below(4),
                false if random.chance(6) => random.below(4),
                false => 9,
            };
            if several < 9 {
                let texts = (0..several)
                    .map(|_| {
                        let operand = random.pick(operands).clone();
                        beside(random, &condition.operator, &operand, facts)
                    })
                    .collect();
                facts.add(&condition.key, Fact::Many(texts));
            } else {
                let operand = random.pick(operands).clone();
                let text = beside(random, &condition.operator, &operand, facts);
                let fact = typed(random, &condition.key, text);
                facts.add(&condition.key, fact);
            }
        }
    }
}
