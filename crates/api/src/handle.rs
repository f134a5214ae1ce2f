//! The hallway of every call: parse, authenticate, find the operation, run it, commit, answer. No logic.

use std::borrow::Cow;

use bytes::Bytes;
use locum_sigv4::{Auth, AuthError, Claim, Header, RequestView, Rules};
use locum_store::{AccountId, Change, CommitError, Event, Loaded, Unit};
use locum_wire::{
    Call, ErrorBody, Fault, HttpRequest, Protocol, Reply, RouteError, Service, Signing,
};
use smallvec::SmallVec;

use crate::authenticate::{account_of, authenticate};
use crate::caller::Caller;
use crate::cx::Cx;
use crate::denial;
use crate::error::{ApiError, TokenFault};
use crate::event::{self, Copy, Facts, Shared};
use crate::ids;
use crate::last_used::Use;
use crate::limits;
use crate::noise::Noted;
use crate::operation::{Access, Draft, Operation, Outcome};
use crate::operations;
use crate::request::{Request, Response};
use crate::session::{SealError, SessionKind};
use crate::snapshot::Snapshot;
use crate::world::World;

/// The services that one URL serves, as signatures are scoped to them.
pub(crate) const SERVICES: &[&str] = &["sts", "iam", "organizations", "cloudtrail"];

/// The header with the encoded authorization message of a refusal.
const MESSAGE_HEADER: &str = "x-locum-authorization-message";

/// What is known of a call before anybody is believed.
struct Heard<'a> {
    view: RequestView<'a>,
    auth: Result<Auth<'a>, AuthError>,
    call: Result<Call<'a>, RouteError>,
    now_s: i64,
}

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

fn headers(request: &Request) -> SmallVec<[Header<'_>; 24]> {
    let named = request.parts.headers.iter();
    named
        .map(|(name, value)| Header {
            name: name.as_str(),
            value: value.as_bytes(),
        })
        .collect()
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request
        .parts
        .headers
        .get(name)
        .and_then(|value| value.to_str().ok())
}

