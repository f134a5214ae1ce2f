//! What an Allow gives away: everything, the way to everything, every role.

use super::{Findings, Subject, actions, finding, resources};
use crate::catalogue;
use crate::code::Code;
use crate::document::{Form, List, Spanned, Statement};

/// Actions that let their holder give itself any right, when nothing narrows them, and the kind of
/// resource that must be open for it.
const TO_ADMIN: &[(&str, &str)] = &[
    ("iam:AddUserToGroup", "group"),
    ("iam:AttachGroupPolicy", "group"),
    ("iam:AttachRolePolicy", "role"),
    ("iam:AttachUserPolicy", "user"),
    ("iam:CreateAccessKey", "user"),
    ("iam:CreateLoginProfile", "user"),
    ("iam:CreatePolicyVersion", "policy"),
    ("iam:PutGroupPolicy", "group"),
    ("iam:PutRolePolicy", "role"),
    ("iam:PutUserPolicy", "user"),
    ("iam:SetDefaultPolicyVersion", "policy"),
    ("iam:UpdateAssumeRolePolicy", "role"),
    ("iam:UpdateLoginProfile", "user"),
];

pub(super) fn check(subject: &Subject<'_>, statement: &Statement, out: &mut Findings) {
    if !statement.allows() || !subject.grants() {
        return;
    }
    negated(statement, out);
    if subject.names_principals() {
        return;
    }
    let bare = statement.conditions.is_empty();
    if let Some(item) = everything(statement).filter(|_| bare) {
        out.push(finding(
            Code::AdminAccess,
            &item.span,
            "this allows everything on everything",
            "name the actions and resources that are needed",
        ));
        return;
    }
    pass_role(subject, statement, out);
    if bare {
        to_admin(subject, statement, out);
    }
}

/// The item that says "every action", where every resource is meant as well.
fn everything(statement: &Statement) -> Option<&Spanned> {
    let plain = |list: &&List| list.form == Form::Plain;
    let resources = statement.resources.as_ref().filter(plain)?;
    let actions = statement.actions.as_ref().filter(plain)?;
    resources.items.iter().find(|item| &*item.text == "*")?;
    actions
        .items
        .iter()
        .find(|item| actions::is_every(&item.text))
}

impl Statement {
    fn has_form(&self, form: Form) -> bool {
        self.actions.as_ref().is_some_and(|list| list.form == form)
    }
}

fn negated(statement: &Statement, out: &mut Findings) {
    if let Some(list) = statement
        .actions
        .as_ref()
        .filter(|list| list.form == Form::Not)
    {
        out.push(finding(
            Code::AllowWithNotAction,
            &list.span,
            "Allow with NotAction allows every action that is not listed, those to come included; it denies none",
            "list with Action what is needed, or deny the listed ones in a statement of their own",
        ));
    }
    if let Some(list) = statement
        .resources
        .as_ref()
        .filter(|list| list.form == Form::Not)
    {
        out.push(finding(
            Code::AllowWithNotResource,
            &list.span,
            "Allow with NotResource allows every resource that is not listed, those to come included; it denies none",
            "list with Resource what is needed, or deny the listed ones in a statement of their own",
        ));
    }
}

/// `iam:PassRole` without a say which role or to whom.
fn pass_role(subject: &Subject<'_>, statement: &Statement, out: &mut Findings) {
    let narrowed = statement.conditions.iter().any(|entry| {
        let key = entry.key.text.to_ascii_lowercase();
        key == "iam:passedtoservice"
            || key == "iam:associatedresourcearn"
            || key.starts_with("aws:resourcetag/")
    });
    let (Some(acts), Some(list)) = (&statement.actions, &statement.resources) else {
        return;
    };
    let pattern = resources::pattern_for(statement, "iam:PassRole");
    let (named, span) = match (acts.form, pattern) {
        (Form::Plain, Some(item)) => (item.text.eq_ignore_ascii_case("iam:PassRole"), &item.span),
        (Form::Not, None) => (false, &acts.span),
        _ => return,
    };
    let open = match list.form {
        Form::Plain => resources::has_every(statement, subject.document.variables(), "role"),
        Form::Not => true,
    };
    if narrowed || !open {
        return;
    }
    let code = match (acts.form, named, list.form) {
        (Form::Plain, true, Form::Plain) => Code::PassRoleStarResource,
        (Form::Plain, false, Form::Plain) => Code::PassRoleStarActionStarResource,
        (Form::Not, _, Form::Plain) => Code::PassRoleNotActionStarResource,
        (Form::Plain, true, Form::Not) => Code::PassRoleNotResource,
        (Form::Plain, false, Form::Not) => Code::PassRoleStarActionNotResource,
        (Form::Not, _, Form::Not) => Code::PassRoleNotActionNotResource,
    };
    out.push(finding(
        code,
        span,
        "this allows to hand any role, the most powerful one included, to any service",
        "name the roles, or add a condition on iam:PassedToService",
    ));
}

/// The way to every right.
fn to_admin(subject: &Subject<'_>, statement: &Statement, out: &mut Findings) {
    let plain = statement
        .resources
        .as_ref()
        .is_some_and(|list| list.form == Form::Plain);
    if !statement.has_form(Form::Plain) || !plain {
        return;
    }
    let variables = subject.document.variables();
    let mut by_item: Vec<(&Spanned, Vec<String>)> = Vec::new();
    for (action, kind) in TO_ADMIN {
        let Some(item) = resources::pattern_for(statement, action) else {
            continue;
        };
        if catalogue::action(action).is_none() || !resources::has_every(statement, variables, kind)
        {
            continue;
        }
        match by_item
            .iter_mut()
            .find(|(known, _)| known.span == item.span)
        {
            Some((_, names)) => names.push((*action).to_owned()),
            None => by_item.push((item, vec![(*action).to_owned()])),
        }
    }
    for (item, names) in by_item {
        let help = "name the resources, or bind it with a condition on iam:PermissionsBoundary";
        let message = match names.as_slice() {
            [one] => format!("{one} on every resource is the way to every right"),
            [one, rest @ ..] => format!(
                "{} includes {one} and {} others that are, on every resource, the way to every right",
                item.text,
                rest.len()
            ),
            [] => continue,
        };
        out.push(finding(Code::AdminEquivalent, &item.span, message, help));
    }
}
