//! Passwords of users: created, changed by an administrator or by the user itself, deleted.

use std::sync::Arc;

use locum_store::{Account, Change, Failures, Key, LoginProfile, Record, User};
use locum_wire::iam::{
    ChangePasswordRequest, CreateLoginProfileRequest, CreateLoginProfileResponse,
    DeleteLoginProfileRequest, GetLoginProfileRequest, GetLoginProfileResponse,
    UpdateLoginProfileRequest,
};
use locum_wire::{Timestamp, iam};

use super::names;
use super::user::{named_or_caller, on_own_or_named, on_user};
use crate::authorize::Grant;
use crate::caller::{Caller, Identity};
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::mfa;
use crate::needs::Needs;
use crate::operation::{Operation, answering, silent};
use crate::password;
use crate::snapshot::Snapshot;

fn shown(user: &User, profile: &LoginProfile) -> iam::LoginProfile {
    iam::LoginProfile {
        create_date: Timestamp(profile.created_s),
        password_reset_required: Some(profile.reset_required),
        user_name: user.name.clone(),
    }
}

fn put(caller: &Caller, profile: LoginProfile) -> Change {
    names::change(&caller.account, vec![Record::LoginProfile(profile)], vec![])
}

/// The password of `user`.
///
/// # Errors
/// `NoSuchEntity` with AWS's sentence.
fn profile_of<'a>(account: &'a Account, user: &User) -> Result<&'a Arc<LoginProfile>, ApiError> {
    account.login_profile(&user.id).ok_or_else(|| {
        ApiError::NoSuchEntity(format!(
            "Login Profile for User {} cannot be found.",
            user.name
        ))
    })
}

fn create_login_profile(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateLoginProfileRequest,
) -> Result<(CreateLoginProfileResponse, Change), ApiError> {
    let account = &caller.account;
    let user = entities::user(
        account,
        named_or_caller(caller, input.user_name.as_deref())?,
    )?;
    // Only sessions of AssumeRoot may leave it out, and there are none.
    let password = input.password.ok_or_else(|| {
        ApiError::Validation("1 validation error detected: Value at 'password' failed to satisfy constraint: Member must not be null".to_owned())
    })?;
    if account.login_profile(&user.id).is_some() {
        return Err(ApiError::EntityAlreadyExists(format!(
            "Login Profile for user {} already exists.",
            user.name
        )));
    }
    password::check(&account.meta, &password)?;
    let mut salt = vec![0; password::SALT_BYTES];
    cx.random.fill(&mut salt);
    let profile = LoginProfile {
        user_id: user.id.clone(),
        created_s: cx.now_s,
        changed_s: cx.now_s,
        reset_required: input.password_reset_required.unwrap_or(false),
        hashes: vec![password::hash(&password, &salt)?],
        salt,
        failures: Failures::default(),
    };
    let output = CreateLoginProfileResponse {
        login_profile: shown(user, &profile),
    };
    Ok((output, put(caller, profile)))
}

fn get_login_profile(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetLoginProfileRequest,
) -> Result<(GetLoginProfileResponse, Change), ApiError> {
    let account = &caller.account;
    let user = entities::user(
        account,
        named_or_caller(caller, input.user_name.as_deref())?,
    )?;
    let login_profile = shown(user, profile_of(account, user)?);
    Ok((GetLoginProfileResponse { login_profile }, Change::default()))
}

/// The profile with another password, if the account's rules allow it.
fn changed(
    cx: &Cx<'_>,
    account: &Account,
    profile: &LoginProfile,
    password: &str,
) -> Result<LoginProfile, ApiError> {
    password::check(&account.meta, password)?;
    let hash = password::hash(password, &profile.salt)?;
    let policy = account.meta.password_policy.as_ref();
    Ok(LoginProfile {
        hashes: password::remembered(policy, &profile.hashes, hash)?,
        changed_s: cx.now_s,
        failures: Failures::default(),
        ..profile.clone()
    })
}

fn update_login_profile(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateLoginProfileRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let user = entities::user(account, &input.user_name)?;
    let held = profile_of(account, user)?;
    let mut profile = match &input.password {
        Some(password) => changed(cx, account, held, password)?,
        None => LoginProfile::clone(held),
    };
    if let Some(required) = input.password_reset_required {
        profile.reset_required = required;
    }
    if profile == **held {
        return Ok(Change::default());
    }
    Ok(put(caller, profile))
}

fn delete_login_profile(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteLoginProfileRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let user = entities::user(
        account,
        named_or_caller(caller, input.user_name.as_deref())?,
    )?;
    let key = Key::LoginProfile(profile_of(account, user)?.user_id.clone());
    Ok(names::change(account, vec![], vec![key]))
}

/// Only users have passwords to change, each its own.
fn changing(caller: &Caller) -> Result<&Arc<User>, ApiError> {
    match &caller.identity {
        Identity::User(user) => Ok(user),
        Identity::Root | Identity::RoleSession(_) => Err(ApiError::modelled(
            &iam::errors::INVALID_USER_TYPE,
            "Only IAM Users can change their own password",
        )),
    }
}

fn needs_change<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    _: &'a ChangePasswordRequest,
) -> Result<Needs<'a>, ApiError> {
    Ok(on_user(cx, caller, &changing(caller)?.name))
}

/// The old password is asked for although the caller signed: whoever found its key does not take over
/// its sign-in. Wrong ones are counted like wrong codes.
fn change_password(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ChangePasswordRequest,
) -> Result<Change, ApiError> {
    let account = &caller.account;
    let held = profile_of(account, changing(caller)?)?;
    if mfa::is_locked(held.failures, cx.now_s) {
        return Err(ApiError::modelled(
            &iam::errors::ENTITY_TEMPORARILY_UNMODIFIABLE,
            "The old password was wrong too often. Try again later.",
        ));
    }
    let old = password::hash(&input.old_password, &held.salt)?;
    if held.hashes.first() != Some(&old) {
        let counted = LoginProfile {
            failures: mfa::counted(held.failures, cx.now_s),
            ..LoginProfile::clone(held)
        };
        return Err(ApiError::Counted {
            error: Box::new(ApiError::Forbidden(
                "The old password was incorrect.".into(),
            )),
            change: Box::new(put(caller, counted)),
        });
    }
    let profile = LoginProfile {
        reset_required: false,
        ..changed(cx, account, held, &input.new_password)?
    };
    Ok(put(caller, profile))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "CreateLoginProfile" Write,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()),
        create_login_profile),
    answering!(Iam "iam" "GetLoginProfile" Read,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()),
        get_login_profile),
    silent!(Iam "iam" "UpdateLoginProfile" Write,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), update_login_profile),
    silent!(Iam "iam" "DeleteLoginProfile" Write,
        |cx, _, caller, input| on_own_or_named(cx, caller, input.user_name.as_deref()),
        delete_login_profile),
    silent!(Iam "iam" "ChangePassword" Write, needs_change, change_password),
];
