//! What an Allow gives away: everything, the way to everything, every role.

use super::conditions::demands;
use super::narrow::{Fixes, Keys, binds, fixes, says};
use super::{Findings, Subject, actions, finding, resources};
use crate::catalogue;
use crate::code::Code;
use crate::document::{ConditionEntry, Form, List, Spanned, Statement};
use crate::operator::{Base, OrderTest};
use crate::pattern::wildcard_match;

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

/// Global keys that say who, from where, until when or on what, as far as their values say something. What
/// each request of the holder meets, such as TLS, the own account or the own organization, is not among them.
const LIMITS: Keys = &[
    ("aws:principalarn", Fixes::Named),
    ("aws:principaltag/", Fixes::Says),
    ("aws:userid", Fixes::Says),
    ("aws:username", Fixes::Says),
    ("aws:federatedprovider", Fixes::Says),
    ("aws:sourceidentity", Fixes::Says),
    ("aws:chatbotsourcearn", Fixes::Named),
    ("aws:multifactorauthpresent", Fixes::True),
    ("aws:multifactorauthage", Fixes::Says),
    ("aws:sourceip", Fixes::Network),
    ("aws:vpcsourceip", Fixes::Network),
    ("aws:sourcevpc", Fixes::Says),
    ("aws:sourcevpcarn", Fixes::Named),
    ("aws:sourcevpce", Fixes::Says),
    ("aws:vpceaccount", Fixes::Says),
    ("aws:vpceorgid", Fixes::Says),
    ("aws:vpceorgpaths", Fixes::Says),
    ("aws:ec2instancesourcevpc", Fixes::Says),
    ("aws:ec2instancesourceprivateipv4", Fixes::Network),
    ("aws:sourcearn", Fixes::Named),
    ("aws:sourceaccount", Fixes::Says),
    ("aws:calledvia", Fixes::Says),
    ("aws:calledviafirst", Fixes::Says),
    ("aws:calledvialast", Fixes::Says),
    ("aws:viaawsservice", Fixes::True),
    ("aws:calledviaawsmcp", Fixes::Says),
    ("aws:viaawsmcpservice", Fixes::True),
    ("aws:ismcpserviceaction", Fixes::True),
    ("aws:resourcetag/", Fixes::Says),
    ("aws:requesttag/", Fixes::Says),
    ("aws:requestedregion", Fixes::Says),
];

/// Every user, group or role under it can do everything.
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
/// A pattern of services that includes this one includes all.
const SOME_SERVICE: &str = "some-service-0.amazonaws.com";

/// Whether some condition of the statement keeps its holder from most of what it allows.
fn is_limited(statement: &Statement) -> bool {
    statement.conditions.iter().any(limits)
}

fn limits(entry: &ConditionEntry) -> bool {
    let name = entry.key.text.to_ascii_lowercase();
    let all = |test: &dyn Fn(&str) -> bool| entry.values.iter().all(|value| test(&value.text));
    let mut base = entry.operator.base;
    match name.as_str() {
        "iam:policyarn" => says(entry) && all(&|value| !wildcard_match(value, ADMINISTRATOR)),
        "iam:permissionsboundary" => Fixes::Named.holds(entry),
        "aws:currenttime" | "aws:epochtime" => {
            if let Base::Numeric(test, sense) = base {
                base = Base::Date(test, sense);
            }
            let until = [
                OrderTest::LessThan,
                OrderTest::LessThanEquals,
                OrderTest::Equals,
            ];
            binds(entry) && matches!(base, Base::Date(test, _) if until.contains(&test))
        }
        // The key is there when a second factor was.
        "aws:multifactorauthage" if base == Base::Null => demands(entry),
        global if global.starts_with("aws:") => {
            fixes(LIMITS, entry).is_some_and(|fixes| fixes.holds(entry))
        }
        // A key of a service is in requests for some of its actions alone.
        _ => Fixes::Says.holds(entry),
    }
}

/// Whether a condition says to which services, for which resources, or with what tags a role may be passed.
fn limits_passing(entry: &ConditionEntry) -> bool {
    let name = entry.key.text.to_ascii_lowercase();
    let all = |test: &dyn Fn(&str) -> bool| entry.values.iter().all(|value| test(&value.text));
    match name.as_str() {
        "iam:passedtoservice" => says(entry) && all(&|value| !wildcard_match(value, SOME_SERVICE)),
        "iam:associatedresourcearn" => says(entry) && all(&names_service),
        name if name.starts_with("aws:resourcetag/") || name.starts_with("iam:resourcetag/") => {
            Fixes::Says.holds(entry)
        }
        _ => false,
    }
}

/// Whether an ARN says of which service it is.
fn names_service(arn: &str) -> bool {
    let service = arn.split(':').nth(2);
    service.is_some_and(|service| service.bytes().any(|byte| byte.is_ascii_alphanumeric()))
}

pub(super) fn check(subject: &Subject<'_>, statement: &Statement, out: &mut Findings) {
    if !statement.allows() || !subject.grants() {
        return;
    }
    negated(statement, out);
    if subject.names_principals() {
        return;
    }
    let limited = is_limited(statement);
    if let Some(item) = everything(statement).filter(|_| !limited) {
        out.push(finding(
            Code::AdminAccess,
            &item.span,
            format!("this allows everything on everything{}", vainly(statement)),
            "name the actions and resources that are needed",
        ));
        return;
    }
    pass_role(subject, statement, out);
    if !limited {
        to_admin(subject, statement, out);
    }
}

/// What is added to a sentence when there are conditions that limit nothing.
fn vainly(statement: &Statement) -> &'static str {
    match statement.conditions.is_empty() {
        true => "",
        false => ", under conditions that keep hardly anyone from anything",
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
    let narrowed = statement.conditions.iter().any(limits_passing);
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
    let vainly = vainly(statement);
    for (item, names) in by_item {
        let help = "name the resources, or bind it with a condition on iam:PermissionsBoundary";
        let message = match names.as_slice() {
            [one] => format!("{one} on every resource is the way to every right{vainly}"),
            [one, rest @ ..] => format!(
                "{} includes {one} and {} others that are, on every resource, the way to every right{vainly}",
                item.text,
                rest.len()
            ),
            [] => continue,
        };
        out.push(finding(Code::AdminEquivalent, &item.span, message, help));
    }
}
