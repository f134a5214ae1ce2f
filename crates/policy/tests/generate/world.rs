//! Worlds: policies of every type around one caller, action and resource.

use locum_policy::ResourceRule;

use super::caller::{AWAY, Caller, HOME};
use super::conditions::{condition, operand, variable};
use super::policy::{Condition, List, Policy, Principals, Statement, Version};
use super::{Random, text};

/// The policies that may bear on a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct World {
    pub(crate) identity: Vec<Policy>,
    pub(crate) boundary: Option<Policy>,
    pub(crate) session: Vec<Policy>,
    pub(crate) resource: Option<Policy>,
    pub(crate) rule: ResourceRule,
    pub(crate) resource_account: String,
    /// One list a level.
    pub(crate) scp: Vec<Vec<Policy>>,
    pub(crate) rcp: Vec<Vec<Policy>>,
    pub(crate) focus: Focus,
}

/// What the policies of a world are about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Focus {
    pub(crate) caller: Caller,
    pub(crate) action: String,
    pub(crate) resource: String,
}

const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:PutObject",
    "iam:GetUser",
    "sts:AssumeRole",
    "sts:TagSession",
    "kms:Decrypt",
    "s3-object-lambda:GetObject",
];
const RESOURCES: &[&str] = &[
    "arn:aws:s3:::b/k",
    "arn:aws:s3:::home/ada/x",
    "arn:aws:s3:::b",
    "arn:aws:iam::111122223333:role/app/Deploy",
    "arn:aws:iam::444455556666:role/x",
    "arn:aws:sns:us-east-1:111122223333:topic:sub:1",
    "arn:aws-cn:s3:::b/caf\u{e9}",
    "*",
];

/// How open a policy is meant to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Openness {
    /// Mostly everything, with exceptions: boundaries, control policies.
    Wide,
    /// Mostly what is asked for.
    Narrow,
}

/// Whether statements name a principal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    Nobody,
    Callers,
    Everyone,
}

impl World {
    pub(crate) fn generate(random: &mut Random) -> World {
        let rule = match random.below(20) {
            0..=11 => ResourceRule::Standard,
            12..=13 => ResourceRule::KeyPolicy,
            _ => ResourceRule::Trust,
        };
        let focus = Focus {
            caller: Caller::generate(random),
            action: (*random.pick(ACTIONS)).to_owned(),
            resource: (*random.pick(RESOURCES)).to_owned(),
        };
        let resource_account = match random.chance(85) {
            true => HOME,
            false => AWAY,
        };
        let mut make = |openness, named| policy(random, &focus, openness, named);
        let identity = vec![
            make(Openness::Narrow, Named::Nobody),
            make(Openness::Narrow, Named::Nobody),
        ];
        let boundary = Some(make(Openness::Wide, Named::Nobody));
        let session = vec![
            make(Openness::Wide, Named::Nobody),
            make(Openness::Narrow, Named::Nobody),
        ];
        let resource = Some(make(Openness::Narrow, Named::Callers));
        let scp = levels(random, &focus, Named::Nobody);
        let rcp = levels(random, &focus, Named::Everyone);
        World {
            identity,
            boundary,
            session,
            resource,
            rule,
            resource_account: resource_account.to_owned(),
            scp,
            rcp,
            focus,
        }
    }

    /// Every policy of the world.
    pub(crate) fn policies(&self) -> impl Iterator<Item = &Policy> {
        let levels = self.scp.iter().chain(&self.rcp).flatten();
        let singles = self.boundary.iter().chain(&self.resource);
        self.identity
            .iter()
            .chain(&self.session)
            .chain(singles)
            .chain(levels)
    }
}

fn levels(random: &mut Random, focus: &Focus, named: Named) -> Vec<Vec<Policy>> {
    let mut levels = Vec::new();
    for _ in 0..random.below(3) + 1 {
        let count = random.below(2) + 1;
        let level = (0..count).map(|_| policy(random, focus, Openness::Wide, named));
        levels.push(level.collect());
    }
    levels
}

fn policy(random: &mut Random, focus: &Focus, openness: Openness, named: Named) -> Policy {
    let version = random.weighted(&[(86, Version::New), (8, Version::Old), (6, Version::Missing)]);
    let count = random.weighted(&[(45, 1), (30, 2), (20, 3), (5, 6)]);
    let mut statements: Vec<Statement> = (0..count)
        .map(|_| statement(random, focus, openness, named))
        .collect();
    if random.chance(4) {
        crowd(random, &mut statements);
    }
    for (index, statement) in statements.iter_mut().enumerate() {
        statement.sid = random.chance(30).then(|| format!("S{index}"));
    }
    Policy {
        version,
        statements,
    }
}

