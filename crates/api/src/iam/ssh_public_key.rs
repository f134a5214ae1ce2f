//! Public keys for SSH: RSA keys in OpenSSH text or PEM, shown in either form.

use std::sync::Arc;

use locum_store::{Account, Change, CredentialStatus, Key, Record, SshPublicKey, User};
use locum_wire::Timestamp;
use locum_wire::iam::{
    self, DeleteSSHPublicKeyRequest, GetSSHPublicKeyRequest, GetSSHPublicKeyResponse,
    ListSSHPublicKeysRequest, ListSSHPublicKeysResponse, UpdateSSHPublicKeyRequest,
    UploadSSHPublicKeyRequest, UploadSSHPublicKeyResponse,
};

use super::user::{named_or_caller, on_own_or_named, on_user};
use super::{names, page};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::ids::{self, IdKind};
use crate::limits;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;
use crate::x509::{self, PublicKeyFault};

fn shown(user: &User, key: &SshPublicKey, body: String) -> Result<iam::SSHPublicKey, ApiError> {
    let fingerprint = x509::fingerprint(&key.spki).ok_or_else(|| unreadable(key))?;
    Ok(iam::SSHPublicKey {
        fingerprint,
        ssh_public_key_body: body,
        ssh_public_key_id: key.id.clone(),
        status: names::shown_status(key.status),
        upload_date: Some(Timestamp(key.uploaded_s)),
        user_name: user.name.clone(),
    })
}

fn unreadable(key: &SshPublicKey) -> ApiError {
    ApiError::Internal(format!("public key {} does not parse", key.id))
}

fn put(caller: &Caller, key: SshPublicKey) -> Change {
    names::change(&caller.account, vec![Record::SshPublicKey(key)], vec![])
}

fn upload_ssh_public_key(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UploadSSHPublicKeyRequest,
) -> Result<(UploadSSHPublicKeyResponse, Change), ApiError> {
    let account = &caller.account;
    let user = entities::user(account, &input.user_name)?;
    let spki = x509::public_key(&input.ssh_public_key_body).map_err(|fault| match fault {
        PublicKeyFault::Encoding => ApiError::modelled(
            &iam::errors::UNRECOGNIZED_PUBLIC_KEY_ENCODING,
            "The public key is neither in OpenSSH nor in PEM format.",
        ),
        PublicKeyFault::Key => ApiError::modelled(
            &iam::errors::INVALID_PUBLIC_KEY,
            "The public key is malformed, or it is no RSA key of at least 2048 bits.",
        ),
    })?;
    let held = account.ssh_public_keys_of(&user.id);
    if held.iter().any(|held| held.spki == spki) {
        return Err(ApiError::modelled(
            &iam::errors::DUPLICATE_SSH_PUBLIC_KEY,
            "The public key is already associated with the user.",
        ));
    }
    names::quota(
        held.len(),
        "SSHPublicKeysPerUser",
        limits::SSH_PUBLIC_KEYS_PER_USER_MAX,
    )?;
    let key = SshPublicKey {
        id: ids::new_id(IdKind::PublicKey, account.id, cx.random),
        user_id: user.id.clone(),
        spki,
        status: CredentialStatus::Active,
        uploaded_s: cx.now_s,
    };
    let output = UploadSSHPublicKeyResponse {
        ssh_public_key: Some(shown(user, &key, input.ssh_public_key_body)?),
    };
    Ok((output, put(caller, key)))
}

/// The user's key `id`: another's does not exist for it.
fn key_of<'a>(
    account: &'a Account,
    user: &User,
    id: &str,
) -> Result<&'a Arc<SshPublicKey>, ApiError> {
    let held = account.ssh_public_keys().get(id);
    held.filter(|held| held.user_id == user.id && held.id == id)
        .ok_or_else(|| {
            ApiError::NoSuchEntity(format!("The Public Key with id {id} cannot be found."))
        })
}

fn get_ssh_public_key(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetSSHPublicKeyRequest,
) -> Result<(GetSSHPublicKeyResponse, Change), ApiError> {
    let account = &caller.account;
    let user = entities::user(account, &input.user_name)?;
    let key = key_of(account, user, &input.ssh_public_key_id)?;
    let body = if input.encoding == "SSH" {
        x509::ssh_text(&key.spki).ok_or_else(|| unreadable(key))?
    } else {
        x509::pem_text(&key.spki)
    };
    let output = GetSSHPublicKeyResponse {
        ssh_public_key: Some(shown(user, key, body)?),
    };
    Ok((output, Change::default()))
}

fn list_ssh_public_keys(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListSSHPublicKeysRequest,
) -> Result<(ListSSHPublicKeysResponse, Change), ApiError> {
    let account = &caller.account;
    let name = named_or_caller(caller, input.user_name.as_deref())?;
    let user = entities::user(account, name)?;
    let binding = format!("ListSSHPublicKeys {}", user.id);
    let after = page::after(&binding, input.marker.as_deref())?;
    let held = account.ssh_public_keys_of(&user.id).into_iter();
    let page = page::take(
        &binding,
        held.filter(|held| held.id > after),
        input.max_items,
        |held| &held.id,
        |held| {
            Ok(iam::SSHPublicKeyMetadata {
                ssh_public_key_id: held.id.clone(),
                status: names::shown_status(held.status),
                upload_date: Timestamp(held.uploaded_s),
                user_name: user.name.clone(),
            })
        },
    )?;
    let output = ListSSHPublicKeysResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        ssh_public_keys: Some(page.items),
    };
    Ok((output, Change::default()))
}

fn update_ssh_public_key(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateSSHPublicKeyRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let status = names::settable_status(&input.status)?;
    let user = entities::user(account, &input.user_name)?;
    let held = key_of(account, user, &input.ssh_public_key_id)?;
    let key = SshPublicKey {
        status,
        ..SshPublicKey::clone(held)
    };
    Ok(put(caller, key))
}

fn delete_ssh_public_key(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteSSHPublicKeyRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let user = entities::user(account, &input.user_name)?;
    let held = key_of(account, user, &input.ssh_public_key_id)?;
    let key = Key::SshPublicKey(held.id.clone());
    Ok(names::change(account, vec![], vec![key]))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "UploadSSHPublicKey" Write,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), upload_ssh_public_key),
    answering!(Iam "iam" "GetSSHPublicKey" Read,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), get_ssh_public_key),
    answering!(Iam "iam" "ListSSHPublicKeys" Read,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()),
        list_ssh_public_keys),
    silent!(Iam "iam" "UpdateSSHPublicKey" Write,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), update_ssh_public_key),
    silent!(Iam "iam" "DeleteSSHPublicKey" Write,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), delete_ssh_public_key),
];
