//! Permissions boundaries of users and roles: put and delete.

use locum_policy::{Arn, KnownKey};
use locum_store::{Change, Record, Role, User};
use locum_wire::iam::{
    AttachedPermissionsBoundary, DeleteRolePermissionsBoundaryRequest,
    DeleteUserPermissionsBoundaryRequest, PutRolePermissionsBoundaryRequest,
    PutUserPermissionsBoundaryRequest,
};

use super::role::{on_bounded_role, on_role};
use super::user::{on_bounded_user, on_user};
use super::{names, service_linked_role};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::needs::Needs;
use crate::operation::{Operation, silent};
use crate::snapshot::Snapshot;

/// A managed policy that may become a boundary: AWS's or the account's own.
///
/// # Errors
/// `InvalidInput` for what is no policy's ARN, `NoSuchEntity` when there is no such policy,
/// `PolicyNotAttachable` for the policy of a service-linked role (sentences unconfirmed).
pub(super) fn checked(cx: &Cx<'_>, caller: &Caller, arn: String) -> Result<String, ApiError> {
    let policy = Arn::parse(&arn).is_some_and(|parsed| {
        parsed.partition == cx.settings.partition
            && parsed.service == "iam"
            && parsed.region.is_empty()
            && parsed.resource.starts_with("policy/")
    });
    if !policy {
        return Err(ApiError::InvalidInput(
            format!("Value ({arn}) for parameter PermissionsBoundary is invalid.").into(),
        ));
    }
    if !entities::is_attachable(&caller.account, &arn) {
        return Err(ApiError::NoSuchEntity(format!(
            "Scope ARN: {arn} does not exist or is not attachable."
        )));
    }
    if entities::is_service_role_policy(&arn) {
        return Err(ApiError::PolicyNotAttachable(
            "A Service Role Policy cannot be a permissions boundary.".to_owned(),
        ));
    }
    Ok(arn)
}

/// The boundary as GetUser and GetRole show it. AWS answers `Policy`, not the model's value.
pub(super) fn shown(boundary: Option<&str>) -> Option<AttachedPermissionsBoundary> {
    boundary.map(|arn| AttachedPermissionsBoundary {
        permissions_boundary_arn: Some(arn.to_owned()),
        permissions_boundary_type: Some("Policy".to_owned()),
    })
}

fn set_on_user(caller: &Caller, name: &str, boundary: Option<String>) -> Result<Change, ApiError> {
    let held = entities::user(&caller.account, name)?;
    if held.boundary == boundary {
        return Ok(Change::default());
    }
    let user = User {
        boundary,
        ..User::clone(held)
    };
    let puts = vec![Record::User(user)];
    Ok(names::change(&caller.account, puts, vec![]))
}

fn set_on_role(caller: &Caller, name: &str, boundary: Option<String>) -> Result<Change, ApiError> {
    let held = entities::role(&caller.account, name)?;
    service_linked_role::refuse(held)?;
    if held.boundary == boundary {
        return Ok(Change::default());
    }
    let role = Role {
        boundary,
        ..Role::clone(held)
    };
    let puts = vec![Record::Role(role)];
    Ok(names::change(&caller.account, puts, vec![]))
}

fn put_user_permissions_boundary(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: PutUserPermissionsBoundaryRequest,
) -> Result<Change, ApiError> {
    let arn = checked(cx, caller, input.permissions_boundary)?;
    set_on_user(caller, &input.user_name, Some(arn))
}

fn put_role_permissions_boundary(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: PutRolePermissionsBoundaryRequest,
) -> Result<Change, ApiError> {
    let arn = checked(cx, caller, input.permissions_boundary)?;
    set_on_role(caller, &input.role_name, Some(arn))
}

fn delete_user_permissions_boundary(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteUserPermissionsBoundaryRequest,
) -> Result<Change, ApiError> {
    set_on_user(caller, &input.user_name, None)
}

fn delete_role_permissions_boundary(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteRolePermissionsBoundaryRequest,
) -> Result<Change, ApiError> {
    set_on_role(caller, &input.role_name, None)
}

/// The boundary that is taken away is told too.
fn freed(needs: Needs<'_>) -> Needs<'_> {
    let mut keys = needs.keys.iter();
    let held = keys.find(|(key, _)| *key == KnownKey::PermissionsBoundary);
    match held.map(|(_, arn)| arn.clone()) {
        Some(arn) => needs.telling(arn),
        None => needs,
    }
}

// While one is put, `iam:PermissionsBoundary` is the one that is asked for, not the one in force:
// whoever may only set a certain boundary must not set another.
pub(crate) const OPERATIONS: &[Operation] = &[
    silent!(Iam "iam" "PutUserPermissionsBoundary" Write, |cx, _, caller, input| {
        Ok(on_user(cx, caller, &input.user_name)
            .key(KnownKey::PermissionsBoundary, input.permissions_boundary.as_str())
            .telling(input.permissions_boundary.as_str()))
    }, put_user_permissions_boundary),
    silent!(Iam "iam" "PutRolePermissionsBoundary" Write, |cx, _, caller, input| {
        Ok(on_role(cx, caller, &input.role_name)
            .key(KnownKey::PermissionsBoundary, input.permissions_boundary.as_str())
            .telling(input.permissions_boundary.as_str()))
    }, put_role_permissions_boundary),
    silent!(Iam "iam" "DeleteUserPermissionsBoundary" Write,
        |cx, _, caller, input| Ok(freed(on_bounded_user(cx, caller, &input.user_name))),
        delete_user_permissions_boundary),
    silent!(Iam "iam" "DeleteRolePermissionsBoundary" Write,
        |cx, _, caller, input| Ok(freed(on_bounded_role(cx, caller, &input.role_name))),
        delete_role_permissions_boundary),
];
