//! DecodeAuthorizationMessage: what a sealed message says of a refused call, for an account it concerns.

use locum_store::Change;
use locum_wire::sts::{
    self, DecodeAuthorizationMessageRequest, DecodeAuthorizationMessageResponse,
};

use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::denial::Message;
use crate::error::ApiError;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::session::Purpose;
use crate::snapshot::Snapshot;

fn needs<'a>(
    _: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    _: &'a DecodeAuthorizationMessageRequest,
) -> Result<Needs<'a>, ApiError> {
    Ok(Needs::on("*", caller.account.id))
}

/// One sentence for everything that does not open: it tells nobody whether a message is broken, of
/// another installation, of a key that is gone or another account's.
fn invalid() -> ApiError {
    ApiError::modelled(
        &sts::errors::INVALID_AUTHORIZATION_MESSAGE,
        "Message is not valid",
    )
}

fn decode_authorization_message(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    input: DecodeAuthorizationMessageRequest,
) -> Result<(DecodeAuthorizationMessageResponse, Change), ApiError> {
    let opened = cx
        .ring
        .open_message(Purpose::Authorization, &input.encoded_message);
    let text = opened.map_err(|_| invalid())?;
    let message: Message = serde_json::from_str(&text).map_err(|_| invalid())?;
    let account = caller.account.id.to_string();
    let mut views = message.views.into_iter();
    let (_, view) = views
        .find(|(reader, _)| *reader == account)
        .ok_or_else(invalid)?;
    let output = DecodeAuthorizationMessageResponse {
        decoded_message: Some(view.get().to_owned()),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[answering!(
    Sts "sts" "DecodeAuthorizationMessage" Read, needs, decode_authorization_message
)];
