//! Conditions: does the key exist, can the operator match it, and what of requests without it.

use std::net::IpAddr;

use super::keys::{DEPRECATED, GLOBAL, global};
use super::{Findings, Subject, actions, finding};
use crate::catalogue::{self, Arity, Key, ValueType};
use crate::code::Code;
use crate::document::{ConditionEntry, Form, Spanned, Statement};
use crate::fault::did_you_mean;
use crate::operator::{Base, Missing, Qualifier, Sense, StringTest};
use crate::suggest::nearest;

/// Keys that name tags by their tail.
const TAG_KEYS: &[&str] = &["aws:principaltag", "aws:requesttag", "aws:resourcetag"];

/// Keys of services that are in every request of a session which such a service made.
const OF_SESSION: &[&str] = &[
    "ec2:RoleDelivery",
    "ec2:SourceInstanceArn",
    "glue:CredentialIssuingService",
    "glue:RoleAssumedBy",
    "identitystore:IdentityStoreArn",
    "identitystore:UserId",
    "lambda:SourceFunctionArn",
    "ssm:SourceInstanceArn",
];

pub(super) fn check(subject: &Subject<'_>, statement: &Statement, out: &mut Findings) {
    for entry in &statement.conditions {
        if entry.values.is_empty() {
            out.push(finding(
                Code::EmptyArrayCondition,
                &entry.key.span,
                format!("{} is compared with no value", entry.key.text),
                "write the values, or leave the condition out",
            ));
        }
        match resolve(statement, &entry.key.text) {
            Ok(Some(key)) => typed(subject, statement, entry, key, out),
            Ok(None) => {}
            Err(unknown) => out.push(unknown.at(&entry.key)),
        }
        values(entry, out);
        mfa(statement, entry, out);
    }
    paired(statement, out);
}

/// A key that there is not.
pub(super) struct Unknown {
    code: Code,
    message: String,
    help: String,
}

impl Unknown {
    pub(super) fn at(self, item: &Spanned) -> crate::finding::Finding {
        finding(self.code, &item.span, self.message, self.help)
    }
}

/// The key that a name stands for; `None` for one that nobody lists, such as a claim of a provider.
pub(super) fn resolve(statement: &Statement, name: &str) -> Result<Option<Key>, Unknown> {
    let unknown = |code, message, help| {
        Err(Unknown {
            code,
            message,
            help,
        })
    };
    let Some((prefix, rest)) = name.split_once(':') else {
        let help = "a key reads service:Name or aws:Name".to_owned();
        let code = Code::InvalidConditionKeyFormat;
        return unknown(code, format!("{name} is no condition key"), help);
    };
    if prefix.contains(['.', '/']) || prefix.eq_ignore_ascii_case("saml") {
        return Ok(None);
    }
    let lower = name.to_ascii_lowercase();
    if let Some(tags) = TAG_KEYS
        .iter()
        .find(|tags| lower.trim_end_matches('/') == **tags)
    {
        let whole = GLOBAL
            .iter()
            .find(|key| key.name.to_ascii_lowercase().starts_with(tags));
        let whole = whole.map_or(name, |key| key.name);
        let help = format!("write {whole} with the tag's key behind the slash");
        let code = Code::MissingTagKeyInCondition;
        return unknown(code, format!("{name} does not say which tag"), help);
    }
    if let Some(key) = global(name) {
        return Ok(Some(key));
    }
    if let Some((_, newer)) = DEPRECATED.iter().find(|(old, _)| *old == lower) {
        let code = Code::DeprecatedGlobalConditionKey;
        return unknown(
            code,
            format!("{name} has a newer name"),
            format!("write {newer}"),
        );
    }
    if let Some(key) = known_to_services(statement, prefix, name) {
        return Ok(Some(key));
    }
    let names: Vec<&str> = match catalogue::service(prefix) {
        _ if prefix.eq_ignore_ascii_case("aws") => GLOBAL.iter().map(|key| key.name).collect(),
        Some(service) => service.keys.iter().map(|key| key.name).collect(),
        None => Vec::new(),
    };
    let help = nearest(name, names.into_iter()).map_or_else(String::new, did_you_mean);
    if prefix.eq_ignore_ascii_case("aws") {
        let code = Code::InvalidGlobalConditionKey;
        return unknown(
            code,
            format!("there is no global condition key {name}"),
            help,
        );
    }
    let message = match catalogue::service(prefix) {
        Some(service) => format!("{} has no condition key {rest}", service.prefix),
        None => format!("there is no service {prefix}, and no condition key {name}"),
    };
    unknown(Code::InvalidServiceConditionKey, message, help)
}

