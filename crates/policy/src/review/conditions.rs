//! Conditions: does the key exist, can the operator match it, and what of requests without it.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::keys::{DEPRECATED, GLOBAL, global};
use super::{Findings, Subject, actions, finding};
use crate::catalogue::{self, Arity, Key, ValueType};
use crate::code::Code;
use crate::document::{ConditionEntry, Form, Spanned, Statement};
use crate::fault::did_you_mean;
use crate::operator::{Base, Missing, Qualifier, Sense};
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
    let known = OnceCell::new();
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
            Ok(Some(key)) => {
                typed(subject, statement, entry, key, out);
                let known = known.get_or_init(|| known_to_actions(statement));
                unknown_to_actions(entry, known.as_ref(), out);
            }
            Ok(None) => {}
            Err(unknown) => out.push(unknown.at(&entry.key)),
        }
    }
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
    if reads_text(entry, key) {
        out.push(finding(
            Code::TypeMismatchOfText,
            span,
            format!(
                "{name} is text; this operator reads it as {}, and matches nothing else",
                entry.operator.base.reads()
            ),
            "use a String… operator, unless its values are always such",
        ));
    }
    qualifier(subject, statement, entry, key, out);
}

/// Whether text that AWS fills in is read as something else. What a tag holds is up to its owner.
fn reads_text(entry: &ConditionEntry, key: Key) -> bool {
    let typed = matches!(
        entry.operator.base,
        Base::Numeric(..) | Base::Date(..) | Base::Bool | Base::Ip(_) | Base::Binary
    );
    typed && key.value == ValueType::String && !key.name.contains("${")
}

/// A key that no request for the statement's actions holds.
fn unknown_to_actions(
    entry: &ConditionEntry,
    known: Option<&BTreeSet<&'static str>>,
    out: &mut Findings,
) {
    let name = &*entry.key.text;
    let global = name
        .get(..4)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"));
    let Some(known) = known.filter(|_| !global && !of_session(name)) else {
        return;
    };
    if !known
        .iter()
        .any(|template| catalogue::is_named(template, name))
    {
        out.push(finding(
            Code::UnsupportedActionForConditionKey,
            &entry.key.span,
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
        (Base::String(..), _) => true,
        (Base::Binary, value) => matches!(value, ValueType::String | ValueType::Arn),
        (Base::Numeric(..) | Base::Date(..) | Base::Bool | Base::Ip(_), ValueType::String) => true,
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
        (Qualifier::ForAnyValue, _)
            if !statement.allows()
                && is_of_caller(name)
                && is_negated(operator.base)
                && operator.missing == Missing::AsUsual
                && !is_asked_for(statement, name) =>
        {
            out.push(finding(
                Code::DenyMissesAbsent,
                span,
                format!("requests without {name} escape this Deny: ForAnyValue finds no value that differs"),
                "write ForAllValues:, which holds as well when the key is absent, or …IfExists",
            ));
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

/// Whether a key with several values says who or what is involved, so that its absence is no reason to
/// spare a request. Of what a request asks for, such as the keys of tags, the absence is harmless.
fn is_of_caller(name: &str) -> bool {
    let global = name
        .get(..4)
        .is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:"));
    global && !name.eq_ignore_ascii_case("aws:TagKeys")
}

/// Whether the author asks with `Null` whether the key is there, and so knows that it may be absent.
fn is_asked_for(statement: &Statement, name: &str) -> bool {
    let mut entries = statement.conditions.iter();
    entries
        .any(|entry| entry.operator.base == Base::Null && entry.key.text.eq_ignore_ascii_case(name))
}

/// Whether another condition of the statement holds only when the key is there. A tag that must be
/// there with a value puts something into `aws:TagKeys`.
fn requires(statement: &Statement, name: &str) -> bool {
    let tags = name.eq_ignore_ascii_case("aws:TagKeys");
    statement.conditions.iter().any(|entry| {
        let begins = entry.key.text.get(.."aws:RequestTag/".len());
        let tag = || begins.is_some_and(|begins| begins.eq_ignore_ascii_case("aws:RequestTag/"));
        let same = entry.key.text.eq_ignore_ascii_case(name);
        (same || (tags && tag())) && demands(entry)
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

/// The keys that the statement's actions know; `None` when what it names is too much to tell.
fn known_to_actions(statement: &Statement) -> Option<BTreeSet<&'static str>> {
    let list = statement.actions.as_ref()?;
    let plain = list.form == Form::Plain;
    let every = |item: &Spanned| actions::is_every(&item.text);
    if !plain || list.items.iter().any(every) {
        return None;
    }
    let (mut seen, mut known) = (BTreeSet::new(), BTreeSet::new());
    for item in &list.items {
        let mut found = catalogue::actions_matching(&item.text).peekable();
        found.peek()?;
        for action in found.filter(|action| seen.insert((action.service, action.name))) {
            known.extend(action.all_keys().map(|key| key.name));
        }
    }
    Some(known)
}
