//! Who is in which group: add, remove, list.

use locum_store::{Change, Group, Record, User};
use locum_wire::iam::{
    AddUserToGroupRequest, ListGroupsForUserRequest, ListGroupsForUserResponse,
    RemoveUserFromGroupRequest,
};
use std::sync::Arc;

use super::group::{on_group, shown};
use super::user::on_user;
use super::{names, page};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// What a change of a membership is asked about: the group. The user is told beside it.
fn on_member<'a>(cx: &Cx<'_>, caller: &'a Caller, group: &str, user: &str) -> Needs<'a> {
    on_group(cx, caller, group).telling(on_user(cx, caller, user).resource)
}

/// Adding somebody who is in already changes nothing and is no error.
fn add_user_to_group(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: AddUserToGroupRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let group = entities::group(account, &input.group_name)?;
    let held = entities::user(account, &input.user_name)?;
    if held.groups.contains(&group.id) {
        return Ok(Change::default());
    }
    names::quota(
        held.groups.len(),
        "GroupsPerUser",
        limits::GROUPS_PER_USER_MAX,
    )?;
    let mut user = User::clone(held);
    user.groups.push(group.id.clone());
    Ok(names::change(account, vec![Record::User(user)], vec![]))
}

/// Removing somebody who is not in changes nothing and is no error (unconfirmed).
fn remove_user_from_group(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: RemoveUserFromGroupRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let group = entities::group(account, &input.group_name)?;
    let held = entities::user(account, &input.user_name)?;
    if !held.groups.contains(&group.id) {
        return Ok(Change::default());
    }
    let mut user = User::clone(held);
    user.groups.retain(|id| *id != group.id);
    Ok(names::change(account, vec![Record::User(user)], vec![]))
}

fn list_groups_for_user(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListGroupsForUserRequest,
) -> Result<(ListGroupsForUserResponse, Change), ApiError> {
    let account = &caller.account;
    let user = entities::user(account, &input.user_name)?;
    let binding = format!("ListGroupsForUser {}", user.id);
    let after = page::after(&binding, input.marker.as_deref())?.to_ascii_lowercase();
    let lower = |group: &Group| group.name.to_ascii_lowercase();
    let groups = user.groups.iter().filter_map(|id| account.group_by_id(id));
    let mut groups: Vec<&Arc<Group>> = groups.filter(|group| lower(group) > after).collect();
    groups.sort_by_key(|group| lower(group));
    let page = page::take(
        &binding,
        groups.into_iter(),
        input.max_items,
        |group| &group.name,
        |group| Ok(shown(cx, account.id, group)),
    )?;
    let output = ListGroupsForUserResponse {
        groups: page.items,
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    silent!(Iam "iam" "AddUserToGroup" Write,
        |cx, _, caller, input| Ok(on_member(cx, caller, &input.group_name, &input.user_name)), add_user_to_group),
    silent!(Iam "iam" "RemoveUserFromGroup" Write,
        |cx, _, caller, input| Ok(on_member(cx, caller, &input.group_name, &input.user_name)), remove_user_from_group),
    answering!(Iam "iam" "ListGroupsForUser" Read,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), list_groups_for_user),
];
