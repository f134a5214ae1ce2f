//! Who is trusted: everyone, another account, a service, a provider, and how narrowly.

mod provider;

use super::narrow::{Fixes, Keys, fixes, is_narrowed};
use super::{Findings, Subject, finding};
use crate::code::Code;
use crate::document::{Form, PrincipalType, Principals, Spanned, Statement};
use crate::fault::did_you_mean;
use crate::finding::Kind;
use crate::limits::FINDINGS_MAX;
use crate::principal::{PrincipalPattern, aws};
use crate::services;

/// Keys that say who calls, or on whose behalf, where not every account can meet what they say. Tags and
/// names of users are for each account to give.
const NARROWING: Keys = &[
    ("aws:principalarn", Fixes::Account),
    ("aws:principalaccount", Fixes::Value),
    ("aws:principalorgid", Fixes::Value),
    ("aws:principalorgmasteraccountid", Fixes::Value),
    ("aws:principalorgpaths", Fixes::OrgPath),
    ("aws:userid", Fixes::UserId),
    ("aws:sourcearn", Fixes::Account),
    ("aws:sourceaccount", Fixes::Value),
    ("aws:sourceowner", Fixes::Value),
    ("aws:sourceorgid", Fixes::Value),
    ("aws:sourceorgpaths", Fixes::OrgPath),
    ("aws:sourceip", Fixes::Network),
    ("aws:sourcevpc", Fixes::Value),
    ("aws:sourcevpcarn", Fixes::Account),
    ("aws:sourcevpce", Fixes::Value),
    ("aws:vpceaccount", Fixes::Value),
    ("aws:vpceorgid", Fixes::Value),
    ("aws:vpceorgpaths", Fixes::OrgPath),
    ("aws:federatedprovider", Fixes::Account),
    ("kms:calleraccount", Fixes::Value),
    ("s3:dataaccesspointaccount", Fixes::Value),
    ("s3:dataaccesspointarn", Fixes::Account),
    ("elasticfilesystem:accessedviamounttarget", Fixes::True),
];

/// Keys that keep a third party from using what it may do for one customer on behalf of another.
const DEPUTY: Keys = &[
    ("sts:externalid", Fixes::Says),
    ("aws:principalorgid", Fixes::Value),
    ("aws:principalorgpaths", Fixes::OrgPath),
    ("aws:principalarn", Fixes::Named),
    ("aws:principaltag/", Fixes::Says),
    ("aws:userid", Fixes::Says),
    ("aws:sourceidentity", Fixes::Says),
];

/// Keys that say for whose resource a service acts.
const SOURCE: Keys = &[
    ("aws:sourcearn", Fixes::Account),
    ("aws:sourceaccount", Fixes::Value),
    ("aws:sourceorgid", Fixes::Value),
    ("aws:sourceorgpaths", Fixes::OrgPath),
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
    unknown(principals, out);
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

/// Services that there are not, or not yet.
fn unknown(principals: &Principals, out: &mut Findings) {
    for (kind, entry) in &principals.entries {
        // No more are told in any case.
        if out.len() >= FINDINGS_MAX {
            return;
        }
        if *kind == PrincipalType::Service && !services::is_known(&entry.text) {
            let similar = services::similar(&entry.text);
            let help = similar.map_or_else(String::new, |name| did_you_mean(&name));
            out.push(finding(
                Code::UnknownService,
                &entry.span,
                format!(
                    "{} names no service that is known: IAM refuses those in trust policies",
                    entry.text
                ),
                help,
            ));
        }
    }
}

fn everyone(statement: &Statement, principals: &Principals, out: &mut Findings) {
    if !principals.is_everyone() || is_narrowed(statement, NARROWING) {
        return;
    }
    let mut entries = statement.conditions.iter();
    let open = entries.find(|entry| !entry.values.is_empty() && fixes(NARROWING, entry).is_some());
    let help = match open {
        Some(entry) => format!(
            "any account can meet the condition on {}: write out who is meant",
            entry.key.text
        ),
        None => "name the principals, or add a condition on aws:PrincipalOrgID, aws:PrincipalArn or their like".to_owned(),
    };
    out.push(finding(
        Code::PublicAccess,
        &principals.span,
        "everyone is let in: any account and anonymous callers",
        help,
    ));
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
    let mut entries = statement.conditions.iter();
    let open = entries.find(|entry| fixes(SOURCE, entry).is_some());
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
        let help = match open {
            Some(open) => format!(
                "the condition on {} leaves the account open: write it out",
                open.key.text
            ),
            None => {
                "add a condition on aws:SourceArn or aws:SourceAccount, if the service sends them"
                    .to_owned()
            }
        };
        out.push(finding(
            code,
            &entry.span,
            format!(
                "{} may act here for the resources of any account",
                entry.text
            ),
            help,
        ));
    }
}

/// Actions that no principal of the statement can call.
fn callers(statement: &Statement, principals: &Principals, out: &mut Findings) {
    let saml = |entry: &Spanned| entry.text.contains(":saml-provider/");
    for action in statement.actions.iter().flat_map(|list| &list.items) {
        let called = action.text.to_ascii_lowercase();
        let everyone = |kind: &PrincipalType, entry: &Spanned| {
            // Both ways to write it mean the same.
            *kind == PrincipalType::Everyone || (*kind == PrincipalType::Aws && &*entry.text == "*")
        };
        let can = |(kind, entry): &(PrincipalType, Spanned)| match called.as_str() {
            "sts:assumerole" => *kind != PrincipalType::Federated,
            "sts:assumerolewithsaml" => match kind {
                PrincipalType::Federated => saml(entry),
                kind => everyone(kind, entry),
            },
            "sts:assumerolewithwebidentity" => match kind {
                PrincipalType::Federated => !saml(entry),
                kind => everyone(kind, entry),
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
