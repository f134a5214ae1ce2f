//! The rules of service and resource control policies (AWS Organizations, "SCP syntax" and "RCP
//! syntax").

use super::{newest_version, required, resources};
use crate::document::{Document, Effect, Form, PrincipalType, Statement};
use crate::fault::Fault;
use crate::limits::{RCP_CHARACTERS_MAX, SCP_CHARACTERS_MAX};
use crate::read::Faults;

/// A service control policy names no principal; anything else of the language may stand in it.
pub(super) fn scp(document: &Document, faults: &mut Faults) {
    shared(document, SCP_CHARACTERS_MAX, faults);
    for statement in &document.statements {
        if let Some(principals) = &statement.principals {
            faults.push((Fault::PrincipalGiven, principals.span.clone()));
        }
    }
}

/// A resource control policy that a customer writes denies everyone actions of named services. Only
/// AWS's own `RCPFullAWSAccess` allows.
pub(super) fn rcp(document: &Document, faults: &mut Faults) {
    shared(document, RCP_CHARACTERS_MAX, faults);
    for statement in &document.statements {
        if statement.effect == Effect::Allow {
            faults.push((Fault::NotOfKind, statement.span.clone()));
        }
        everyone(statement, faults);
        if let Some(list) = &statement.actions {
            let all = list
                .items
                .iter()
                .filter(|item| matches!(&*item.text, "*" | "*:*"));
            faults.extend(all.map(|item| (Fault::NotOfKind, item.span.clone())));
            if list.form == Form::Not {
                faults.push((Fault::NotOfKind, list.span.clone()));
            }
        }
    }
}

/// `"Principal": "*"` and nothing else.
fn everyone(statement: &Statement, faults: &mut Faults) {
    match &statement.principals {
        None => faults.push((Fault::Missing("Principal"), statement.span.clone())),
        Some(principals) => {
            let is_everyone = matches!(&*principals.entries, [(PrincipalType::Everyone, _)]);
            if principals.form == Form::Not || !is_everyone {
                faults.push((Fault::NotOfKind, principals.span.clone()));
            }
        }
    }
}

fn shared(document: &Document, characters_max: usize, faults: &mut Faults) {
    newest_version(document, faults);
    resources(document, faults);
    for statement in &document.statements {
        required(&statement.resources, Fault::NoResources, statement, faults);
    }
    if document.text.chars().count() > characters_max {
        faults.push((Fault::TooLong(characters_max), 0..document.text.len()));
    }
}
