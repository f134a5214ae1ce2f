//! Account-wide settings: what is true is told, what would be a promise is refused.

use locum_wire::Service;
use locum_wire::iam::{ListOrganizationsFeaturesRequest, ListOrganizationsFeaturesResponse};

use crate::common::{Lab, check, success};

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

#[test]
fn tokens_for_the_world_outside_are_off() {
    let lab = Lab::new();
    let message = "Outbound web identity federation is not enabled for this account.";
    for form in [
        "Action=GetOutboundWebIdentityFederationInfo",
        "Action=DisableOutboundWebIdentityFederation",
    ] {
        check(lab.ask(form), 404, "FeatureDisabled", message);
    }
    let refused = lab.ask("Action=EnableOutboundWebIdentityFederation");
    assert_eq!(refused.expect_err("not offered").code, "InvalidAction");
}
