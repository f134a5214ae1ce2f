//! Values of condition keys: natural ones, and ones that hit or nearly miss an operand.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Random;
use super::conditions::{Family, family_of};
use super::facts::{Fact, Facts};
use super::text::{instance, nearly};

pub(crate) const WORDS: &[&str] = &[
    "ada",
    "Ada",
    "eve",
    "red",
    "Red",
    "blue",
    "",
    "a",
    "k",
    "s3",
    "true",
    "5",
    "ada/x",
    "caf\u{e9}",
    "a*",
    "r?d",
    "O-1/r/ou-1/",
];
pub(crate) const NUMBERS: &[&str] = &[
    "5",
    "4",
    "6",
    "5.0",
    "05",
    "+5",
    "4.999",
    "5.001",
    "-5",
    "-5.5",
    "0",
    "-0",
    "0.5",
    "3600",
    "1",
    "1767225600",
    "9007199254740993",
    "9007199254740992",
    "99999999999999999999.01",
];
pub(crate) const DATES: &[&str] = &[
    "2026-01-01",
    "2026",
    "2026-01",
    "2026-01-01T00:00:00Z",
    "2025-12-31T23:59:59Z",
    "2026-01-01T00:00:00.5Z",
    "2026-01-01T01:00+01:00",
    "2026-01-01T00Z",
    "1767225600",
    "1767225599",
    "2024-02-29",
    "2026-05-04T03:02:01Z",
    "2025-12-31T23:30:00.000-00:30",
    "1970",
    "-5",
    "0",
    "2000-02-29T12:00:00.123456789Z",
];
/// Seconds of some of them, and their neighbours.
const SECONDS: &[i64] = &[
    1_767_225_600,
    1_767_225_599,
    1_767_225_601,
    1_767_225_000,
    1_709_164_800,
    0,
    -5,
    951_825_600,
    1_777_863_721,
];
pub(crate) const RANGES: &[&str] = &[
    "10.0.0.0/8",
    "10.1.2.3",
    "10.1.2.3/8",
    "10.1.2.0/31",
    "0.0.0.0/0",
    "255.255.255.255/32",
    "203.0.113.0/24",
    "::/0",
    "2001:db8::/32",
    "2001:db8::1",
    "2001:db8::/127",
    "::ffff:10.0.0.0/104",
    "::ffff:10.1.2.3",
    "::ffff:0:0/96",
    "::ffff:0:0/90",
    "64:ff9b::/96",
];
pub(crate) const BYTES: &[&str] = &["QUJD", "QQ==", "QUI=", "", "QUJE", "/+8="];
pub(crate) const ARNS: &[&str] = &[
    "arn:aws:iam::111122223333:role/app/Deploy",
    "arn:aws:iam::444455556666:role/x",
    "arn:aws:iam::111122223333:user/ada",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/k",
    "arn:aws:sns:us-east-1:111122223333:topic:sub:1",
    "arn:aws-cn:s3:::b",
    "arn:aws:iam::111122223333:root",
];

/// A value that a request may well have under a key.
pub(crate) fn natural(random: &mut Random, key: &str) -> Fact {
    match family_of(key) {
        Family::Number if random.chance(80) => Fact::Int(random.below(10) as i64),
        Family::Bool if random.chance(90) => Fact::Bool(random.chance(50)),
        Family::Date if random.chance(80) => Fact::Date(*random.pick(SECONDS)),
        Family::Ip if random.chance(80) => Fact::Ip(address(random)),
        Family::Arn if random.chance(90) => Fact::Str((*random.pick(ARNS)).to_owned()),
        Family::Bytes => Fact::Str((*random.pick(BYTES)).to_owned()),
        Family::List => {
            let count = random.below(4);
            Fact::Many(
                (0..count)
                    .map(|_| (*random.pick(WORDS)).to_owned())
                    .collect(),
            )
        }
        _ => Fact::Str((*random.pick(WORDS)).to_owned()),
    }
}

fn address(random: &mut Random) -> IpAddr {
    if random.chance(70) {
        IpAddr::V4(Ipv4Addr::new(10, 1, 2, random.below(6) as u8))
    } else {
        IpAddr::V6(Ipv6Addr::new(
            0x2001,
            0xdb8,
            0,
            0,
            0,
            0,
            0,
            random.below(3) as u16,
        ))
    }
}

