//! The way of a call that is refused: its record, what explains it, its answer.

use locum_sigv4::{Auth, Claim};
use locum_store::{Change, CommitError, Event};
use locum_wire::{ErrorBody, Fault, Reply, Service};

use super::Told;
use super::hear::{Heard, called, region};
use crate::denial;
use crate::error::ApiError;
use crate::event::{self, Facts};
use crate::noise::Noted;
use crate::operation::Access;
use crate::request::Request;
use crate::session::SealError;
use crate::world::World;

/// A refusal: its record, then its answer. When the record cannot be kept the answer is 503; when what
/// it writes lost a race there is none.
pub(super) async fn refuse(
    world: &World,
    request: &Request,
    heard: &Heard<'_>,
    told: &mut Told,
    request_id: &str,
    error: ApiError,
) -> Option<Reply> {
    let (error, mut change) = match error {
        ApiError::Counted { error, change } => (*error, *change),
        error => (error, Change::default()),
    };
    let (explained, error) = match explain(world, heard, request_id, &error) {
        Ok(explained) => (explained, error),
        Err(fault) => (None, fault),
    };
    let service = called(heard).0;
    let call = heard.call.as_ref().ok();
    let claim = match &heard.auth {
        Ok(Auth::Signed(claim)) => Some(claim),
        _ => None,
    };
    let operation = call.map(|call| call.operation.as_ref());
    let error = if matches!(error, ApiError::Unavailable(_))
        || is_noise(world, request, told, &error, service, heard.now_s)
    {
        error
    } else {
        let claimed = locum_sigv4::claimed_key(&heard.view);
        let facts = Facts {
            now_s: heard.now_s,
            service,
            operation,
            access: told.operation.map_or(Access::Read, |row| row.access),
            caller: told.caller.as_ref(),
            claimed_key: claimed.as_deref(),
            region: region(
                service.unwrap_or(Service::Sts),
                claim.map_or("us-east-1", Claim::region),
            ),
            request,
            request_id,
            error: Some(&error),
            shared: None,
            authorization: explained.as_ref().map(|told| told.authorization.as_str()),
        };
        let record = event::record(&facts, &told.draft, &*world.random);
        let mut event = Event::new(heard.now_s, record);
        if let Some(explained) = explained {
            // A change with writes takes none: see `Event::policies`.
            if change.writes.is_empty() {
                event.policies = explained.policies;
            }
            told.message = Some(explained.message);
        }
        change.events.push(event);
        match world.engine.commit(change).await {
            Ok(_) => error,
            Err(CommitError::Conflict { .. }) => return None,
            Err(fault) => ApiError::Unavailable(fault.to_string()),
        }
    };
    Some(error_reply(heard, request_id, &error))
}

/// Is it one of many refusals without a valid caller, which are counted and recorded together?
fn is_noise(
    world: &World,
    request: &Request,
    told: &Told,
    error: &ApiError,
    service: Option<Service>,
    now_s: i64,
) -> bool {
    if told.caller.is_some() || error.wire(service).status >= 500 {
        return false;
    }
    let alone_max = world.settings.unauthenticated_records_max;
    let kind = error.trail_code(service);
    world.noise.note(request.peer, &kind, now_s, alone_max) == Noted::Counted
}

/// What explains a refusal by policies: for its record, and sealed for its caller. A ring that cannot
/// seal would leave a refusal without explanation, so it is a fault.
fn explain(
    world: &World,
    heard: &Heard<'_>,
    request_id: &str,
    error: &ApiError,
) -> Result<Option<denial::Told>, ApiError> {
    let ApiError::Denied(denial) = error else {
        return Ok(None);
    };
    let told = denial.tell(request_id, heard.now_s, &*world.random);
    let fault = |error: SealError| ApiError::Internal(error.to_string());
    told.map(Some).map_err(fault)
}

pub(super) fn error_reply(heard: &Heard<'_>, request_id: &str, error: &ApiError) -> Reply {
    let (service, protocol) = called(heard);
    let wire = error.wire(service);
    let sender = if wire.status >= 500 {
        Fault::Receiver
    } else {
        Fault::Sender
    };
    let body = ErrorBody {
        code: &wire.code,
        message: &wire.message,
        status: wire.status,
        sender,
    };
    locum_wire::write_error(protocol, service, &body, request_id)
}
