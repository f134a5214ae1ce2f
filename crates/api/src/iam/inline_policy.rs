//! Inline policies of users, roles and groups: put, get, list, delete.

use locum_policy::{Kind, size_without_whitespace};
use locum_store::{Change, InlinePolicy};
use locum_wire::iam::{
    DeleteGroupPolicyRequest, DeleteRolePolicyRequest, DeleteUserPolicyRequest,
    GetGroupPolicyRequest, GetGroupPolicyResponse, GetRolePolicyRequest, GetRolePolicyResponse,
    GetUserPolicyRequest, GetUserPolicyResponse, ListGroupPoliciesRequest,
    ListGroupPoliciesResponse, ListRolePoliciesRequest, ListRolePoliciesResponse,
    ListUserPoliciesRequest, ListUserPoliciesResponse, PutGroupPolicyRequest, PutRolePolicyRequest,
    PutUserPolicyRequest,
};

use super::group::on_group;
use super::holder::{Holder, HolderKind};
use super::page::{self, Page};
use super::role::{on_bounded_role, on_role};
use super::user::{on_bounded_user, on_user};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::documents;
use crate::error::ApiError;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

fn put(caller: &Caller, holder: Holder, name: String, text: &str) -> Result<Change, ApiError> {
    let mut holder = holder.modifiable()?;
    let (policy, size) = documents::identity(text, Kind::Inline)?;
    let others = holder.inline().iter().filter(|held| held.name != name);
    let others: usize = others
        .map(|held| size_without_whitespace(held.policy.text()))
        .sum();
    let max = holder.inline_characters_max();
    if others + size > max {
        return Err(ApiError::LimitExceeded(format!(
            "Maximum policy size of {max} bytes exceeded for {} {}",
            holder.kind(),
            holder.name()
        )));
    }
    let policies = holder.inline();
    match policies.iter_mut().find(|held| held.name == name) {
        Some(held) => held.policy = policy,
        None => policies.push(InlinePolicy { name, policy }),
    }
    policies.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(holder.put(caller))
}

fn absent(holder: &Holder, name: &str) -> ApiError {
    ApiError::NoSuchEntity(format!(
        "The {} policy with name {name} cannot be found.",
        holder.kind()
    ))
}

fn get(mut holder: Holder, name: &str) -> Result<(String, String), ApiError> {
    let found = holder.inline().iter().find(|held| held.name == name);
    let text = found.map(|held| documents::encoded(held.policy.text()));
    let text = text.ok_or_else(|| absent(&holder, name))?;
    Ok((holder.name().to_owned(), text))
}

fn delete(caller: &Caller, holder: Holder, name: &str) -> Result<Change, ApiError> {
    let mut holder = holder.modifiable()?;
    let before = holder.inline().len();
    holder.inline().retain(|held| held.name != name);
    if holder.inline().len() == before {
        return Err(absent(&holder, name));
    }
    Ok(holder.put(caller))
}

fn list(
    mut holder: Holder,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<String>, ApiError> {
    let binding = format!("inline {}", holder.id());
    let after = page::after(&binding, marker)?;
    let rest = holder.inline().iter().filter(|held| held.name > after);
    page::take(
        &binding,
        rest,
        max_items,
        |held| &held.name,
        |held| Ok(held.name.clone()),
    )
}

fn put_user_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: PutUserPolicyRequest,
) -> Result<Change, ApiError> {
    let holder = Holder::find(caller, HolderKind::User, &input.user_name)?;
    put(caller, holder, input.policy_name, &input.policy_document)
}

fn put_role_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: PutRolePolicyRequest,
) -> Result<Change, ApiError> {
    let holder = Holder::find(caller, HolderKind::Role, &input.role_name)?;
    put(caller, holder, input.policy_name, &input.policy_document)
}

fn get_user_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetUserPolicyRequest,
) -> Result<(GetUserPolicyResponse, Change), ApiError> {
    let holder = Holder::find(caller, HolderKind::User, &input.user_name)?;
    let (user_name, policy_document) = get(holder, &input.policy_name)?;
    let output = GetUserPolicyResponse {
        user_name,
        policy_name: input.policy_name,
        policy_document,
    };
    Ok((output, Change::default()))
}

fn get_role_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetRolePolicyRequest,
) -> Result<(GetRolePolicyResponse, Change), ApiError> {
    let holder = Holder::find(caller, HolderKind::Role, &input.role_name)?;
    let (role_name, policy_document) = get(holder, &input.policy_name)?;
    let output = GetRolePolicyResponse {
        role_name,
        policy_name: input.policy_name,
        policy_document,
    };
    Ok((output, Change::default()))
}

