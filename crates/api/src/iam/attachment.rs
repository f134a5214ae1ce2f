//! Managed policies attached to users, roles and groups: attach, detach, list.

use locum_policy::Arn;
use locum_store::Change;
use locum_wire::iam::{
    AttachGroupPolicyRequest, AttachRolePolicyRequest, AttachUserPolicyRequest, AttachedPolicy,
    DetachGroupPolicyRequest, DetachRolePolicyRequest, DetachUserPolicyRequest,
    ListAttachedGroupPoliciesRequest, ListAttachedGroupPoliciesResponse,
    ListAttachedRolePoliciesRequest, ListAttachedRolePoliciesResponse,
    ListAttachedUserPoliciesRequest, ListAttachedUserPoliciesResponse,
};

use super::group::on_group;
use super::holder::{Holder, HolderKind};
use super::names;
use super::page::{self, Page};
use super::role::{on_bounded_role, on_role};
use super::user::{on_bounded_user, on_user};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// A policy ARN by its shape.
///
/// # Errors
/// `ValidationError` for what is no ARN, `InvalidInput` for the ARN of something else.
fn check_arn(cx: &Cx<'_>, arn: &str) -> Result<(), ApiError> {
    let Some(parsed) = Arn::parse(arn) else {
        return Err(ApiError::Validation(format!("ARN {arn} is not valid.")));
    };
    let ours = parsed.partition == cx.settings.partition && parsed.region.is_empty();
    if ours && parsed.service == "iam" && parsed.resource.starts_with("policy/") {
        return Ok(());
    }
    Err(ApiError::InvalidInput(
        format!("ARN {arn} is not valid.").into(),
    ))
}

fn attach(cx: &Cx<'_>, caller: &Caller, holder: Holder, arn: String) -> Result<Change, ApiError> {
    check_arn(cx, &arn)?;
    let mut holder = holder.modifiable()?;
    if !entities::is_attachable(&caller.account, &arn) {
        return Err(ApiError::NoSuchEntity(format!(
            "Policy {arn} does not exist or is not attachable."
        )));
    }
    if entities::is_service_role_policy(&arn) {
        // AWS's sentence for roles; those for users and groups are unconfirmed.
        let whom = match holder.kind() {
            "role" => "Customer Role",
            other => other,
        };
        return Err(ApiError::PolicyNotAttachable(format!(
            "Cannot attach a Service Role Policy to a {whom}."
        )));
    }
    if holder.attached().contains(&arn) {
        return Ok(Change::default());
    }
    let (quota, max) = holder.attached_quota();
    names::quota(holder.attached().len(), quota, max)?;
    holder.attached().push(arn);
    holder.attached().sort();
    Ok(holder.put(caller))
}

fn detach(cx: &Cx<'_>, caller: &Caller, holder: Holder, arn: &str) -> Result<Change, ApiError> {
    check_arn(cx, arn)?;
    let mut holder = holder.modifiable()?;
    let before = holder.attached().len();
    holder.attached().retain(|held| held != arn);
    if holder.attached().len() == before {
        return Err(ApiError::NoSuchEntity(format!(
            "Policy {arn} was not found."
        )));
    }
    Ok(holder.put(caller))
}

/// The path and name in a policy ARN (`policy` + path + name).
pub(super) fn path_and_name(arn: &str) -> (&str, &str) {
    let rest = arn
        .splitn(6, ':')
        .nth(5)
        .and_then(|rest| rest.strip_prefix("policy"))
        .unwrap_or("/");
    let split = rest.rfind('/').map_or(0, |at| at + 1);
    rest.split_at_checked(split).unwrap_or(("/", rest))
}

fn list(
    mut holder: Holder,
    prefix: Option<&str>,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<AttachedPolicy>, ApiError> {
    let prefix = prefix.unwrap_or_default();
    let binding = format!("attached {} {prefix}", holder.id());
    let after = page::after(&binding, marker)?;
    let rest = holder.attached().iter();
    let rest = rest.filter(|arn| **arn > after && path_and_name(arn).0.starts_with(prefix));
    page::take(
        &binding,
        rest,
        max_items,
        |arn| arn,
        |arn| {
            let policy_name = Some(path_and_name(arn).1.to_owned());
            Ok(AttachedPolicy {
                policy_arn: Some(arn.clone()),
                policy_name,
            })
        },
    )
}

fn attach_user_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: AttachUserPolicyRequest,
) -> Result<Change, ApiError> {
    attach(
        cx,
        caller,
        Holder::find(caller, HolderKind::User, &input.user_name)?,
        input.policy_arn,
    )
}

