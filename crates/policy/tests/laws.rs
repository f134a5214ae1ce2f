//! Laws of the evaluation that hold for all policies and requests, on generated ones (POL-22).
#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a broken law must fail, and generated indices are in range"
)]

mod generate;
mod model;

use generate::{Ask, Case, Plain, Policy, Random, Slot, Statement, Version, World};
use model::{Answer, Verdict};

const WORLDS: u64 = 1_500;
const ASKS: u64 = 6;
/// Of a hundred cases so many must be ones that the law says something about.
const MEANT_MIN: u64 = 5;

/// What a law says of a case.
enum Says {
    Holds,
    /// Nothing: its premise is not met.
    Nothing,
    Broken,
}

fn says(premise: bool, conclusion: bool) -> Says {
    match (premise, conclusion) {
        (false, _) => Says::Nothing,
        (true, true) => Says::Holds,
        (true, false) => Says::Broken,
    }
}

/// Checks a law on changed cases: the change, and what the answers before and after must be.
fn law(change: impl Fn(&mut Random, &mut Case), law: impl Fn(&Case, Answer, Answer) -> Says) {
    let mut meant = 0;
    for seed in 0..WORLDS {
        let mut random = Random::new(seed ^ 0x00ab_cdef_0000_0000);
        let world = World::generate(&mut random);
        let compiled = Plain::new(&world);
        for _ in 0..ASKS {
            let ask = Ask::generate(&mut random, &world);
            let before = compiled.said(&ask);
            let world = world.clone();
            let case = Case { world, ask };
            let mut changed = case.clone();
            change(&mut random, &mut changed);
            let after = Plain::new(&changed.world);
            // A document that is refused is left out, whatever the change would have made of it.
            if compiled.refused + after.refused > 0 {
                continue;
            }
            let after = after.said(&changed.ask);
            match law(&case, before, after) {
                Says::Holds => meant += 1,
                Says::Nothing => {}
                Says::Broken => panic!(
                    "seed {seed}: {before:?} became {after:?}\n{}\n\nchanged\n{}",
                    case.report(),
                    changed.report()
                ),
            }
        }
    }
    assert!(meant * 100 >= WORLDS * ASKS * MEANT_MIN, "{meant}");
}

const SLOTS: &[Slot] = &[
    Slot::Identity,
    Slot::Boundary,
    Slot::Session,
    Slot::Resource,
    Slot::Scp,
    Slot::Rcp,
];

/// Adds a statement of that effect somewhere.
fn add(random: &mut Random, case: &mut Case, prepare: impl Fn(&mut Statement)) {
    let slot = *random.pick(SLOTS);
    let mut statement = case.world.statement(random, slot);
    prepare(&mut statement);
    let mut policies = case.world.slot(slot);
    let at = random.below(policies.len());
    let statements = &mut policies[at].statements;
    let place = random.below(statements.len() + 1);
    statements.insert(place, statement);
}

fn each_policy(case: &mut Case, mut change: impl FnMut(&mut Policy)) {
    for slot in SLOTS {
        case.world.slot(*slot).into_iter().for_each(&mut change);
    }
}

fn same(_: &Case, before: Answer, after: Answer) -> Says {
    says(true, before == after)
}

#[test]
fn pol_22_adding_a_deny_never_allows_more() {
    law(
        |random, case| {
            add(random, case, |statement| {
                statement.allows = false;
                statement.sid = None;
            });
        },
        |_, before, after| says(!before.is_allowed(), !after.is_allowed()),
    );
}

#[test]
fn pol_22_adding_an_allow_never_denies_more() {
    law(
        |random, case| {
            add(random, case, |statement| {
                statement.allows = true;
                statement.sid = None;
                if statement.principal.as_ref().is_some_and(|p| p.not) {
                    statement.principal = None;
                }
            });
        },
        |_, before, after| says(before.is_allowed(), after.is_allowed()),
    );
}

