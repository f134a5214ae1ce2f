//! Users: create, get, list, rename, delete.

use locum_store::{Account, AccountId, Change, Key, KeyOwner, Record, User};
use locum_wire::iam::{
    CreateUserRequest, CreateUserResponse, DeleteUserRequest, GetUserRequest, GetUserResponse,
    ListUsersRequest, ListUsersResponse, UpdateUserRequest,
};
use locum_wire::{Timestamp, iam};

use super::{boundary, names, page};
use crate::authorize::Grant;
use crate::caller::{Caller, Identity};
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::ids::{self, IdKind};
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// What an operation on the user `name` of the caller's account is asked about.
pub(super) fn on_user<'a>(cx: &Cx<'_>, caller: &'a Caller, name: &str) -> Needs<'a> {
    let needs = Needs::on(
        entities::user_arn_of(cx, &caller.account, name),
        caller.account.id,
    );
    match caller.account.users().get(name) {
        Some(user) => needs.resource_tagged(&user.tags),
        None => needs,
    }
}

/// The same, with the user's permissions boundary as `iam:PermissionsBoundary`.
pub(super) fn on_bounded_user<'a>(cx: &Cx<'_>, caller: &'a Caller, name: &str) -> Needs<'a> {
    let held = caller.account.users().get(name);
    on_user(cx, caller, name).bounded(held.and_then(|user| user.boundary.as_deref()))
}

/// The user that a request means: the one it names or, naming none, the caller itself.
///
/// # Errors
/// `ValidationError` when the caller is no user.
pub(super) fn named_or_caller<'a>(
    caller: &'a Caller,
    name: Option<&'a str>,
) -> Result<&'a str, ApiError> {
    match (name, &caller.identity) {
        (Some(name), _) => Ok(name),
        (None, Identity::User(user)) => Ok(&user.name),
        (None, _) => Err(ApiError::Validation(
            "Must specify userName when calling with non-User credentials".to_owned(),
        )),
    }
}

/// What an operation on the user that a request names is asked about; naming none, the caller itself.
///
/// # Errors
/// `ValidationError` when no user is named and the caller is neither a user nor root.
pub(super) fn on_own_or_named<'a>(
    cx: &Cx<'_>,
    caller: &'a Caller,
    name: Option<&str>,
) -> Result<Needs<'a>, ApiError> {
    match name {
        Some(name) => Ok(on_user(cx, caller, name)),
        None if caller.is_root() => Ok(Needs::on(caller.arn.as_str(), caller.account.id)),
        None => Ok(on_user(cx, caller, named_or_caller(caller, None)?)),
    }
}

fn shown(cx: &Cx<'_>, account: AccountId, user: &User) -> iam::User {
    iam::User {
        arn: entities::user_arn(cx, account, user),
        create_date: Timestamp(user.created_s),
        password_last_used: user.password_last_used_s.map(Timestamp),
        path: user.path.clone(),
        permissions_boundary: boundary::shown(user.boundary.as_deref()),
        tags: names::tags_if_any(&user.tags),
        user_id: user.id.clone(),
        user_name: user.name.clone(),
    }
}

/// The user as lists show it: without tags and boundary.
pub(super) fn listed(cx: &Cx<'_>, account: AccountId, user: &User) -> iam::User {
    iam::User {
        tags: None,
        permissions_boundary: None,
        ..shown(cx, account, user)
    }
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateUserRequest,
) -> Result<Needs<'a>, ApiError> {
    let path = input.path.as_deref().unwrap_or(names::ROOT_PATH);
    let arn = entities::arn(cx, caller.account.id, "user", path, &input.user_name);
    let tags = input.tags.as_deref().unwrap_or_default();
    Ok(Needs::on(arn, caller.account.id)
        .tagging(tags, Some("iam:TagUser"))
        .bounded(input.permissions_boundary.as_deref())
        .telling(input.permissions_boundary.as_deref().unwrap_or_default()))
}

fn create_user(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateUserRequest,
) -> Result<(CreateUserResponse, Change), ApiError> {
    let account = &caller.account;
    if account.users().get(&input.user_name).is_some() {
        return Err(taken(&input.user_name));
    }
    names::quota(
        account.users().len(),
        "UsersPerAccount",
        limits::USERS_PER_ACCOUNT_MAX,
    )?;
    let boundary = input.permissions_boundary;
    let boundary = boundary.map(|arn| boundary::checked(cx, caller, arn));
    let user = User {
        path: names::path(input.path)?,
        tags: names::tags(input.tags.unwrap_or_default(), names::KeyCase::Ignored)?,
        id: ids::new_id(IdKind::User, account.id, cx.random),
        name: input.user_name,
        created_s: cx.now_s,
        inline: Vec::new(),
        attached: Vec::new(),
        groups: Vec::new(),
        boundary: boundary.transpose()?,
        password_last_used_s: None,
    };
    let output = CreateUserResponse {
        user: Some(shown(cx, account.id, &user)),
    };
    Ok((
        output,
        names::change(account, vec![Record::User(user)], vec![]),
    ))
}

fn taken(name: &str) -> ApiError {
    ApiError::EntityAlreadyExists(format!("User with name {name} already exists."))
}