/// The key in the lists of its own service and of those whose actions the statement names.
fn known_to_services(statement: &Statement, prefix: &str, name: &str) -> Option<Key> {
    let items = statement.actions.iter().flat_map(|list| &list.items);
    let acting = items.filter_map(|item| Some(item.text.split_once(':')?.0));
    std::iter::once(prefix)
        .chain(acting)
        .filter_map(catalogue::service)
        .find_map(|service| service.key(name))
}

/// What the key's type says about the operator.
fn typed(
    subject: &Subject<'_>,
    statement: &Statement,
    entry: &ConditionEntry,
    key: Key,
    out: &mut Findings,
) {
    let (span, name) = (&entry.key.span, &entry.key.text);
    if let Some(better) = canonical(name, key.name) {
        out.push(finding(
            Code::ConditionKeyCase,
            span,
            format!("AWS writes {better}; the case of a key does not count"),
            format!("write {better}"),
        ));
    }
    if let Some(fitting) = mismatch(entry, key.value) {
        out.push(finding(
            Code::TypeMismatch,
            span,
            format!("this operator never matches what {name} holds"),
            format!("use {fitting}"),
        ));
        return;
    }
    qualifier(subject, statement, entry, key, out);
    let global = name
        .get(..4)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"));
    if !global && !of_session(name) && !any_action_knows(statement, name) {
        out.push(finding(
            Code::UnsupportedActionForConditionKey,
            span,
            format!("none of the statement's actions knows {name}: no request for them holds it"),
            "look up the condition keys of the action",
        ));
    }
}

/// Whether the key comes with the caller's session, whatever the action.
fn of_session(name: &str) -> bool {
    OF_SESSION.iter().any(|key| key.eq_ignore_ascii_case(name))
}

/// The name as AWS writes it, when it is written otherwise.
fn canonical(written: &str, name: &str) -> Option<String> {
    let fixed = name.split_once("${").map_or(name, |(fixed, _)| fixed);
    let head = written.get(..fixed.len())?;
    let tail = written.get(fixed.len()..)?;
    let other = head != fixed && head.eq_ignore_ascii_case(fixed);
    other.then(|| format!("{fixed}{tail}"))
}

/// The operators that fit, when this one can never match a value of the key.
fn mismatch(entry: &ConditionEntry, value: ValueType) -> Option<&'static str> {
    let fits = match (entry.operator.base, value) {
        (Base::Null, _) => true,
        (Base::Numeric(..), ValueType::Numeric | ValueType::Date) => true,
        (Base::Date(..), ValueType::Date | ValueType::Numeric) => true,
        (Base::Bool, ValueType::Bool) => true,
        (Base::Ip(_), ValueType::IpAddress) => true,
        // Text that holds an ARN, an address or a number can be told by its operand only.
        (Base::Arn(_), ValueType::Arn | ValueType::String) => true,
        (Base::String(..), ValueType::IpAddress) => {
            !entry.values.iter().any(|value| value.text.contains('/'))
        }
        (Base::String(..) | Base::Binary, _) => true,
        (Base::Numeric(..) | Base::Bool | Base::Ip(_), ValueType::String) => true,
        _ => false,
    };
    (!fits).then_some(match value {
        ValueType::String => "a String… operator",
        ValueType::Arn => "ArnLike or another Arn… operator",
        ValueType::Bool => "Bool",
        ValueType::Numeric => "a Numeric… operator",
        ValueType::Date => "a Date… operator",
        ValueType::IpAddress => "IpAddress or NotIpAddress",
    })
}

