//! ListPoliciesGrantingServiceAccess: which policies of an identity allow anything in a service.

use locum_policy::Arn;
use locum_store::{Account, Change, InlinePolicy};
use locum_wire::iam::{
    ListPoliciesGrantingServiceAccessEntry, ListPoliciesGrantingServiceAccessRequest,
    ListPoliciesGrantingServiceAccessResponse, PolicyGrantingServiceAccess,
};

use super::allowed_services::{Allowed, allows, managed_text};
use super::attachment::path_and_name;
use super::page;
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// One policy of the identity, and what of it counts: the services that its statements allow.
struct Held {
    shown: PolicyGrantingServiceAccess,
    allows: Vec<Allowed>,
}

fn inline(policies: &[InlinePolicy], kind: &str, name: &str, out: &mut Vec<Held>) {
    out.extend(policies.iter().map(|policy| Held {
        shown: PolicyGrantingServiceAccess {
            entity_name: Some(name.to_owned()),
            entity_type: Some(kind.to_owned()),
            policy_arn: None,
            policy_name: policy.name.clone(),
            policy_type: "INLINE".to_owned(),
        },
        allows: allows(policy.policy.text()),
    }));
}

fn attached(account: &Account, arns: &[String], out: &mut Vec<Held>) {
    for arn in arns {
        if out
            .iter()
            .any(|held| held.shown.policy_arn.as_ref() == Some(arn))
        {
            continue;
        }
        out.push(Held {
            shown: PolicyGrantingServiceAccess {
                entity_name: None,
                entity_type: None,
                policy_arn: Some(arn.clone()),
                policy_name: path_and_name(arn).1.to_owned(),
                policy_type: "MANAGED".to_owned(),
            },
            allows: allows(&managed_text(account, arn)),
        });
    }
}

/// All policies of a user with those of its groups, of a group or of a role.
///
/// # Errors
/// `InvalidInput` for what is no such ARN, `NoSuchEntity` when it names nothing here (sentence
/// unconfirmed).
fn held(cx: &Cx<'_>, caller: &Caller, arn: &str) -> Result<Vec<Held>, ApiError> {
    let account = &*caller.account;
    let parsed = Arn::parse(arn).filter(|parsed| {
        parsed.partition == cx.settings.partition
            && parsed.service == "iam"
            && parsed.region.is_empty()
    });
    let split = parsed.and_then(|parsed| parsed.resource.split_once('/'));
    let (kind, rest) = split.ok_or_else(|| invalid(arn))?;
    let name = rest.rsplit('/').next().unwrap_or_default();
    let absent = || ApiError::NoSuchEntity(format!("ARN {arn} cannot be found."));
    let same = |path: &str, name: &str| entities::arn(cx, account.id, kind, path, name) == arn;
    let mut out = Vec::new();
    match kind {
        "user" => {
            let user = account
                .users()
                .get(name)
                .filter(|held| same(&held.path, &held.name));
            let user = user.ok_or_else(absent)?;
            inline(&user.inline, "USER", &user.name, &mut out);
            attached(account, &user.attached, &mut out);
            for group in user.groups.iter().filter_map(|id| account.group_by_id(id)) {
                inline(&group.inline, "GROUP", &group.name, &mut out);
                attached(account, &group.attached, &mut out);
            }
        }
        "group" => {
            let group = account
                .groups()
                .get(name)
                .filter(|held| same(&held.path, &held.name));
            let group = group.ok_or_else(absent)?;
            inline(&group.inline, "GROUP", &group.name, &mut out);
            attached(account, &group.attached, &mut out);
        }
        "role" => {
            let role = account
                .roles()
                .get(name)
                .filter(|held| same(&held.path, &held.name));
            let role = role.ok_or_else(absent)?;
            inline(&role.inline, "ROLE", &role.name, &mut out);
            attached(account, &role.attached, &mut out);
        }
        _ => return Err(invalid(arn)),
    }
    Ok(out)
}

fn invalid(arn: &str) -> ApiError {
    ApiError::InvalidInput(format!("ARN {arn} is not valid.").into())
}

fn list_policies_granting_service_access(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListPoliciesGrantingServiceAccessRequest,
) -> Result<(ListPoliciesGrantingServiceAccessResponse, Change), ApiError> {
    // Everything fits one page, so no marker was ever given out.
    page::after("ListPoliciesGrantingServiceAccess", input.marker.as_deref())?;
    let held = held(cx, caller, &input.arn)?;
    let entries = input.service_namespaces.into_iter().map(|namespace| {
        let service = namespace.to_ascii_lowercase();
        let granting = held.iter().filter(|held| {
            held.allows
                .iter()
                .any(|allowed| allowed.anything_in(&service))
        });
        ListPoliciesGrantingServiceAccessEntry {
            policies: Some(granting.map(|held| held.shown.clone()).collect()),
            service_namespace: Some(namespace),
        }
    });
    let output = ListPoliciesGrantingServiceAccessResponse {
        is_truncated: Some(false),
        marker: None,
        policies_granting_service_access: entries.collect(),
    };
    Ok((output, Change::default()))
}

fn needs_list<'a>(
    _: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a ListPoliciesGrantingServiceAccessRequest,
) -> Result<Needs<'a>, ApiError> {
    let owner = Arn::parse(&input.arn).ok_or_else(|| invalid(&input.arn))?;
    let owner = locum_store::AccountId::parse(owner.account);
    Ok(Needs::on(
        input.arn.as_str(),
        owner.unwrap_or(caller.account.id),
    ))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "ListPoliciesGrantingServiceAccess" Read, needs_list,
        list_policies_granting_service_access),
];
