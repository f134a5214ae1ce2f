//! Finding entities by the names and ARNs that requests use, and naming them back.

use std::sync::Arc;

use locum_policy::Arn;
use locum_store::{
    Account, AccountId, AccountStatus, Group, InstanceProfile, ManagedPolicy, PolicyText, Role,
    User,
};

use crate::cx::Cx;
use crate::error::ApiError;
use crate::managed;

/// The account that owns AWS's managed policies, as ARNs spell it.
pub(crate) const AWS_ACCOUNT: &str = "aws";

/// `arn:aws:iam::A:user/path/name`.
pub(crate) fn user_arn(cx: &Cx<'_>, account: AccountId, user: &User) -> String {
    arn(cx, account, "user", &user.path, &user.name)
}

/// `arn:aws:iam::A:role/path/name`.
pub(crate) fn role_arn(cx: &Cx<'_>, account: AccountId, role: &Role) -> String {
    arn(cx, account, "role", &role.path, &role.name)
}

/// `arn:aws:iam::A:policy/path/name`.
pub(crate) fn policy_arn(cx: &Cx<'_>, account: AccountId, policy: &ManagedPolicy) -> String {
    arn(cx, account, "policy", &policy.path, &policy.name)
}

/// An IAM ARN; `path` begins and ends with `/`.
pub(crate) fn arn(cx: &Cx<'_>, account: AccountId, kind: &str, path: &str, name: &str) -> String {
    format!(
        "arn:{}:iam::{account}:{kind}{path}{name}",
        cx.settings.partition
    )
}

/// Nobody of a suspended account calls, and nobody assumes a role of it.
pub(crate) fn is_suspended(account: &Account) -> bool {
    account.meta.status == AccountStatus::Suspended
}

/// Is `arn` spelled in this installation's partition? Look-ups by ARN do not ask; whoever stores an
/// ARN that came in a request must, or one policy would have several names, and conditions on
/// `iam:PolicyARN` know one of them.
pub(crate) fn is_of_partition(cx: &Cx<'_>, arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|parsed| parsed.partition == cx.settings.partition)
}

/// The customer managed policy of `account` that `arn` names, path and all.
pub(crate) fn policy_by_arn<'a>(account: &'a Account, arn: &str) -> Option<&'a Arc<ManagedPolicy>> {
    let parsed = Arn::parse(arn)?;
    if parsed.service != "iam"
        || !parsed.region.is_empty()
        || parsed.account != account.id.text().as_str()
    {
        return None;
    }
    let path_and_name = parsed.resource.strip_prefix("policy")?;
    let name = path_and_name.rsplit('/').next()?;
    let policy = account.policy_by_name(name)?;
    let path = path_and_name.strip_suffix(policy.name.as_str())?;
    (path == policy.path).then_some(policy)
}

/// Is there a managed policy with this ARN, AWS's or of `account`, that can be attached?
pub(crate) fn is_attachable(account: &Account, arn: &str) -> bool {
    policy_by_arn(account, arn).is_some() || managed::find(arn).is_some()
}

/// Is it one of the policies that AWS keeps for service-linked roles? Nothing else may hold them (the
/// model's words for `PolicyNotAttachable`).
pub(crate) fn is_service_role_policy(arn: &str) -> bool {
    Arn::parse(arn).is_some_and(|parsed| {
        parsed.account == AWS_ACCOUNT && parsed.resource.starts_with("policy/aws-service-role/")
    })
}

/// The text that counts: the default version's.
pub(crate) fn default_text(policy: &ManagedPolicy) -> Option<&PolicyText> {
    policy.default().map(|version| &version.text)
}

/// The user called `name` (any case).
///
/// # Errors
/// `NoSuchEntity` with AWS's sentence.
pub(crate) fn user<'a>(account: &'a Account, name: &str) -> Result<&'a Arc<User>, ApiError> {
    account.users().get(name).ok_or_else(|| {
        ApiError::NoSuchEntity(format!("The user with name {name} cannot be found."))
    })
}

/// The role called `name` (any case).
///
/// # Errors
/// `NoSuchEntity` with AWS's sentence.
pub(crate) fn role<'a>(account: &'a Account, name: &str) -> Result<&'a Arc<Role>, ApiError> {
    account.roles().get(name).ok_or_else(|| {
        ApiError::NoSuchEntity(format!("The role with name {name} cannot be found."))
    })
}

/// The group called `name` (any case).
///
/// # Errors
/// `NoSuchEntity` with AWS's sentence.
pub(crate) fn group<'a>(account: &'a Account, name: &str) -> Result<&'a Arc<Group>, ApiError> {
    account.groups().get(name).ok_or_else(|| {
        ApiError::NoSuchEntity(format!("The group with name {name} cannot be found."))
    })
}

/// The instance profile called `name` (any case).
///
/// # Errors
/// `NoSuchEntity` with AWS's sentence.
pub(crate) fn instance_profile<'a>(
    account: &'a Account,
    name: &str,
) -> Result<&'a Arc<InstanceProfile>, ApiError> {
    account
        .instance_profiles()
        .get(name)
        .ok_or_else(|| ApiError::NoSuchEntity(format!("Instance Profile {name} cannot be found.")))
}

/// The ARN of the user called `name`: its own when it exists, else what it would be at the root path.
pub(crate) fn user_arn_of(cx: &Cx<'_>, account: &Account, name: &str) -> String {
    match account.users().get(name) {
        Some(user) => user_arn(cx, account.id, user),
        None => arn(cx, account.id, "user", "/", name),
    }
}

/// The ARN of the role called `name`: its own when it exists, else what it would be at the root path.
pub(crate) fn role_arn_of(cx: &Cx<'_>, account: &Account, name: &str) -> String {
    match account.roles().get(name) {
        Some(role) => role_arn(cx, account.id, role),
        None => arn(cx, account.id, "role", "/", name),
    }
}