fn needs_get<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a GetUserRequest,
) -> Result<Needs<'a>, ApiError> {
    if input.user_name.is_none() && caller.is_root() {
        return Ok(Needs::on(caller.arn.as_str(), caller.account.id));
    }
    Ok(on_user(
        cx,
        caller,
        named_or_caller(caller, input.user_name.as_deref())?,
    ))
}

fn get_user(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetUserRequest,
) -> Result<(GetUserResponse, Change), ApiError> {
    let account = &caller.account;
    if input.user_name.is_none() && caller.is_root() {
        let user = iam::User {
            arn: caller.arn.clone(),
            create_date: Timestamp(account.meta.created_s),
            path: names::ROOT_PATH.to_owned(),
            user_id: account.id.to_string(),
            ..iam::User::default()
        };
        return Ok((GetUserResponse { user }, Change::default()));
    }
    let name = named_or_caller(caller, input.user_name.as_deref())?;
    let user = shown(cx, account.id, entities::user(account, name)?);
    Ok((GetUserResponse { user }, Change::default()))
}

fn list_users(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListUsersRequest,
) -> Result<(ListUsersResponse, Change), ApiError> {
    let account = &caller.account;
    let prefix = input.path_prefix.unwrap_or_default();
    let binding = format!("ListUsers {} {prefix}", account.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let rest = account
        .users()
        .after(&after)
        .filter(|user| user.path.starts_with(&prefix));
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |user| &user.name,
        |user| Ok(listed(cx, account.id, user)),
    )?;
    let output = ListUsersResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        users: page.items,
    };
    Ok((output, Change::default()))
}

/// Renaming takes the right to do it to the user as it is and as it will be: a caller limited to one
/// path cannot move a user out of it, nor take over another's name.
fn needs_update<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a UpdateUserRequest,
) -> Result<Needs<'a>, ApiError> {
    let mut needs = on_user(cx, caller, &input.user_name);
    let held = caller.account.users().get(&input.user_name);
    let held_path = held.map_or(names::ROOT_PATH, |user| user.path.as_str());
    let held_name = held.map_or(input.user_name.as_str(), |user| user.name.as_str());
    let path = input.new_path.as_deref().unwrap_or(held_path);
    let name = input.new_user_name.as_deref().unwrap_or(held_name);
    let target = entities::arn(cx, caller.account.id, "user", path, name);
    if target != needs.resource {
        needs.also_on.push(target.into());
    }
    Ok(needs)
}

/// A new name or path changes the ARN and keeps the id, the keys and the policies.
fn update_user(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateUserRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let held = entities::user(account, &input.user_name)?;
    let mut user = User::clone(held);
    if let Some(path) = input.new_path {
        user.path = names::path(Some(path))?;
    }
    if let Some(name) = input.new_user_name {
        user.name = name;
    }
    if user == **held {
        return Ok(Change::default());
    }
    let mut deletes = Vec::new();
    if !user.name.eq_ignore_ascii_case(&held.name) {
        if account.users().get(&user.name).is_some() {
            return Err(taken(&user.name));
        }
        deletes.push(Key::User(held.name.to_ascii_lowercase()));
    }
    let mut puts = renamed_keys(account, &user);
    puts.push(Record::User(user));
    Ok(names::change(account, puts, deletes))
}

fn renamed_keys(account: &Account, user: &User) -> Vec<Record> {
    let keys = account.access_keys_of(&user.id).into_iter();
    keys.map(|key| {
        let mut key = locum_store::AccessKey::clone(key);
        key.user = KeyOwner::User {
            id: user.id.clone(),
            name: user.name.clone(),
        };
        Record::AccessKey(key)
    })
    .collect()
}

/// A user that still has something to sign in or sign with cannot be deleted.
fn refuse_credentials(account: &Account, user: &User) -> Result<(), ApiError> {
    if account.login_profile(&user.id).is_some() {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must delete login profile first.",
        ));
    }
    if !account.mfa_devices_of(&user.id).is_empty() {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must delete MFA device first.",
        ));
    }
    if !account.signing_certificates_of(Some(&user.id)).is_empty() {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must delete signing certificates first.",
        ));
    }
    if !account.ssh_public_keys_of(&user.id).is_empty()
        || !account.service_credentials_of(&user.id).is_empty()
    {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must remove referenced objects first.",
        ));
    }
    Ok(())
}

fn delete_user(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteUserRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let user = entities::user(account, &input.user_name)?;
    if !account.access_keys_of(&user.id).is_empty() {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must remove referenced objects first.",
        ));
    }
    refuse_credentials(account, user)?;
    names::refuse_held_policies(&user.inline, &user.attached)?;
    if !user.groups.is_empty() {
        return Err(ApiError::DeleteConflict(
            "Cannot delete entity, must remove users from group first.",
        ));
    }
    Ok(names::change(
        account,
        vec![],
        vec![
            Key::User(user.name.to_ascii_lowercase()),
            Key::LastAccess(user.id.clone()),
        ],
    ))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateUser" Write, needs_create, create_user),
    answering!(Iam "iam" "GetUser" Read, needs_get, get_user),
    answering!(Iam "iam" "ListUsers" Read, names::everywhere, list_users),
    silent!(Iam "iam" "UpdateUser" Write, needs_update, update_user),
    silent!(Iam "iam" "DeleteUser" Write,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), delete_user),
];
