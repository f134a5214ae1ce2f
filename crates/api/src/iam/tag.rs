//! Tags of users, roles, instance profiles and policies: put, remove, list.

use locum_store::{
    Change, InstanceProfile, ManagedPolicy, MfaDevice, Record, Role, ServerCertificate, Tag, User,
};
use locum_wire::iam::{
    self, ListInstanceProfileTagsRequest, ListInstanceProfileTagsResponse, ListPolicyTagsRequest,
    ListPolicyTagsResponse, ListRoleTagsRequest, ListRoleTagsResponse, ListUserTagsRequest,
    ListUserTagsResponse, TagInstanceProfileRequest, TagPolicyRequest, TagRoleRequest,
    TagUserRequest, UntagInstanceProfileRequest, UntagPolicyRequest, UntagRoleRequest,
    UntagUserRequest,
};

use super::instance_profile::on_profile;
use super::names::{self, KeyCase};
use super::page::{self, Page};
use super::policy::{not_found, on_policy};
use super::role::on_role;
use super::user::on_user;
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::entities;
use crate::error::ApiError;
use crate::managed;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// An entity whose tag keys do not differ by case, to be changed and put back.
pub(super) enum Bearer {
    User(User),
    Role(Role),
    InstanceProfile(InstanceProfile),
    MfaDevice(MfaDevice),
    ServerCertificate(ServerCertificate),
}

impl Bearer {
    fn user(caller: &Caller, name: &str) -> Result<Bearer, ApiError> {
        entities::user(&caller.account, name).map(|held| Bearer::User(User::clone(held)))
    }

    fn role(caller: &Caller, name: &str) -> Result<Bearer, ApiError> {
        entities::role(&caller.account, name).map(|held| Bearer::Role(Role::clone(held)))
    }

    fn instance_profile(caller: &Caller, name: &str) -> Result<Bearer, ApiError> {
        entities::instance_profile(&caller.account, name)
            .map(|held| Bearer::InstanceProfile(InstanceProfile::clone(held)))
    }

    fn tags(&mut self) -> &mut Vec<Tag> {
        match self {
            Bearer::User(user) => &mut user.tags,
            Bearer::Role(role) => &mut role.tags,
            Bearer::InstanceProfile(profile) => &mut profile.tags,
            Bearer::MfaDevice(device) => &mut device.tags,
            Bearer::ServerCertificate(held) => &mut held.tags,
        }
    }

    fn put(self, caller: &Caller) -> Change {
        let record = match self {
            Bearer::User(user) => Record::User(user),
            Bearer::Role(role) => Record::Role(role),
            Bearer::InstanceProfile(profile) => Record::InstanceProfile(profile),
            Bearer::MfaDevice(device) => Record::MfaDevice(device),
            Bearer::ServerCertificate(held) => Record::ServerCertificate(held),
        };
        names::change(&caller.account, vec![record], vec![])
    }
}

pub(super) fn tag(
    caller: &Caller,
    mut bearer: Bearer,
    added: Vec<iam::Tag>,
) -> Result<Change, ApiError> {
    let added = names::tags(added, KeyCase::Ignored)?;
    *bearer.tags() = names::merge_tags(bearer.tags(), added, KeyCase::Ignored)?;
    Ok(bearer.put(caller))
}

pub(super) fn untag(caller: &Caller, mut bearer: Bearer, keys: &[String]) -> Change {
    let before = bearer.tags().len();
    bearer
        .tags()
        .retain(|tag| !keys.iter().any(|key| KeyCase::Ignored.same(key, &tag.key)));
    if bearer.tags().len() == before {
        Change::default()
    } else {
        bearer.put(caller)
    }
}

/// A page of tags; `owner` is what its marker is bound to.
pub(super) fn list(
    owner: &str,
    tags: &[Tag],
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<iam::Tag>, ApiError> {
    let binding = format!("tags {owner}");
    let after = page::after(&binding, marker)?;
    let mut sorted: Vec<&Tag> = tags.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    let rest = sorted.into_iter().filter(|tag| tag.key > after);
    page::take(
        &binding,
        rest,
        max_items,
        |tag| &tag.key,
        |tag| {
            Ok(iam::Tag {
                key: tag.key.clone(),
                value: tag.value.clone(),
            })
        },
    )
}

fn tag_user(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: TagUserRequest,
) -> Result<Change, ApiError> {
    tag(caller, Bearer::user(caller, &input.user_name)?, input.tags)
}

fn tag_role(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: TagRoleRequest,
) -> Result<Change, ApiError> {
    tag(caller, Bearer::role(caller, &input.role_name)?, input.tags)
}

fn untag_user(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UntagUserRequest,
) -> Result<Change, ApiError> {
    Ok(untag(
        caller,
        Bearer::user(caller, &input.user_name)?,
        &input.tag_keys,
    ))
}

fn untag_role(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UntagRoleRequest,
) -> Result<Change, ApiError> {
    Ok(untag(
        caller,
        Bearer::role(caller, &input.role_name)?,
        &input.tag_keys,
    ))
}

fn tag_instance_profile(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: TagInstanceProfileRequest,
) -> Result<Change, ApiError> {
    tag(
        caller,
        Bearer::instance_profile(caller, &input.instance_profile_name)?,
        input.tags,
    )
}

fn untag_instance_profile(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UntagInstanceProfileRequest,
) -> Result<Change, ApiError> {
    Ok(untag(
        caller,
        Bearer::instance_profile(caller, &input.instance_profile_name)?,
        &input.tag_keys,
    ))
}

fn list_instance_profile_tags(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListInstanceProfileTagsRequest,
) -> Result<(ListInstanceProfileTagsResponse, Change), ApiError> {
    let profile = entities::instance_profile(&caller.account, &input.instance_profile_name)?;
    let page = list(
        &profile.id,
        &profile.tags,
        input.marker.as_deref(),
        input.max_items,
    )?;
    let output = ListInstanceProfileTagsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        tags: page.items,
    };
    Ok((output, Change::default()))
}