fn attach_role_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: AttachRolePolicyRequest,
) -> Result<Change, ApiError> {
    attach(
        cx,
        caller,
        Holder::find(caller, HolderKind::Role, &input.role_name)?,
        input.policy_arn,
    )
}

fn detach_user_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DetachUserPolicyRequest,
) -> Result<Change, ApiError> {
    detach(
        cx,
        caller,
        Holder::find(caller, HolderKind::User, &input.user_name)?,
        &input.policy_arn,
    )
}

fn detach_role_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DetachRolePolicyRequest,
) -> Result<Change, ApiError> {
    detach(
        cx,
        caller,
        Holder::find(caller, HolderKind::Role, &input.role_name)?,
        &input.policy_arn,
    )
}

fn list_attached_user_policies(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListAttachedUserPoliciesRequest,
) -> Result<(ListAttachedUserPoliciesResponse, Change), ApiError> {
    let holder = Holder::find(caller, HolderKind::User, &input.user_name)?;
    let page = list(
        holder,
        input.path_prefix.as_deref(),
        input.marker.as_deref(),
        input.max_items,
    )?;
    let output = ListAttachedUserPoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    };
    Ok((output, Change::default()))
}

fn list_attached_role_policies(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListAttachedRolePoliciesRequest,
) -> Result<(ListAttachedRolePoliciesResponse, Change), ApiError> {
    let holder = Holder::find(caller, HolderKind::Role, &input.role_name)?;
    let page = list(
        holder,
        input.path_prefix.as_deref(),
        input.marker.as_deref(),
        input.max_items,
    )?;
    let output = ListAttachedRolePoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    };
    Ok((output, Change::default()))
}

fn attach_group_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: AttachGroupPolicyRequest,
) -> Result<Change, ApiError> {
    attach(
        cx,
        caller,
        Holder::find(caller, HolderKind::Group, &input.group_name)?,
        input.policy_arn,
    )
}

fn detach_group_policy(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DetachGroupPolicyRequest,
) -> Result<Change, ApiError> {
    detach(
        cx,
        caller,
        Holder::find(caller, HolderKind::Group, &input.group_name)?,
        &input.policy_arn,
    )
}

fn list_attached_group_policies(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListAttachedGroupPoliciesRequest,
) -> Result<(ListAttachedGroupPoliciesResponse, Change), ApiError> {
    let holder = Holder::find(caller, HolderKind::Group, &input.group_name)?;
    let page = list(
        holder,
        input.path_prefix.as_deref(),
        input.marker.as_deref(),
        input.max_items,
    )?;
    let output = ListAttachedGroupPoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    silent!(Iam "iam" "AttachUserPolicy" Write, |cx, _, caller, input| {
        Ok(on_bounded_user(cx, caller, &input.user_name).attaching(&input.policy_arn))
    }, attach_user_policy),
    silent!(Iam "iam" "AttachRolePolicy" Write, |cx, _, caller, input| {
        Ok(on_bounded_role(cx, caller, &input.role_name).attaching(&input.policy_arn))
    }, attach_role_policy),
    silent!(Iam "iam" "DetachUserPolicy" Write, |cx, _, caller, input| {
        Ok(on_bounded_user(cx, caller, &input.user_name).attaching(&input.policy_arn))
    }, detach_user_policy),
    silent!(Iam "iam" "DetachRolePolicy" Write, |cx, _, caller, input| {
        Ok(on_bounded_role(cx, caller, &input.role_name).attaching(&input.policy_arn))
    }, detach_role_policy),
    answering!(Iam "iam" "ListAttachedUserPolicies" Read,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), list_attached_user_policies),
    answering!(Iam "iam" "ListAttachedRolePolicies" Read,
        |cx, _, caller, input| Ok(on_role(cx, caller, &input.role_name)), list_attached_role_policies),
    silent!(Iam "iam" "AttachGroupPolicy" Write, |cx, _, caller, input| {
        Ok(on_group(cx, caller, &input.group_name).attaching(&input.policy_arn))
    }, attach_group_policy),
    silent!(Iam "iam" "DetachGroupPolicy" Write, |cx, _, caller, input| {
        Ok(on_group(cx, caller, &input.group_name).attaching(&input.policy_arn))
    }, detach_group_policy),
    answering!(Iam "iam" "ListAttachedGroupPolicies" Read,
        |cx, _, caller, input| Ok(on_group(cx, caller, &input.group_name)), list_attached_group_policies),
];