/// Everything that needs neither state nor secret: what is claimed, which operation is meant.
fn hear<'a>(world: &World, request: &'a Request, headers: &'a [Header<'a>]) -> Heard<'a> {
    let uri = &request.parts.uri;
    let now_s = world.clock.now_ms().div_euclid(1_000);
    let view = RequestView {
        method: request.parts.method.as_str(),
        path: uri.path(),
        query: uri.query().unwrap_or(""),
        headers,
        body: &request.body,
    };
    let rules = Rules {
        skew_s_max: world.settings.signature_skew_s_max,
        now: now_s,
        services: SERVICES,
        region: world.settings.region.as_deref(),
    };
    let auth = locum_sigv4::parse(&view, &rules);
    let scope_service = match &auth {
        Ok(Auth::Signed(claim)) => SERVICES
            .iter()
            .find(|known| **known == claim.service())
            .copied(),
        _ => None,
    };
    let http = HttpRequest {
        method: view.method,
        path: view.path,
        query: view.query,
        host: header(request, "host").or(uri.host()),
        content_type: header(request, "content-type"),
        target: header(request, "x-amz-target"),
        accept: header(request, "accept"),
        body: view.body,
        scope_service,
    };
    let call = locum_wire::route(&http);
    Heard {
        view,
        auth,
        call,
        now_s,
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

/// The way of a call that may still succeed: at each step the first fault ends it.
async fn attempt(
    world: &World,
    request: &Request,
    heard: &Heard<'_>,
    told: &mut Told,
    request_id: &str,
) -> Result<Reply, ApiError> {
    let claim = match &heard.auth {
        Ok(Auth::Signed(claim)) => claim,
        Ok(Auth::Unsigned) => return Err(unsigned(heard)),
        Err(error) => return Err(ApiError::Signature(error.clone())),
    };
    let mut state = snapshot(world, account_of(claim)).await?;
    let ring = world.rings.of(&state.installation);
    let caller = authenticate(world, &state, &ring, &heard.view, claim, heard.now_s)?;
    let caller = &*told.caller.insert(caller);
    note_use(world, caller, heard, claim);
    let call = match &heard.call {
        Ok(call) => call,
        Err(error) => return Err(ApiError::Route(error.clone())),
    };
    let operation = told
        .operation
        .ok_or_else(|| ApiError::NotOffered(call.operation.clone().into_owned()))?;
    session_may_call(caller, call.service, operation.name)?;
    for _ in 0..limits::COMMIT_ATTEMPTS_MAX {
        let run = Run {
            world,
            request,
            heard,
            claim,
            operation,
            call,
            request_id,
        };
        let caller = told
            .caller
            .as_ref()
            .ok_or_else(|| ApiError::Internal("caller".to_owned()))?;
        let outcome = step(&run, &mut state, caller, &mut told.draft).await?;
        match commit(&run, caller, outcome, &told.draft).await {
            Ok(reply) => return Ok(reply),
            Err(Lost::Race) => {
                state = snapshot(world, account_of(claim)).await?;
                let ring = world.rings.of(&state.installation);
                told.caller = Some(authenticate(
                    world,
                    &state,
                    &ring,
                    &heard.view,
                    claim,
                    heard.now_s,
                )?);
            }
            Err(Lost::TooLarge) => {
                let sentence = "The entity would be larger than the store can keep.";
                return Err(ApiError::LimitExceeded(sentence.to_owned()));
            }
            Err(Lost::Store(reason)) => return Err(ApiError::Unavailable(reason)),
        }
    }
    Err(ApiError::ConcurrentModification)
}

/// A right signature is a use, whatever becomes of the call.
fn note_use(world: &World, caller: &Caller, heard: &Heard<'_>, claim: &Claim<'_>) {
    let (service, action, region) = match &heard.call {
        Ok(call) => (
            call.service.scope_name(),
            Some(call.model.name),
            region(call.service, claim.region()),
        ),
        Err(_) => (claim.service(), None, claim.region()),
    };
    let call = Use {
        service,
        action,
        region: crate::json::clip(region, limits::REGION_BYTES_KEPT_MAX),
        now_s: heard.now_s,
    };
    world.last_uses.note(caller, call);
}

/// A call without a signature: refused as such, unless AWS would not ask for one either; none of those
/// operations is offered yet, and the answer says so.
fn unsigned(heard: &Heard<'_>) -> ApiError {
    match &heard.call {
        Ok(call) if call.model.signing == Signing::Unsigned => {
            ApiError::NotOffered(call.operation.clone().into_owned())
        }
        _ => ApiError::Signature(AuthError::MissingAuthenticationToken),
    }
}

/// One authenticated call of a known operation.
struct Run<'a> {
    world: &'a World,
    request: &'a Request,
    heard: &'a Heard<'a>,
    claim: &'a Claim<'a>,
    operation: &'static Operation,
    call: &'a Call<'a>,
    request_id: &'a str,
}

/// Runs the pure steps, loading the accounts that they ask for.
async fn step(
    run: &Run<'_>,
    state: &mut Snapshot,
    caller: &Caller,
    draft: &mut Draft,
) -> Result<Outcome, ApiError> {
    loop {
        let cx = context(run, state);
        let steps = run.operation.steps;
        match steps.run(&cx, state, caller, run.call, run.request_id, draft) {
            Err(ApiError::Missing(_)) => {
                for account in state.take_wanted() {
                    let loaded = load(run.world, account).await?;
                    state.add(account, loaded);
                }
            }
            Err(ApiError::MissingRecords) => {
                let Some(query) = state.take_query() else {
                    return Err(ApiError::Internal("a look-up of nothing".to_owned()));
                };
                let found = run.world.engine.search(query).await;
                let found = found.map_err(|error| ApiError::Unavailable(error.to_string()))?;
                state.set_found(found);
            }
            other => return other,
        }
    }
}

fn context<'a>(run: &Run<'a>, state: &Snapshot) -> Cx<'a> {
    let authority = run.request.parts.uri.authority();
    let authority = authority.map(http::uri::Authority::as_str);
    Cx {
        now_s: run.heard.now_s,
        random: &*run.world.random,
        settings: &run.world.settings,
        last_uses: &run.world.last_uses,
        deliveries: &run.world.deliveries,
        lookups: &run.world.lookups,
        ring: run.world.rings.of(&state.installation),
        source_ip: run.request.peer,
        tls: run.request.tls.as_ref(),
        user_agent: header(run.request, "user-agent"),
        host: header(run.request, "host").or(authority),
        referer: header(run.request, "referer"),
        service: run.call.service,
    }
}

/// Why a change was not made.
enum Lost {
    /// Somebody else was faster: plan again.
    Race,
    /// It is larger than a change may be, so trying again cannot help.
    TooLarge,
    /// The store or the trail cannot take it now.
    Store(String),
}

