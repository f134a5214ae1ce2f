//! The organization itself: create, describe.

use locum_store::Change;
use locum_wire::Empty;
use locum_wire::organizations::{
    self, CreateOrganizationRequest, CreateOrganizationResponse, DescribeOrganizationResponse,
};

use crate::authorize::Grant;
use crate::caller::Caller;
use crate::cx::Cx;
use crate::error::ApiError;
use crate::needs::Needs;
use crate::operation::{Operation, answering};
use crate::snapshot::Snapshot;

/// The ARN of an account of the organization.
pub(super) fn account_arn(
    cx: &Cx<'_>,
    state: &Snapshot,
    account: locum_store::AccountId,
) -> Option<String> {
    let organization = state.installation.organization.as_ref()?;
    let management = state.installation.management_account;
    let partition = &cx.settings.partition;
    Some(format!(
        "arn:{partition}:organizations::{management}:account/{}/{account}",
        organization.id
    ))
}

fn not_in_use() -> ApiError {
    ApiError::Organizations {
        code: "AWSOrganizationsNotInUseException",
        message: "Your account is not a member of an organization.",
    }
}

fn shown(cx: &Cx<'_>, state: &Snapshot) -> Result<organizations::Organization, ApiError> {
    let held = state
        .installation
        .organization
        .as_ref()
        .ok_or_else(not_in_use)?;
    let management = state.installation.management_account;
    let email = state
        .installation
        .account(management)
        .map(|summary| summary.email.clone());
    let partition = &cx.settings.partition;
    Ok(organizations::Organization {
        arn: Some(format!(
            "arn:{partition}:organizations::{management}:organization/{}",
            held.id
        )),
        // No policy type is enforced yet, so none is on offer.
        available_policy_types: Some(Vec::new()),
        feature_set: Some(held.feature_set.clone()),
        id: Some(held.id.clone()),
        master_account_arn: account_arn(cx, state, management),
        master_account_email: email,
        master_account_id: Some(management.to_string()),
    })
}

fn anyone<'a, I>(
    _: &'a Cx<'a>,
    _: &'a Snapshot,
    caller: &'a Caller,
    _: &'a I,
) -> Result<Needs<'a>, ApiError> {
    Ok(Needs::on("*", caller.account.id))
}

/// First start makes the organization and every account is a member of it, so there is always one.
fn create_organization(
    _: &Cx<'_>,
    state: &Snapshot,
    _: &Caller,
    _: &Grant,
    _: CreateOrganizationRequest,
) -> Result<(CreateOrganizationResponse, Change), ApiError> {
    match state.installation.organization {
        Some(_) => Err(ApiError::Organizations {
            code: "AlreadyInOrganizationException",
            message: "The AWS account is already a member of an organization.",
        }),
        None => Err(ApiError::Internal(
            "an installation without an organization".to_owned(),
        )),
    }
}

fn describe_organization(
    cx: &Cx<'_>,
    state: &Snapshot,
    _: &Caller,
    _: &Grant,
    _: Empty,
) -> Result<(DescribeOrganizationResponse, Change), ApiError> {
    let organization = shown(cx, state)?;
    Ok((
        DescribeOrganizationResponse {
            organization: Some(organization),
        },
        Change::default(),
    ))
}

pub(crate) const OPERATIONS: &[Operation] = &[
    answering!(Organizations "organizations" "CreateOrganization" Write, anyone, create_organization),
    answering!(Organizations "organizations" "DescribeOrganization" Read, anyone, describe_organization),
];
