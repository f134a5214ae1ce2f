//! Trails: create, update, get, describe, delete, list.

use locum_store::{AccountId, Change, Key, Trail};
use locum_wire::cloudtrail::{
    self, CreateTrailRequest, CreateTrailResponse, DeleteTrailRequest, DeleteTrailResponse,
    DescribeTrailsRequest, DescribeTrailsResponse, GetTrailRequest, GetTrailResponse,
    ListTrailsRequest, ListTrailsResponse, TrailInfo, UpdateTrailRequest, UpdateTrailResponse,
    errors,
};

use super::trail_name::{self, arn_of, on_trail};
use super::{put, tags};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::iam::{names, page};
use crate::limits;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;
use crate::world::OWN_TRAIL;

/// What a trail could also do on AWS, and nothing here does.
struct NotDone<'a> {
    prefix: Option<&'a str>,
    topic: Option<&'a str>,
    log_group: Option<&'a str>,
    log_role: Option<&'a str>,
    kms_key: Option<&'a str>,
    recursive: Option<bool>,
}

/// An empty text takes the setting away, and there is none.
fn refuse_not_done(asked: &NotDone<'_>) -> Result<(), ApiError> {
    let given = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    if given(asked.prefix) {
        return Err(ApiError::modelled(
            &errors::INVALID_S3_PREFIX,
            "S3KeyPrefix is not supported: where records are put is set in the server's configuration only.",
        ));
    }
    let others = [
        (
            given(asked.topic),
            "SnsTopicName",
            "there are no notifications",
        ),
        (
            given(asked.log_group),
            "CloudWatchLogsLogGroupArn",
            "there is no CloudWatch Logs",
        ),
        (
            given(asked.log_role),
            "CloudWatchLogsRoleArn",
            "there is no CloudWatch Logs",
        ),
        (
            given(asked.kms_key),
            "KmsKeyId",
            "records are not encrypted with keys of KMS",
        ),
        (
            asked.recursive.is_some(),
            "RecursiveLogging",
            "there are no data events",
        ),
    ];
    match others.into_iter().find(|(given, ..)| *given) {
        Some((_, parameter, reason)) => Err(ApiError::Unsupported { parameter, reason }),
        None => Ok(()),
    }
}

/// A bucket is one of the sinks of the server's configuration; no call can add one.
fn check_bucket(cx: &Cx<'_>, name: &str) -> Result<(), ApiError> {
    let good =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let shown = crate::json::clip(name, limits::PARAMETER_NAME_BYTES_SHOWN_MAX);
    if !(3..=63).contains(&name.len()) || !name.bytes().all(good) {
        // The sentence is unconfirmed.
        return Err(ApiError::modelled(
            &errors::INVALID_S3_BUCKET_NAME,
            format!("Bucket name is not valid: {shown}"),
        ));
    }
    if cx.settings.trail_sinks.iter().any(|sink| sink == name) {
        return Ok(());
    }
    Err(ApiError::modelled(
        &errors::S3_BUCKET_DOES_NOT_EXIST,
        format!("S3 bucket {shown} does not exist!"),
    ))
}

/// What must hold of a trail as it would be.
fn check(cx: &Cx<'_>, state: &Snapshot, caller: &Caller, trail: &Trail) -> Result<(), ApiError> {
    check_bucket(cx, &trail.s3_bucket_name)?;
    if trail.is_multi_region && !trail.includes_global_service_events {
        return Err(ApiError::modelled(
            &errors::INVALID_PARAMETER_COMBINATION,
            "Multi-Region trail must include global service events.",
        ));
    }
    if trail.is_organization && caller.account.id != state.installation.management_account {
        // The sentence is unconfirmed.
        return Err(ApiError::modelled(
            &errors::NOT_ORGANIZATION_MASTER_ACCOUNT,
            "You must be the management account of the organization to create or change an organization trail.",
        ));
    }
    Ok(())
}

/// Name and home region stand in the names of delivered files. The region is what the caller signed
/// for, of any form; and the digests of one trail must not take the place of another's.
fn check_file_names(trail: &Trail, account: AccountId) -> Result<(), ApiError> {
    let good = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let region = &trail.home_region;
    let is_region =
        (1..=limits::TRAIL_REGION_BYTES_MAX).contains(&region.len()) && region.bytes().all(good);
    if !is_region {
        return Err(ApiError::modelled(
            &errors::OPERATION_NOT_PERMITTED,
            "A trail cannot be created in this Region: its name can only contain lowercase letters, numbers and hyphens (-).",
        ));
    }
    if trail.name == OWN_TRAIL {
        return Err(ApiError::modelled(
            &errors::TRAIL_ALREADY_EXISTS,
            format!("Trail {OWN_TRAIL} already exists for customer: {account}"),
        ));
    }
    Ok(())
}

