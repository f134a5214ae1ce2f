//! Conditions of every operator over keys of every type.

use super::policy::Condition;
use super::values::{ARNS, BYTES, DATES, NUMBERS, RANGES, WORDS};
use super::{Random, text};

/// The type of a key's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Text,
    Number,
    Date,
    Bool,
    Bytes,
    Ip,
    Arn,
    /// Several texts.
    List,
}

/// Keys as policies write them, in one case or another.
const KEYS: &[(&str, Family)] = &[
    ("aws:username", Family::Text),
    ("aws:PrincipalTag/team", Family::Text),
    ("aws:PrincipalTag/Team", Family::Text),
    ("aws:RequestTag/team", Family::Text),
    ("aws:ResourceTag/team", Family::Text),
    ("iam:ResourceTag/Team", Family::Text),
    ("sts:ExternalId", Family::Text),
    ("saml:aud", Family::Text),
    ("AWS:UserAgent", Family::Text),
    ("aws:MultiFactorAuthAge", Family::Number),
    ("aws:EpochTime", Family::Date),
    ("aws:CurrentTime", Family::Date),
    ("aws:TokenIssueTime", Family::Date),
    ("aws:SecureTransport", Family::Bool),
    ("aws:MultiFactorAuthPresent", Family::Bool),
    ("my:bytes", Family::Bytes),
    ("aws:SourceIp", Family::Ip),
    ("aws:VpcSourceIp", Family::Ip),
    ("aws:PrincipalArn", Family::Arn),
    ("aws:SourceArn", Family::Arn),
    ("aws:TagKeys", Family::List),
    ("aws:PrincipalOrgPaths", Family::List),
    ("my:list", Family::List),
];

pub(crate) fn family_of(key: &str) -> Family {
    let known = KEYS.iter().find(|(k, _)| k.eq_ignore_ascii_case(key));
    known.map_or(Family::Text, |(_, family)| *family)
}

const TEXT: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
];
const NUMBER: &[&str] = &[
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
];
const DATE: &[&str] = &[
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
];
const IP: &[&str] = &["IpAddress", "NotIpAddress"];
const ARN: &[&str] = &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"];

fn operators(family: Family) -> &'static [&'static str] {
    match family {
        Family::Text | Family::List => TEXT,
        Family::Number => NUMBER,
        Family::Date => DATE,
        Family::Bool => &["Bool"],
        Family::Bytes => &["BinaryEquals"],
        Family::Ip => IP,
        Family::Arn => ARN,
    }
}

const FAMILIES: &[Family] = &[
    Family::Text,
    Family::Number,
    Family::Date,
    Family::Bool,
    Family::Bytes,
    Family::Ip,
    Family::Arn,
];

/// One condition. Mostly the operator fits the key's type.
pub(crate) fn condition(random: &mut Random) -> Condition {
    let (key, family) = *random.pick(KEYS);
    if random.chance(6) {
        let operands = ["true", "false", "True"];
        let operands = vec![(*random.pick(&operands)).to_owned()];
        return Condition {
            operator: "Null".to_owned(),
            key: cased(random, key),
            operands,
        };
    }
    let family = if random.chance(92) {
        family
    } else {
        *random.pick(FAMILIES)
    };
    let base = *random.pick(operators(family));
    let qualified = if family_of(key) == Family::List {
        75
    } else {
        12
    };
    let qualifier = match random.chance(qualified) {
        true => *random.pick(&["ForAllValues:", "ForAnyValue:"]),
        false => "",
    };
    let suffix = if random.chance(15) { "IfExists" } else { "" };
    let count = random.weighted(&[(60, 1), (25, 2), (14, 3), (1, 0)]);
    Condition {
        operator: format!("{qualifier}{base}{suffix}"),
        key: cased(random, key),
        operands: (0..count).map(|_| operand(random, base)).collect(),
    }
}

fn cased(random: &mut Random, key: &str) -> String {
    match random.below(10) {
        0 => key.to_ascii_lowercase(),
        1 => key.to_ascii_uppercase(),
        _ => key.to_owned(),
    }
}

const VARIABLES: &[&str] = &[
    "${aws:username}",
    "${AWS:UserName}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/Team, 'red'}",
    "${aws:ResourceTag/team}",
    "${my:list}",
    "${my:list, 'a'}",
    "${sts:ExternalId, ''}",
    "${aws:MultiFactorAuthAge}",
    "${aws:CurrentTime}",
    "${aws:SecureTransport}",
    "${*}",
    "${?}",
    "${$}",
];

pub(crate) fn variable(random: &mut Random) -> &'static str {
    VARIABLES[random.below(VARIABLES.len())]
}

/// An operand of an operator's type.
pub(crate) fn operand(random: &mut Random, base: &str) -> String {
    let one = |random: &mut Random, items: &[&str]| (*random.pick(items)).to_owned();
    match base {
        _ if base.starts_with("Numeric") => one(random, NUMBERS),
        _ if base.starts_with("Date") => one(random, DATES),
        _ if base.ends_with("IpAddress") => one(random, RANGES),
        "Bool" if random.chance(10) => "${aws:SecureTransport}".to_owned(),
        "Bool" => one(random, &["true", "false", "TRUE", "False"]),
        "BinaryEquals" => one(random, BYTES),
        _ if base.starts_with("Arn") => arn_operand(random),
        _ => string_operand(random, base),
    }
}

fn string_operand(random: &mut Random, base: &str) -> String {
    let word = *random.pick(WORDS);
    let word = match base.ends_with("Like") && random.chance(70) {
        true => text::pattern(random, word),
        false => word.to_owned(),
    };
    match random.below(10) {
        0 => variable(random).to_owned(),
        1 => format!("{word}{}", variable(random)),
        2 => format!("{}{word}", variable(random)),
        _ => word,
    }
}

fn arn_operand(random: &mut Random) -> String {
    let arn = *random.pick(ARNS);
    match random.below(12) {
        0 => "*".to_owned(),
        1 => "${aws:PrincipalArn}".to_owned(),
        2 => "${aws:SourceArn}".to_owned(),
        3 => format!(
            "arn:aws:iam::${{sts:ExternalId}}:{}",
            random.pick(&["*", "role/x", "root"])
        ),
        4 => format!("{arn}/{}", variable(random)),
        5..9 => {
            let mut parts: Vec<String> = arn.splitn(6, ':').map(str::to_owned).collect();
            let at = random.below(5) + 1;
            parts[at] = text::pattern(random, &parts[at]);
            parts.join(":")
        }
        _ => arn.to_owned(),
    }
}
