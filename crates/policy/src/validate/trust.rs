//! The rules of role trust policies.

use crate::document::{Document, Effect, Form, PrincipalType, Statement};
use crate::fault::Fault;
use crate::pattern::Pattern;
use crate::principal::{PrincipalPattern, aws};
use crate::read::Faults;

/// What a trust policy can allow, in lower case.
const TRUST_ACTIONS: &[&str] = &[
    "assumerole",
    "assumerolewithsaml",
    "assumerolewithwebidentity",
    "tagsession",
    "setsourceidentity",
    "setcontext",
];

const COGNITO: &str = "cognito-identity.amazonaws.com";

pub(crate) fn check(document: &Document, faults: &mut Faults) {
    for statement in &document.statements {
        elements(statement, faults);
        principals(statement, faults);
        actions(statement, faults);
    }
}

fn elements(statement: &Statement, faults: &mut Faults) {
    if let Some(resources) = &statement.resources {
        let fault = match resources.form {
            Form::Plain => Fault::ResourceGiven,
            Form::Not => Fault::NotResourceGiven,
        };
        faults.push((fault, resources.span.clone()));
    }
    match &statement.principals {
        Some(principals) if principals.form == Form::Not => {
            if statement.effect == Effect::Deny {
                faults.push((Fault::NotPrincipalGiven, principals.span.clone()));
            }
        }
        Some(_) => {}
        None => faults.push((Fault::Missing("Principal"), statement.span.clone())),
    }
}

fn principals(statement: &Statement, faults: &mut Faults) {
    let entries = statement.principals.iter().flat_map(|p| &p.entries);
    for (kind, entry) in entries {
        let text = &*entry.text;
        if *kind == PrincipalType::CanonicalUser || !can_be_written(*kind, text) {
            faults.push((principal_fault(*kind, text), entry.span.clone()));
        }
        let cognito = *kind == PrincipalType::Federated && text == COGNITO;
        if cognito && statement.effect == Effect::Allow && statement.conditions.is_empty() {
            faults.push((Fault::CognitoCondition, entry.span.clone()));
        }
    }
}

/// Whether somebody who writes a policy can name that principal.
pub(super) fn can_be_written(kind: PrincipalType, text: &str) -> bool {
    match kind {
        PrincipalType::Everyone | PrincipalType::CanonicalUser => true,
        // A unique id stands for a name that is gone; it is made here, not taken in.
        PrincipalType::Aws => !matches!(
            aws(text),
            Some(
                PrincipalPattern::UserId(_)
                    | PrincipalPattern::RoleId(_)
                    | PrincipalPattern::RoleSession { .. }
            )
        ),
        PrincipalType::Federated | PrincipalType::Service => text != "*",
    }
}

/// AWS's finding for a principal of that type.
pub(crate) fn principal_fault(kind: PrincipalType, text: &str) -> Fault {
    let label = match kind {
        PrincipalType::Federated => return Fault::ProviderInvalid,
        PrincipalType::Aws | PrincipalType::Everyone => "AWS",
        PrincipalType::Service => "SERVICE",
        PrincipalType::CanonicalUser => "CANONICALUSER",
    };
    Fault::PrincipalInvalid {
        label,
        text: text.to_owned(),
    }
}

fn actions(statement: &Statement, faults: &mut Faults) {
    let Some(actions) = &statement.actions else {
        return;
    };
    if actions.form == Form::Not {
        faults.push((Fault::ActionNotSts, actions.span.clone()));
    }
    for action in &actions.items {
        if !is_trust_action(&action.text) {
            faults.push((Fault::ActionNotSts, action.span.clone()));
        }
    }
}

/// Whether an action, or some action that a pattern stands for, is one of assuming a role.
fn is_trust_action(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let Some(name) = text.strip_prefix("sts:") else {
        return false;
    };
    let pattern = Pattern::wild(name);
    TRUST_ACTIONS
        .iter()
        .any(|action| pattern.matches_plain(action))
}
