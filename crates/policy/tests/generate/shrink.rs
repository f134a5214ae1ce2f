//! Makes a case smaller for as long as it stays what it is: policies, statements, conditions, values.

use super::facts::Fact;
use super::policy::{Policy, Statement};
use super::{Case, List};

/// Changes tried at most.
const ATTEMPTS_MAX: usize = 20_000;

/// The smallest case that the simple removals lead to.
pub(crate) fn shrink(case: &Case, holds: &dyn Fn(&Case) -> bool) -> Case {
    let mut best = case.clone();
    let mut attempts = 0;
    loop {
        let smaller = smaller(&best).into_iter().find(|candidate| {
            attempts += 1;
            holds(candidate)
        });
        match smaller {
            Some(found) if attempts < ATTEMPTS_MAX => best = found,
            _ => return best,
        }
    }
}

/// All cases that are one step smaller.
fn smaller(case: &Case) -> Vec<Case> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Case)| {
        let mut candidate = case.clone();
        change(&mut candidate);
        if candidate != *case {
            all.push(candidate);
        }
    };
    with(&|case| case.ask.with.identity = false);
    with(&|case| case.ask.with.boundary = false);
    with(&|case| case.ask.with.session = false);
    with(&|case| case.ask.with.resource = false);
    with(&|case| case.ask.with.scp = false);
    with(&|case| case.ask.with.rcp = false);
    for index in 0..case.ask.facts.0.len() {
        with(&|case| {
            case.ask.facts.0.remove(index);
        });
        if let Fact::Many(values) = &case.ask.facts.0[index].1 {
            for value in 0..values.len() {
                with(&|case| {
                    if let Fact::Many(values) = &mut case.ask.facts.0[index].1 {
                        values.remove(value);
                    }
                });
            }
        }
    }
    for index in 0..case.world.identity.len() {
        with(&|case| {
            case.world.identity.remove(index);
        });
        with(&|case| {
            case.world.identity[index] = statement_by_statement(&case.world.identity[index], 0)
        });
    }
    for index in 0..case.world.session.len() {
        with(&|case| {
            case.world.session.remove(index);
        });
    }
    for levels in [0, 1] {
        let count = [case.world.scp.len(), case.world.rcp.len()][levels];
        for level in 0..count {
            with(&|case| {
                let levels = [&mut case.world.scp, &mut case.world.rcp]
                    .into_iter()
                    .nth(levels);
                if let Some(levels) = levels {
                    levels.remove(level);
                }
            });
        }
    }
    let policies = case.world.policies().count();
    for index in 0..policies {
        inside(case, index, &mut all);
    }
    all
}

fn statement_by_statement(policy: &Policy, keep: usize) -> Policy {
    let mut policy = policy.clone();
    policy.statements.truncate(keep + 1);
    policy
}

/// Smaller forms of the policy with this index.
fn inside(case: &Case, index: usize, all: &mut Vec<Case>) {
    let Some(policy) = case.world.policies().nth(index) else {
        return;
    };
    let mut put = |changed: Policy| {
        let mut candidate = case.clone();
        if let Some(slot) = slot(&mut candidate, index) {
            *slot = changed;
            all.push(candidate);
        }
    };
    for at in 0..policy.statements.len() {
        if policy.statements.len() > 1 {
            let mut changed = policy.clone();
            changed.statements.remove(at);
            put(changed);
        }
        for statement in smaller_statements(&policy.statements[at]) {
            let mut changed = policy.clone();
            changed.statements[at] = statement;
            put(changed);
        }
    }
}

/// The policy with this index, in the order of [`World::policies`](super::World::policies).
fn slot(case: &mut Case, index: usize) -> Option<&mut Policy> {
    let world = &mut case.world;
    let levels = world.scp.iter_mut().chain(&mut world.rcp).flatten();
    let singles = world.boundary.iter_mut().chain(&mut world.resource);
    let lists = world.identity.iter_mut().chain(&mut world.session);
    lists.chain(singles).chain(levels).nth(index)
}

fn smaller_statements(statement: &Statement) -> Vec<Statement> {
    let mut all = Vec::new();
    let mut with = |change: &dyn Fn(&mut Statement)| {
        let mut candidate = statement.clone();
        change(&mut candidate);
        if candidate != *statement {
            all.push(candidate);
        }
    };
    with(&|s| s.sid = None);
    let star = || List {
        not: false,
        items: vec!["*".to_owned()],
    };
    with(&|s| s.action = star());
    with(&|s| {
        s.resource = s.resource.as_ref().map(|_| star());
    });
    for index in 0..statement.conditions.len() {
        with(&|s| {
            s.conditions.remove(index);
        });
        for operand in 0..statement.conditions[index].operands.len() {
            with(&|s| {
                s.conditions[index].operands.remove(operand);
            });
        }
    }
    let shorter = |list: &mut List, index: usize| {
        if list.items.len() > 1 {
            list.items.remove(index);
        }
    };
    for index in 0..statement.action.items.len() {
        with(&|s| shorter(&mut s.action, index));
    }
    for index in 0..statement
        .resource
        .as_ref()
        .map_or(0, |list| list.items.len())
    {
        with(&|s| {
            if let Some(list) = &mut s.resource {
                shorter(list, index);
            }
        });
    }
    for index in 0..statement.principal.as_ref().map_or(0, |p| p.entries.len()) {
        with(&|s| {
            if let Some(principal) = &mut s.principal
                && principal.entries.len() > 1
            {
                principal.entries.remove(index);
            }
        });
    }
    all
}