/// Text that an operand of an operator is about: one that hits it or lies beside it.
pub(crate) fn beside(
    random: &mut Random,
    operator: &str,
    operand: &str,
    facts: &mut Facts,
) -> String {
    let wild = operator.contains("Like") || operator.contains("Arn");
    let found = instance(random, operand, wild, facts);
    if operator.contains("IpAddress") {
        return beside_range(random, &found);
    }
    if operator.contains("Numeric") && random.chance(60) {
        return beside_number(random, &found);
    }
    if operator.contains("Date") && random.chance(60) {
        return if random.chance(60) {
            random.pick(SECONDS).to_string()
        } else {
            (*random.pick(DATES)).to_owned()
        };
    }
    match random.below(10) {
        0 | 1 => nearly(random, &found),
        2 if operator.contains("IgnoreCase") => swapped(random, &found),
        3 => (*random.pick(WORDS)).to_owned(),
        _ => found,
    }
}

/// Other case, also of letters that only some foldings know.
fn swapped(random: &mut Random, text: &str) -> String {
    let upper = text.to_uppercase();
    match random.below(3) {
        0 => upper,
        1 => text.replace(['k', 'K'], "\u{212a}"),
        _ => text.replace(['i', 'I'], "\u{131}").replace('s', "\u{17f}"),
    }
}

fn beside_number(random: &mut Random, text: &str) -> String {
    match text.parse::<i64>() {
        Ok(number) => match random.below(5) {
            0 => (number + 1).to_string(),
            1 => (number - 1).to_string(),
            2 => format!("{number}.0"),
            3 => format!("{number}.001"),
            _ => format!("0{number}"),
        },
        Err(_) => (*random.pick(NUMBERS)).to_owned(),
    }
}

/// The first and last address of a range, and the ones outside.
fn beside_range(random: &mut Random, text: &str) -> String {
    let (base, length) = text.split_once('/').unwrap_or((text, ""));
    let Ok(base) = base.parse::<IpAddr>() else {
        return text.to_owned();
    };
    let found: IpAddr = match base {
        IpAddr::V4(v4) => {
            let free = 32 - length.parse::<u32>().unwrap_or(32).min(32);
            let mask = 1_u64.checked_shl(free).unwrap_or(0).wrapping_sub(1) as u32;
            let first = v4.to_bits() & !mask;
            let edges = [
                first,
                first | mask,
                first.wrapping_sub(1),
                (first | mask).wrapping_add(1),
            ];
            Ipv4Addr::from_bits(*random.pick(&edges)).into()
        }
        IpAddr::V6(v6) => {
            let free = 128 - length.parse::<u32>().unwrap_or(128).min(128);
            let mask = 1_u128.checked_shl(free).unwrap_or(0).wrapping_sub(1);
            let first = v6.to_bits() & !mask;
            let edges = [
                first,
                first | mask,
                first.wrapping_sub(1),
                (first | mask).wrapping_add(1),
            ];
            Ipv6Addr::from_bits(*random.pick(&edges)).into()
        }
    };
    match (found, random.below(6)) {
        (IpAddr::V4(v4), 0) => v4.to_ipv6_mapped().to_string(),
        (IpAddr::V6(v6), 0) => format!("{v6:#}").to_uppercase(),
        (found, 1) => format!("{found}/32"),
        (found, _) => found.to_string(),
    }
}

/// A text as the kind of value that it is.
pub(crate) fn typed(random: &mut Random, key: &str, text: String) -> Fact {
    let keep = random.chance(40);
    if keep {
        return Fact::Str(text);
    }
    match family_of(key) {
        Family::Number => text.parse().map(Fact::Int).unwrap_or(Fact::Str(text)),
        Family::Date => text.parse().map(Fact::Date).unwrap_or(Fact::Str(text)),
        Family::Ip => text.parse().map(Fact::Ip).unwrap_or(Fact::Str(text)),
        Family::Bool => match text.to_ascii_lowercase().parse() {
            Ok(truth) => Fact::Bool(truth),
            Err(_) => Fact::Str(text),
        },
        _ => Fact::Str(text),
    }
}
