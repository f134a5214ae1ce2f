//! The hallway of every call: parse, authenticate, find the operation, run it, commit, answer. No logic.

mod attempt;
mod edge;
mod hear;
mod refuse;
mod state;

use bytes::Bytes;
use locum_sigv4::Header;
use locum_wire::Reply;
use smallvec::SmallVec;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::ids;
use crate::limits;
use crate::operation::{Draft, Operation};
use crate::operations;
use crate::request::{Request, Response};
use crate::world::World;
use attempt::attempt;
pub use edge::{EdgeRefusal, refused_by_edge};
use hear::{Heard, headers, hear};
use refuse::{error_reply, refuse};

pub(crate) use hear::SERVICES;

/// The header with the encoded authorization message of a refusal.
const MESSAGE_HEADER: &str = "x-locum-authorization-message";

/// Who called and what came of it, for the record.
#[derive(Default)]
struct Told {
    operation: Option<&'static Operation>,
    caller: Option<Caller>,
    draft: Draft,
    /// The encoded authorization message of a refusal.
    message: Option<String>,
}

/// A response, and which row of the table of operations it answers (for metrics).
pub struct Handled {
    /// What is sent back.
    pub response: Response,
    /// The operation, once one was recognised.
    pub operation: Option<&'static Operation>,
}

/// The product: one request in, one response out. Every answer but 503 has its trail record, durable
/// before this returns; a change is durable with its record or not made at all.
pub async fn handle(world: &World, request: Request) -> Response {
    handle_named(world, request).await.response
}

/// [`handle()`], telling also which operation it was.
pub async fn handle_named(world: &World, request: Request) -> Handled {
    let request_id = ids::uuid_string(&*world.random);
    let headers: SmallVec<[Header<'_>; 24]> = headers(&request);
    let heard = hear(world, &request, &headers);
    let operation = heard.call.as_ref().ok().and_then(operations::find);
    let mut told = Told {
        operation,
        ..Told::default()
    };
    let reply = settle(world, &request, &heard, &mut told, &request_id).await;
    Handled {
        response: response(reply, &request_id, told.message),
        operation,
    }
}

/// Answers the call. A refusal that writes something (a wrong code, counted) may lose a race like any
/// other change, and is then decided again.
async fn settle(
    world: &World,
    request: &Request,
    heard: &Heard<'_>,
    told: &mut Told,
    request_id: &str,
) -> Reply {
    for _ in 0..limits::COMMIT_ATTEMPTS_MAX {
        let error = match attempt(world, request, heard, told, request_id).await {
            Ok(reply) => return reply,
            Err(error) => error,
        };
        if let Some(reply) = refuse(world, request, heard, told, request_id, error).await {
            return reply;
        }
    }
    let error = ApiError::Unavailable("a counted refusal lost every race".to_owned());
    error_reply(heard, request_id, &error)
}

fn response(reply: Reply, request_id: &str, message: Option<String>) -> Response {
    let mut response = Response::new(reply.body);
    *response.status_mut() =
        http::StatusCode::from_u16(reply.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static(reply.content_type),
    );
    if let Ok(value) =
        http::HeaderValue::from_maybe_shared(Bytes::copy_from_slice(request_id.as_bytes()))
    {
        headers.insert(http::HeaderName::from_static("x-amzn-requestid"), value);
    }
    // Services that have the message in the body say so in their sentence; of these here none does.
    if let Some(Ok(value)) = message.map(http::HeaderValue::try_from) {
        headers.insert(http::HeaderName::from_static(MESSAGE_HEADER), value);
    }
    response
}
