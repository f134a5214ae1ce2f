//! The account's rules for passwords: set as a whole, read, taken away.

use locum_store::{AccountMeta, Change, PasswordPolicy, Record};
use locum_wire::Empty;
use locum_wire::iam::{self, GetAccountPasswordPolicyResponse, UpdateAccountPasswordPolicyRequest};

use super::names;
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::limits;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

fn put(caller: &Caller, policy: Option<PasswordPolicy>) -> Change {
    let account = &caller.account;
    let meta = AccountMeta {
        password_policy: policy,
        ..AccountMeta::clone(&account.meta)
    };
    names::change(account, vec![Record::AccountMeta(meta)], vec![])
}

/// A rule that is not named goes back to its default.
fn update_account_password_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateAccountPasswordPolicyRequest,
) -> Result<Change, ApiError> {
    let figure = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok());
    let length_min = figure(input.minimum_password_length);
    let policy = PasswordPolicy {
        length_min: length_min.unwrap_or(limits::PASSWORD_LENGTH_MIN_DEFAULT),
        require_lowercase: input.require_lowercase_characters.unwrap_or(false),
        require_uppercase: input.require_uppercase_characters.unwrap_or(false),
        require_numbers: input.require_numbers.unwrap_or(false),
        require_symbols: input.require_symbols.unwrap_or(false),
        allow_users_to_change: input.allow_users_to_change_password.unwrap_or(false),
        age_days_max: figure(input.max_password_age),
        reuse_prevention: figure(input.password_reuse_prevention),
        hard_expiry: input.hard_expiry,
    };
    if caller.account.meta.password_policy == Some(policy) {
        return Ok(Change::default());
    }
    Ok(put(caller, Some(policy)))
}

fn get_account_password_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<(GetAccountPasswordPolicyResponse, Change), ApiError> {
    let account = &caller.account;
    let policy = account.meta.password_policy.ok_or_else(|| {
        ApiError::NoSuchEntity(format!(
            "The Password Policy with domain name {} cannot be found.",
            account.id
        ))
    })?;
    let figure = |value: u32| i32::try_from(value).unwrap_or(i32::MAX);
    let password_policy = iam::PasswordPolicy {
        allow_users_to_change_password: Some(policy.allow_users_to_change),
        expire_passwords: Some(policy.age_days_max.is_some()),
        hard_expiry: policy.hard_expiry,
        max_password_age: policy.age_days_max.map(figure),
        minimum_password_length: Some(figure(policy.length_min)),
        password_reuse_prevention: policy.reuse_prevention.map(figure),
        require_lowercase_characters: Some(policy.require_lowercase),
        require_numbers: Some(policy.require_numbers),
        require_symbols: Some(policy.require_symbols),
        require_uppercase_characters: Some(policy.require_uppercase),
    };
    Ok((
        GetAccountPasswordPolicyResponse { password_policy },
        Change::default(),
    ))
}

fn delete_account_password_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<Change, ApiError> {
    if caller.account.meta.password_policy.is_none() {
        return Err(ApiError::NoSuchEntity(
            "The account policy with name PasswordPolicy cannot be found.".to_owned(),
        ));
    }
    Ok(put(caller, None))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    silent!(Iam "iam" "UpdateAccountPasswordPolicy" Write,
        names::everywhere, update_account_password_policy),
    answering!(Iam "iam" "GetAccountPasswordPolicy" Read,
        names::everywhere, get_account_password_policy),
    silent!(Iam "iam" "DeleteAccountPasswordPolicy" Write,
        names::everywhere, delete_account_password_policy),
];
