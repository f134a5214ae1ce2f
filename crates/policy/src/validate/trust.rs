//! The rules of role trust policies.

use super::resource::is_partition;
use crate::arn::Arn;
use crate::document::{ConditionEntry, Document, Effect, Form, PrincipalType, Spanned, Statement};
use crate::fault::Fault;
use crate::operator::{Base, Missing, Qualifier, Sense};
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
        shared_issuers(statement, faults);
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

/// GitHub's issuer; what follows a slash is an enterprise's own, which AWS treats alike.
const GITHUB: &str = "token.actions.githubusercontent.com";

/// Trust in GitHub's issuer must say whose workflows are meant: a value of `sub` or `job_workflow_ref` that
/// does not begin with a wildcard. Source: answers of CreateRole and UpdateAssumeRolePolicy since 2025
/// ("identity-provider controls for shared OIDC providers"): no such condition, `*` and another claim alone
/// are refused; `repo:*` is taken. A list with a `*` among other values is refused here, because it trusts
/// everyone; one probe saw AWS take it. AWS has the same rule for other issuers; the review tells of those.
fn shared_issuers(statement: &Statement, faults: &mut Faults) {
    let asks = |action: &Spanned| {
        let pattern = action.text.to_ascii_lowercase();
        Pattern::wild(&pattern).matches_plain("sts:assumerolewithwebidentity")
    };
    let mut actions = statement.actions.iter().flat_map(|list| &list.items);
    if statement.effect != Effect::Allow || !actions.any(asks) {
        return;
    }
    let entries = statement.principals.iter().flat_map(|p| &p.entries);
    for (_, entry) in entries.filter(|(kind, _)| *kind == PrincipalType::Federated) {
        let issuer =
            Arn::parse(&entry.text).and_then(|arn| arn.resource.strip_prefix("oidc-provider/"));
        let Some(issuer) = issuer.filter(|issuer| issuer.split('/').next() == Some(GITHUB)) else {
            continue;
        };
        let claims = [
            format!("{issuer}:sub"),
            format!("{issuer}:job_workflow_ref"),
        ];
        let mut about = statement.conditions.iter().filter(|condition| {
            let mut claims = claims.iter();
            claims.any(|claim| claim.eq_ignore_ascii_case(&condition.key.text))
        });
        let found = about
            .clone()
            .next()
            .map_or(&entry.span, |first| &first.key.span);
        if !about.any(says_who) {
            let fault = Fault::SharedIssuer {
                provider: entry.text.to_string(),
                issuer: issuer.to_owned(),
            };
            faults.push((fault, found.clone()));
        }
    }
}

/// Whether a condition holds for some subjects alone, as far as IAM looks.
fn says_who(condition: &ConditionEntry) -> bool {
    let operator = condition.operator;
    let positive = matches!(operator.base, Base::String(_, Sense::Positive));
    positive
        && operator.missing == Missing::AsUsual
        && operator.qualifier != Qualifier::ForAllValues
        && condition.values.iter().all(|value| {
            let text = value.text.trim_start();
            !text.is_empty() && !text.starts_with('*')
        })
}

/// Whether somebody who writes a policy can name that principal.
pub(super) fn can_be_written(kind: PrincipalType, text: &str) -> bool {
    if Arn::parse(text).is_some_and(|arn| !is_partition(arn.partition)) {
        return false;
    }
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
