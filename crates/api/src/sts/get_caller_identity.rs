//! GetCallerIdentity: who am I? Always allowed, even under an explicit deny.

use locum_store::Change;
use locum_wire::sts::{GetCallerIdentityRequest, GetCallerIdentityResponse};

use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

fn needs<'a>(
    _: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    _: &'a GetCallerIdentityRequest,
) -> Result<Needs<'a>, ApiError> {
    Ok(Needs::nothing(caller.account.id))
}

fn get_caller_identity(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: GetCallerIdentityRequest,
) -> Result<(GetCallerIdentityResponse, Change), ApiError> {
    let output = GetCallerIdentityResponse {
        account: Some(caller.account.id.to_string()),
        arn: Some(caller.arn.clone()),
        user_id: Some(caller.user_id()),
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] =
    &[answering!(Sts "sts" "GetCallerIdentity" Read, needs, get_caller_identity)];
