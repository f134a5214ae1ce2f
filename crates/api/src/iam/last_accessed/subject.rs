//! What a report of last accesses is about: a user, group, role or policy, and who could use what it allows.

use std::collections::HashSet;
use std::sync::Arc;

use locum_policy::Arn;
use locum_store::{Account, AccountId, Group, ManagedPolicy, Role, User};
use locum_wire::iam::EntityInfo;

use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::iam::allowed_services::{self, Allowed, allows};
use crate::iam::policy::{self, Named};
use crate::managed::ManagedEntry;
use crate::needs::Needs;

/// What the ARN of a request names.
pub(super) enum Subject<'a> {
    User(&'a Arc<User>),
    Group(&'a Arc<Group>),
    Role(&'a Arc<Role>),
    Policy(&'a Arc<ManagedPolicy>),
    Aws(&'static ManagedEntry),
}

/// Somebody who calls.
pub(super) enum Entity<'a> {
    User(&'a User),
    Role(&'a Role),
}

/// The kind and the path with the name of an ARN of this partition, and whose it is.
///
/// # Errors
/// `InvalidInput` for the ARN of anything but a user, group, role or policy.
fn parsed<'a>(
    cx: &Cx<'_>,
    arn: &'a str,
) -> Result<(&'a str, &'a str, Option<AccountId>), ApiError> {
    let invalid = || ApiError::InvalidInput(format!("ARN {arn} is not valid.").into());
    let parsed = Arn::parse(arn).ok_or_else(invalid)?;
    let (kind, rest) = parsed.resource.split_once('/').ok_or_else(invalid)?;
    let owner = AccountId::parse(parsed.account);
    let aws = kind == "policy" && parsed.account == entities::AWS_ACCOUNT;
    let good = parsed.partition == cx.settings.partition
        && parsed.service == "iam"
        && parsed.region.is_empty()
        && (owner.is_some() || aws)
        && matches!(kind, "user" | "group" | "role" | "policy");
    if good {
        Ok((kind, rest, owner))
    } else {
        Err(invalid())
    }
}

/// What GenerateServiceLastAccessedDetails is asked about: the entity with its tags.
pub(super) fn needs<'a>(
    cx: &Cx<'_>,
    caller: &'a Caller,
    arn: &'a str,
) -> Result<Needs<'a>, ApiError> {
    let (kind, rest, owner) = parsed(cx, arn)?;
    let account = &caller.account;
    let needs = Needs::on(arn, owner.unwrap_or(account.id));
    if owner != Some(account.id) {
        return Ok(needs);
    }
    let name = rest.rsplit('/').next().unwrap_or_default();
    let tags = match kind {
        "user" => account.users().get(name).map(|held| &held.tags),
        "role" => account.roles().get(name).map(|held| &held.tags),
        "policy" => account.policies().get(name).map(|held| &held.tags),
        _ => None,
    };
    Ok(match tags {
        Some(tags) => needs.resource_tagged(tags),
        None => needs,
    })
}

impl<'a> Subject<'a> {
    /// What `arn` names in the caller's account, path and all.
    ///
    /// # Errors
    /// `InvalidInput`, and `NoSuchEntity` with AWS's sentences.
    pub(super) fn find(
        cx: &Cx<'_>,
        caller: &'a Caller,
        arn: &str,
    ) -> Result<Subject<'a>, ApiError> {
        let (kind, rest, owner) = parsed(cx, arn)?;
        if kind == "policy" {
            return match policy::named(caller, arn) {
                Named::Own(held) => Ok(Subject::Policy(held)),
                Named::Aws(entry) => Ok(Subject::Aws(entry)),
                Named::Nothing => Err(policy::not_found(arn)),
            };
        }
        let name = rest.rsplit('/').next().unwrap_or_default();
        let absent =
            || ApiError::NoSuchEntity(format!("The {kind} with name {name} cannot be found."));
        let account = &caller.account;
        if owner != Some(account.id) {
            return Err(absent());
        }
        // Names are found in any case; the ARN must be right as it is.
        let same = |path: &str, name: &str| rest == format!("{path}{name}").trim_start_matches('/');
        let found = match kind {
            "user" => {
                let held = entities::user(account, name)?;
                same(&held.path, &held.name).then_some(Subject::User(held))
            }
            "group" => {
                let held = entities::group(account, name)?;
                same(&held.path, &held.name).then_some(Subject::Group(held))
            }
            _ => {
                let held = entities::role(account, name)?;
                same(&held.path, &held.name).then_some(Subject::Role(held))
            }
        };
        found.ok_or_else(absent)
    }

    /// What its policies allow; a user's with those of its groups.
    pub(super) fn allows(&self, account: &Account) -> Vec<Allowed> {
        let held = |inline, attached| allowed_services::held(account, inline, attached);
        match self {
            Subject::User(user) => {
                let mut all = held(&user.inline, &user.attached);
                for group in user.groups.iter().filter_map(|id| account.group_by_id(id)) {
                    all.extend(held(&group.inline, &group.attached));
                }
                all
            }
            Subject::Group(group) => held(&group.inline, &group.attached),
            Subject::Role(role) => held(&role.inline, &role.attached),
            Subject::Policy(policy) => {
                let text = entities::default_text(policy);
                text.map_or_else(Vec::new, |text| allows(text.text()))
            }
            Subject::Aws(entry) => allows(&entry.text()),
        }
    }

    /// Who could use it, by name, users before roles: itself, a group's members, or whoever has the
    /// policy `arn` attached, users also through a group.
    pub(super) fn entities(&self, account: &'a Account, arn: &str) -> Vec<Entity<'a>> {
        match self {
            Subject::User(user) => vec![Entity::User(user)],
            Subject::Role(role) => vec![Entity::Role(role)],
            Subject::Group(group) => account
                .members_of(&group.id, "")
                .map(|user| Entity::User(user))
                .collect(),
            Subject::Policy(_) | Subject::Aws(_) => holders(account, arn),
        }
    }
}

fn holders<'a>(account: &'a Account, arn: &str) -> Vec<Entity<'a>> {
    let counts = account.attachment_count(arn);
    let has = |attached: &[String]| attached.iter().any(|held| held == arn);
    let groups = (counts.groups > 0).then(|| account.groups().iter());
    let groups = groups.into_iter().flatten();
    let groups: HashSet<&str> = groups
        .filter(|group| has(&group.attached))
        .map(|group| group.id.as_str())
        .collect();
    let users = (counts.users > 0 || !groups.is_empty()).then(|| account.users().iter());
    let users = users.into_iter().flatten();
    let users = users.filter(|user| {
        has(&user.attached) || user.groups.iter().any(|id| groups.contains(id.as_str()))
    });
    let roles = (counts.roles > 0).then(|| account.roles().iter());
    let roles = roles.into_iter().flatten();
    let roles = roles.filter(|role| has(&role.attached));
    users
        .map(|user| Entity::User(user))
        .chain(roles.map(|role| Entity::Role(role)))
        .collect()
}

