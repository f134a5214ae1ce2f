//! Settings of an account about tokens: the version of STS's tokens, and tokens for the world outside.

use locum_store::Change;
use locum_wire::Empty;
use locum_wire::iam::{
    GetOutboundWebIdentityFederationInfoResponse, SetSecurityTokenServicePreferencesRequest,
};

use super::names;
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::operation::{Operation, answering, silent};
use crate::snapshot::Snapshot;

/// Session tokens of this server are good in every region, which AWS calls version 2. To say that they
/// are not would be no more than a promise.
fn set_security_token_service_preferences(
    _: &Cx<'_>,
    _: &Snapshot,
    _: &Caller,
    _: &Grant,
    input: SetSecurityTokenServicePreferencesRequest,
) -> Result<Change, ApiError> {
    match input.global_endpoint_token_version.as_str() {
        "v2Token" => Ok(Change::default()),
        _ => Err(ApiError::Unsupported {
            parameter: "GlobalEndpointTokenVersion",
            reason: "session tokens of this server are good in every region, which is v2Token",
        }),
    }
}

/// EnableOutboundWebIdentityFederation is not offered, so it is never on. The sentence is unconfirmed.
fn disabled() -> ApiError {
    ApiError::FeatureDisabled("Outbound web identity federation is not enabled for this account.")
}

fn get_outbound_web_identity_federation_info(
    _: &Cx<'_>,
    _: &Snapshot,
    _: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<(GetOutboundWebIdentityFederationInfoResponse, Change), ApiError> {
    Err(disabled())
}

fn disable_outbound_web_identity_federation(
    _: &Cx<'_>,
    _: &Snapshot,
    _: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<Change, ApiError> {
    Err(disabled())
}

pub(crate) const OPERATIONS: &[Operation] = &[
    silent!(Iam "iam" "SetSecurityTokenServicePreferences" Write, names::everywhere,
        set_security_token_service_preferences),
    answering!(Iam "iam" "GetOutboundWebIdentityFederationInfo" Read, names::everywhere,
        get_outbound_web_identity_federation_info),
    silent!(Iam "iam" "DisableOutboundWebIdentityFederation" Write, names::everywhere,
        disable_outbound_web_identity_federation),
];
