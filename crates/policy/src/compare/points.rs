//! Values at which numbers, dates and addresses change sides: one in every stretch between the
//! values that policies name is enough, because no condition tells two of the same stretch apart.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::key::Type;
use crate::date::{self, Instant};
use crate::ip::Range;
use crate::limits::NUMBER_CHARACTERS_MAX;
use crate::operator::Base;

/// Candidates, and whether there is one for every case that can be told apart.
#[derive(Debug, Clone)]
pub(super) struct Points {
    pub(super) values: Vec<String>,
    pub(super) complete: bool,
}

/// The kinds of operators that compare by something else than the characters of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Numeric,
    Date,
    Ip,
    Binary,
}

impl Family {
    pub(super) fn of(base: Base) -> Option<Family> {
        match base {
            Base::Numeric(..) => Some(Family::Numeric),
            Base::Date(..) => Some(Family::Date),
            Base::Ip(_) => Some(Family::Ip),
            Base::Binary => Some(Family::Binary),
            Base::String(..) | Base::Arn(_) | Base::Bool | Base::Null => None,
        }
    }
}

/// The candidates for a key of that type which is compared with these values in these ways.
pub(super) fn points(value_type: Type, operands: &[(Family, &str)]) -> Points {
    let of = |family: Family| {
        let matching = operands.iter().filter(move |(f, _)| *f == family);
        matching.map(|(_, text)| *text)
    };
    let mut families: Vec<Family> = Vec::new();
    for (family, _) in operands {
        if !families.contains(family) {
            families.push(*family);
        }
    }
    let (mut values, complete) = match value_type {
        Type::Bool => (vec!["true".to_owned(), "false".to_owned()], true),
        Type::Whole => (
            whole(of(Family::Numeric), 0),
            families == [Family::Numeric] || families.is_empty(),
        ),
        Type::Epoch => {
            let seconds = of(Family::Date)
                .filter_map(Instant::parse)
                .flat_map(|instant| {
                    let at = instant.seconds;
                    [at.saturating_sub(1), at, at.saturating_add(1)]
                });
            let mut values = whole(of(Family::Numeric), EPOCH_MIN);
            // Four digits would be read as a year.
            let seconds = seconds.filter(|at| *at >= EPOCH_MIN);
            values.extend(seconds.map(|at| at.to_string()));
            let readable = |family: &Family| matches!(family, Family::Numeric | Family::Date);
            (values, families.iter().all(readable))
        }
        Type::Date => (
            dates_on_the_second(of(Family::Date)),
            families == [Family::Date],
        ),
        Type::Ip => (addresses(of(Family::Ip)), families == [Family::Ip]),
        Type::Text | Type::Arn | Type::Account => {
            let (numbers, fits) = decimals(of(Family::Numeric));
            let mut values = Vec::new();
            if families.contains(&Family::Numeric) {
                values.extend(numbers);
            }
            values.extend(dates(of(Family::Date)));
            if families.contains(&Family::Ip) {
                values.extend(addresses(of(Family::Ip)));
            }
            if families.contains(&Family::Binary) {
                values.extend(binaries(of(Family::Binary)));
            }
            values.push("x".to_owned());
            (
                values,
                families.len() == 1 && fits && value_type == Type::Text,
            )
        }
    };
    if values.is_empty() {
        values.push("x".to_owned());
    }
    values.dedup();
    Points { values, complete }
}

const EPOCH_MIN: i64 = 10_000;

/// Whole numbers around each operand.
fn whole<'a>(operands: impl Iterator<Item = &'a str>, least: i64) -> Vec<String> {
    let mut values = vec![least];
    for operand in operands {
        let whole = operand.split('.').next().unwrap_or_default();
        let number = whole.parse::<i64>().unwrap_or(if operand.starts_with('-') {
            i64::MIN
        } else {
            i64::MAX
        });
        values.extend([number.saturating_sub(1), number, number.saturating_add(1)]);
    }
    let values = values.into_iter().filter(|value| *value >= least);
    values.map(|value| value.to_string()).collect()
}

