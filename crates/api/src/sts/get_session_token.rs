//! GetSessionToken: temporary credentials for the caller itself. No policy controls it.

use locum_store::Change;
use locum_wire::sts::{GetSessionTokenRequest, GetSessionTokenResponse};

use crate::authorize::Grant;
use crate::caller::{Caller, Identity};
use crate::cx::Cx;
use crate::error::ApiError;
use crate::limits;
use crate::mfa;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::session::SessionKind;
use crate::snapshot::Snapshot;
use crate::sts::issue;

fn needs<'a>(
    _: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    _: &'a GetSessionTokenRequest,
) -> Result<Needs<'a>, ApiError> {
    if caller.session.is_some() {
        return Err(ApiError::Forbidden(
            "Cannot call GetSessionToken with session credentials".into(),
        ));
    }
    Ok(Needs::nothing(caller.account.id))
}

fn get_session_token(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: GetSessionTokenRequest,
) -> Result<(GetSessionTokenResponse, Change), ApiError> {
    let (serial, code) = (input.serial_number.as_deref(), input.token_code.as_deref());
    let device = mfa::authenticate(cx, caller, serial, code)?;
    let asked_s = input.duration_seconds.map(i64::from);
    let (kind, principal, duration_s) = match &caller.identity {
        Identity::User(user) => (
            SessionKind::User,
            user.id.clone(),
            asked_s.unwrap_or(limits::USER_SESSION_S_DEFAULT),
        ),
        // A longer request of root is shortened, not refused.
        Identity::Root => {
            let longest_s = limits::ROOT_SESSION_S_MAX;
            let duration_s = asked_s.unwrap_or(longest_s).min(longest_s);
            (SessionKind::Root, caller.account.id.to_string(), duration_s)
        }
        Identity::RoleSession(_) => {
            return Err(ApiError::Forbidden(
                "Cannot call GetSessionToken with session credentials".into(),
            ));
        }
    };
    let mut claims = issue::claims(cx, kind, caller.account.id, principal, duration_s);
    claims.mfa_s = device.is_some().then_some(cx.now_s);
    let issued = issue::issue(cx, &claims, input.minimum_session_token_size)?;
    let output = GetSessionTokenResponse {
        credentials: Some(issued.credentials),
        session_token_size: Some(issued.size),
        session_token_utilization: Some(issued.utilization),
    };
    Ok((output, issue::used(caller, device)))
}

pub(crate) const OPERATIONS: &[Operation] =
    &[answering!(Sts "sts" "GetSessionToken" Issue, needs, get_session_token)];