fn list_user_tags(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListUserTagsRequest,
) -> Result<(ListUserTagsResponse, Change), ApiError> {
    let user = entities::user(&caller.account, &input.user_name)?;
    let page = list(
        &user.id,
        &user.tags,
        input.marker.as_deref(),
        input.max_items,
    )?;
    let output = ListUserTagsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        tags: page.items,
    };
    Ok((output, Change::default()))
}

fn list_role_tags(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListRoleTagsRequest,
) -> Result<(ListRoleTagsResponse, Change), ApiError> {
    let role = entities::role(&caller.account, &input.role_name)?;
    let page = list(
        &role.id,
        &role.tags,
        input.marker.as_deref(),
        input.max_items,
    )?;
    let output = ListRoleTagsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        tags: page.items,
    };
    Ok((output, Change::default()))
}

fn own_policy(caller: &Caller, arn: &str) -> Result<ManagedPolicy, ApiError> {
    match entities::policy_by_arn(&caller.account, arn) {
        Some(policy) => Ok(ManagedPolicy::clone(policy)),
        None if managed::find(arn).is_some() => Err(ApiError::Forbidden(
            "Cannot update policies outside your own account.".into(),
        )),
        None => Err(not_found(arn)),
    }
}

fn tag_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: TagPolicyRequest,
) -> Result<Change, ApiError> {
    let mut policy = own_policy(caller, &input.policy_arn)?;
    let added = names::tags(input.tags, KeyCase::Counts)?;
    policy.tags = names::merge_tags(&policy.tags, added, KeyCase::Counts)?;
    Ok(names::change(
        &caller.account,
        vec![Record::Policy(policy)],
        vec![],
    ))
}

fn untag_policy(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UntagPolicyRequest,
) -> Result<Change, ApiError> {
    let mut policy = own_policy(caller, &input.policy_arn)?;
    let before = policy.tags.len();
    policy.tags.retain(|tag| !input.tag_keys.contains(&tag.key));
    if policy.tags.len() == before {
        return Ok(Change::default());
    }
    Ok(names::change(
        &caller.account,
        vec![Record::Policy(policy)],
        vec![],
    ))
}

fn list_policy_tags(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListPolicyTagsRequest,
) -> Result<(ListPolicyTagsResponse, Change), ApiError> {
    let policy = own_policy(caller, &input.policy_arn)?;
    let page = list(
        &policy.id,
        &policy.tags,
        input.marker.as_deref(),
        input.max_items,
    )?;
    let output = ListPolicyTagsResponse {
        is_truncated: Some(page.marker.is_some()),
        marker: page.marker,
        tags: page.items,
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    silent!(Iam "iam" "TagInstanceProfile" Write, |cx, _, caller, input| {
        Ok(on_profile(cx, caller, &input.instance_profile_name).tagging(&input.tags, None))
    }, tag_instance_profile),
    silent!(Iam "iam" "UntagInstanceProfile" Write, |cx, _, caller, input| {
        Ok(on_profile(cx, caller, &input.instance_profile_name).untagging(&input.tag_keys))
    }, untag_instance_profile),
    answering!(Iam "iam" "ListInstanceProfileTags" Read,
        |cx, _, caller, input| Ok(on_profile(cx, caller, &input.instance_profile_name)),
        list_instance_profile_tags),
    silent!(Iam "iam" "TagUser" Write, |cx, _, caller, input| {
        Ok(on_user(cx, caller, &input.user_name).tagging(&input.tags, None))
    }, tag_user),
    silent!(Iam "iam" "TagRole" Write, |cx, _, caller, input| {
        Ok(on_role(cx, caller, &input.role_name).tagging(&input.tags, None))
    }, tag_role),
    silent!(Iam "iam" "TagPolicy" Write, |cx, _, caller, input| {
        Ok(on_policy(cx, caller, &input.policy_arn)?.tagging(&input.tags, None))
    }, tag_policy),
    silent!(Iam "iam" "UntagUser" Write, |cx, _, caller, input| {
        Ok(on_user(cx, caller, &input.user_name).untagging(&input.tag_keys))
    }, untag_user),
    silent!(Iam "iam" "UntagRole" Write, |cx, _, caller, input| {
        Ok(on_role(cx, caller, &input.role_name).untagging(&input.tag_keys))
    }, untag_role),
    silent!(Iam "iam" "UntagPolicy" Write, |cx, _, caller, input| {
        Ok(on_policy(cx, caller, &input.policy_arn)?.untagging(&input.tag_keys))
    }, untag_policy),
    answering!(Iam "iam" "ListUserTags" Read,
        |cx, _, caller, input| Ok(on_user(cx, caller, &input.user_name)), list_user_tags),
    answering!(Iam "iam" "ListRoleTags" Read,
        |cx, _, caller, input| Ok(on_role(cx, caller, &input.role_name)), list_role_tags),
    answering!(Iam "iam" "ListPolicyTags" Read,
        |cx, _, caller, input| on_policy(cx, caller, &input.policy_arn), list_policy_tags),
];