/// The only commit of the product that carries an answer.
async fn commit(
    run: &Run<'_>,
    caller: &Caller,
    outcome: Outcome,
    draft: &Draft,
) -> Result<Reply, Lost> {
    let Outcome { reply, mut change } = outcome;
    let mut facts = Facts {
        now_s: run.heard.now_s,
        service: Some(run.call.service),
        operation: Some(run.operation.name),
        access: run.operation.access,
        caller: Some(caller),
        claimed_key: None,
        region: region(run.call.service, run.claim.region()),
        request: run.request,
        request_id: run.request_id,
        error: None,
        shared: None,
        authorization: None,
    };
    let (time_s, random) = (run.heard.now_s, &*run.world.random);
    let owner = draft.resources.first().map(|(_, owner)| *owner);
    match owner.filter(|owner| *owner != caller.account.id) {
        None => {
            let record = event::record(&facts, draft, random);
            change.events.push(Event::new(time_s, record));
        }
        Some(owner) => {
            let event_id = ids::uuid_string(random);
            let event_id = event_id.as_str();
            for copy in [Copy::Callers, Copy::Owners(owner)] {
                facts.shared = Some(Shared { event_id, copy });
                let record = event::record(&facts, draft, random);
                change.events.push(Event::new(time_s, record));
            }
        }
    }
    match run.world.engine.commit(change).await {
        Ok(_) => Ok(reply),
        Err(CommitError::Conflict { .. }) => Err(Lost::Race),
        Err(CommitError::TooLarge { .. }) => Err(Lost::TooLarge),
        Err(error) => Err(Lost::Store(error.to_string())),
    }
}

/// IAM and Organizations are global; STS and CloudTrail answer in the region of the signature.
fn region(service: Service, claimed: &str) -> &str {
    match service {
        Service::Sts | Service::CloudTrail => claimed,
        Service::Iam | Service::Organizations => "us-east-1",
    }
}

/// A refusal: its record, then its answer. When the record cannot be kept the answer is 503; when what
/// it writes lost a race there is none.
async fn refuse(
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
        let facts = Facts {
            now_s: heard.now_s,
            service,
            operation,
            access: told.operation.map_or(Access::Read, |row| row.access),
            caller: told.caller.as_ref(),
            claimed_key: claim.map(Claim::access_key_id),
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

/// The service that was called, if one was, and the protocol it is answered in.
fn called(heard: &Heard<'_>) -> (Option<Service>, Protocol) {
    match &heard.call {
        Ok(call) => (Some(call.service), call.protocol),
        Err(error) => (error.service, error.protocol),
    }
}

fn error_reply(heard: &Heard<'_>, request_id: &str, error: &ApiError) -> Reply {
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

/// What temporary credentials of each kind may not call (STS reference §5).
fn session_may_call(caller: &Caller, service: Service, operation: &str) -> Result<(), ApiError> {
    let Some(session) = &caller.session else {
        return Ok(());
    };
    if session.kind == SessionKind::Role {
        return Ok(());
    }
    match service {
        Service::Iam if session.mfa_s.is_none() => {
            Err(ApiError::InvalidToken(TokenFault::ServiceForbidden))
        }
        Service::Sts if !matches!(operation, "AssumeRole" | "GetCallerIdentity") => {
            Err(ApiError::Forbidden(Cow::Owned(format!(
                "Cannot call {operation} with session credentials"
            ))))
        }
        _ => Ok(()),
    }
}

async fn snapshot(world: &World, caller: Option<AccountId>) -> Result<Snapshot, ApiError> {
    let installation = match loaded(world, Unit::Installation).await? {
        Some(Loaded::Installation(installation)) => installation,
        _ => return Err(ApiError::Unavailable("the store is empty".to_owned())),
    };
    let mut state = Snapshot::new(installation);
    if let Some(account) = caller {
        let value = load(world, account).await?;
        state.add(account, value);
    }
    Ok(state)
}

async fn load(
    world: &World,
    account: AccountId,
) -> Result<Option<std::sync::Arc<locum_store::Account>>, ApiError> {
    match loaded(world, Unit::Account(account)).await? {
        Some(Loaded::Account(value)) => Ok(Some(value)),
        _ => Ok(None),
    }
}

async fn loaded(world: &World, unit: Unit) -> Result<Option<Loaded>, ApiError> {
    if let Some(hit) = world.engine.cached(unit) {
        return Ok(Some(hit));
    }
    world
        .engine
        .load(unit)
        .await
        .map_err(|error| ApiError::Unavailable(error.to_string()))
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