#[test]
fn pol_21_a_deny_of_everything_beats_whatever_allows() {
    law(
        |random, case| {
            let with = case.ask.with;
            let there = [
                (Slot::Identity, with.identity),
                (Slot::Boundary, with.boundary),
                (Slot::Session, with.session),
                (Slot::Resource, with.resource),
                (Slot::Scp, with.scp),
                (Slot::Rcp, with.rcp),
            ];
            let there: Vec<Slot> = there
                .iter()
                .filter(|(_, there)| *there)
                .map(|(s, _)| *s)
                .collect();
            if there.is_empty() {
                case.ask.action.clear();
                return;
            }
            let slot = *random.pick(&there);
            let mut statement = case.world.statement(random, slot);
            statement.allows = false;
            statement.sid = None;
            statement.action.not = false;
            statement.action.items = vec!["*".to_owned()];
            statement.conditions.clear();
            if let Some(resource) = &mut statement.resource {
                resource.not = false;
                resource.items = vec!["*".to_owned()];
            }
            if let Some(principal) = &mut statement.principal {
                principal.not = false;
                principal.entries = vec![("", "*".to_owned())];
            }
            case.world.slot(slot)[0].statements.push(statement);
        },
        |_, before, after| says(before.is_allowed(), !after.is_allowed()),
    );
}

#[test]
fn pol_22_order_and_duplicates_are_irrelevant() {
    law(
        |random, case| {
            let world = &mut case.world;
            world.identity.reverse();
            world.session.reverse();
            world.scp.reverse();
            world.rcp.reverse();
            for level in world.scp.iter_mut().chain(&mut world.rcp) {
                level.reverse();
                level.push(level[0].clone());
            }
            world.identity.push(world.identity[0].clone());
            each_policy(case, |policy| {
                policy
                    .statements
                    .iter_mut()
                    .for_each(|statement| statement.sid = None);
                policy.statements.reverse();
                let twice = random.below(policy.statements.len());
                policy.statements.push(policy.statements[twice].clone());
                for statement in &mut policy.statements {
                    statement.action.items.reverse();
                    statement.conditions.reverse();
                    if let Some(resource) = &mut statement.resource {
                        resource.items.reverse();
                        resource.items.push(resource.items[0].clone());
                    }
                    for condition in &mut statement.conditions {
                        condition.operands.reverse();
                        condition
                            .operands
                            .extend(condition.operands.first().cloned());
                    }
                }
            });
            case.ask.facts.0.reverse();
        },
        same,
    );
}

#[test]
fn pol_22_a_boundary_a_session_policy_and_control_policies_never_add() {
    type Switch = fn(&mut Ask);
    let switches: [Switch; 4] = [
        |ask| ask.with.boundary = false,
        |ask| ask.with.session = false,
        |ask| ask.with.scp = false,
        |ask| ask.with.rcp = false,
    ];
    for switch in switches {
        law(
            |_, case| switch(&mut case.ask),
            |case, before, after| {
                // A federated user without a session policy has nothing at all.
                let federated = matches!(
                    case.ask.caller.kind(),
                    locum_policy::PrincipalKind::FederatedUser { .. }
                );
                says(before.is_allowed() && !federated, after.is_allowed())
            },
        );
    }
}

#[test]
fn pol_22_statement_ids_change_nothing() {
    law(
        |_, case| {
            each_policy(case, |policy| {
                for (index, statement) in policy.statements.iter_mut().enumerate() {
                    statement.sid = match statement.sid {
                        Some(_) => None,
                        None => Some(format!("Renamed{index}")),
                    };
                }
            });
        },
        same,
    );
}

#[test]
fn pol_22_a_statement_is_as_its_actions_and_resources_one_by_one() {
    law(
        |_, case| {
            each_policy(case, |policy| {
                let whole = std::mem::take(&mut policy.statements);
                policy.statements = whole.iter().flat_map(one_by_one).collect();
            });
        },
        same,
    );
}

