//! Credentials for one service each: a user name and password, or an API key, shown once.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use locum_policy::KnownKey;
use locum_store::{
    Account, Change, CredentialStatus, Key, Record, Secret, ServiceCredential, User,
};
use locum_wire::Timestamp;
use locum_wire::iam::{
    self, CreateServiceSpecificCredentialRequest, CreateServiceSpecificCredentialResponse,
    DeleteServiceSpecificCredentialRequest, ListServiceSpecificCredentialsRequest,
    ListServiceSpecificCredentialsResponse, ResetServiceSpecificCredentialRequest,
    ResetServiceSpecificCredentialResponse, UpdateServiceSpecificCredentialRequest,
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
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// Bytes of a password: 44 characters of base 64.
const PASSWORD_BYTES: usize = 33;
const DAY_S: i64 = 86_400;

/// What a service takes as credentials.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A user name and a password, without an end.
    Password,
    /// An API key, which may have an end.
    ApiKey,
}

/// The services that take such credentials.
const SERVICES: [(&str, Form); 3] = [
    ("codecommit.amazonaws.com", Form::Password),
    ("cassandra.amazonaws.com", Form::Password),
    ("bedrock.amazonaws.com", Form::ApiKey),
];

fn form_of(service: &str) -> Result<Form, ApiError> {
    let known = SERVICES.iter().find(|(name, _)| *name == service);
    known.map(|(_, form)| *form).ok_or_else(|| {
        ApiError::NoSuchEntity(format!(
            "No such service {service} is supported for Service Specific Credentials"
        ))
    })
}

/// Active, Inactive or, after its end, Expired.
fn status(cx: &Cx<'_>, credential: &ServiceCredential) -> String {
    let over = credential.expires_s.is_some_and(|end| end <= cx.now_s);
    let status = match credential.status {
        _ if over => "Expired",
        CredentialStatus::Active => "Active",
        CredentialStatus::Inactive => "Inactive",
    };
    status.to_owned()
}

/// The name under which the service knows it: a user name, or the alias of an API key.
fn named(credential: &ServiceCredential) -> (Option<String>, Option<String>) {
    let name = Some(credential.service_user_name.clone());
    match form_of(&credential.service) {
        Ok(Form::ApiKey) => (None, name),
        _ => (name, None),
    }
}

/// With its secret: only what makes a new one shows it.
fn revealed(
    cx: &Cx<'_>,
    user: &User,
    credential: &ServiceCredential,
    secret: String,
) -> iam::ServiceSpecificCredential {
    let (service_user_name, service_credential_alias) = named(credential);
    let is_key = service_credential_alias.is_some();
    let (password, key) = if is_key {
        (None, Some(secret))
    } else {
        (Some(secret), None)
    };
    iam::ServiceSpecificCredential {
        create_date: Timestamp(credential.created_s),
        expiration_date: credential.expires_s.map(Timestamp),
        service_credential_alias,
        service_credential_secret: key,
        service_name: credential.service.clone(),
        service_password: password,
        service_specific_credential_id: credential.id.clone(),
        service_user_name,
        status: status(cx, credential),
        user_name: user.name.clone(),
    }
}

/// A fresh secret, and its text.
fn fresh(cx: &Cx<'_>) -> (Secret, String) {
    let mut bytes = zeroize::Zeroizing::new([0u8; PASSWORD_BYTES]);
    cx.random.fill(bytes.as_mut_slice());
    let text = STANDARD.encode(bytes.as_slice());
    (Secret::new(text.as_bytes()), text)
}

/// `alice-at-A`, `alice+1-at-A`: the first that the user does not have yet.
fn free_name(account: &Account, user: &User, service: &str) -> String {
    let held = account.service_credentials_of(&user.id);
    let taken = |name: &String| {
        let mut same = held.iter().filter(|held| held.service == service);
        same.any(|held| held.service_user_name == *name)
    };
    let first = format!("{}-at-{}", user.name, account.id);
    let next = (1..).map(|number: usize| format!("{}+{number}-at-{}", user.name, account.id));
    let mut names = std::iter::once(first.clone()).chain(next);
    names.find(|name| !taken(name)).unwrap_or(first)
}