/// Many statements about the same thing that differ in one condition: what indexes are made for.
fn crowd(random: &mut Random, statements: &mut Vec<Statement>) {
    let key = *random.pick(&["aws:PrincipalTag/team", "saml:aud", "my:list"]);
    for _ in 0..random.below(14) + 8 {
        let operators = [
            "StringEquals",
            "StringLike",
            "ForAnyValue:StringLike",
            "StringNotEquals",
        ];
        let operator = *random.pick(&operators);
        let count = random.below(2) + 1;
        let base = operator.trim_start_matches("ForAnyValue:");
        let condition = Condition {
            operator: operator.to_owned(),
            key: key.to_owned(),
            operands: (0..count).map(|_| operand(random, base)).collect(),
        };
        let mut statement = statements[0].clone();
        statement.conditions = vec![condition];
        statements.push(statement);
    }
}

fn statement(random: &mut Random, focus: &Focus, openness: Openness, named: Named) -> Statement {
    let allows = random.chance(82);
    let wide = openness == Openness::Wide && allows && random.chance(75);
    let action = match wide {
        true => List {
            not: false,
            items: vec!["*".to_owned()],
        },
        false => actions(random, &focus.action),
    };
    let resource = match wide {
        true => List {
            not: false,
            items: vec!["*".to_owned()],
        },
        false => resources(random, &focus.resource),
    };
    // A resource's own policy often leaves the resource out, as trust policies must.
    let left_out = named == Named::Callers && random.chance(45);
    let with_conditions = match (wide, allows) {
        (true, _) => 12,
        (false, true) => 45,
        (false, false) => 75,
    };
    let mut conditions = Vec::new();
    while conditions.len() < 4 && random.chance(with_conditions) {
        let found = condition(random);
        let twice = conditions.iter().any(|c: &super::Condition| {
            c.operator == found.operator && c.key.eq_ignore_ascii_case(&found.key)
        });
        if !twice {
            conditions.push(found);
        }
    }
    let mut statement = Statement {
        sid: None,
        allows,
        principal: principals(random, focus, named, allows),
        action,
        resource: (!left_out).then_some(resource),
        conditions,
    };
    // Documents that ended up in the wrong place.
    if random.chance(1) {
        statement.principal = match statement.principal {
            Some(_) => None,
            None => Some(Principals {
                not: false,
                entries: vec![("", "*".to_owned())],
            }),
        };
    }
    statement
}

fn actions(random: &mut Random, focus: &str) -> List {
    let not = random.chance(10);
    let count = random.weighted(&[(70, 1), (20, 2), (10, 3)]);
    let mut items: Vec<String> = (0..count).map(|_| action(random, focus)).collect();
    if not && random.chance(70) {
        items = vec![(*random.pick(&["ec2:*", "iam:Delete*", "s3:Put*", "sts:Get*"])).to_owned()];
    }
    List { not, items }
}

fn action(random: &mut Random, focus: &str) -> String {
    let from = if random.chance(80) {
        focus
    } else {
        *random.pick(ACTIONS)
    };
    let (service, name) = from.split_once(':').unwrap_or(("s3", "*"));
    match random.below(12) {
        0 => "*".to_owned(),
        1 => format!("{service}:*"),
        2 | 3 => format!("{service}:{}", text::pattern(random, name)),
        4 => from.to_ascii_uppercase(),
        5 => from.to_ascii_lowercase(),
        6 => format!(
            "{service}:{}",
            name.get(..3).unwrap_or_default().to_owned() + "*"
        ),
        7 => format!("{service}:{}x", name),
        _ => from.to_owned(),
    }
}

fn resources(random: &mut Random, focus: &str) -> List {
    let not = random.chance(10);
    let count = random.weighted(&[(70, 1), (20, 2), (10, 3)]);
    let items = (0..count)
        .map(|_| match not && random.chance(60) {
            true => "arn:aws:sqs:us-east-1:111122223333:q*".to_owned(),
            false => resource(random, focus),
        })
        .collect();
    List { not, items }
}

