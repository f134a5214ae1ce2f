//! Whether a trail delivers: start, stop, status. What Locum itself records never stops.

use locum_store::{Change, Trail};
use locum_wire::Timestamp;
use locum_wire::cloudtrail::{
    GetTrailStatusRequest, GetTrailStatusResponse, StartLoggingRequest, StartLoggingResponse,
    StopLoggingRequest, StopLoggingResponse,
};

use super::put;
use super::trail_name::{self, on_trail};
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

fn start_logging(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: StartLoggingRequest,
) -> Result<(StartLoggingResponse, Change), ApiError> {
    let trail = trail_name::read(cx, caller, &input.name)?.at_home(caller)?;
    if trail.is_logging {
        return Ok((StartLoggingResponse {}, Change::default()));
    }
    let started = Trail {
        is_logging: true,
        started_s: Some(cx.now_s),
        ..Trail::clone(trail)
    };
    Ok((StartLoggingResponse {}, put(caller, started)))
}

fn stop_logging(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: StopLoggingRequest,
) -> Result<(StopLoggingResponse, Change), ApiError> {
    let trail = trail_name::read(cx, caller, &input.name)?.at_home(caller)?;
    if !trail.is_logging {
        return Ok((StopLoggingResponse {}, Change::default()));
    }
    let stopped = Trail {
        is_logging: false,
        stopped_s: Some(cx.now_s),
        ..Trail::clone(trail)
    };
    Ok((StopLoggingResponse {}, put(caller, stopped)))
}

fn get_trail_status(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetTrailStatusRequest,
) -> Result<(GetTrailStatusResponse, Change), ApiError> {
    let trail = trail_name::read(cx, caller, &input.name)?.existing(caller)?;
    let text = |time_s: Option<i64>| {
        let shown = time_s.map(|time_s| Timestamp(time_s).to_string());
        Some(shown.unwrap_or_default())
    };
    let delivery = cx.deliveries.of(caller.account.id, trail);
    let output = GetTrailStatusResponse {
        is_logging: Some(trail.is_logging),
        latest_delivery_attempt_succeeded: text(delivery.delivered_s),
        latest_delivery_attempt_time: text(delivery.attempted_s),
        latest_delivery_error: delivery.error,
        latest_delivery_time: delivery.delivered_s.map(Timestamp),
        latest_digest_delivery_error: delivery.digest_error,
        latest_digest_delivery_time: delivery.digest_delivered_s.map(Timestamp),
        // There are no notifications, which AWS tells so.
        latest_notification_attempt_succeeded: text(None),
        latest_notification_attempt_time: text(None),
        start_logging_time: trail.started_s.map(Timestamp),
        stop_logging_time: trail.stopped_s.map(Timestamp),
        time_logging_started: text(trail.started_s),
        time_logging_stopped: text(trail.stopped_s),
        ..GetTrailStatusResponse::default()
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(CloudTrail "cloudtrail" "StartLogging" Write,
        |cx, _, caller, input| on_trail(cx, caller, &input.name), start_logging),
    answering!(CloudTrail "cloudtrail" "StopLogging" Write,
        |cx, _, caller, input| on_trail(cx, caller, &input.name), stop_logging),
    answering!(CloudTrail "cloudtrail" "GetTrailStatus" Read,
        |cx, _, caller, input| on_trail(cx, caller, &input.name), get_trail_status),
];