fn put(caller: &Caller, credential: ServiceCredential) -> Change {
    let record = Record::ServiceCredential(credential);
    names::change(&caller.account, vec![record], vec![])
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateServiceSpecificCredentialRequest,
) -> Result<Needs<'a>, ApiError> {
    let needs = on_user(cx, caller, &input.user_name).key(
        KnownKey::ServiceSpecificCredentialServiceName,
        input.service_name.as_str(),
    );
    Ok(match input.credential_age_days {
        Some(days) => needs.key(KnownKey::ServiceSpecificCredentialAgeDays, days.to_string()),
        None => needs,
    })
}

fn create_service_specific_credential(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateServiceSpecificCredentialRequest,
) -> Result<(CreateServiceSpecificCredentialResponse, Change), ApiError> {
    let account = &caller.account;
    let user = entities::user(account, &input.user_name)?;
    let form = form_of(&input.service_name)?;
    if form == Form::Password && input.credential_age_days.is_some() {
        return Err(ApiError::Unsupported {
            parameter: "CredentialAgeDays",
            reason: "credentials of this service have no end",
        });
    }
    let held = account.service_credentials_of(&user.id);
    let held = held
        .iter()
        .filter(|held| held.service == input.service_name);
    names::quota(
        held.count(),
        "ServiceSpecificCredentialsPerUser",
        limits::SERVICE_CREDENTIALS_PER_USER_MAX,
    )?;
    let (secret, text) = fresh(cx);
    let days = input.credential_age_days.map(i64::from);
    let credential = ServiceCredential {
        id: ids::new_id(IdKind::ServiceCredential, account.id, cx.random),
        user_id: user.id.clone(),
        service_user_name: free_name(account, user, &input.service_name),
        service: input.service_name,
        secret,
        status: CredentialStatus::Active,
        created_s: cx.now_s,
        expires_s: days.map(|days| cx.now_s + days * DAY_S),
    };
    let output = CreateServiceSpecificCredentialResponse {
        service_specific_credential: Some(revealed(cx, user, &credential, text)),
    };
    Ok((output, put(caller, credential)))
}

fn needs_list<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a ListServiceSpecificCredentialsRequest,
) -> Result<Needs<'a>, ApiError> {
    match (&input.user_name, input.all_users) {
        (None, Some(true)) => Ok(Needs::on("*", caller.account.id)),
        (Some(_), Some(true)) => Err(ApiError::Validation(
            "UserName and AllUsers cannot be passed together.".to_owned(),
        )),
        (name, _) => on_own_or_named(cx, caller, name.as_deref()),
    }
}

fn list_service_specific_credentials(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListServiceSpecificCredentialsRequest,
) -> Result<(ListServiceSpecificCredentialsResponse, Change), ApiError> {
    let account = &caller.account;
    let service = input.service_name.as_deref();
    service.map(form_of).transpose()?;
    let all = input.all_users == Some(true);
    let user = if all {
        None
    } else {
        let name = named_or_caller(caller, input.user_name.as_deref())?;
        Some(entities::user(account, name)?)
    };
    let owner = user.map_or("*", |user| &user.id);
    let binding = format!(
        "ListServiceSpecificCredentials {} {owner} {}",
        account.id,
        service.unwrap_or_default()
    );
    let after = page::after(&binding, input.marker.as_deref())?;
    let held: Box<dyn Iterator<Item = &Arc<ServiceCredential>>> = match user {
        Some(user) => Box::new(account.service_credentials_of(&user.id).into_iter()),
        None => Box::new(account.service_credentials().after(&after)),
    };
    let rest = held
        .filter(|held| held.id > after)
        .filter(|held| service.is_none_or(|service| held.service == service));
    let page = page::take(
        &binding,
        rest,
        input.max_items,
        |held| &held.id,
        |held| Ok(listed(cx, account, held)),
    )?;
    let output = ListServiceSpecificCredentialsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        service_specific_credentials: Some(page.items),
    };
    Ok((output, Change::default()))
}