fn resource(random: &mut Random, focus: &str) -> String {
    let from = if random.chance(85) {
        focus
    } else {
        *random.pick(RESOURCES)
    };
    if random.chance(25) || from == "*" && random.chance(60) {
        return "*".to_owned();
    }
    let from = if from == "*" {
        *random.pick(&RESOURCES[..7])
    } else {
        from
    };
    let mut parts: Vec<String> = from.splitn(6, ':').map(str::to_owned).collect();
    match random.below(14) {
        0..4 => parts[5] = text::pattern(random, &parts[5]),
        4 => {
            let at = *random.pick(&[3, 4]);
            parts[at] = "*".to_owned();
        }
        5 => {
            let at = *random.pick(&[3, 4]);
            parts[at] = text::pattern(random, &parts[at]);
        }
        6 | 7 => {
            let variable = variable(random);
            let words = ["ada", "b", "k", "x", "role"];
            parts[5] = parts[5].replacen(*random.pick(&words), variable, 1);
        }
        8 => {
            parts[5].push('/');
            parts[5].push_str(variable(random));
        }
        9 => parts[5] = text::nearly(random, &parts[5]),
        10 => parts[1] = (*random.pick(&["aws-cn", "*", "aws"])).to_owned(),
        _ => {}
    }
    parts.join(":")
}

fn principals(
    random: &mut Random,
    focus: &Focus,
    named: Named,
    allows: bool,
) -> Option<Principals> {
    let everyone = ("", "*".to_owned());
    match named {
        Named::Nobody => None,
        Named::Everyone => Some(Principals {
            not: false,
            entries: vec![everyone],
        }),
        Named::Callers => {
            if !allows && random.chance(25) {
                return Some(Principals {
                    not: true,
                    entries: listed(random, focus),
                });
            }
            if random.chance(12) {
                return Some(Principals {
                    not: false,
                    entries: vec![everyone],
                });
            }
            let count = random.weighted(&[(70, 1), (20, 2), (10, 3)]);
            let entries = (0..count).map(|_| name(random, focus)).collect();
            Some(Principals {
                not: false,
                entries,
            })
        }
    }
}

/// One name: of the focus's caller or of somebody else, or nearly.
fn name(random: &mut Random, focus: &Focus) -> (&'static str, String) {
    let other = Caller::generate(random);
    let caller = if random.chance(75) {
        &focus.caller
    } else {
        &other
    };
    let names = caller.names();
    if names.is_empty() || random.chance(4) {
        return match random.below(4) {
            0 => ("CanonicalUser", "0123456789abcdef".repeat(4)),
            _ => ("AWS", "*".to_owned()),
        };
    }
    let (kind, name) = random.pick(&names).clone();
    match random.below(12) {
        0 => (kind, text::nearly(random, &name)),
        1 => (kind, name.replacen("aws:", "aws-cn:", 1)),
        2 => (kind, name.replacen(HOME, AWAY, 1)),
        _ => (kind, name),
    }
}

/// NotPrincipal: all names of a caller, or all but one.
fn listed(random: &mut Random, focus: &Focus) -> Vec<(&'static str, String)> {
    let other = Caller::generate(random);
    let caller = if random.chance(85) {
        &focus.caller
    } else {
        &other
    };
    let mut names = caller.names();
    if names.is_empty() {
        return vec![("AWS", "*".to_owned())];
    }
    if random.chance(50) {
        names.remove(random.below(names.len()));
    }
    if names.len() > 1 && random.chance(20) {
        names.remove(random.below(names.len()));
    }
    if names.is_empty() {
        names.push(("AWS", HOME.to_owned()));
    }
    names
}

/// Where a policy of a world stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Identity,
    Boundary,
    Session,
    Resource,
    Scp,
    Rcp,
}

impl World {
    /// The policies of one kind.
    pub(crate) fn slot(&mut self, slot: Slot) -> Vec<&mut Policy> {
        match slot {
            Slot::Identity => self.identity.iter_mut().collect(),
            Slot::Boundary => self.boundary.iter_mut().collect(),
            Slot::Session => self.session.iter_mut().collect(),
            Slot::Resource => self.resource.iter_mut().collect(),
            Slot::Scp => self.scp.iter_mut().flatten().collect(),
            Slot::Rcp => self.rcp.iter_mut().flatten().collect(),
        }
    }

    /// Another statement for a policy of that kind, about what this world is about.
    pub(crate) fn statement(&self, random: &mut Random, slot: Slot) -> Statement {
        let (openness, named) = match slot {
            Slot::Identity => (Openness::Narrow, Named::Nobody),
            Slot::Boundary | Slot::Session | Slot::Scp => (Openness::Wide, Named::Nobody),
            Slot::Resource => (Openness::Narrow, Named::Callers),
            Slot::Rcp => (Openness::Wide, Named::Everyone),
        };
        statement(random, &self.focus, openness, named)
    }
}