impl<'a> Entity<'a> {
    /// The user or role with this unique id.
    pub(super) fn by_id(account: &'a Account, id: &str) -> Option<Entity<'a>> {
        let user = account.user_by_id(id).map(|user| Entity::User(user));
        user.or_else(|| account.role_by_id(id).map(|role| Entity::Role(role)))
    }

    pub(super) fn id(&self) -> &'a str {
        match self {
            Entity::User(user) => &user.id,
            Entity::Role(role) => &role.id,
        }
    }

    pub(super) fn arn(&self, cx: &Cx<'_>, account: AccountId) -> String {
        match self {
            Entity::User(user) => entities::user_arn(cx, account, user),
            Entity::Role(role) => entities::role_arn(cx, account, role),
        }
    }

    /// The entity as answers show it.
    pub(super) fn info(&self, cx: &Cx<'_>, account: AccountId) -> EntityInfo {
        let (kind, name, path) = match self {
            Entity::User(user) => ("USER", &user.name, &user.path),
            Entity::Role(role) => ("ROLE", &role.name, &role.path),
        };
        EntityInfo {
            arn: self.arn(cx, account),
            id: self.id().to_owned(),
            name: name.clone(),
            path: Some(path.clone()),
            r#type: kind.to_owned(),
        }
    }
}
