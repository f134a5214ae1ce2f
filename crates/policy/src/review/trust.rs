//! Who is trusted: everyone, another account, a service, a provider, and how narrowly.

mod provider;

use super::conditions::{demands, is_negated};
use super::{Findings, Subject, finding};
use crate::code::Code;
use crate::document::{ConditionEntry, Form, PrincipalType, Principals, Spanned, Statement};
use crate::finding::Kind;
use crate::operator::Base;
use crate::principal::{PrincipalPattern, aws};

/// Keys that say who calls, or on whose behalf; `/` at the end is for any tag.
const NARROWING: &[&str] = &[
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:userid",
    "aws:username",
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:federatedprovider",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "elasticfilesystem:accessedviamounttarget",
];

/// Keys that keep a third party from using what it may do for one customer on behalf of another.
const DEPUTY: &[&str] = &[
    "sts:externalid",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalarn",
    "aws:principaltag/",
    "aws:userid",
    "aws:sourceidentity",
];

/// Keys that say for whose resource a service acts.
const SOURCE: &[&str] = &[
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
];

/// Services that assume a role for what runs in the role's own account, and tell no source.
const WITHOUT_SOURCE: &[&str] = &[
    "ec2.",
    "lambda.",
    "edgelambda.",
    "ssm.",
    "eks.",
    "pods.eks.",
    "spotfleet.",
];

pub(super) fn check(subject: &Subject<'_>, statement: &Statement, out: &mut Findings) {
    let Some(principals) = &statement.principals else {
        return;
    };
    if !subject.names_principals() {
        return;
    }
    if principals.form == Form::Not {
        if !statement.allows() {
            out.push(finding(
                Code::DenyWithNotPrincipal,
                &principals.span,
                "this denies everyone of whom account, user or role, and session are not all listed",
                "write \"Principal\": \"*\" with a condition ArnNotEquals on aws:PrincipalArn",
            ));
        }
        return;
    }
    if !statement.allows() {
        return;
    }
    everyone(statement, principals, out);
    accounts(subject, statement, principals, out);
    services(subject, statement, principals, out);
    provider::check(statement, principals, out);
    if subject.kind == Kind::Trust {
        callers(statement, principals, out);
    }
}

fn everyone(statement: &Statement, principals: &Principals, out: &mut Findings) {
    if !principals.is_everyone() || is_narrowed(statement, NARROWING) {
        return;
    }
    out.push(finding(
        Code::PublicAccess,
        &principals.span,
        "everyone is let in: any account and anonymous callers",
        "name the principals, or add a condition on aws:PrincipalOrgID, aws:PrincipalArn or their like",
    ));
}

/// Whether a condition fails for requests that do not hold one of the keys with a value that says something.
fn is_narrowed(statement: &Statement, keys: &[&str]) -> bool {
    let mut entries = statement.conditions.iter();
    entries.any(|entry| narrows(entry) && is_one_of(entry, keys))
}

fn is_one_of(entry: &ConditionEntry, keys: &[&str]) -> bool {
    let name = entry.key.text.to_ascii_lowercase();
    keys.iter().any(|key| match key.ends_with('/') {
        true => name.starts_with(key),
        false => name == *key,
    })
}

/// A positive condition whose values are not all there are.
fn narrows(entry: &ConditionEntry) -> bool {
    let everything = |value: &Spanned| match entry.operator.base {
        Base::Ip(_) => value.text.ends_with("/0"),
        Base::Null => true,
        _ => value.text.bytes().all(|byte| matches!(byte, b'*' | b'?')),
    };
    demands(entry) && !is_negated(entry.operator.base) && !entry.values.iter().any(everything)
}

/// Other accounts that are trusted, whole or with one of their users or roles.
fn accounts(
    subject: &Subject<'_>,
    statement: &Statement,
    principals: &Principals,
    out: &mut Findings,
) {
    if subject.kind != Kind::Trust || is_narrowed(statement, DEPUTY) {
        return;
    }
    for (_, entry) in principals
        .entries
        .iter()
        .filter(|(kind, _)| *kind == PrincipalType::Aws)
    {
        let (account, whole) = match aws(&entry.text) {
            Some(PrincipalPattern::Account { account, .. }) => (account, true),
            Some(
                PrincipalPattern::User(arn)
                | PrincipalPattern::Role(arn)
                | PrincipalPattern::AssumedRole(arn),
            ) => {
                let account = crate::arn::Arn::parse(&arn).map(|arn| arn.account.into());
                match account {
                    Some(account) => (account, false),
                    None => continue,
                }
            }
            _ => continue,
        };
        let help = "if it is a third party that serves others too, ask for an sts:ExternalId of yours; within your organization, for aws:PrincipalOrgID";
        match subject.account {
            Some(own) if own == &*account => {}
            Some(_) => out.push(finding(
                Code::CrossAccountWithoutExternalId,
                &entry.span,
                format!("{account} is trusted on behalf of whomever it serves"),
                help,
            )),
            None if whole => out.push(finding(
                Code::CrossAccountUnknown,
                &entry.span,
                format!("everyone in {account} with the right to assume roles is trusted"),
                help,
            )),
            None => {}
        }
    }
}

/// Services that may be asked by anyone to act here.
fn services(
    subject: &Subject<'_>,
    statement: &Statement,
    principals: &Principals,
    out: &mut Findings,
) {
    if is_narrowed(statement, SOURCE) {
        return;
    }
    for (_, entry) in principals
        .entries
        .iter()
        .filter(|(kind, _)| *kind == PrincipalType::Service)
    {
        let code = match subject.kind {
            Kind::Trust
                if WITHOUT_SOURCE
                    .iter()
                    .any(|name| entry.text.starts_with(name)) =>
            {
                continue;
            }
            Kind::Trust => Code::RecommendedConditionKeyForServicePrincipal,
            _ => Code::RestrictAccessToServicePrincipal,
        };
        out.push(finding(
            code,
            &entry.span,
            format!(
                "{} may act here for the resources of any account",
                entry.text
            ),
            "add a condition on aws:SourceArn or aws:SourceAccount, if the service sends them",
        ));
    }
}

/// Actions that no principal of the statement can call.
fn callers(statement: &Statement, principals: &Principals, out: &mut Findings) {
    let saml = |entry: &Spanned| entry.text.contains(":saml-provider/");
    for action in statement.actions.iter().flat_map(|list| &list.items) {
        let called = action.text.to_ascii_lowercase();
        let can = |(kind, entry): &(PrincipalType, Spanned)| match called.as_str() {
            "sts:assumerole" => *kind != PrincipalType::Federated,
            "sts:assumerolewithsaml" => match kind {
                PrincipalType::Federated => saml(entry),
                kind => *kind == PrincipalType::Everyone,
            },
            "sts:assumerolewithwebidentity" => match kind {
                PrincipalType::Federated => !saml(entry),
                kind => *kind == PrincipalType::Everyone,
            },
            _ => true,
        };
        if !principals.entries.iter().any(can) {
            out.push(finding(
                Code::MismatchedActionForPrincipal,
                &action.span,
                format!("none of the principals can call {}", action.text),
                "SAML providers call sts:AssumeRoleWithSAML, OIDC providers sts:AssumeRoleWithWebIdentity, all others sts:AssumeRole",
            ));
        }
    }
}
