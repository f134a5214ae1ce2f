//! Which events a trail delivers: management events by what the calls do; there are no others.

use locum_store::{Change, EventSelector, ReadWriteType, Trail};
use locum_wire::cloudtrail::{
    self, GetEventSelectorsRequest, GetEventSelectorsResponse, PutEventSelectorsRequest,
    PutEventSelectorsResponse, errors,
};

use super::put;
use super::trail_name::{self, arn_of, on_trail};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::limits;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// Services whose management events may be left out (API reference, EventSelector).
const EXCLUDABLE: [&str; 2] = ["kms.amazonaws.com", "rdsdata.amazonaws.com"];

/// The selectors of a new trail: all management events.
pub(super) fn usual() -> Vec<EventSelector> {
    vec![EventSelector {
        read_write: ReadWriteType::All,
        includes_management_events: true,
        excluded_sources: Vec::new(),
    }]
}

/// Whether the selectors are others than those that a new trail has.
pub(super) fn is_custom(trail: &Trail) -> bool {
    trail.selectors != usual()
}

fn refused(sentence: &'static str) -> ApiError {
    ApiError::modelled(&errors::INVALID_EVENT_SELECTORS, sentence)
}

/// # Errors
/// `InvalidEventSelectorsException` for what is not delivered here.
fn read(given: &cloudtrail::EventSelector) -> Result<EventSelector, ApiError> {
    if given
        .data_resources
        .as_ref()
        .is_some_and(|held| !held.is_empty())
    {
        return Err(refused(
            "DataResources are not supported: data events are not recorded by this server.",
        ));
    }
    let excluded = given
        .exclude_management_event_sources
        .clone()
        .unwrap_or_default();
    if excluded
        .iter()
        .any(|source| !EXCLUDABLE.contains(&source.as_str()))
    {
        return Err(refused(
            "ExcludeManagementEventSources may name kms.amazonaws.com and rdsdata.amazonaws.com only.",
        ));
    }
    Ok(EventSelector {
        read_write: match given.read_write_type.as_deref() {
            Some("ReadOnly") => ReadWriteType::ReadOnly,
            Some("WriteOnly") => ReadWriteType::WriteOnly,
            _ => ReadWriteType::All,
        },
        includes_management_events: given.include_management_events.unwrap_or(true),
        excluded_sources: excluded,
    })
}

fn shown(selector: &EventSelector) -> cloudtrail::EventSelector {
    let read_write = match selector.read_write {
        ReadWriteType::All => "All",
        ReadWriteType::ReadOnly => "ReadOnly",
        ReadWriteType::WriteOnly => "WriteOnly",
    };
    cloudtrail::EventSelector {
        data_resources: Some(Vec::new()),
        exclude_management_event_sources: Some(selector.excluded_sources.clone()),
        include_management_events: Some(selector.includes_management_events),
        read_write_type: Some(read_write.to_owned()),
    }
}

fn put_event_selectors(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: PutEventSelectorsRequest,
) -> Result<(PutEventSelectorsResponse, Change), ApiError> {
    let trail = trail_name::read(cx, caller, &input.trail_name)?.at_home(caller)?;
    if input.advanced_event_selectors.is_some() {
        return Err(ApiError::Unsupported {
            parameter: "AdvancedEventSelectors",
            reason: "management events are chosen by EventSelectors; there are no other events",
        });
    }
    let given = input.event_selectors.unwrap_or_default();
    if given.is_empty() || given.len() > limits::EVENT_SELECTORS_PER_TRAIL_MAX {
        return Err(refused("A trail has one to five event selectors."));
    }
    let selectors: Vec<EventSelector> = given.iter().map(read).collect::<Result<_, _>>()?;
    let output = PutEventSelectorsResponse {
        advanced_event_selectors: None,
        event_selectors: Some(selectors.iter().map(shown).collect()),
        trail_arn: Some(arn_of(cx, caller.account.id, trail)),
    };
    let changed = Trail {
        selectors,
        ..Trail::clone(trail)
    };
    Ok((output, put(caller, changed)))
}

fn get_event_selectors(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetEventSelectorsRequest,
) -> Result<(GetEventSelectorsResponse, Change), ApiError> {
    let trail = trail_name::read(cx, caller, &input.trail_name)?.existing(caller)?;
    let output = GetEventSelectorsResponse {
        advanced_event_selectors: None,
        event_selectors: Some(trail.selectors.iter().map(shown).collect()),
        trail_arn: Some(arn_of(cx, caller.account.id, trail)),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(CloudTrail "cloudtrail" "PutEventSelectors" Write,
        |cx, _, caller, input| on_trail(cx, caller, &input.trail_name), put_event_selectors),
    answering!(CloudTrail "cloudtrail" "GetEventSelectors" Read,
        |cx, _, caller, input| on_trail(cx, caller, &input.trail_name), get_event_selectors),
];
