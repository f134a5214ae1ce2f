//! Tags of trails: add, remove, list.

use locum_store::{Change, Tag, Trail};
use locum_wire::cloudtrail::{
    self, AddTagsRequest, AddTagsResponse, ListTagsRequest, ListTagsResponse, RemoveTagsRequest,
    RemoveTagsResponse, ResourceTag, errors,
};

use super::put;
use super::trail_name::{self, on_trail};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// Tags that a request asks to set.
///
/// # Errors
/// `InvalidTagParameterException`, `TagsLimitExceededException`.
pub(super) fn read(given: Vec<cloudtrail::Tag>) -> Result<Vec<Tag>, ApiError> {
    let refused = |sentence| Err(ApiError::modelled(&errors::INVALID_TAG_PARAMETER, sentence));
    if given.len() > limits::TAGS_PER_RESOURCE_MAX {
        return Err(too_many());
    }
    let mut tags: Vec<Tag> = Vec::with_capacity(given.len());
    for tag in given {
        let reserved = tag.key.get(..4);
        if reserved.is_some_and(|head| head.eq_ignore_ascii_case("aws:")) {
            return refused("Tag keys with the prefix aws: are reserved and cannot be set.");
        }
        if tags.iter().any(|held| held.key == tag.key) {
            return refused("Tag keys must be unique.");
        }
        tags.push(Tag {
            key: tag.key,
            value: tag.value.unwrap_or_default(),
        });
    }
    Ok(tags)
}

fn too_many() -> ApiError {
    ApiError::modelled(
        &errors::TAGS_LIMIT_EXCEEDED,
        "The number of tags per trail has exceeded the maximum of 50.",
    )
}

/// Adds the tags that a request asks to set to what it needs.
pub(super) fn asked<'a>(needs: &mut Needs<'a>, given: &'a [cloudtrail::Tag]) {
    let pair = |tag: &'a cloudtrail::Tag| (tag.key.as_str(), tag.value.as_deref().unwrap_or(""));
    needs.request_tags.extend(given.iter().map(pair));
}

/// Only the ARN of a trail is a resource id here.
fn check_id(given: &str) -> Result<(), ApiError> {
    if given.contains(":trail/") {
        return Ok(());
    }
    let kinds = [":eventdatastore/", ":channel/", ":dashboard/"];
    let known = kinds.iter().any(|kind| given.contains(kind));
    let (model, sentence) = match known {
        true => (
            &errors::RESOURCE_TYPE_NOT_SUPPORTED,
            "Only trails bear tags on this server.",
        ),
        false => (
            &errors::CLOUD_TRAIL_ARN_INVALID,
            "The resource id must be the ARN of a trail.",
        ),
    };
    Err(ApiError::modelled(model, sentence))
}

fn existing<'a>(
    cx: &Cx<'_>,
    caller: &'a Caller,
    given: &'a str,
) -> Result<&'a std::sync::Arc<Trail>, ApiError> {
    check_id(given)?;
    let found = trail_name::read(cx, caller, given)?.find(caller);
    found.ok_or_else(|| {
        ApiError::modelled(
            &errors::RESOURCE_NOT_FOUND,
            format!(
                "Resource not found: {}",
                crate::json::clip(given, limits::PARAMETER_NAME_BYTES_SHOWN_MAX)
            ),
        )
    })
}

fn needs_add<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a AddTagsRequest,
) -> Result<Needs<'a>, ApiError> {
    check_id(&input.resource_id)?;
    let mut needs = on_trail(cx, caller, &input.resource_id)?;
    asked(&mut needs, &input.tags_list);
    Ok(needs)
}

fn add_tags(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: AddTagsRequest,
) -> Result<(AddTagsResponse, Change), ApiError> {
    let trail = existing(cx, caller, &input.resource_id)?;
    let added = read(input.tags_list)?;
    let kept = trail.tags.iter();
    let kept = kept.filter(|tag| !added.iter().any(|new| new.key == tag.key));
    let tags: Vec<Tag> = kept.cloned().chain(added.iter().cloned()).collect();
    if tags.len() > limits::TAGS_PER_RESOURCE_MAX {
        return Err(too_many());
    }
    let tagged = Trail {
        tags,
        ..Trail::clone(trail)
    };
    Ok((AddTagsResponse {}, put(caller, tagged)))
}

fn needs_remove<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a RemoveTagsRequest,
) -> Result<Needs<'a>, ApiError> {
    check_id(&input.resource_id)?;
    let mut needs = on_trail(cx, caller, &input.resource_id)?;
    let keys = input.tags_list.iter().map(|tag| tag.key.as_str());
    needs.tag_keys.extend(keys);
    Ok(needs)
}

/// A tag is removed by its key and, when one is given, by its value.
fn remove_tags(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: RemoveTagsRequest,
) -> Result<(RemoveTagsResponse, Change), ApiError> {
    let trail = existing(cx, caller, &input.resource_id)?;
    let meant = |tag: &Tag| {
        input.tags_list.iter().any(|given| {
            let value = given.value.as_ref();
            given.key == tag.key && value.is_none_or(|value| *value == tag.value)
        })
    };
    let mut changed = Trail::clone(trail);
    changed.tags.retain(|tag| !meant(tag));
    let change = match changed.tags.len() == trail.tags.len() {
        true => Change::default(),
        false => put(caller, changed),
    };
    Ok((RemoveTagsResponse {}, change))
}

fn needs_list<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a ListTagsRequest,
) -> Result<Needs<'a>, ApiError> {
    let ids = input.resource_id_list.as_slice();
    if ids.len() > limits::TAGGED_RESOURCES_LISTED_MAX {
        return Err(ApiError::Validation(format!(
            "ResourceIdList may have at most {} items.",
            limits::TAGGED_RESOURCES_LISTED_MAX
        )));
    }
    let Some((first, others)) = ids.split_first() else {
        return Err(ApiError::Validation("ResourceIdList is empty.".to_owned()));
    };
    check_id(first)?;
    let mut needs = on_trail(cx, caller, first)?;
    for other in others {
        check_id(other)?;
        let further = on_trail(cx, caller, other)?;
        needs.further.push(("cloudtrail:ListTags", further));
    }
    Ok(needs)
}

fn list_tags(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListTagsRequest,
) -> Result<(ListTagsResponse, Change), ApiError> {
    // Everything fits on one page, so no token was ever given out.
    if input.next_token.is_some() {
        return Err(ApiError::modelled(
            &errors::INVALID_TOKEN,
            "The specified NextToken is not valid.",
        ));
    }
    let mut list = Vec::new();
    for id in &input.resource_id_list {
        let trail = existing(cx, caller, id)?;
        let tags = trail.tags.iter().map(|tag| cloudtrail::Tag {
            key: tag.key.clone(),
            value: (!tag.value.is_empty()).then(|| tag.value.clone()),
        });
        list.push(ResourceTag {
            resource_id: Some(id.clone()),
            tags_list: Some(tags.collect()),
        });
    }
    let output = ListTagsResponse {
        next_token: None,
        resource_tag_list: Some(list),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(CloudTrail "cloudtrail" "AddTags" Write, needs_add, add_tags),
    answering!(CloudTrail "cloudtrail" "RemoveTags" Write, needs_remove, remove_tags),
    answering!(CloudTrail "cloudtrail" "ListTags" Read, needs_list, list_tags),
];
