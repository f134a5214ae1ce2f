//! Roles: create, get, list, update, delete, and the trust policy.

use locum_store::{Account, AccountId, Change, Key, LastUse, Record, Role};
use locum_wire::iam::{
    CreateRoleRequest, CreateRoleResponse, DeleteRoleRequest, GetRoleRequest, GetRoleResponse,
    ListRolesRequest, ListRolesResponse, UpdateAssumeRolePolicyRequest,
    UpdateRoleDescriptionRequest, UpdateRoleDescriptionResponse, UpdateRoleRequest,
    UpdateRoleResponse,
};
use locum_wire::{Timestamp, iam};

use super::{boundary, names, page, service_linked_role};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::documents;
use crate::entities;
use crate::error::ApiError;
use crate::ids::{self, IdKind};
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// The shortest that a role's longest session may be, seconds; also the default.
pub(crate) const MAX_SESSION_DURATION_S_DEFAULT: u32 = 3_600;

/// What an operation on the role `name` of the caller's account is asked about.
pub(super) fn on_role<'a>(cx: &Cx<'_>, caller: &'a Caller, name: &str) -> Needs<'a> {
    let needs = Needs::on(
        entities::role_arn_of(cx, &caller.account, name),
        caller.account.id,
    );
    match caller.account.roles().get(name) {
        Some(role) => needs.resource_tagged(&role.tags),
        None => needs,
    }
}

/// The same, with the role's permissions boundary as `iam:PermissionsBoundary`.
pub(super) fn on_bounded_role<'a>(cx: &Cx<'_>, caller: &'a Caller, name: &str) -> Needs<'a> {
    let held = caller.account.roles().get(name);
    on_role(cx, caller, name).bounded(held.and_then(|role| role.boundary.as_deref()))
}

/// The role as lists show it: without tags and boundary.
pub(super) fn listed(
    cx: &Cx<'_>,
    state: &Snapshot,
    account: AccountId,
    role: &Role,
) -> Result<iam::Role, ApiError> {
    Ok(iam::Role {
        tags: None,
        permissions_boundary: None,
        ..shown(cx, state, account, role)?
    })
}

/// The role as GetRole shows it.
fn shown(
    cx: &Cx<'_>,
    state: &Snapshot,
    account: AccountId,
    role: &Role,
) -> Result<iam::Role, ApiError> {
    Ok(iam::Role {
        arn: entities::role_arn(cx, account, role),
        assume_role_policy_document: Some(documents::shown_trust(cx, state, &role.trust)?),
        create_date: Timestamp(role.created_s),
        description: role.description.clone(),
        max_session_duration: i32::try_from(role.max_session_duration_s).ok(),
        path: role.path.clone(),
        permissions_boundary: boundary::shown(role.boundary.as_deref()),
        role_id: role.id.clone(),
        role_name: role.name.clone(),
        tags: names::tags_if_any(&role.tags),
        ..iam::Role::default()
    })
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateRoleRequest,
) -> Result<Needs<'a>, ApiError> {
    let path = input.path.as_deref().unwrap_or(names::ROOT_PATH);
    let arn = entities::arn(cx, caller.account.id, "role", path, &input.role_name);
    let tags = input.tags.as_deref().unwrap_or_default();
    Ok(Needs::on(arn, caller.account.id)
        .tagging(tags, Some("iam:TagRole"))
        .bounded(input.permissions_boundary.as_deref())
        .telling(input.permissions_boundary.as_deref().unwrap_or_default()))
}

fn create_role(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateRoleRequest,
) -> Result<(CreateRoleResponse, Change), ApiError> {
    let account = &caller.account;
    if account.roles().get(&input.role_name).is_some() {
        return Err(ApiError::EntityAlreadyExists(format!(
            "Role with name {} already exists.",
            input.role_name
        )));
    }
    names::quota(
        account.roles().len(),
        "RolesPerAccount",
        limits::ROLES_PER_ACCOUNT_MAX,
    )?;
    let path = names::path(input.path)?;
    service_linked_role::refuse_path(&path)?;
    let trust = documents::trust(cx, state, &input.assume_role_policy_document)?;
    let duration_s = input
        .max_session_duration
        .and_then(|given| u32::try_from(given).ok());
    let boundary = input.permissions_boundary;
    let boundary = boundary.map(|arn| boundary::checked(cx, caller, arn));
    let role = Role {
        path,
        tags: names::tags(input.tags.unwrap_or_default(), names::KeyCase::Ignored)?,
        id: ids::new_id(IdKind::Role, account.id, cx.random),
        name: input.role_name,
        created_s: cx.now_s,
        description: input.description,
        max_session_duration_s: duration_s.unwrap_or(MAX_SESSION_DURATION_S_DEFAULT),
        trust,
        inline: Vec::new(),
        attached: Vec::new(),
        boundary: boundary.transpose()?,
        service_linked: None,
    };
    // AWS's answer leaves these two out.
    let shown = iam::Role {
        description: None,
        max_session_duration: None,
        assume_role_policy_document: Some(documents::encoded(&input.assume_role_policy_document)),
        ..shown(cx, state, account.id, &role)?
    };
    let change = names::change(account, vec![Record::Role(role)], vec![]);
    Ok((CreateRoleResponse { role: shown }, change))
}

