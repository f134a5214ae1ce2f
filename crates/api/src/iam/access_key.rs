//! Access keys: at most two a user, the secret shown once, owner and account always checked.

use std::sync::Arc;

use locum_store::{AccessKey, Change, CredentialStatus, Key, KeyOwner, KeyStatus, Record, Secret};
use locum_wire::iam::{
    CreateAccessKeyRequest, CreateAccessKeyResponse, DeleteAccessKeyRequest,
    GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse, ListAccessKeysRequest,
    ListAccessKeysResponse, UpdateAccessKeyRequest,
};
use locum_wire::{Timestamp, iam};

use super::user::{named_or_caller, on_own_or_named, on_user};
use super::{names, page};
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

/// Whose keys a request is about: a user, or root when root names nobody.
fn owner(caller: &Caller, name: Option<&str>) -> Result<KeyOwner, ApiError> {
    if name.is_none() && caller.is_root() {
        return Ok(KeyOwner::Root);
    }
    let user = entities::user(&caller.account, named_or_caller(caller, name)?)?;
    Ok(KeyOwner::User {
        id: user.id.clone(),
        name: user.name.clone(),
    })
}

fn keys_of<'a>(caller: &'a Caller, owner: &KeyOwner) -> Vec<&'a Arc<AccessKey>> {
    match owner {
        KeyOwner::Root => caller.account.root_access_keys(),
        KeyOwner::User { id, .. } => caller.account.access_keys_of(id),
    }
}

fn owner_name(owner: &KeyOwner) -> &str {
    match owner {
        KeyOwner::Root => "root",
        KeyOwner::User { name, .. } => name,
    }
}

fn status_text(status: KeyStatus) -> &'static str {
    match status {
        KeyStatus::Active => "Active",
        KeyStatus::Inactive => "Inactive",
    }
}

/// A new key with a fresh secret, and the secret's text.
pub(crate) fn new_key(
    now_s: i64,
    random: &dyn crate::Random,
    account: locum_store::AccountId,
    owner: KeyOwner,
) -> (AccessKey, String) {
    let mut bytes = zeroize::Zeroizing::new([0u8; ids::SECRET_BYTES]);
    random.fill(bytes.as_mut_slice());
    let text = ids::secret_text(&bytes);
    let key = AccessKey {
        id: ids::new_id(IdKind::AccessKey, account, random),
        user: owner,
        secret: Secret::new(text.as_slice()),
        status: KeyStatus::Active,
        created_s: now_s,
    };
    (key, String::from_utf8_lossy(&text).into_owned())
}

fn create_access_key(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateAccessKeyRequest,
) -> Result<(CreateAccessKeyResponse, Change), ApiError> {
    let owner = owner(caller, input.user_name.as_deref())?;
    let held = keys_of(caller, &owner).len();
    names::quota(held, "AccessKeysPerUser", limits::ACCESS_KEYS_PER_USER_MAX)?;
    let user_name = owner_name(&owner).to_owned();
    let (key, secret) = new_key(cx.now_s, cx.random, caller.account.id, owner);
    let access_key = iam::AccessKey {
        access_key_id: key.id.clone(),
        create_date: Some(Timestamp(key.created_s)),
        secret_access_key: secret,
        status: status_text(key.status).to_owned(),
        user_name,
    };
    let change = names::change(&caller.account, vec![Record::AccessKey(key)], vec![]);
    Ok((CreateAccessKeyResponse { access_key }, change))
}

fn list_access_keys(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListAccessKeysRequest,
) -> Result<(ListAccessKeysResponse, Change), ApiError> {
    let owner = owner(caller, input.user_name.as_deref())?;
    let binding = format!(
        "ListAccessKeys {} {}",
        caller.account.id,
        owner.user_id().unwrap_or("root")
    );
    let after = page::after(&binding, input.marker.as_deref())?;
    let mut keys = keys_of(caller, &owner);
    keys.sort_by(|a, b| a.id.cmp(&b.id));
    let rest = keys.into_iter().filter(|key| key.id > after);
    let name = owner_name(&owner);
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |key| &key.id,
        |key| {
            Ok(iam::AccessKeyMetadata {
                access_key_id: Some(key.id.clone()),
                create_date: Some(Timestamp(key.created_s)),
                status: Some(status_text(key.status).to_owned()),
                user_name: Some(name.to_owned()),
            })
        },
    )?;
    let output = ListAccessKeysResponse {
        access_key_metadata: page.items,
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
    };
    Ok((output, Change::default()))
}

