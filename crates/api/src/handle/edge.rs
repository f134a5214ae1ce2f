//! The record of a request that the edge refuses by itself, before it is a call of anybody.

use locum_sigv4::{Header, RequestView};
use locum_store::{Change, Event};
use smallvec::SmallVec;

use super::hear::headers;
use crate::error::ApiError;
use crate::event::{self, Facts};
use crate::noise::Noted;
use crate::operation::{Access, Draft};
use crate::request::Request;
use crate::world::World;

/// What the edge answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeRefusal {
    /// The code in the body.
    pub code: &'static str,
    /// The sentence in the body.
    pub message: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// Records what the edge refuses, as any call without a valid caller: a few have a record each, further
/// ones are counted. Answers whether it is in the trail or counted; if not, it must not be answered.
pub async fn refused_by_edge(
    world: &World,
    request: &Request,
    refusal: EdgeRefusal,
    request_id: &str,
) -> bool {
    let now_s = world.clock.now_ms().div_euclid(1_000);
    let alone_max = world.settings.unauthenticated_records_max;
    let noted = world
        .noise
        .note(request.peer, refusal.code, now_s, alone_max);
    if noted == Noted::Counted {
        return true;
    }
    let headers: SmallVec<[Header<'_>; 24]> = headers(request);
    let view = RequestView {
        method: request.parts.method.as_str(),
        path: request.parts.uri.path(),
        query: request.parts.uri.query().unwrap_or(""),
        headers: &headers,
        body: &[],
    };
    let claimed = locum_sigv4::claimed_key(&view);
    let error = ApiError::Edge(refusal);
    let facts = Facts {
        now_s,
        service: None,
        operation: None,
        access: Access::Read,
        caller: None,
        claimed_key: claimed.as_deref(),
        region: "us-east-1",
        request,
        request_id,
        error: Some(&error),
        shared: None,
        authorization: None,
    };
    let record = event::record(&facts, &Draft::default(), &*world.random);
    let change = Change {
        events: vec![Event::new(now_s, record)],
        ..Change::default()
    };
    world.engine.commit(change).await.is_ok()
}
