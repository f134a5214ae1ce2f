//! Instance profiles: create, get, list, delete, and the one role that each may hold.

use locum_policy::KnownKey;
use locum_store::{Account, Change, InstanceProfile, Key, Record, Role};
use locum_wire::iam::{
    AddRoleToInstanceProfileRequest, CreateInstanceProfileRequest, CreateInstanceProfileResponse,
    DeleteInstanceProfileRequest, GetInstanceProfileRequest, GetInstanceProfileResponse,
    ListInstanceProfilesForRoleRequest, ListInstanceProfilesForRoleResponse,
    ListInstanceProfilesRequest, ListInstanceProfilesResponse,
    RemoveRoleFromInstanceProfileRequest,
};
use locum_wire::{Timestamp, iam};
use std::sync::Arc;

use super::{names, page, role, service_linked_role};
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

const KIND: &str = "instance-profile";
/// The service that takes over a role through an instance profile.
const EC2: &str = "ec2.amazonaws.com";

/// What an operation on the profile `name` of the caller's account is asked about.
pub(super) fn on_profile<'a>(cx: &Cx<'_>, caller: &'a Caller, name: &str) -> Needs<'a> {
    let account = &caller.account;
    match account.instance_profiles().get(name) {
        Some(profile) => {
            let arn = entities::arn(cx, account.id, KIND, &profile.path, &profile.name);
            Needs::on(arn, account.id).resource_tagged(&profile.tags)
        }
        None => {
            let arn = entities::arn(cx, account.id, KIND, names::ROOT_PATH, name);
            Needs::on(arn, account.id)
        }
    }
}

/// The profile with its role. Lists show it without tags.
pub(super) fn listed(
    cx: &Cx<'_>,
    state: &Snapshot,
    account: &Account,
    profile: &InstanceProfile,
) -> Result<iam::InstanceProfile, ApiError> {
    let held = profile.role.as_deref();
    let held = held.and_then(|id| account.role_by_id(id));
    let roles = held.map(|held| role::listed(cx, state, account.id, held));
    Ok(iam::InstanceProfile {
        arn: entities::arn(cx, account.id, KIND, &profile.path, &profile.name),
        create_date: Timestamp(profile.created_s),
        instance_profile_id: profile.id.clone(),
        instance_profile_name: profile.name.clone(),
        path: profile.path.clone(),
        roles: roles.into_iter().collect::<Result<_, _>>()?,
        tags: None,
    })
}

fn shown(
    cx: &Cx<'_>,
    state: &Snapshot,
    account: &Account,
    profile: &InstanceProfile,
) -> Result<iam::InstanceProfile, ApiError> {
    Ok(iam::InstanceProfile {
        tags: names::tags_if_any(&profile.tags),
        ..listed(cx, state, account, profile)?
    })
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateInstanceProfileRequest,
) -> Result<Needs<'a>, ApiError> {
    let path = input.path.as_deref().unwrap_or(names::ROOT_PATH);
    let name = &input.instance_profile_name;
    let arn = entities::arn(cx, caller.account.id, KIND, path, name);
    let tags = input.tags.as_deref().unwrap_or_default();
    Ok(Needs::on(arn, caller.account.id).tagging(tags, Some("iam:TagInstanceProfile")))
}

fn create_instance_profile(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateInstanceProfileRequest,
) -> Result<(CreateInstanceProfileResponse, Change), ApiError> {
    let account = &caller.account;
    let name = input.instance_profile_name;
    if account.instance_profiles().get(&name).is_some() {
        return Err(ApiError::EntityAlreadyExists(format!(
            "Instance Profile {name} already exists."
        )));
    }
    names::quota(
        account.instance_profiles().len(),
        "InstanceProfilesPerAccount",
        limits::INSTANCE_PROFILES_PER_ACCOUNT_MAX,
    )?;
    let profile = InstanceProfile {
        path: names::path(input.path)?,
        tags: names::tags(input.tags.unwrap_or_default(), names::KeyCase::Ignored)?,
        id: ids::new_id(IdKind::InstanceProfile, account.id, cx.random),
        name,
        created_s: cx.now_s,
        role: None,
    };
    let output = CreateInstanceProfileResponse {
        instance_profile: shown(cx, state, account, &profile)?,
    };
    Ok((output, put(caller, profile)))
}

fn put(caller: &Caller, profile: InstanceProfile) -> Change {
    names::change(
        &caller.account,
        vec![Record::InstanceProfile(profile)],
        vec![],
    )
}

fn get_instance_profile(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetInstanceProfileRequest,
) -> Result<(GetInstanceProfileResponse, Change), ApiError> {
    let account = &caller.account;
    let profile = entities::instance_profile(account, &input.instance_profile_name)?;
    let instance_profile = shown(cx, state, account, profile)?;
    Ok((
        GetInstanceProfileResponse { instance_profile },
        Change::default(),
    ))
}