fn list_user_policies(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListUserPoliciesRequest,
) -> Result<(ListUserPoliciesResponse, Change), ApiError> {
    let holder = Holder::find(caller, HolderKind::User, &input.user_name)?;
    let page = list(holder, input.marker.as_deref(), input.max_items)?;
    let output = ListUserPoliciesResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        policy_names: page.items,
    };
    Ok((output, Change::default()))
}

fn list_role_policies(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListRolePoliciesRequest,
) -> Result<(ListRolePoliciesResponse, Change), ApiError> {
    let holder = Holder::find(caller, HolderKind::Role, &input.role_name)?;
    let page = list(holder, input.marker.as_deref(), input.max_items)?;
    let output = ListRolePoliciesResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        policy_names: page.items,
    };
    Ok((output, Change::default()))
}

fn delete_user_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteUserPolicyRequest,
) -> Result<Change, ApiError> {
    let holder = Holder::find(caller, HolderKind::User, &input.user_name)?;
    delete(caller, holder, &input.policy_name)
}

fn delete_role_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteRolePolicyRequest,
) -> Result<Change, ApiError> {
    let holder = Holder::find(caller, HolderKind::Role, &input.role_name)?;
    delete(caller, holder, &input.policy_name)
}

fn put_group_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: PutGroupPolicyRequest,
) -> Result<Change, ApiError> {
    let holder = Holder::find(caller, HolderKind::Group, &input.group_name)?;
    put(caller, holder, input.policy_name, &input.policy_document)
}

fn get_group_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetGroupPolicyRequest,
) -> Result<(GetGroupPolicyResponse, Change), ApiError> {
    let holder = Holder::find(caller, HolderKind::Group, &input.group_name)?;
    let (group_name, policy_document) = get(holder, &input.policy_name)?;
    let output = GetGroupPolicyResponse {
        group_name,
        policy_name: input.policy_name,
        policy_document,
    };
    Ok((output, Change::default()))
}

fn list_group_policies(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListGroupPoliciesRequest,
) -> Result<(ListGroupPoliciesResponse, Change), ApiError> {
    let holder = Holder::find(caller, HolderKind::Group, &input.group_name)?;
    let page = list(holder, input.marker.as_deref(), input.max_items)?;
    let output = ListGroupPoliciesResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        policy_names: page.items,
    };
    Ok((output, Change::default()))
}

fn delete_group_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteGroupPolicyRequest,
) -> Result<Change, ApiError> {
    let holder = Holder::find(caller, HolderKind::Group, &input.group_name)?;
    delete(caller, holder, &input.policy_name)
}

pub(crate) const OPERATIONS: &[Operation] = &[
    silent!(Iam "iam" "PutUserPolicy" Write,
        |cx, _, caller, input| Ok(on_bounded_user(cx, caller, &input.user_name)), put_user_policy),
    silent!(Iam "iam" "PutRolePolicy" Write,
        |cx, _, caller, input| Ok(on_bounded_role(cx, caller, &input.role_name)), put_role_policy),
    answering!(Iam "iam" "GetUserPolicy" Read,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), get_user_policy),
    answering!(Iam "iam" "GetRolePolicy" Read,
        |cx, _, caller, input| Ok(on_role(cx, caller, &input.role_name)), get_role_policy),
    answering!(Iam "iam" "ListUserPolicies" Read,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), list_user_policies),
    answering!(Iam "iam" "ListRolePolicies" Read,
        |cx, _, caller, input| Ok(on_role(cx, caller, &input.role_name)), list_role_policies),
    silent!(Iam "iam" "DeleteUserPolicy" Write,
        |cx, _, caller, input| Ok(on_bounded_user(cx, caller, &input.user_name)), delete_user_policy),
    silent!(Iam "iam" "DeleteRolePolicy" Write,
        |cx, _, caller, input| Ok(on_bounded_role(cx, caller, &input.role_name)), delete_role_policy),
    silent!(Iam "iam" "PutGroupPolicy" Write,
        |cx, _, caller, input| Ok(on_group(cx, caller, &input.group_name)), put_group_policy),
    answering!(Iam "iam" "GetGroupPolicy" Read,
        |cx, _, caller, input| Ok(on_group(cx, caller, &input.group_name)), get_group_policy),
    answering!(Iam "iam" "ListGroupPolicies" Read,
        |cx, _, caller, input| Ok(on_group(cx, caller, &input.group_name)), list_group_policies),
    silent!(Iam "iam" "DeleteGroupPolicy" Write,
        |cx, _, caller, input| Ok(on_group(cx, caller, &input.group_name)), delete_group_policy),
];
