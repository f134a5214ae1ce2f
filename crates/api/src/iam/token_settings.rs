//! Settings of an account about tokens: the version of STS's tokens, and tokens for the world outside.

use locum_store::{AccountMeta, Change, Record};
use locum_wire::Empty;
use locum_wire::iam::{
    self, EnableOutboundWebIdentityFederationResponse,
    GetOutboundWebIdentityFederationInfoResponse, SetSecurityTokenServicePreferencesRequest,
};

use super::names;
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::ids;
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

/// The sentence is unconfirmed.
fn disabled() -> ApiError {
    ApiError::FeatureDisabled("Outbound web identity federation is not enabled for this account.")
}

/// The issuer of an account: a URL of its own at the host by which the caller, who was signed for it,
/// reaches this server. AWS's are hosts of their own.
fn issuer(cx: &Cx<'_>) -> Result<String, ApiError> {
    let unknown = || ApiError::Validation("The request names no host.".to_owned());
    let host = cx.host.ok_or_else(unknown)?;
    let authority: http::uri::Authority = host.parse().map_err(|_| unknown())?;
    if authority.as_str().contains('@') {
        return Err(unknown());
    }
    let uuid = ids::uuid_string(cx.random);
    let host = authority.as_str().to_ascii_lowercase();
    Ok(format!("https://{host}/web-identity/{uuid}"))
}

/// The account as it is, with this issuer.
fn with_issuer(caller: &Caller, outbound_issuer: Option<String>) -> Change {
    let meta = AccountMeta {
        outbound_issuer,
        ..AccountMeta::clone(&caller.account.meta)
    };
    names::change(&caller.account, vec![Record::AccountMeta(meta)], vec![])
}

/// Whether principals of the account may have tokens for services outside, by STS's GetWebIdentityToken.
/// That operation is not offered yet and says so; what is set here is kept for it. Each time the
/// feature is switched on the account gets a new issuer, so that nobody who trusted the last one trusts
/// tokens again without being asked.
fn enable_outbound_web_identity_federation(
    cx: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<(EnableOutboundWebIdentityFederationResponse, Change), ApiError> {
    if caller.account.meta.outbound_issuer.is_some() {
        // The sentence is unconfirmed.
        return Err(ApiError::modelled(
            &iam::errors::FEATURE_ENABLED,
            "Outbound web identity federation is already enabled for this account.",
        ));
    }
    let issuer = issuer(cx)?;
    let output = EnableOutboundWebIdentityFederationResponse {
        issuer_identifier: Some(issuer.clone()),
    };
    Ok((output, with_issuer(caller, Some(issuer))))
}

fn get_outbound_web_identity_federation_info(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<(GetOutboundWebIdentityFederationInfoResponse, Change), ApiError> {
    let issuer = caller.account.meta.outbound_issuer.clone();
    let output = GetOutboundWebIdentityFederationInfoResponse {
        issuer_identifier: Some(issuer.ok_or_else(disabled)?),
        jwt_vending_enabled: Some(true),
    };
    Ok((output, Change::default()))
}

fn disable_outbound_web_identity_federation(
    _: &Cx<'_>,
    _: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<Change, ApiError> {
    if caller.account.meta.outbound_issuer.is_none() {
        return Err(disabled());
    }
    Ok(with_issuer(caller, None))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    silent!(Iam "iam" "SetSecurityTokenServicePreferences" Write, names::everywhere,
        set_security_token_service_preferences),
    answering!(Iam "iam" "EnableOutboundWebIdentityFederation" Write, names::everywhere,
        enable_outbound_web_identity_federation),
    answering!(Iam "iam" "GetOutboundWebIdentityFederationInfo" Read, names::everywhere,
        get_outbound_web_identity_federation_info),
    silent!(Iam "iam" "DisableOutboundWebIdentityFederation" Write, names::everywhere,
        disable_outbound_web_identity_federation),
];