fn needs_create<'a>(
    cx: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    input: &'a CreateTrailRequest,
) -> Result<Needs<'a>, ApiError> {
    trail_name::check(&input.name)?;
    let arn = trail_name::arn(cx, caller.account.id, &caller.region, &input.name);
    let mut needs = Needs::on(arn, caller.account.id);
    let given = input.tags_list.as_deref().unwrap_or_default();
    tags::asked(&mut needs, given);
    if !given.is_empty() {
        needs.also.push("cloudtrail:AddTags");
    }
    Ok(needs)
}

fn create_trail(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: CreateTrailRequest,
) -> Result<(CreateTrailResponse, Change), ApiError> {
    refuse_not_done(&NotDone {
        prefix: input.s3_key_prefix.as_deref(),
        topic: input.sns_topic_name.as_deref(),
        log_group: input.cloud_watch_logs_log_group_arn.as_deref(),
        log_role: input.cloud_watch_logs_role_arn.as_deref(),
        kms_key: input.kms_key_id.as_deref(),
        recursive: input.recursive_logging,
    })?;
    let account = &caller.account;
    let trail = Trail {
        name: input.name,
        home_region: caller.region.clone(),
        created_s: cx.now_s,
        s3_bucket_name: input.s3_bucket_name,
        is_multi_region: input.is_multi_region_trail.unwrap_or_default(),
        includes_global_service_events: input.include_global_service_events.unwrap_or(true),
        log_file_validation: input.enable_log_file_validation.unwrap_or_default(),
        is_organization: input.is_organization_trail.unwrap_or_default(),
        selectors: super::selectors::usual(),
        is_logging: false,
        started_s: None,
        stopped_s: None,
        tags: tags::read(input.tags_list.unwrap_or_default())?,
    };
    let place = Trail::place(&trail.home_region, &trail.name);
    if account.trails().get(&place).is_some() {
        return Err(ApiError::modelled(
            &errors::TRAIL_ALREADY_EXISTS,
            format!(
                "Trail {} already exists for customer: {}",
                trail.name, account.id
            ),
        ));
    }
    check_file_names(&trail, account.id)?;
    check(cx, state, caller, &trail)?;
    let here = account.trails().iter();
    let here = here
        .filter(|held| held.home_region == caller.region)
        .count();
    if here >= limits::TRAILS_PER_REGION_MAX {
        return Err(ApiError::modelled(
            &errors::MAXIMUM_NUMBER_OF_TRAILS_EXCEEDED,
            format!(
                "User: {} already has {here} trails in {}.",
                account.id, caller.region
            ),
        ));
    }
    let output = CreateTrailResponse {
        include_global_service_events: Some(trail.includes_global_service_events),
        is_multi_region_trail: Some(trail.is_multi_region),
        is_organization_trail: Some(trail.is_organization),
        log_file_validation_enabled: Some(trail.log_file_validation),
        name: Some(trail.name.clone()),
        s3_bucket_name: Some(trail.s3_bucket_name.clone()),
        trail_arn: Some(arn_of(cx, account.id, &trail)),
        ..CreateTrailResponse::default()
    };
    Ok((output, put(caller, trail)))
}

fn update_trail(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: UpdateTrailRequest,
) -> Result<(UpdateTrailResponse, Change), ApiError> {
    refuse_not_done(&NotDone {
        prefix: input.s3_key_prefix.as_deref(),
        topic: input.sns_topic_name.as_deref(),
        log_group: input.cloud_watch_logs_log_group_arn.as_deref(),
        log_role: input.cloud_watch_logs_role_arn.as_deref(),
        kms_key: input.kms_key_id.as_deref(),
        recursive: input.recursive_logging,
    })?;
    let held = trail_name::read(cx, caller, &input.name)?.at_home(caller)?;
    let mut trail = Trail::clone(held);
    if let Some(bucket) = input.s3_bucket_name {
        trail.s3_bucket_name = bucket;
    }
    if let Some(multi) = input.is_multi_region_trail {
        trail.is_multi_region = multi;
    }
    if let Some(global) = input.include_global_service_events {
        trail.includes_global_service_events = global;
    }
    if let Some(validation) = input.enable_log_file_validation {
        trail.log_file_validation = validation;
    }
    if let Some(organization) = input.is_organization_trail {
        trail.is_organization = organization;
    }
    check(cx, state, caller, &trail)?;
    let output = UpdateTrailResponse {
        include_global_service_events: Some(trail.includes_global_service_events),
        is_multi_region_trail: Some(trail.is_multi_region),
        is_organization_trail: Some(trail.is_organization),
        log_file_validation_enabled: Some(trail.log_file_validation),
        name: Some(trail.name.clone()),
        s3_bucket_name: Some(trail.s3_bucket_name.clone()),
        trail_arn: Some(arn_of(cx, caller.account.id, &trail)),
        ..UpdateTrailResponse::default()
    };
    Ok((output, put(caller, trail)))
}