/// The key `id` of `owner` in the caller's account: another user's or account's does not exist here.
fn key_of<'a>(
    caller: &'a Caller,
    owner: &KeyOwner,
    id: &str,
) -> Result<&'a Arc<AccessKey>, ApiError> {
    let key = caller
        .account
        .access_key(id)
        .filter(|key| key.user.user_id() == owner.user_id());
    key.ok_or_else(|| {
        ApiError::NoSuchEntity(format!("The Access Key with id {id} cannot be found."))
    })
}

fn update_access_key(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateAccessKeyRequest,
) -> Result<Change, ApiError> {
    let status = match names::settable_status(&input.status)? {
        CredentialStatus::Active => KeyStatus::Active,
        CredentialStatus::Inactive => KeyStatus::Inactive,
    };
    let owner = owner(caller, input.user_name.as_deref())?;
    let mut key = AccessKey::clone(key_of(caller, &owner, &input.access_key_id)?);
    key.status = status;
    Ok(names::change(
        &caller.account,
        vec![Record::AccessKey(key)],
        vec![],
    ))
}

fn delete_access_key(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteAccessKeyRequest,
) -> Result<Change, ApiError> {
    let owner = owner(caller, input.user_name.as_deref())?;
    let key = key_of(caller, &owner, &input.access_key_id)?;
    Ok(names::change(
        &caller.account,
        vec![],
        vec![Key::AccessKey(key.id.clone()), Key::LastUse(key.id.clone())],
    ))
}

/// A key that is not of the caller's account is answered as one that the caller has no right to ask
/// about, whether it exists or not.
fn foreign(caller: &Caller, id: &str) -> ApiError {
    ApiError::NotAuthorized(format!(
        "User: {} is not authorized to perform iam:GetAccessKeyLastUsed on resource: access key {id}",
        caller.arn
    ))
}

fn needs_last_used<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a GetAccessKeyLastUsedRequest,
) -> Result<Needs<'a>, ApiError> {
    let id = &input.access_key_id;
    let key = caller
        .account
        .access_key(id)
        .ok_or_else(|| foreign(caller, id))?;
    match &key.user {
        KeyOwner::User { name, .. } => Ok(on_user(cx, caller, name)),
        KeyOwner::Root => {
            let partition = &cx.settings.partition;
            let account = caller.account.id;
            let root = format!("arn:{partition}:iam::{account}:root");
            Ok(Needs::on(root, account))
        }
    }
}

fn get_access_key_last_used(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetAccessKeyLastUsedRequest,
) -> Result<(GetAccessKeyLastUsedResponse, Change), ApiError> {
    let account = &caller.account;
    let id = &input.access_key_id;
    let key = account.access_key(id).ok_or_else(|| foreign(caller, id))?;
    let last = cx.last_uses.of(account, &key.id);
    let (last_used_date, service_name, region) = match last {
        Some(last) => (Some(Timestamp(last.time_s)), last.service, last.region),
        None => (None, NEVER.to_owned(), NEVER.to_owned()),
    };
    let output = GetAccessKeyLastUsedResponse {
        access_key_last_used: Some(iam::AccessKeyLastUsed {
            last_used_date,
            region,
            service_name,
        }),
        user_name: Some(owner_name(&key.user).to_owned()),
    };
    Ok((output, Change::default()))
}

/// What stands for service and region of a key that was never used.
const NEVER: &str = "N/A";

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateAccessKey" Write,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()), create_access_key),
    answering!(Iam "iam" "ListAccessKeys" Read,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()), list_access_keys),
    answering!(Iam "iam" "GetAccessKeyLastUsed" Read, needs_last_used, get_access_key_last_used),
    silent!(Iam "iam" "UpdateAccessKey" Write,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()), update_access_key),
    silent!(Iam "iam" "DeleteAccessKey" Write,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()), delete_access_key),
];
