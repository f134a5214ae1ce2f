//! LookupEvents: what was recorded in the caller's account and region, the newest first.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use locum_store::trail_index::{self, Attribute, Hit, Position, Query, Term};
use locum_store::{AccountId, Change};
use locum_wire::Timestamp;
use locum_wire::cloudtrail::{
    Event, LookupAttribute, LookupEventsRequest, LookupEventsResponse, Resource, errors,
};

use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::iam::{names, page};
use crate::limits;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// Look-ups of one second, by account and region.
#[derive(Debug, Default)]
pub(crate) struct Lookups(Mutex<Second>);

#[derive(Debug, Default)]
struct Second {
    time_s: i64,
    counts: HashMap<(AccountId, String), u32>,
}

impl Lookups {
    /// Counts a look-up.
    ///
    /// # Errors
    /// `ThrottlingException` beyond the limit of the settings, if there is one.
    fn count(&self, cx: &Cx<'_>, caller: &Caller) -> Result<(), ApiError> {
        let Some(max) = cx.settings.lookups_per_s_max else {
            return Ok(());
        };
        let mut second = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if second.time_s != cx.now_s {
            second.time_s = cx.now_s;
            second.counts.clear();
        }
        let key = (caller.account.id, caller.region.clone());
        let count = second.counts.entry(key).or_default();
        if *count >= max {
            return Err(ApiError::modelled(&errors::THROTTLING, "Rate exceeded"));
        }
        *count += 1;
        Ok(())
    }
}

/// The attribute of a look-up.
///
/// # Errors
/// `InvalidLookupAttributesException`.
fn attribute(given: &LookupAttribute) -> Result<Term, ApiError> {
    let refused = |sentence: String| {
        Err(ApiError::modelled(
            &errors::INVALID_LOOKUP_ATTRIBUTES,
            sentence,
        ))
    };
    let attribute = match given.attribute_key.as_str() {
        "EventId" => Attribute::EventId,
        "EventName" => Attribute::EventName,
        "ReadOnly" => Attribute::ReadOnly,
        "Username" => Attribute::Username,
        "ResourceType" => Attribute::ResourceType,
        "ResourceName" => Attribute::ResourceName,
        "EventSource" => Attribute::EventSource,
        "AccessKeyId" => Attribute::AccessKeyId,
        other => {
            let shown = crate::json::clip(other, limits::PARAMETER_NAME_BYTES_SHOWN_MAX);
            return refused(format!("{shown} is not a valid attribute key."));
        }
    };
    let double = |character: char| matches!(character, '_' | ' ' | ',' | '\n');
    let value = given.attribute_value.as_str();
    let length: usize = value.chars().map(|it| 1 + usize::from(double(it))).sum();
    if !(1..=limits::LOOKUP_VALUE_CHARACTERS_MAX).contains(&length) {
        return refused(format!(
            "The value of an attribute has 1 to {} characters; underscores, spaces, commas and line breaks count double.",
            limits::LOOKUP_VALUE_CHARACTERS_MAX
        ));
    }
    Ok(Term::is(attribute, value))
}

