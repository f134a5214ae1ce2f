//! GetAccessKeyInfo: the account that a key id encodes. Decoding only; tells nothing of the key's state.

use locum_store::Change;
use locum_wire::sts::{GetAccessKeyInfoRequest, GetAccessKeyInfoResponse};

use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::ids;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

fn needs<'a>(
    _: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    _: &'a GetAccessKeyInfoRequest,
) -> Result<Needs<'a>, ApiError> {
    Ok(Needs::on("*", caller.account.id))
}

fn get_access_key_info(
    _: &Cx<'_>,
    _: &Snapshot,
    _: &Caller,
    _: &Grant,
    input: GetAccessKeyInfoRequest,
) -> Result<(GetAccessKeyInfoResponse, Change), ApiError> {
    let account = ids::account_of_id(&input.access_key_id).ok_or_else(|| {
        ApiError::Validation(format!(
            "The access key id {} encodes no account.",
            input.access_key_id
        ))
    })?;
    Ok((
        GetAccessKeyInfoResponse {
            account: Some(account.to_string()),
        },
        Change::default(),
    ))
}

pub(crate) const OPERATIONS: &[Operation] =
    &[answering!(Sts "sts" "GetAccessKeyInfo" Read, needs, get_access_key_info)];
