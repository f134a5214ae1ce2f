//! Service-linked roles: create, delete, what came of the deletion, and that nothing else changes them.

use locum_policy::KnownKey;
use locum_store::{Change, DeletionTask, Key, Record, Role};
use locum_wire::iam;
use locum_wire::iam::{
    CreateServiceLinkedRoleRequest, CreateServiceLinkedRoleResponse,
    DeleteServiceLinkedRoleRequest, DeleteServiceLinkedRoleResponse,
    GetServiceLinkedRoleDeletionStatusRequest, GetServiceLinkedRoleDeletionStatusResponse,
};

use super::linked_services::{self, LinkedService, Suffixes};
use super::{names, role};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::documents;
use crate::entities;
use crate::error::ApiError;
use crate::ids::{self, IdKind};
use crate::limits;
use crate::managed;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// Where all of them are, each below its service; nothing else is made there.
pub(crate) const PATH: &str = "/aws-service-role/";
/// How every task id begins; what follows is the role with its path, and a UUID.
const TASK: &str = "task";
/// Longest role name.
const ROLE_NAME_CHARACTERS_MAX: usize = 64;

/// A service-linked role is changed by its service alone.
///
/// # Errors
/// `UnmodifiableEntity` with AWS's sentence.
pub(super) fn refuse(role: &Role) -> Result<(), ApiError> {
    if role.service_linked.is_none() {
        return Ok(());
    }
    Err(ApiError::UnmodifiableEntity(format!(
        "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
        role.name
    )))
}

/// Whoever may create roles must not make one that policies take for a service-linked one.
///
/// # Errors
/// `InvalidInput`; the sentence is unconfirmed.
pub(super) fn refuse_path(path: &str) -> Result<(), ApiError> {
    if !path.starts_with(PATH) {
        return Ok(());
    }
    Err(ApiError::InvalidInput(
        format!("The path {PATH} is reserved for service-linked roles.").into(),
    ))
}

fn path_of(service: &str) -> String {
    format!("{PATH}{service}/")
}

fn name_of(known: &LinkedService, suffix: Option<&str>) -> String {
    match suffix {
        Some(suffix) => format!("{}_{suffix}", known.role),
        None => known.role.to_owned(),
    }
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateServiceLinkedRoleRequest,
) -> Result<Needs<'a>, ApiError> {
    let service = input.aws_service_name.as_str();
    let suffix = input.custom_suffix.as_deref();
    // Of a service that is not known there is no name: the right to all its roles is needed.
    let name = linked_services::find(service).map(|known| name_of(known, suffix));
    let name = name.unwrap_or_else(|| "*".to_owned());
    let arn = entities::arn(cx, caller.account.id, "role", &path_of(service), &name);
    Ok(Needs::on(arn, caller.account.id).key(KnownKey::AwsServiceName, service))
}

/// # Errors
/// `AccessDenied` for a service without such roles, as AWS's users report it; `InvalidInput`: AWS's
/// sentence for the suffix, ours (unconfirmed) for the rest.
fn checked(
    input: &CreateServiceLinkedRoleRequest,
) -> Result<(&'static LinkedService, String), ApiError> {
    let service = input.aws_service_name.as_str();
    let known = linked_services::find(service).ok_or_else(|| {
        let sentence = format!("Cannot find Service Linked Role template for {service}");
        ApiError::Forbidden(sentence.into())
    })?;
    let suffix = input.custom_suffix.as_deref();
    if suffix.is_some() && known.suffixes == Suffixes::Refused {
        return Err(ApiError::InvalidInput(
            format!("Custom suffix is not allowed for {service}").into(),
        ));
    }
    let name = name_of(known, suffix);
    if name.chars().count() > ROLE_NAME_CHARACTERS_MAX {
        return Err(ApiError::InvalidInput(
            format!(
                "Service role name {name} is longer than {ROLE_NAME_CHARACTERS_MAX} characters."
            )
            .into(),
        ));
    }
    Ok((known, name))
}

/// The one statement of its trust policy.
fn trust_of(service: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{{"Service":["{service}"]}}}}]}}"#
    )
}

