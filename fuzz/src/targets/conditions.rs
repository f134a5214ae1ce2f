//! Conditions: the engine and the model on one condition, under Allow and under Deny.

use crate::generate::{
    Ask, Caller, Case, Condition, Fact, Facts, List, Policy, Random, Selection, Statement, Version,
    World,
};

/// Operators by the first byte of the input.
const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnLike",
    "ArnNotEquals",
    "Null",
];

/// The first two bytes choose operator and form, the rest is operand, value and the value of
/// `aws:username`, a line each; commas part several operands or values.
pub fn run(data: &[u8]) {
    let [operator, form, rest @ ..] = data else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let mut lines = text.split('\n');
    let base = OPERATORS[usize::from(*operator) % OPERATORS.len()];
    let (qualifier, suffix) = match (base, form % 6) {
        ("Null", _) | (_, 0) => ("", ""),
        (_, 1) => ("", "IfExists"),
        (_, 2) => ("ForAllValues:", ""),
        (_, 3) => ("ForAllValues:", "IfExists"),
        (_, 4) => ("ForAnyValue:", ""),
        _ => ("ForAnyValue:", "IfExists"),
    };
    let operands = lines.next().unwrap_or_default();
    let condition = Condition {
        operator: format!("{qualifier}{base}{suffix}"),
        key: "k:v".to_owned(),
        operands: match form & 64 {
            0 => vec![operands.to_owned()],
            _ => operands.split(',').map(str::to_owned).collect(),
        },
    };
    let mut facts = Facts::default();
    if let Some(value) = lines.next() {
        facts.add(
            "k:v",
            match form & 128 {
                0 => Fact::Str(value.to_owned()),
                _ => Fact::Many(value.split(',').map(str::to_owned).collect()),
            },
        );
    }
    if let Some(name) = lines.next() {
        facts.add("aws:username", Fact::Str(name.to_owned()));
    }
    for allows in [true, false] {
        let case = case(allows, &condition, &facts);
        assert!(case.said().agree(), "{}", case.report());
    }
}

/// A user whom nothing but this condition allows, or denies.
fn case(allows: bool, condition: &Condition, facts: &Facts) -> Case {
    let everything = || List {
        not: false,
        items: vec!["*".to_owned()],
    };
    let statement = |allows, conditions| Statement {
        sid: None,
        allows,
        principal: None,
        action: everything(),
        resource: Some(everything()),
        conditions,
    };
    let mut statements = vec![statement(allows, vec![condition.clone()])];
    if !allows {
        statements.push(statement(true, Vec::new()));
    }
    let mut random = Random::new(0);
    let mut world = World::generate(&mut random);
    world.identity = vec![Policy {
        version: Version::New,
        statements,
    }];
    let mut ask = Ask::generate(&mut random, &world);
    while !ask.caller.has_policies() {
        ask.caller = Caller::generate(&mut random);
    }
    ask.action = "s3:GetObject".to_owned();
    ask.resource = "arn:aws:s3:::b/k".to_owned();
    ask.facts = facts.clone();
    ask.with = Selection {
        identity: true,
        boundary: false,
        session: false,
        resource: false,
        scp: false,
        rcp: false,
    };
    world.resource_account = ask.caller.account.clone();
    world.boundary = None;
    world.session.clear();
    world.resource = None;
    world.scp.clear();
    world.rcp.clear();
    Case { world, ask }
}
