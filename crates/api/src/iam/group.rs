//! Groups: create, get, list, rename, delete.

use locum_store::{AccountId, Change, Group, Key, Record};
use locum_wire::iam::{
    CreateGroupRequest, CreateGroupResponse, DeleteGroupRequest, GetGroupRequest, GetGroupResponse,
    ListGroupsRequest, ListGroupsResponse, UpdateGroupRequest,
};
use locum_wire::{Timestamp, iam};

use super::{names, page, user};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::ids::{self, IdKind};
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// What an operation on the group `name` of the caller's account is asked about. Groups bear no tags.
pub(super) fn on_group<'a>(cx: &Cx<'_>, caller: &'a Caller, name: &str) -> Needs<'a> {
    let account = &caller.account;
    let arn = match account.groups().get(name) {
        Some(group) => arn(cx, account.id, group),
        None => entities::arn(cx, account.id, "group", names::ROOT_PATH, name),
    };
    Needs::on(arn, account.id)
}

fn arn(cx: &Cx<'_>, account: AccountId, group: &Group) -> String {
    entities::arn(cx, account, "group", &group.path, &group.name)
}

pub(super) fn shown(cx: &Cx<'_>, account: AccountId, group: &Group) -> iam::Group {
    iam::Group {
        arn: arn(cx, account, group),
        create_date: Timestamp(group.created_s),
        group_id: group.id.clone(),
        group_name: group.name.clone(),
        path: group.path.clone(),
    }
}

fn taken(name: &str) -> ApiError {
    ApiError::EntityAlreadyExists(format!("Group with name {name} already exists."))
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateGroupRequest,
) -> Result<Needs<'a>, ApiError> {
    let path = input.path.as_deref().unwrap_or(names::ROOT_PATH);
    let arn = entities::arn(cx, caller.account.id, "group", path, &input.group_name);
    Ok(Needs::on(arn, caller.account.id))
}

fn create_group(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateGroupRequest,
) -> Result<(CreateGroupResponse, Change), ApiError> {
    let account = &caller.account;
    if account.groups().get(&input.group_name).is_some() {
        return Err(taken(&input.group_name));
    }
    names::quota(
        account.groups().len(),
        "GroupsPerAccount",
        limits::GROUPS_PER_ACCOUNT_MAX,
    )?;
    let group = Group {
        path: names::path(input.path)?,
        id: ids::new_id(IdKind::Group, account.id, cx.random),
        name: input.group_name,
        created_s: cx.now_s,
        inline: Vec::new(),
        attached: Vec::new(),
    };
    let output = CreateGroupResponse {
        group: shown(cx, account.id, &group),
    };
    Ok((
        output,
        names::change(account, vec![Record::Group(group)], vec![]),
    ))
}

/// The group and a page of its users.
fn get_group(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetGroupRequest,
) -> Result<(GetGroupResponse, Change), ApiError> {
    let account = &caller.account;
    let group = entities::group(account, &input.group_name)?;
    let binding = format!("GetGroup {}", group.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let page = page::take(
        &binding,
        account.members_of(&group.id, &after),
        input.max_items,
        |user| &user.name,
        |user| Ok(user::listed(cx, account.id, user)),
    )?;
    let output = GetGroupResponse {
        group: shown(cx, account.id, group),
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        users: page.items,
    };
    Ok((output, Change::default()))
}

fn list_groups(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListGroupsRequest,
) -> Result<(ListGroupsResponse, Change), ApiError> {
    let account = &caller.account;
    let prefix = input.path_prefix.unwrap_or_default();
    let binding = format!("ListGroups {} {prefix}", account.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let rest = account
        .groups()
        .after(&after)
        .filter(|group| group.path.starts_with(&prefix));
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |group| &group.name,
        |group| Ok(shown(cx, account.id, group)),
    )?;
    let output = ListGroupsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        groups: page.items,
    };
    Ok((output, Change::default()))
}

/// As for users: the right to rename is needed on the group as it is and as it will be.
fn needs_update<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a UpdateGroupRequest,
) -> Result<Needs<'a>, ApiError> {
    let mut needs = on_group(cx, caller, &input.group_name);
    let held = caller.account.groups().get(&input.group_name);
    let held_path = held.map_or(names::ROOT_PATH, |group| group.path.as_str());
    let held_name = held.map_or(input.group_name.as_str(), |group| group.name.as_str());
    let path = input.new_path.as_deref().unwrap_or(held_path);
    let name = input.new_group_name.as_deref().unwrap_or(held_name);
    let target = entities::arn(cx, caller.account.id, "group", path, name);
    if target != needs.resource {
        needs.also_on.push(target.into());
    }
    Ok(needs)
}

/// A new name or path changes the ARN and keeps the id, the members and the policies.
fn update_group(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateGroupRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let held = entities::group(account, &input.group_name)?;
    let mut group = Group::clone(held);
    if let Some(path) = input.new_path {
        group.path = names::path(Some(path))?;
    }
    if let Some(name) = input.new_group_name {
        group.name = name;
    }
    if group == **held {
        return Ok(Change::default());
    }
    let mut deletes = Vec::new();
    if !group.name.eq_ignore_ascii_case(&held.name) {
        if account.groups().get(&group.name).is_some() {
            return Err(taken(&group.name));
        }
        deletes.push(Key::Group(held.name.to_ascii_lowercase()));
    }
    Ok(names::change(account, vec![Record::Group(group)], deletes))
}

fn delete_group(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteGroupRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let group = entities::group(account, &input.group_name)?;
    if account.members_of(&group.id, "").next().is_some() {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must remove users from group first.",
        ));
    }
    names::refuse_held_policies(&group.inline, &group.attached)?;
    Ok(names::change(
        account,
        vec![],
        vec![Key::Group(group.name.to_ascii_lowercase())],
    ))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateGroup" Write, needs_create, create_group),
    answering!(Iam "iam" "GetGroup" Read,
        |cx, _, caller, input| Ok(on_group(cx, caller, &input.group_name)), get_group),
    answering!(Iam "iam" "ListGroups" Read, names::everywhere, list_groups),
    silent!(Iam "iam" "UpdateGroup" Write, needs_update, update_group),
    silent!(Iam "iam" "DeleteGroup" Write,
        |cx, _, caller, input| Ok(on_group(cx, caller, &input.group_name)), delete_group),
];
