//! Cases of `every_operation` for identity providers, service-linked roles and account-wide operations.

use crate::operation_cases::Case;

const OIDC: &str = "arn:aws:iam::{account}:oidc-provider/oidc.example.test/id";
const SAML: &str = "arn:aws:iam::{account}:saml-provider/Corp";

const LINKED: &str =
    "arn:aws:iam::{account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";
const GONE: &str =
    "arn:aws:iam::{account}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup";

/// What the cases need to be there.
pub(crate) fn prepare(send: &dyn Fn(&str)) {
    send(
        "Action=CreateOpenIDConnectProvider&Url=https://oidc.example.test/id&ClientIDList.member.1=one&Tags.member.1.Key=team&Tags.member.1.Value=blue",
    );
    send("Action=CreateServiceLinkedRole&AWSServiceName=ecs.amazonaws.com");
    send("Action=CreateServiceLinkedRole&AWSServiceName=backup.amazonaws.com");
    let metadata = metadata();
    send(&format!(
        "Action=CreateSAMLProvider&Name=Corp&SAMLMetadataDocument={metadata}&Tags.member.1.Key=team&Tags.member.1.Value=blue"
    ));
}

/// SAML metadata as a form carries it.
pub(crate) fn metadata() -> String {
    let text = crate::saml_providers::good();
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

pub(crate) const PROVIDERS: &[Case] = &[
    (
        "CreateOpenIDConnectProvider",
        "Url=https://new.example.test",
        "arn:aws:iam::{account}:oidc-provider/new.example.test",
        &[],
    ),
    (
        "CreateOpenIDConnectProvider",
        "Url=https://new.example.test&Tags.member.1.Key=a&Tags.member.1.Value=b",
        "arn:aws:iam::{account}:oidc-provider/new.example.test",
        &["iam:TagOpenIDConnectProvider"],
    ),
    (
        "GetOpenIDConnectProvider",
        "OpenIDConnectProviderArn={oidc}",
        OIDC,
        &[],
    ),
    ("ListOpenIDConnectProviders", "", "*", &[]),
    (
        "DeleteOpenIDConnectProvider",
        "OpenIDConnectProviderArn={oidc}",
        OIDC,
        &[],
    ),
    (
        "UpdateOpenIDConnectProviderThumbprint",
        "OpenIDConnectProviderArn={oidc}&ThumbprintList.member.1=0123456789012345678901234567890123456789",
        OIDC,
        &[],
    ),
    (
        "AddClientIDToOpenIDConnectProvider",
        "OpenIDConnectProviderArn={oidc}&ClientID=two",
        OIDC,
        &[],
    ),
    (
        "RemoveClientIDFromOpenIDConnectProvider",
        "OpenIDConnectProviderArn={oidc}&ClientID=one",
        OIDC,
        &[],
    ),
    (
        "TagOpenIDConnectProvider",
        "OpenIDConnectProviderArn={oidc}&Tags.member.1.Key=a&Tags.member.1.Value=b",
        OIDC,
        &[],
    ),
    (
        "UntagOpenIDConnectProvider",
        "OpenIDConnectProviderArn={oidc}&TagKeys.member.1=team",
        OIDC,
        &[],
    ),
    (
        "ListOpenIDConnectProviderTags",
        "OpenIDConnectProviderArn={oidc}",
        OIDC,
        &[],
    ),
    (
        "CreateSAMLProvider",
        "Name=New&SAMLMetadataDocument={metadata}",
        "arn:aws:iam::{account}:saml-provider/New",
        &[],
    ),
    (
        "CreateSAMLProvider",
        "Name=New&SAMLMetadataDocument={metadata}&Tags.member.1.Key=a&Tags.member.1.Value=b",
        "arn:aws:iam::{account}:saml-provider/New",
        &["iam:TagSAMLProvider"],
    ),
    ("GetSAMLProvider", "SAMLProviderArn={saml}", SAML, &[]),
    ("ListSAMLProviders", "", "*", &[]),
    (
        "UpdateSAMLProvider",
        "SAMLProviderArn={saml}&SAMLMetadataDocument={metadata}",
        SAML,
        &[],
    ),
    ("DeleteSAMLProvider", "SAMLProviderArn={saml}", SAML, &[]),
    (
        "TagSAMLProvider",
        "SAMLProviderArn={saml}&Tags.member.1.Key=a&Tags.member.1.Value=b",
        SAML,
        &[],
    ),
    (
        "UntagSAMLProvider",
        "SAMLProviderArn={saml}&TagKeys.member.1=team",
        SAML,
        &[],
    ),
    (
        "CreateServiceLinkedRole",
        "AWSServiceName=batch.amazonaws.com",
        "arn:aws:iam::{account}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch",
        &[],
    ),
    (
        "CreateServiceLinkedRole",
        "AWSServiceName=autoscaling.amazonaws.com&CustomSuffix=x",
        "arn:aws:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_x",
        &[],
    ),
    (
        "DeleteServiceLinkedRole",
        "RoleName=AWSServiceRoleForECS",
        LINKED,
        &[],
    ),
    (
        "GetServiceLinkedRoleDeletionStatus",
        "DeletionTaskId={task}",
        GONE,
        &[],
    ),
    ("GetAccountAuthorizationDetails", "", "*", &[]),
    (
        "ListPoliciesGrantingServiceAccess",
        "Arn=arn:aws:iam::{account}:user/team/alice&ServiceNamespaces.member.1=s3",
        "arn:aws:iam::{account}:user/team/alice",
        &[],
    ),
    ("EnableOrganizationsRootCredentialsManagement", "", "*", &[]),
    ("EnableOrganizationsRootSessions", "", "*", &[]),
    (
        "DisableOrganizationsRootCredentialsManagement",
        "",
        "*",
        &[],
    ),
    ("DisableOrganizationsRootSessions", "", "*", &[]),
    ("ListOrganizationsFeatures", "", "*", &[]),
    (
        "SetSecurityTokenServicePreferences",
        "GlobalEndpointTokenVersion=v2Token",
        "*",
        &[],
    ),
    ("EnableOutboundWebIdentityFederation", "", "*", &[]),
    ("GetOutboundWebIdentityFederationInfo", "", "*", &[]),
    ("DisableOutboundWebIdentityFederation", "", "*", &[]),
    ("ListSAMLProviderTags", "SAMLProviderArn={saml}", SAML, &[]),
];

/// The ARNs that the cases name.
pub(crate) const NAMES: [(&str, &str); 2] = [("oidc", OIDC), ("saml", SAML)];