fn list_instance_profiles(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListInstanceProfilesRequest,
) -> Result<(ListInstanceProfilesResponse, Change), ApiError> {
    let account = &caller.account;
    let prefix = input.path_prefix.unwrap_or_default();
    let binding = format!("ListInstanceProfiles {} {prefix}", account.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let rest = account
        .instance_profiles()
        .after(&after)
        .filter(|profile| profile.path.starts_with(&prefix));
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |profile| &profile.name,
        |profile| listed(cx, state, account, profile),
    )?;
    let output = ListInstanceProfilesResponse {
        instance_profiles: page.items,
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    };
    Ok((output, Change::default()))
}

fn list_instance_profiles_for_role(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListInstanceProfilesForRoleRequest,
) -> Result<(ListInstanceProfilesForRoleResponse, Change), ApiError> {
    let account = &caller.account;
    let role = entities::role(account, &input.role_name)?;
    let binding = format!("ListInstanceProfilesForRole {}", role.id);
    let after = page::after(&binding, input.marker.as_deref())?.to_ascii_lowercase();
    let rest = account.instance_profiles_of(&role.id).into_iter();
    let rest = rest.filter(|profile| profile.name.to_ascii_lowercase() > after);
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |profile: &&Arc<InstanceProfile>| &profile.name,
        |profile| listed(cx, state, account, profile),
    )?;
    let output = ListInstanceProfilesForRoleResponse {
        instance_profiles: page.items,
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    };
    Ok((output, Change::default()))
}

/// Who puts a role into a profile hands it to EC2, so the right to pass that role is needed as well.
fn needs_add<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a AddRoleToInstanceProfileRequest,
) -> Result<Needs<'a>, ApiError> {
    let mut needs = on_profile(cx, caller, &input.instance_profile_name);
    let passed = role::on_role(cx, caller, &input.role_name).key(KnownKey::PassedToService, EC2);
    needs.further.push(("iam:PassRole", passed));
    Ok(needs)
}

fn add_role_to_instance_profile(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: AddRoleToInstanceProfileRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let held = entities::instance_profile(account, &input.instance_profile_name)?;
    let role: &Arc<Role> = entities::role(account, &input.role_name)?;
    service_linked_role::refuse(role)?;
    // AWS's name for it: one role a profile.
    names::quota(
        usize::from(held.role.is_some()),
        "InstanceSessionsPerInstanceProfile",
        1,
    )?;
    let mut profile = InstanceProfile::clone(held);
    profile.role = Some(role.id.clone());
    Ok(put(caller, profile))
}

fn remove_role_from_instance_profile(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: RemoveRoleFromInstanceProfileRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let (name, role_name) = (&input.instance_profile_name, &input.role_name);
    let held = entities::instance_profile(account, name)?;
    let role = entities::role(account, role_name)?;
    service_linked_role::refuse(role)?;
    if held.role.as_deref() != Some(role.id.as_str()) {
        return Err(ApiError::NoSuchEntity(format!(
            "Role {role_name} in Instance Profile {name} cannot be found."
        )));
    }
    let mut profile = InstanceProfile::clone(held);
    profile.role = None;
    Ok(put(caller, profile))
}

fn delete_instance_profile(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteInstanceProfileRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let profile = entities::instance_profile(account, &input.instance_profile_name)?;
    if profile.role.is_some() {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must remove roles from instance profile first.",
        ));
    }
    Ok(names::change(
        account,
        vec![],
        vec![Key::InstanceProfile(profile.name.to_ascii_lowercase())],
    ))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateInstanceProfile" Write, needs_create, create_instance_profile),
    answering!(Iam "iam" "GetInstanceProfile" Read,
        |cx, _, caller, input| Ok(on_profile(cx, caller, &input.instance_profile_name)),
        get_instance_profile),
    answering!(Iam "iam" "ListInstanceProfiles" Read, names::everywhere, list_instance_profiles),
    answering!(Iam "iam" "ListInstanceProfilesForRole" Read,
        |cx, _, caller, input| Ok(role::on_role(cx, caller, &input.role_name)),
        list_instance_profiles_for_role),
    silent!(Iam "iam" "AddRoleToInstanceProfile" Write, needs_add, add_role_to_instance_profile),
    silent!(Iam "iam" "RemoveRoleFromInstanceProfile" Write,
        |cx, _, caller, input| Ok(on_profile(cx, caller, &input.instance_profile_name)
            .telling(role::on_role(cx, caller, &input.role_name).resource)),
        remove_role_from_instance_profile),
    silent!(Iam "iam" "DeleteInstanceProfile" Write,
        |cx, _, caller, input| Ok(on_profile(cx, caller, &input.instance_profile_name)),
        delete_instance_profile),
];