/// When the role was last used. Of one that was not, or too long ago, there is an empty element.
pub(super) fn last_used(cx: &Cx<'_>, account: &Account, role: &Role) -> iam::RoleLastUsed {
    let last = cx.last_uses.of(account, &role.id);
    let told = |last: &LastUse| cx.now_s - last.time_s <= limits::LAST_USES_TOLD_S_MAX;
    let last = last.filter(told);
    iam::RoleLastUsed {
        last_used_date: last.as_ref().map(|last| Timestamp(last.time_s)),
        region: last.map(|last| last.region),
    }
}

fn get_role(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetRoleRequest,
) -> Result<(GetRoleResponse, Change), ApiError> {
    let role = entities::role(&caller.account, &input.role_name)?;
    let role = iam::Role {
        role_last_used: Some(last_used(cx, &caller.account, role)),
        ..shown(cx, state, caller.account.id, role)?
    };
    Ok((GetRoleResponse { role }, Change::default()))
}

fn list_roles(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListRolesRequest,
) -> Result<(ListRolesResponse, Change), ApiError> {
    let account = &caller.account;
    let prefix = input.path_prefix.unwrap_or_default();
    let binding = format!("ListRoles {} {prefix}", account.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let rest = account
        .roles()
        .after(&after)
        .filter(|role| role.path.starts_with(&prefix));
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |role| &role.name,
        |role| listed(cx, state, account.id, role),
    )?;
    let output = ListRolesResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        roles: page.items,
    };
    Ok((output, Change::default()))
}

fn put(caller: &Caller, role: Role) -> Change {
    names::change(&caller.account, vec![Record::Role(role)], vec![])
}

fn update_role(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateRoleRequest,
) -> Result<(UpdateRoleResponse, Change), ApiError> {
    let held = entities::role(&caller.account, &input.role_name)?;
    let mut role = Role::clone(held);
    if let Some(description) = input.description {
        role.description = Some(description);
    }
    if let Some(duration_s) = input
        .max_session_duration
        .and_then(|given| u32::try_from(given).ok())
    {
        // Of a service-linked role the description alone can be edited.
        service_linked_role::refuse(held)?;
        role.max_session_duration_s = duration_s;
    }
    let change = if role == **held {
        Change::default()
    } else {
        put(caller, role)
    };
    Ok((UpdateRoleResponse {}, change))
}

fn update_role_description(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateRoleDescriptionRequest,
) -> Result<(UpdateRoleDescriptionResponse, Change), ApiError> {
    let mut role = Role::clone(entities::role(&caller.account, &input.role_name)?);
    role.description = Some(input.description);
    let shown = shown(cx, state, caller.account.id, &role)?;
    Ok((
        UpdateRoleDescriptionResponse { role: Some(shown) },
        put(caller, role),
    ))
}

fn update_assume_role_policy(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateAssumeRolePolicyRequest,
) -> Result<Change, ApiError> {
    let mut role = Role::clone(entities::role(&caller.account, &input.role_name)?);
    service_linked_role::refuse(&role)?;
    role.trust = documents::trust(cx, state, &input.policy_document)?;
    Ok(put(caller, role))
}

fn delete_role(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteRoleRequest,
) -> Result<Change, ApiError> {
    let role = entities::role(&caller.account, &input.role_name)?;
    service_linked_role::refuse(role)?;
    names::refuse_held_policies(&role.inline, &role.attached)?;
    if !caller.account.instance_profiles_of(&role.id).is_empty() {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must remove roles from instance profile first.",
        ));
    }
    Ok(names::change(
        &caller.account,
        vec![],
        vec![
            Key::Role(role.name.to_ascii_lowercase()),
            Key::LastUse(role.id.clone()),
            Key::LastAccess(role.id.clone()),
        ],
    ))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateRole" Write, needs_create, create_role),
    answering!(Iam "iam" "GetRole" Read,
        |cx, _, caller, input| Ok(on_bounded_role(cx, caller, &input.role_name)), get_role),
    answering!(Iam "iam" "ListRoles" Read, names::everywhere, list_roles),
    answering!(Iam "iam" "UpdateRole" Write,
        |cx, _, caller, input| Ok(on_bounded_role(cx, caller, &input.role_name)), update_role),
    answering!(Iam "iam" "UpdateRoleDescription" Write,
        |cx, _, caller, input| Ok(on_bounded_role(cx, caller, &input.role_name)), update_role_description),
    silent!(Iam "iam" "UpdateAssumeRolePolicy" Write,
        |cx, _, caller, input| Ok(on_bounded_role(cx, caller, &input.role_name)), update_assume_role_policy),
    silent!(Iam "iam" "DeleteRole" Write,
        |cx, _, caller, input| Ok(on_bounded_role(cx, caller, &input.role_name)), delete_role),
];