/// Each operand, and next to it, away from zero, something nearer than any other operand; zero has
/// two such neighbours. `false` when a neighbour is too long to be read.
fn decimals<'a>(operands: impl Iterator<Item = &'a str>) -> (Vec<String>, bool) {
    let operands: Vec<&str> = operands.chain(["0"]).collect();
    let fraction = |text: &str| {
        text.split_once('.')
            .map_or(0, |(_, fraction)| fraction.len())
    };
    let width = operands
        .iter()
        .map(|text| fraction(text))
        .max()
        .unwrap_or(0);
    let mut values = Vec::new();
    for operand in operands {
        let digits = operand.trim_start_matches(['-', '+']);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let zero = digits.chars().all(|c| matches!(c, '0' | '.'));
        let beside = format!("{whole}.{fraction:0<width$}1");
        values.push(operand.to_owned());
        if zero || !operand.starts_with('-') {
            values.push(beside.clone());
        }
        if zero || operand.starts_with('-') {
            values.push(format!("-{beside}"));
        }
    }
    let fits = values
        .iter()
        .all(|value| value.len() <= NUMBER_CHARACTERS_MAX);
    values.retain(|value| value.len() <= NUMBER_CHARACTERS_MAX);
    (values, fits)
}

/// The first and the last second of the years that can be written.
const SECONDS: std::ops::RangeInclusive<i64> = -62_167_219_200..=253_402_300_799;

fn dates_on_the_second<'a>(operands: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut values = vec!["2026-01-01T00:00:00Z".to_owned()];
    let near = operands.filter_map(Instant::parse).flat_map(|instant| {
        let at = instant.seconds;
        [at.saturating_sub(1), at, at.saturating_add(1)]
    });
    let ends = [*SECONDS.start(), *SECONDS.end()];
    let written = near.chain(ends).filter(|at| SECONDS.contains(at));
    values.extend(written.map(|at| iso(at, 0)));
    values
}

/// Each operand and the nanoseconds before and after it.
fn dates<'a>(operands: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut values = Vec::new();
    for instant in operands.filter_map(Instant::parse) {
        let (at, nanoseconds) = (instant.seconds, instant.nanoseconds);
        let before = match nanoseconds.checked_sub(1) {
            Some(nanoseconds) => (at, nanoseconds),
            None => (at.saturating_sub(1), 999_999_999),
        };
        let after = match nanoseconds {
            999_999_999 => (at.saturating_add(1), 0),
            nanoseconds => (at, nanoseconds + 1),
        };
        for (at, nanoseconds) in [before, (at, nanoseconds), after] {
            if SECONDS.contains(&at) {
                values.push(iso(at, nanoseconds));
            } else {
                // Other years can only be said in whole seconds.
                values.extend([at, at.saturating_add(1)].map(whole_second));
            }
        }
    }
    values
}

fn whole_second(at: i64) -> String {
    match SECONDS.contains(&at) {
        true => iso(at, 0),
        false => at.to_string(),
    }
}

fn iso(seconds: i64, nanoseconds: u32) -> String {
    let [year, month, day, hour, minute, second] = date::civil(seconds);
    let fraction = match nanoseconds {
        0 => String::new(),
        nanoseconds => format!(".{nanoseconds:09}"),
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// The first address of each range and the first behind it, in both families of addresses.
fn addresses<'a>(operands: impl Iterator<Item = &'a str>) -> Vec<String> {
    // Of v6, the block of mapped v4 addresses counts as v4; what follows it does not.
    let behind_mapped = u128::from(u32::MAX) + (0xffff_u128 << 32) + 1;
    let mut v4 = vec![u32::from(Ipv4Addr::new(203, 0, 113, 7)), 0];
    let mut v6 = vec![0x2001_0db8_u128 << 96, 0, behind_mapped];
    for range in operands.filter_map(Range::parse) {
        match range {
            Range::V4 { network, mask } => {
                v4.push(network);
                v4.extend((network | !mask).checked_add(1));
            }
            Range::V6 { network, mask } => {
                v6.push(network);
                v6.extend((network | !mask).checked_add(1));
            }
        }
    }
    let v4 = v4
        .into_iter()
        .map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
    let v6 = v6
        .into_iter()
        .map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)));
    let all = v4.chain(v6).map(|address| address.to_canonical());
    all.map(|address| address.to_string()).collect()
}

/// Each operand and something that is none of them.
fn binaries<'a>(operands: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut values: Vec<String> = operands.map(str::to_owned).collect();
    let others = ["AAAA", "AAAB", "AAAC", "AAAD"]
        .into_iter()
        .map(str::to_owned);
    // Longer and longer ones, of which one is new.
    let longer = (2..).map(|times| "AAAA".repeat(times));
    let fresh = others.chain(longer).find(|text| !values.contains(text));
    values.extend(fresh);
    values
}
