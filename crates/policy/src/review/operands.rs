//! The values of conditions: what they can match, and what of requests without the key.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::conditions::is_negated;
use super::{Findings, finding};
use crate::arn::split;
use crate::code::Code;
use crate::date::civil;
use crate::document::{ConditionEntry, Spanned, Statement};
use crate::operator::{Base, Missing, StringTest};
use crate::variable::Variables;

/// 1973-03-03, before which there was nothing to sign.
const SECONDS_MIN: i64 = 100_000_000;
/// The year 5138.
const MILLISECONDS_MIN: i64 = 100_000_000_000;

pub(super) fn check(statement: &Statement, out: &mut Findings) {
    for entry in &statement.conditions {
        values(entry, out);
        mfa(statement, entry, out);
        session(entry, out);
    }
    paired(statement, out);
}

fn values(entry: &ConditionEntry, out: &mut Findings) {
    let mut seen = BTreeSet::new();
    for value in &entry.values {
        if !seen.insert(&*value.text) {
            out.push(finding(
                Code::RedundantConditionValue,
                &value.span,
                format!("{} stands here twice", value.text),
                "leave one out",
            ));
        }
        match entry.operator.base {
            Base::String(StringTest::Equals | StringTest::EqualsIgnoreCase, _) => {
                literal_star(entry, value, out);
            }
            Base::Ip(_) => host_bits(value, out),
            Base::Date(..) => seconds(value, out),
            _ => {}
        }
    }
    let has = |word: &str| {
        entry
            .values
            .iter()
            .any(|value| value.text.eq_ignore_ascii_case(word))
    };
    if matches!(entry.operator.base, Base::Bool | Base::Null) && has("true") && has("false") {
        out.push(finding(
            Code::InvalidConditionMultipleBoolean,
            &entry.key.span,
            format!(
                "true and false both satisfy this condition on {}",
                entry.key.text
            ),
            "write the one that is meant",
        ));
    }
}

fn literal_star(entry: &ConditionEntry, value: &Spanned, out: &mut Findings) {
    if !value.text.replace("${*}", "").contains('*') {
        return;
    }
    let like = match is_negated(entry.operator.base) {
        true => "StringNotLike",
        false => "StringLike",
    };
    out.push(finding(
        Code::WildcardWithoutLike,
        &value.span,
        "this operator takes * literally",
        format!("use {like} if it is meant as a wildcard, or write ${{*}}"),
    ));
}

/// Seconds that nobody means: those of the seventies are a date without its hyphens, and those behind the
/// year 5000 are milliseconds.
fn seconds(value: &Spanned, out: &mut Findings) {
    // Four digits are a year.
    let digits = value.text.len() > 4 && value.text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(seconds) = value.text.parse::<i64>().ok().filter(|_| digits) else {
        return;
    };
    let help = match seconds {
        ..SECONDS_MIN => "write a date as YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ",
        MILLISECONDS_MIN.. => "write seconds, not milliseconds",
        _ => return,
    };
    let [year, month, day, ..] = civil(seconds);
    out.push(finding(
        Code::SuspiciousDate,
        &value.span,
        format!(
            "{} is read as seconds since 1970: {year}-{month:02}-{day:02}",
            value.text
        ),
        help,
    ));
}

/// Bits behind the mask, which are ignored.
fn host_bits(value: &Spanned, out: &mut Findings) {
    let Some((address, prefix)) = value.text.split_once('/') else {
        return;
    };
    let (Ok(address), Ok(prefix)) = (address.parse::<IpAddr>(), prefix.parse::<u32>()) else {
        return;
    };
    let network: IpAddr = match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX
                .checked_shl(32_u32.saturating_sub(prefix))
                .unwrap_or(0);
            std::net::Ipv4Addr::from_bits(v4.to_bits() & mask).into()
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX
                .checked_shl(128_u32.saturating_sub(prefix))
                .unwrap_or(0);
            std::net::Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
    };
    if network != address {
        out.push(finding(
            Code::ImproveIpRange,
            &value.span,
            "the bits behind the mask are ignored",
            format!("write {network}/{prefix}"),
        ));
    }
}

/// `aws:PrincipalArn` of a session is its role's ARN, so that one of the session is nobody's.
fn session(entry: &ConditionEntry, out: &mut Findings) {
    let base = entry.operator.base;
    let named = entry.key.text.eq_ignore_ascii_case("aws:PrincipalArn");
    if !named || !matches!(base, Base::Arn(_) | Base::String(..)) {
        return;
    }
    for value in &entry.values {
        let parts = split(&value.text, Variables::On);
        if !parts.is_some_and(|[.., resource]| resource.starts_with("assumed-role/")) {
            continue;
        }
        let so = match is_negated(base) {
            true => "every caller differs from it",
            false => "no caller matches it",
        };
        out.push(finding(
            Code::SessionArnNeverMatches,
            &value.span,
            format!(
                "{} of a session is the ARN of its role: {so}",
                entry.key.text
            ),
            "write arn:aws:iam::ACCOUNT:role/NAME, with the role's path; a session is told by aws:userid",
        ));
    }
}

/// `aws:MultiFactorAuthPresent` is absent from requests that are signed with long-term keys.
fn mfa(statement: &Statement, entry: &ConditionEntry, out: &mut Findings) {
    let named = entry
        .key
        .text
        .eq_ignore_ascii_case("aws:MultiFactorAuthPresent");
    if !named || entry.operator.base != Base::Bool {
        return;
    }
    let all = |word: &str| {
        !entry.values.is_empty()
            && entry
                .values
                .iter()
                .all(|value| value.text.eq_ignore_ascii_case(word))
    };
    let if_exists = entry.operator.missing == Missing::Holds;
    if statement.allows() && if_exists && all("true") {
        out.push(finding(
            Code::MfaAllowHoldsAbsent,
            &entry.key.span,
            "requests with long-term keys do not hold this key, and BoolIfExists lets them pass without MFA",
            "write \"Bool\": {\"aws:MultiFactorAuthPresent\": \"true\"}",
        ));
    }
    if !statement.allows() && !if_exists && all("false") {
        out.push(finding(
            Code::MfaDenyMissesAbsent,
            &entry.key.span,
            "requests with long-term keys do not hold this key, so this Deny does not reach them",
            "write \"BoolIfExists\": {\"aws:MultiFactorAuthPresent\": \"false\"}",
        ));
    }
}

/// Private addresses mean something within one VPC only.
fn paired(statement: &Statement, out: &mut Findings) {
    let find = |names: &[&str]| {
        let mut entries = statement.conditions.iter();
        entries.find(|entry| {
            names
                .iter()
                .any(|name| entry.key.text.eq_ignore_ascii_case(name))
        })
    };
    let others = ["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn"];
    if statement.allows()
        && let Some(entry) = find(&["aws:VpcSourceIp"])
        && find(&others).is_none()
    {
        out.push(finding(
            Code::MissingPairedConditionKeys,
            &entry.key.span,
            "the same private address is in many VPCs",
            "add a condition on aws:SourceVpc or aws:SourceVpce",
        ));
    }
}
