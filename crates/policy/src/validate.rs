//! What AWS refuses when a document is saved, and what nobody could enforce.

mod action;
mod organization;
mod resource;
mod resource_based;
mod trust;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::condition::{BadOperand, Condition};
use crate::document::{Document, Effect, Form, List, Statement, Version};
use crate::fault::Fault;
use crate::finding::{Finding, Kind, Severity};
use crate::json::JsonFault;
use crate::limits::{DOCUMENT_CHARACTERS_MAX, FINDINGS_MAX};
use crate::principal::PrincipalPattern;
use crate::read::{self, Faults};

pub(crate) use trust::principal_fault;

/// Whether a text is an action, or a pattern of actions.
pub(crate) fn is_action(text: &str) -> bool {
    action::fault(text).is_none()
}

/// Reads and validates a document of one kind.
pub(crate) fn check(text: &str, kind: Kind) -> Result<Document, Vec<Finding>> {
    if text.len() > DOCUMENT_CHARACTERS_MAX && text.chars().count() > DOCUMENT_CHARACTERS_MAX {
        let fault = Fault::Json(JsonFault::Size);
        return Err(vec![finding(&fault, 0..text.len(), kind)]);
    }
    let (document, faults) = faults(text, kind);
    match document {
        Some(document) if faults.is_empty() => Ok(document),
        _ => Err(findings(faults, kind)),
    }
}

/// Reads a document of one kind, with whatever is wrong with it.
pub(crate) fn faults(text: &str, kind: Kind) -> (Option<Document>, Faults) {
    let mut faults = Vec::new();
    let document = read::document(text, &mut faults);
    if let Some(document) = &document {
        enforceable(document, &mut faults);
        sids(document, &mut faults);
        match kind {
            Kind::Trust => trust::check(document, &mut faults),
            Kind::Managed | Kind::Inline | Kind::Session | Kind::Boundary => {
                identity(document, kind, &mut faults);
            }
            Kind::Resource => resource_based::check(document, &mut faults),
            Kind::Scp => organization::scp(document, &mut faults),
            Kind::Rcp => organization::rcp(document, &mut faults),
        }
    }
    (document, faults)
}

/// Turns faults into findings, in the order in which AWS would meet them.
pub(crate) fn findings(mut faults: Faults, kind: Kind) -> Vec<Finding> {
    faults.sort_by_key(|(fault, span)| (fault.rank(kind), span.start));
    let findings = faults.into_iter().take(FINDINGS_MAX);
    let mut findings: Vec<Finding> = findings
        .map(|(fault, span)| finding(&fault, span, kind))
        .collect();
    findings.dedup();
    findings
}

pub(crate) fn finding(fault: &Fault, span: Range<usize>, kind: Kind) -> Finding {
    Finding {
        severity: Severity::Error,
        code: fault.code(kind),
        message: fault.sentence(kind),
        help: String::new(),
        span,
    }
}

/// What must hold for any document that is going to be enforced, whatever its kind.
pub(crate) fn enforceable(document: &Document, faults: &mut Faults) {
    let variables = document.variables();
    for statement in &document.statements {
        for entry in &statement.conditions {
            let values: Vec<&str> = entry.values.iter().map(|value| &*value.text).collect();
            let compiled = Condition::compile(entry.operator, &entry.key.text, &values, variables);
            if let Err(BadOperand(index)) = compiled {
                let value = entry.values.get(index).unwrap_or(&entry.key);
                faults.push((Fault::Unreadable, value.span.clone()));
            }
        }
        required(&statement.actions, Fault::NoActions, statement, faults);
        for action in statement.actions.iter().flat_map(|list| &list.items) {
            if let Some(fault) = action::fault(&action.text) {
                faults.push((fault, action.span.clone()));
            }
        }
        principals(statement, faults);
    }
}

/// Resources that no request's resource could be compared with.
pub(crate) fn readable_resources(document: &Document, faults: &mut Faults) {
    let variables = document.variables();
    let lists = document
        .statements
        .iter()
        .filter_map(|s| s.resources.as_ref());
    for item in lists.clone().flat_map(|list| &list.items) {
        if !resource::is_readable(&item.text, variables) {
            faults.push((Fault::Unreadable, item.span.clone()));
        }
    }
    for list in lists.filter(|list| list.items.is_empty()) {
        faults.push((Fault::NoResources, list.span.clone()));
    }
}

fn principals(statement: &Statement, faults: &mut Faults) {
    let Some(principals) = &statement.principals else {
        return;
    };
    if principals.form == Form::Not && statement.effect == Effect::Allow {
        faults.push((Fault::NotPrincipalAllow, principals.span.clone()));
    }
    if principals.entries.is_empty() {
        faults.push((Fault::PrincipalEmpty, principals.span.clone()));
    }
    for (kind, entry) in &principals.entries {
        if PrincipalPattern::compile(*kind, &entry.text).is_none() {
            let fault = trust::principal_fault(*kind, &entry.text);
            faults.push((fault, entry.span.clone()));
        }
    }
}

/// Statement ids: letters and digits, unique unless empty.
fn sids(document: &Document, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    let sids = document.statements.iter().filter_map(|s| s.sid.as_ref());
    for sid in sids.filter(|sid| !sid.text.is_empty()) {
        if !sid.text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            faults.push((Fault::SidSyntax, sid.span.clone()));
        }
        if !seen.insert(&*sid.text) {
            faults.push((Fault::SidTwice, sid.span.clone()));
        }
    }
}

/// The rules of identity and session policies.
fn identity(document: &Document, kind: Kind, faults: &mut Faults) {
    if matches!(kind, Kind::Managed | Kind::Boundary) {
        newest_version(document, faults);
    }
    resources(document, faults);
    for statement in &document.statements {
        if let Some(principals) = &statement.principals {
            faults.push((Fault::PrincipalGiven, principals.span.clone()));
        }
        required(&statement.resources, Fault::NoResources, statement, faults);
    }
}

/// Only the newest version of the language.
fn newest_version(document: &Document, faults: &mut Faults) {
    if document.version == Version::V2008 {
        let span = document.version_span.clone();
        faults.push((Fault::VersionTooOld, span.unwrap_or(0..0)));
    }
}

/// What AWS finds wrong with the resources.
fn resources(document: &Document, faults: &mut Faults) {
    let variables = document.variables();
    let lists = document.statements.iter();
    let lists = lists.filter_map(|statement| statement.resources.as_ref());
    for item in lists.flat_map(|list| &list.items) {
        if let Some(fault) = resource::fault(&item.text, variables) {
            faults.push((fault, item.span.clone()));
        }
    }
}

/// A list that must be there and must not be empty.
fn required(list: &Option<List>, fault: Fault, statement: &Statement, faults: &mut Faults) {
    match list {
        Some(list) if list.items.is_empty() => faults.push((fault, list.span.clone())),
        Some(_) => {}
        None => faults.push((fault, statement.span.clone())),
    }
}
