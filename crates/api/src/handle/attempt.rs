//! The way of a call that may still succeed: who calls, what that needs, the operation, the commit.

use std::borrow::Cow;

use locum_sigv4::{Auth, AuthError, Claim};
use locum_store::{CommitError, Event};
use locum_wire::{Call, Reply, Service, Signing};

use super::Told;
use super::hear::{Heard, header, region};
use super::state::{load, snapshot};
use crate::authenticate::{account_of, authenticate};
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::{ApiError, TokenFault};
use crate::event::{self, Copy, Facts, Shared};
use crate::ids;
use crate::last_used::Use;
use crate::limits;
use crate::operation::{Draft, Operation, Outcome};
use crate::request::Request;
use crate::session::SessionKind;
use crate::snapshot::Snapshot;
use crate::world::World;

/// At each step the first fault ends the call.
pub(super) async fn attempt(
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