fn listed(
    cx: &Cx<'_>,
    account: &Account,
    held: &ServiceCredential,
) -> iam::ServiceSpecificCredentialMetadata {
    let (service_user_name, service_credential_alias) = named(held);
    let user = account.user_by_id(&held.user_id);
    iam::ServiceSpecificCredentialMetadata {
        create_date: Timestamp(held.created_s),
        expiration_date: held.expires_s.map(Timestamp),
        service_credential_alias,
        service_name: held.service.clone(),
        service_specific_credential_id: held.id.clone(),
        service_user_name,
        status: status(cx, held),
        user_name: user.map(|user| user.name.clone()).unwrap_or_default(),
    }
}

/// The user that a request means and its credential `id`: another's does not exist for it.
fn credential_of<'a>(
    caller: &'a Caller,
    name: Option<&'a str>,
    id: &str,
) -> Result<(&'a Arc<User>, &'a Arc<ServiceCredential>), ApiError> {
    let account = &caller.account;
    let user = entities::user(account, named_or_caller(caller, name)?)?;
    let held = account.service_credentials().get(id);
    let held = held.filter(|held| held.user_id == user.id && held.id == id);
    let absent = || ApiError::NoSuchEntity(format!("No such credential {id} exists"));
    Ok((user, held.ok_or_else(absent)?))
}

/// What an operation on one credential is asked about, with the service as a condition key.
fn on_credential<'a>(
    cx: &Cx<'_>,
    caller: &'a Caller,
    name: Option<&str>,
    id: &str,
) -> Result<Needs<'a>, ApiError> {
    let needs = on_own_or_named(cx, caller, name)?;
    Ok(match caller.account.service_credentials().get(id) {
        Some(held) => needs.key(
            KnownKey::ServiceSpecificCredentialServiceName,
            held.service.as_str(),
        ),
        None => needs,
    })
}

fn update_service_specific_credential(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateServiceSpecificCredentialRequest,
) -> Result<Change, ApiError> {
    let id = &input.service_specific_credential_id;
    // Its model declares no `InvalidInput`.
    let status = names::settable_status(&input.status).map_err(|_| {
        let sentence = "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set";
        ApiError::Validation(sentence.to_owned())
    })?;
    let (_, held) = credential_of(caller, input.user_name.as_deref(), id)?;
    let credential = ServiceCredential {
        status,
        ..ServiceCredential::clone(held)
    };
    Ok(put(caller, credential))
}

fn reset_service_specific_credential(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ResetServiceSpecificCredentialRequest,
) -> Result<(ResetServiceSpecificCredentialResponse, Change), ApiError> {
    let id = &input.service_specific_credential_id;
    let (user, held) = credential_of(caller, input.user_name.as_deref(), id)?;
    let (secret, text) = fresh(cx);
    let credential = ServiceCredential {
        secret,
        ..ServiceCredential::clone(held)
    };
    let output = ResetServiceSpecificCredentialResponse {
        service_specific_credential: Some(revealed(cx, user, &credential, text)),
    };
    Ok((output, put(caller, credential)))
}

fn delete_service_specific_credential(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteServiceSpecificCredentialRequest,
) -> Result<Change, ApiError> {
    let id = &input.service_specific_credential_id;
    let (_, held) = credential_of(caller, input.user_name.as_deref(), id)?;
    let key = Key::ServiceCredential(held.id.clone());
    Ok(names::change(&caller.account, vec![], vec![key]))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateServiceSpecificCredential" Write,
        needs_create, create_service_specific_credential),
    answering!(Iam "iam" "ListServiceSpecificCredentials" Read,
        needs_list, list_service_specific_credentials),
    silent!(Iam "iam" "UpdateServiceSpecificCredential" Write,
        |cx, _, caller, input| on_credential(
            cx, caller, input.user_name.as_deref(), &input.service_specific_credential_id),
        update_service_specific_credential),
    answering!(Iam "iam" "ResetServiceSpecificCredential" Write,
        |cx, _, caller, input| on_credential(
            cx, caller, input.user_name.as_deref(), &input.service_specific_credential_id),
        reset_service_specific_credential),
    silent!(Iam "iam" "DeleteServiceSpecificCredential" Write,
        |cx, _, caller, input| on_credential(
            cx, caller, input.user_name.as_deref(), &input.service_specific_credential_id),
        delete_service_specific_credential),
];