fn shown(cx: &Cx<'_>, caller: &Caller, trail: &Trail) -> cloudtrail::Trail {
    cloudtrail::Trail {
        has_custom_event_selectors: Some(super::selectors::is_custom(trail)),
        has_insight_selectors: Some(false),
        home_region: Some(trail.home_region.clone()),
        include_global_service_events: Some(trail.includes_global_service_events),
        is_multi_region_trail: Some(trail.is_multi_region),
        is_organization_trail: Some(trail.is_organization),
        log_file_validation_enabled: Some(trail.log_file_validation),
        name: Some(trail.name.clone()),
        s3_bucket_name: Some(trail.s3_bucket_name.clone()),
        trail_arn: Some(arn_of(cx, caller.account.id, trail)),
        ..cloudtrail::Trail::default()
    }
}

fn get_trail(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetTrailRequest,
) -> Result<(GetTrailResponse, Change), ApiError> {
    let trail = trail_name::read(cx, caller, &input.name)?.existing(caller)?;
    let trail = Some(shown(cx, caller, trail));
    Ok((GetTrailResponse { trail }, Change::default()))
}

/// Trails that are not there are left out, as AWS does.
fn describe_trails(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DescribeTrailsRequest,
) -> Result<(DescribeTrailsResponse, Change), ApiError> {
    let shadows = input.include_shadow_trails.unwrap_or(true);
    let wanted = input.trail_name_list.unwrap_or_default();
    let seen =
        |trail: &Trail| trail.home_region == caller.region || (shadows && trail.is_multi_region);
    let mut list = Vec::new();
    if wanted.is_empty() {
        let trails = caller.account.trails().iter();
        list.extend(
            trails
                .filter(|trail| seen(trail))
                .map(|trail| shown(cx, caller, trail)),
        );
    } else {
        for given in &wanted {
            let found = trail_name::read(cx, caller, given)?.find(caller);
            list.extend(
                found
                    .filter(|trail| seen(trail))
                    .map(|trail| shown(cx, caller, trail)),
            );
        }
    }
    let trail_list = Some(list);
    Ok((DescribeTrailsResponse { trail_list }, Change::default()))
}

fn delete_trail(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DeleteTrailRequest,
) -> Result<(DeleteTrailResponse, Change), ApiError> {
    let trail = trail_name::read(cx, caller, &input.name)?.at_home(caller)?;
    let key = Key::Trail(Trail::place(&trail.home_region, &trail.name));
    let change = names::change(&caller.account, vec![], vec![key]);
    Ok((DeleteTrailResponse {}, change))
}

/// The trails of the account in all regions.
fn list_trails(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: ListTrailsRequest,
) -> Result<(ListTrailsResponse, Change), ApiError> {
    let account = caller.account.id;
    let binding = format!("ListTrails {account}");
    let after = page::after(&binding, input.next_token.as_deref()).map_err(|_| {
        ApiError::modelled(
            &errors::INVALID_TOKEN,
            "The specified NextToken is not valid.",
        )
    })?;
    let trails = caller.account.trails();
    let rest = trails.after(&after).map(|trail| {
        let place = Trail::place(&trail.home_region, &trail.name);
        (place, trail)
    });
    let page = page::take(
        &binding,
        rest,
        None,
        |(place, _)| place,
        |(_, trail)| {
            Ok(TrailInfo {
                home_region: Some(trail.home_region.clone()),
                name: Some(trail.name.clone()),
                trail_arn: Some(arn_of(cx, account, trail)),
            })
        },
    )?;
    let output = ListTrailsResponse {
        next_token: page.marker,
        trails: Some(page.items),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(CloudTrail "cloudtrail" "CreateTrail" Write, needs_create, create_trail),
    answering!(CloudTrail "cloudtrail" "UpdateTrail" Write,
        |cx, _, caller, input| on_trail(cx, caller, &input.name), update_trail),
    answering!(CloudTrail "cloudtrail" "GetTrail" Read,
        |cx, _, caller, input| on_trail(cx, caller, &input.name), get_trail),
    answering!(CloudTrail "cloudtrail" "DescribeTrails" Read, names::everywhere, describe_trails),
    answering!(CloudTrail "cloudtrail" "DeleteTrail" Write,
        |cx, _, caller, input| on_trail(cx, caller, &input.name), delete_trail),
    answering!(CloudTrail "cloudtrail" "ListTrails" Read, names::everywhere, list_trails),
];
