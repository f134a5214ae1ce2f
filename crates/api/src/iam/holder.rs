//! Users, roles and groups as holders of policies: what the three have in common, written once.

use locum_store::{Change, Group, InlinePolicy, Record, Role, User};

use super::{names, service_linked_role};
use crate::caller::Caller;
use crate::entities;
use crate::error::ApiError;
use crate::limits;

/// Which kind of holder a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HolderKind {
    User,
    Role,
    Group,
}

/// A holder, to be changed and put back.
pub(super) enum Holder {
    User(User),
    Role(Role),
    Group(Group),
}

impl Holder {
    /// The holder called `name` in the caller's account.
    ///
    /// # Errors
    /// `NoSuchEntity` with AWS's sentence.
    pub(super) fn find(caller: &Caller, kind: HolderKind, name: &str) -> Result<Holder, ApiError> {
        match kind {
            HolderKind::User => {
                entities::user(&caller.account, name).map(|held| Holder::User(User::clone(held)))
            }
            HolderKind::Role => {
                entities::role(&caller.account, name).map(|held| Holder::Role(Role::clone(held)))
            }
            HolderKind::Group => {
                entities::group(&caller.account, name).map(|held| Holder::Group(Group::clone(held)))
            }
        }
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Holder::User(user) => &user.name,
            Holder::Role(role) => &role.name,
            Holder::Group(group) => &group.name,
        }
    }

    /// The unique id, which markers are bound to.
    pub(super) fn id(&self) -> &str {
        match self {
            Holder::User(user) => &user.id,
            Holder::Role(role) => &role.id,
            Holder::Group(group) => &group.id,
        }
    }

    /// `user`, `role` or `group`, as sentences spell it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Holder::User(_) => "user",
            Holder::Role(_) => "role",
            Holder::Group(_) => "group",
        }
    }

    pub(super) fn inline(&mut self) -> &mut Vec<InlinePolicy> {
        match self {
            Holder::User(user) => &mut user.inline,
            Holder::Role(role) => &mut role.inline,
            Holder::Group(group) => &mut group.inline,
        }
    }

    pub(super) fn attached(&mut self) -> &mut Vec<String> {
        match self {
            Holder::User(user) => &mut user.attached,
            Holder::Role(role) => &mut role.attached,
            Holder::Group(group) => &mut group.attached,
        }
    }

    /// Characters of all inline policies together.
    pub(super) fn inline_characters_max(&self) -> usize {
        match self {
            Holder::User(_) => limits::INLINE_USER_CHARACTERS_MAX,
            Holder::Role(_) => limits::INLINE_ROLE_CHARACTERS_MAX,
            Holder::Group(_) => limits::INLINE_GROUP_CHARACTERS_MAX,
        }
    }

    /// The quota of attached managed policies: its name and figure.
    pub(super) fn attached_quota(&self) -> (&'static str, usize) {
        match self {
            Holder::User(_) => ("PoliciesPerUser", limits::POLICIES_PER_USER_MAX),
            Holder::Role(_) => ("PoliciesPerRole", limits::POLICIES_PER_ROLE_MAX),
            Holder::Group(_) => ("PoliciesPerGroup", limits::POLICIES_PER_GROUP_MAX),
        }
    }

    /// Policies of a service-linked role are its service's alone.
    ///
    /// # Errors
    /// `UnmodifiableEntity` with AWS's sentence.
    pub(super) fn modifiable(self) -> Result<Holder, ApiError> {
        if let Holder::Role(role) = &self {
            service_linked_role::refuse(role)?;
        }
        Ok(self)
    }

    /// The change that puts the holder back.
    pub(super) fn put(self, caller: &Caller) -> Change {
        let record = match self {
            Holder::User(user) => Record::User(user),
            Holder::Role(role) => Record::Role(role),
            Holder::Group(group) => Record::Group(group),
        };
        names::change(&caller.account, vec![record], vec![])
    }
}