fn qualifier(
    subject: &Subject<'_>,
    statement: &Statement,
    entry: &ConditionEntry,
    key: Key,
    out: &mut Findings,
) {
    let (span, name) = (&entry.key.span, &entry.key.text);
    let operator = entry.operator;
    let allows = statement.allows() && subject.grants();
    match (operator.qualifier, key.arity) {
        (Qualifier::ForAllValues, Arity::Single) if allows && !requires(statement, name) => {
            out.push(finding(
                Code::ForAllValuesSingleValued,
                span,
                format!("{name} has one value; with ForAllValues the condition holds as well when it is absent"),
                "leave ForAllValues: out",
            ));
        }
        (Qualifier::ForAllValues, Arity::Multi) if allows && !requires(statement, name) => {
            let tags = ["aws:tagkeys", "sts:transitivetagkeys"];
            let (code, message) = match tags.contains(&name.to_ascii_lowercase().as_str()) {
                true => (
                    Code::TagKeysWithoutNull,
                    "requests without any tag pass as well".to_owned(),
                ),
                false => (
                    Code::ForAllValuesWithoutNull,
                    format!("the condition holds as well when {name} is absent or empty"),
                ),
            };
            let help = format!("add \"Null\": {{\"{name}\": \"false\"}} if it must be there");
            out.push(finding(code, span, message, help));
        }
        (Qualifier::None, Arity::Multi) if operator.base != Base::Null => {
            out.push(finding(
                Code::MissingQualifier,
                span,
                format!(
                    "{name} may have several values, and the operator does not say how they count"
                ),
                "write ForAnyValue: or ForAllValues: in front of it",
            ));
        }
        _ => {}
    }
}

/// Whether another condition of the statement holds only when the key is there. A tag that must be
/// there with a value puts something into `aws:TagKeys`.
fn requires(statement: &Statement, name: &str) -> bool {
    let tags = name.eq_ignore_ascii_case("aws:TagKeys");
    statement.conditions.iter().any(|entry| {
        let lower = entry.key.text.to_ascii_lowercase();
        let same =
            lower == name.to_ascii_lowercase() || (tags && lower.starts_with("aws:requesttag/"));
        same && demands(entry)
    })
}

/// Whether the condition fails when its key is absent.
pub(super) fn demands(entry: &ConditionEntry) -> bool {
    let operator = entry.operator;
    match operator.base {
        Base::Null => entry
            .values
            .iter()
            .all(|value| value.text.eq_ignore_ascii_case("false")),
        base => {
            operator.missing == Missing::AsUsual
                && match operator.qualifier {
                    Qualifier::ForAllValues => false,
                    Qualifier::ForAnyValue => true,
                    Qualifier::None => !is_negated(base),
                }
        }
    }
}

pub(super) fn is_negated(base: Base) -> bool {
    match base {
        Base::String(_, sense)
        | Base::Numeric(_, sense)
        | Base::Date(_, sense)
        | Base::Ip(sense)
        | Base::Arn(sense) => sense == Sense::Negated,
        Base::Bool | Base::Binary | Base::Null => false,
    }
}

/// Whether an action of the statement knows the key, or what it names is too much to tell.
fn any_action_knows(statement: &Statement, name: &str) -> bool {
    let Some(list) = statement
        .actions
        .as_ref()
        .filter(|list| list.form == Form::Plain)
    else {
        return true;
    };
    list.items.iter().any(|item| {
        let mut found = catalogue::actions_matching(&item.text).peekable();
        actions::is_every(&item.text)
            || found.peek().is_none()
            || found.any(|action| action.all_keys().any(|key| key.is(name)))
    })
}

fn values(entry: &ConditionEntry, out: &mut Findings) {
    for (at, value) in entry.values.iter().enumerate() {
        if entry
            .values
            .iter()
            .take(at)
            .any(|other| other.text == value.text)
        {
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