fn create_service_linked_role(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateServiceLinkedRoleRequest,
) -> Result<(CreateServiceLinkedRoleResponse, Change), ApiError> {
    let account = &caller.account;
    let (known, name) = checked(&input)?;
    if account.roles().get(&name).is_some() {
        return Err(ApiError::InvalidInput(
            format!("Service role name {name} has been taken in this account, please try a different suffix.").into(),
        ));
    }
    let max = limits::ROLES_PER_ACCOUNT_MAX;
    names::quota(account.roles().len(), "RolesPerAccount", max)?;
    let partition = &cx.settings.partition;
    let policy = format!("arn:{partition}:iam::aws:policy{PATH}{}", known.policy);
    // One that is not built in would deny everything.
    let attached = managed::find(&policy).map(|_| policy);
    let role = Role {
        path: path_of(known.service),
        tags: Vec::new(),
        id: ids::new_id(IdKind::Role, account.id, cx.random),
        name,
        created_s: cx.now_s,
        description: input.description,
        max_session_duration_s: role::MAX_SESSION_DURATION_S_DEFAULT,
        trust: documents::trust(cx, state, &trust_of(known.service))?,
        inline: Vec::new(),
        attached: attached.into_iter().collect(),
        boundary: None,
        service_linked: Some(known.service.to_owned()),
    };
    // As CreateRole's answer, which leaves these two out.
    let shown = iam::Role {
        description: None,
        max_session_duration: None,
        ..role::listed(cx, state, account.id, &role)?
    };
    let change = names::change(account, vec![Record::Role(role)], vec![]);
    Ok((
        CreateServiceLinkedRoleResponse { role: Some(shown) },
        change,
    ))
}

/// AWS asks the service whether the role is in use, which takes a while. Nobody uses it here, so the
/// deletion is over with the call; the task tells so.
fn delete_service_linked_role(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteServiceLinkedRoleRequest,
) -> Result<(DeleteServiceLinkedRoleResponse, Change), ApiError> {
    let account = &caller.account;
    let role = entities::role(account, &input.role_name)?;
    if role.service_linked.is_none() {
        // The code is one that the model has for this operation; the sentence is unconfirmed.
        return Err(ApiError::NoSuchEntity(format!(
            "The role with name {} is not a service-linked role.",
            role.name
        )));
    }
    let uuid = ids::uuid_string(cx.random);
    let id = format!("{TASK}{}{}/{uuid}", role.path, role.name);
    let mut deletes = vec![
        Key::Role(role.name.to_ascii_lowercase()),
        Key::LastUse(role.id.clone()),
        Key::LastAccess(role.id.clone()),
    ];
    if account.deletion_tasks().len() >= limits::DELETION_TASKS_MAX {
        let oldest = account
            .deletion_tasks()
            .iter()
            .min_by_key(|task| task.created_s);
        deletes.extend(oldest.map(|task| Key::DeletionTask(task.id.clone())));
    }
    let task = DeletionTask {
        id: id.clone(),
        created_s: cx.now_s,
    };
    let change = names::change(account, vec![Record::DeletionTask(task)], deletes);
    Ok((
        DeleteServiceLinkedRoleResponse {
            deletion_task_id: id,
        },
        change,
    ))
}

/// The role that a task is about: `task` + path and name + `/` + UUID.
fn needs_status<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a GetServiceLinkedRoleDeletionStatusRequest,
) -> Result<Needs<'a>, ApiError> {
    let id = &input.deletion_task_id;
    let role = id.strip_prefix(TASK).and_then(|rest| rest.rsplit_once('/'));
    let role = role.filter(|(role, _)| role.starts_with(PATH));
    let (role, _) = role.ok_or_else(|| {
        ApiError::InvalidInput(format!("The deletion task id {id} is not valid.").into())
    })?;
    let arn = entities::arn(cx, caller.account.id, "role", role, "");
    Ok(Needs::on(arn, caller.account.id))
}

fn get_service_linked_role_deletion_status(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetServiceLinkedRoleDeletionStatusRequest,
) -> Result<(GetServiceLinkedRoleDeletionStatusResponse, Change), ApiError> {
    let id = &input.deletion_task_id;
    let task = caller.account.deletion_tasks().get(id);
    task.filter(|task| task.id == *id).ok_or_else(|| {
        ApiError::NoSuchEntity(format!("The deletion task with id {id} cannot be found."))
    })?;
    let output = GetServiceLinkedRoleDeletionStatusResponse {
        reason: None,
        status: "SUCCEEDED".to_owned(),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateServiceLinkedRole" Write, needs_create, create_service_linked_role),
    answering!(Iam "iam" "DeleteServiceLinkedRole" Write,
        |cx, _, caller, input| Ok(role::on_role(cx, caller, &input.role_name)),
        delete_service_linked_role),
    answering!(Iam "iam" "GetServiceLinkedRoleDeletionStatus" Read, needs_status,
        get_service_linked_role_deletion_status),
];