/// Lists that are alternatives, taken apart; those of the `Not…` forms are not.
fn one_by_one(statement: &Statement) -> Vec<Statement> {
    let statement = Statement {
        sid: None,
        ..statement.clone()
    };
    let actions: Vec<Statement> = match statement.action.not {
        true => vec![statement],
        false => {
            let items = statement.action.items.iter();
            let alone = |item: &String| {
                let mut statement = statement.clone();
                statement.action.items = vec![item.clone()];
                statement
            };
            items.map(alone).collect()
        }
    };
    let mut all = Vec::new();
    for statement in actions {
        match &statement.resource {
            Some(list) if !list.not => {
                for item in &list.items {
                    let mut alone = statement.clone();
                    if let Some(list) = &mut alone.resource {
                        list.items = vec![item.clone()];
                    }
                    all.push(alone);
                }
            }
            _ => all.push(statement),
        }
    }
    all
}

#[test]
fn pol_16_the_version_changes_nothing_without_variables() {
    law(
        |random, case| {
            each_policy(case, |policy| {
                if !policy.text().contains("${") {
                    policy.version = *random.pick(&[Version::Missing, Version::Old, Version::New]);
                }
            });
        },
        same,
    );
}

#[test]
fn pol_07_the_case_of_actions_and_keys_changes_nothing() {
    law(
        |_, case| {
            each_policy(case, |policy| {
                for statement in &mut policy.statements {
                    for action in &mut statement.action.items {
                        *action = action.to_ascii_uppercase();
                    }
                    for condition in &mut statement.conditions {
                        condition.key = condition.key.to_ascii_lowercase();
                    }
                }
            });
            case.ask.action = case.ask.action.to_ascii_lowercase();
        },
        same,
    );
}

#[test]
fn pol_22_nothing_is_allowed_without_an_allow() {
    law(
        |_, case| {
            each_policy(case, |policy| {
                for statement in &mut policy.statements {
                    statement.allows = false;
                }
            });
        },
        |_, before, after| {
            let own = after.verdict == Verdict::Root;
            says(before.is_allowed() && !own, !after.is_allowed())
        },
    );
}

#[test]
fn pol_22_several_policies_are_as_one() {
    let version = |policies: &[Policy]| {
        let first = policies[0].version;
        policies.iter().all(|policy| policy.version == first)
    };
    let join = |policies: &mut Vec<Policy>| {
        if !version(policies) {
            return;
        }
        let mut all = policies.drain(..);
        if let Some(mut one) = all.next() {
            one.statements
                .extend(all.by_ref().flat_map(|policy| policy.statements));
            one.statements
                .iter_mut()
                .for_each(|statement| statement.sid = None);
            drop(all);
            policies.push(one);
        }
    };
    law(
        |_, case| {
            join(&mut case.world.identity);
            join(&mut case.world.session);
            case.world.scp.iter_mut().for_each(join);
            case.world.rcp.iter_mut().for_each(join);
        },
        same,
    );
}

#[test]
fn pol_22_a_document_without_unique_ids_stays_as_it_is() {
    for seed in 0..WORLDS {
        let world = World::generate(&mut Random::new(seed));
        for text in world.policies().map(Policy::text) {
            if let Ok(document) = locum_policy::Document::parse(&text) {
                assert_eq!(document.unbind(&|_| None), text);
            }
        }
    }
}

#[test]
fn pol_22_values_that_no_policy_asks_for_change_nothing() {
    law(
        |_, case| {
            case.ask
                .facts
                .add("my:other", generate::Fact::Str("x".to_owned()));
            case.ask
                .facts
                .add("aws:RequestTag/unknown", generate::Fact::Ambiguous);
            case.ask
                .facts
                .add("aws:PrincipalOrgID", generate::Fact::Str("o-1".to_owned()));
        },
        same,
    );
}
