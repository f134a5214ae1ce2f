//! Central management of root access in the organization: what can be switched on, and what is.

use locum_store::Change;
use locum_wire::iam::{
    DisableOrganizationsRootCredentialsManagementRequest,
    DisableOrganizationsRootCredentialsManagementResponse, DisableOrganizationsRootSessionsRequest,
    DisableOrganizationsRootSessionsResponse, EnableOrganizationsRootCredentialsManagementRequest,
    EnableOrganizationsRootCredentialsManagementResponse, EnableOrganizationsRootSessionsRequest,
    EnableOrganizationsRootSessionsResponse, ListOrganizationsFeaturesRequest,
    ListOrganizationsFeaturesResponse,
};

use super::names;
use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// The organization's id, for its management account. Sentences are unconfirmed.
fn organization(state: &Snapshot, caller: &Caller) -> Result<Option<String>, ApiError> {
    if caller.account.id != state.installation.management_account {
        return Err(ApiError::Organizations {
            code: "AccountNotManagementOrDelegatedAdministratorException",
            message: "The request was rejected because the account making the request is not the management account or delegated administrator account for centralized root access.",
        });
    }
    match &state.installation.organization {
        Some(organization) => Ok(Some(organization.id.clone())),
        None => Err(ApiError::Organizations {
            code: "OrganizationNotFoundException",
            message: "The request was rejected because no organization is associated with your account.",
        }),
    }
}

/// Both features are of use through `sts:AssumeRoot` alone, which is not offered yet; until then there
/// is no trusted access for IAM, and AWS's error for that is what switching them on answers.
fn refused(state: &Snapshot, caller: &Caller) -> ApiError {
    if caller.account.id != state.installation.management_account {
        return ApiError::Organizations {
            code: "CallerIsNotManagementAccountException",
            message: "The request was rejected because the account making the request is not the management account for the organization.",
        };
    }
    ApiError::Organizations {
        code: "ServiceAccessNotEnabledException",
        message: "The request was rejected because trusted access is not enabled for IAM in Organizations; this server offers no AssumeRoot that would need it.",
    }
}

fn enable_organizations_root_credentials_management(
    _: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: EnableOrganizationsRootCredentialsManagementRequest,
) -> Result<(EnableOrganizationsRootCredentialsManagementResponse, Change), ApiError> {
    Err(refused(state, caller))
}

fn enable_organizations_root_sessions(
    _: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: EnableOrganizationsRootSessionsRequest,
) -> Result<(EnableOrganizationsRootSessionsResponse, Change), ApiError> {
    Err(refused(state, caller))
}

fn disable_organizations_root_credentials_management(
    _: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: DisableOrganizationsRootCredentialsManagementRequest,
) -> Result<
    (
        DisableOrganizationsRootCredentialsManagementResponse,
        Change,
    ),
    ApiError,
> {
    let output = DisableOrganizationsRootCredentialsManagementResponse {
        enabled_features: Some(Vec::new()),
        organization_id: organization(state, caller)?,
    };
    Ok((output, Change::default()))
}

fn disable_organizations_root_sessions(
    _: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: DisableOrganizationsRootSessionsRequest,
) -> Result<(DisableOrganizationsRootSessionsResponse, Change), ApiError> {
    let output = DisableOrganizationsRootSessionsResponse {
        enabled_features: Some(Vec::new()),
        organization_id: organization(state, caller)?,
    };
    Ok((output, Change::default()))
}

fn list_organizations_features(
    _: &Cx<'_>,
    state: &Snapshot,
    caller: &Caller,
    _: &Grant,
    _: ListOrganizationsFeaturesRequest,
) -> Result<(ListOrganizationsFeaturesResponse, Change), ApiError> {
    let output = ListOrganizationsFeaturesResponse {
        enabled_features: Some(Vec::new()),
        organization_id: organization(state, caller)?,
    };
    Ok((output, Change::default()))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Iam "iam" "EnableOrganizationsRootCredentialsManagement" Write, names::everywhere,
        enable_organizations_root_credentials_management),
    answering!(Iam "iam" "EnableOrganizationsRootSessions" Write, names::everywhere,
        enable_organizations_root_sessions),
    answering!(Iam "iam" "DisableOrganizationsRootCredentialsManagement" Write, names::everywhere,
        disable_organizations_root_credentials_management),
    answering!(Iam "iam" "DisableOrganizationsRootSessions" Write, names::everywhere,
        disable_organizations_root_sessions),
    answering!(Iam "iam" "ListOrganizationsFeatures" Read, names::everywhere, list_organizations_features),
];