/// What is looked for; nobody sees records of another account.
fn query(cx: &Cx<'_>, caller: &Caller, input: &LookupEventsRequest) -> Result<Query, ApiError> {
    if input.event_category.is_some() {
        return Err(ApiError::modelled(
            &errors::INVALID_EVENT_CATEGORY,
            "Insights events are not recorded by this server; leave EventCategory out for management events.",
        ));
    }
    let attributes = input.lookup_attributes.as_deref().unwrap_or_default();
    if attributes.len() > 1 {
        return Err(ApiError::modelled(
            &errors::INVALID_LOOKUP_ATTRIBUTES,
            "You can use only one lookup attribute.",
        ));
    }
    let mut terms = vec![
        Term::is(Attribute::Account, caller.account.id.to_string()),
        Term::is(Attribute::Region, caller.region.as_str()),
    ];
    for given in attributes {
        terms.push(attribute(given)?);
    }
    let from_s = input.start_time.map_or(i64::MIN, |time| time.0);
    let until_s = input.end_time.map_or(i64::MAX, |time| time.0);
    if from_s > until_s {
        return Err(ApiError::modelled(
            &errors::INVALID_TIME_RANGE,
            "The start time must be before the end time.",
        ));
    }
    let max = input.max_results.unwrap_or(limits::LOOKUP_EVENTS_MAX);
    let limit = usize::try_from(max).ok();
    let limit = limit.filter(|_| (1..=limits::LOOKUP_EVENTS_MAX).contains(&max));
    let limit = limit.ok_or_else(|| {
        ApiError::modelled(
            &errors::INVALID_MAX_RESULTS,
            format!(
                "A max results value of {max} is invalid. Specify max results between 1 and 50."
            ),
        )
    })?;
    Ok(Query {
        terms,
        from_s: from_s.max(cx.now_s.saturating_sub(limits::LOOKUP_S_MAX)),
        until_s,
        before: None,
        limit,
        bytes_max: limits::LOOKUP_BYTES_MAX,
    })
}

/// What a token is good for: the same question of the same account in the same region.
fn binding(caller: &Caller, input: &LookupEventsRequest) -> String {
    let attribute = input.lookup_attributes.as_deref().and_then(<[_]>::first);
    let attribute = attribute.map(|given| (&given.attribute_key, &given.attribute_value));
    let time = |time: Option<Timestamp>| time.map(|time| time.0);
    format!(
        "LookupEvents {} {} {attribute:?} {:?} {:?}",
        caller.account.id,
        caller.region,
        time(input.start_time),
        time(input.end_time)
    )
}

/// # Errors
/// `InvalidNextTokenException` for a token that was not made for this question.
fn before(binding: &str, token: Option<&str>) -> Result<Option<Position>, ApiError> {
    let invalid = || ApiError::modelled(&errors::INVALID_NEXT_TOKEN, "Invalid Token.");
    let text = page::after(binding, token).map_err(|_| invalid())?;
    if token.is_none() {
        return Ok(None);
    }
    let (day, offset) = text.split_once(' ').ok_or_else(invalid)?;
    let (day, offset) = (day.parse(), offset.parse());
    match (day, offset) {
        (Ok(day), Ok(offset)) => Ok(Some(Position { day, offset })),
        _ => Err(invalid()),
    }
}

fn shown(hit: &Hit) -> Option<Event> {
    let record = trail_index::record_of(&hit.line);
    let facts = trail_index::facts(&record)?;
    let text = |attribute| facts.get(attribute).map(str::to_owned);
    let resources = facts.resources.iter().map(|resource| Resource {
        resource_name: Some(resource.arn.to_string()),
        resource_type: resource.kind.as_ref().map(ToString::to_string),
    });
    Some(Event {
        access_key_id: text(Attribute::AccessKeyId),
        event_id: text(Attribute::EventId),
        event_name: text(Attribute::EventName),
        event_source: text(Attribute::EventSource),
        event_time: Some(Timestamp(facts.time_s)),
        read_only: text(Attribute::ReadOnly),
        resources: Some(resources.collect()),
        username: text(Attribute::Username),
        cloud_trail_event: Some(String::from_utf8_lossy(&record).into_owned()),
    })
}

fn lookup_events(
    cx: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: LookupEventsRequest,
) -> Result<(LookupEventsResponse, Change), ApiError> {
    let query = query(cx, caller, &input)?;
    let binding = binding(caller, &input);
    let before = before(&binding, input.next_token.as_deref())?;
    if !state.has_asked() {
        cx.lookups.count(cx, caller)?;
    }
    let found = state.records(|| Query { before, ..query })?;
    let output = LookupEventsResponse {
        events: Some(found.hits.iter().filter_map(shown).collect()),
        next_token: found
            .next
            .map(|next| page::marker_of(&binding, &format!("{} {}", next.day, next.offset))),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] =
    &[answering!(CloudTrail "cloudtrail" "LookupEvents" Read, names::everywhere, lookup_events)];
