//! Account-wide settings: what is true is told, what would be a promise is refused.

use locum_api::operations;
use locum_wire::iam::{
    EnableOutboundWebIdentityFederationResponse, GetOutboundWebIdentityFederationInfoResponse,
    ListOrganizationsFeaturesRequest, ListOrganizationsFeaturesResponse,
};
use locum_wire::{Empty, Service};

use crate::common::{Lab, Refused, check, success};

#[test]
fn features_of_the_organization_are_off_and_cannot_be_switched_on() {
    let lab = Lab::new();
    let other = lab.other("other");
    let input = ListOrganizationsFeaturesRequest {};
    let listed: ListOrganizationsFeaturesResponse = lab
        .iam(&lab.admin, "ListOrganizationsFeatures", &input)
        .expect("ListOrganizationsFeatures");
    assert_eq!(listed.enabled_features, Some(vec![]));
    assert!(listed.organization_id.expect("an id").starts_with("o-"));
    let message = "The request was rejected because trusted access is not enabled for IAM in Organizations; this server offers no AssumeRoot that would need it.";
    let by_other = |form: &str| {
        let answer = lab.form(&other.root, Service::Iam, form);
        success(Service::Iam, &answer)
    };
    for feature in ["RootCredentialsManagement", "RootSessions"] {
        let enable = format!("Action=EnableOrganizations{feature}");
        let disable = format!("Action=DisableOrganizations{feature}");
        let code = "ServiceAccessNotEnabledException";
        check(lab.ask(&enable), 400, code, message);
        lab.ask(&disable).expect("it is off");
        let refused = by_other(&enable).expect_err("not the management account");
        assert_eq!(refused.code, "CallerIsNotManagementAccountException");
        let refused = by_other(&disable).expect_err("not the management account");
        let code = "AccountNotManagementOrDelegatedAdministratorException";
        assert_eq!(refused.code, code);
    }
    let refused = by_other("Action=ListOrganizationsFeatures").expect_err("another account");
    let code = "AccountNotManagementOrDelegatedAdministratorException";
    assert_eq!(refused.code, code);
}

#[test]
fn tokens_are_good_in_every_region() {
    let lab = Lab::new();
    let form = "Action=SetSecurityTokenServicePreferences&GlobalEndpointTokenVersion=";
    lab.ask(&format!("{form}v2Token")).expect("as it is");
    let message = "The parameter GlobalEndpointTokenVersion is not supported: session tokens of this server are good in every region, which is v2Token.";
    check(
        lab.ask(&format!("{form}v1Token")),
        400,
        "ValidationError",
        message,
    );
}

fn outbound(lab: &Lab) -> Result<GetOutboundWebIdentityFederationInfoResponse, Refused> {
    lab.iam(
        &lab.admin,
        "GetOutboundWebIdentityFederationInfo",
        &Empty {},
    )
}

fn enable(lab: &Lab) -> Result<String, Refused> {
    let output: EnableOutboundWebIdentityFederationResponse =
        lab.iam(&lab.admin, "EnableOutboundWebIdentityFederation", &Empty {})?;
    Ok(output.issuer_identifier.expect("an issuer"))
}

#[test]
fn tokens_for_the_world_outside_are_switched_on_and_off_with_an_issuer_of_this_server() {
    let lab = Lab::new();
    let other = lab.other("other");
    let off = "Outbound web identity federation is not enabled for this account.";
    let disable = || lab.ask("Action=DisableOutboundWebIdentityFederation");
    check(outbound(&lab), 404, "FeatureDisabled", off);
    check(disable(), 404, "FeatureDisabled", off);
    let issuer = enable(&lab).expect("enabled");
    // The host is the one that the caller addressed and signed for.
    let uuid = issuer.strip_prefix("https://iam.example.test/web-identity/");
    assert_eq!(uuid.map(str::len), Some(36), "{issuer}");
    let on = "Outbound web identity federation is already enabled for this account.";
    check(enable(&lab), 409, "FeatureEnabled", on);
    let told = outbound(&lab).expect("it is on");
    assert_eq!(told.issuer_identifier.as_ref(), Some(&issuer));
    assert_eq!(told.jwt_vending_enabled, Some(true));
    // Each account for itself.
    let form = "Action=GetOutboundWebIdentityFederationInfo";
    let answer = lab.form(&other.root, Service::Iam, form);
    assert_eq!(answer.status, 404);
    // What it governs is not offered, and says so.
    let answer = lab.form(&lab.admin, Service::Sts, "Action=GetWebIdentityToken");
    let refused = success(Service::Sts, &answer).expect_err("not offered");
    assert_eq!(refused.code, "InvalidAction");
    disable().expect("disabled");
    check(outbound(&lab), 404, "FeatureDisabled", off);
    let next = enable(&lab).expect("enabled again");
    assert_ne!(
        next, issuer,
        "who trusted the last issuer does not trust this one"
    );
}

#[test]
fn what_is_made_for_partners_is_not_offered_and_says_so() {
    let lab = Lab::new();
    for name in [
        "AcceptDelegationRequest",
        "AcquireRole",
        "AssociateDelegationRequest",
        "CreateDelegationRequest",
        "GetAccountProperties",
        "GetDelegationRequest",
        "GetHumanReadableSummary",
        "GetRoleTemplateVersion",
        "ListDelegationRequests",
        "PutAccountProperties",
        "RejectDelegationRequest",
        "SendDelegationToken",
        "UpdateDelegationRequest",
    ] {
        let message = format!(
            "The operation {name} is not offered by this server; docs/operations.md lists those that are."
        );
        check(
            lab.ask(&format!("Action={name}")),
            400,
            "InvalidAction",
            &message,
        );
    }
    let offered = operations().filter(|row| row.service == Service::Iam);
    assert_eq!(
        offered.count(),
        locum_wire::operations(Service::Iam).len() - 13
    );
}
