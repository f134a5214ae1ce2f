"""Identity providers, service-linked roles and authorization details through boto3."""

import json

import pytest

from harness.account import allow, trust
from harness.drivers import Refused

# A self-signed certificate; it signs nothing.
CERTIFICATE = (
    "MIIBjjCCATOgAwIBAgIUC2zYAQ1JhTwM6N3mcKkYQJxMV2UwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQaWRwLmV4YW1wbGUudGVz"
    "dDAgFw0yNjExMjUxNzU1MTdaGA8yMTI2MTEwMTE3NTUxN1owGzEZMBcGA1UEAwwQaWRwLmV4YW1wbGUudGVzdDBZMBMGByqGSM49"
    "AgEGCCqGSM49AwEHA0IABEc99TvKMeu7v10pxhtEB3aVY0kwCrlnOX8AQToLgJZ9k/vV/1HeseYs8uQiyK0z4WfxlstMVboijktK"
    "Co8DfTajUzBRMB0GA1UdDgQWBBTGs8CZgQzZ6ssWScRwud+nk2+kgDAfBgNVHSMEGDAWgBTGs8CZgQzZ6ssWScRwud+nk2+kgDAP"
    "BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQDt5WeMFLtymTClP2SzjV05eCeCRcc1BfUAvjJUzPXJGQIhAOjKCnZR"
    "JiJIAU6PvoOuMZU4+aeJ+ui6m4eeE7Bje1Rl"
)

METADATA = f"""<?xml version="1.0"?>
<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.test/saml">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing">
      <KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">
        <X509Data><X509Certificate>
          {CERTIFICATE}
        </X509Certificate></X509Data>
      </KeyInfo>
    </KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.test/sso"/>
  </IDPSSODescriptor>
  <!-- {"padding " * 30} -->
</EntityDescriptor>
"""


def refused(account, operation: str, **parameters) -> tuple[str, str]:
    """Code and sentence of an IAM call that has to be refused."""
    with pytest.raises(Refused) as caught:
        account.iam(operation, **parameters)
    return caught.value.code, caught.value.message


def test_oidc_providers_in_terraform_s_order(account):
    """Create, read, update thumbprints and client ids, tag, delete: as Terraform's provider does it."""
    url, thumbprint = "https://oidc.example.test/id", "0123456789abcdef" * 2 + "01234567"
    made = account.iam(
        "CreateOpenIDConnectProvider",
        Url=url,
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=[thumbprint],
        Tags=[{"Key": "k", "Value": "v"}],
    )
    arn = made["OpenIDConnectProviderArn"]
    assert arn == f"arn:aws:iam::{account.id}:oidc-provider/oidc.example.test/id"
    found = account.iam("GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
    assert (found["Url"], found["ClientIDList"]) == ("oidc.example.test/id", ["sts.amazonaws.com"])
    assert (found["ThumbprintList"], found["Tags"]) == ([thumbprint], [{"Key": "k", "Value": "v"}])
    duplicate = refused(account, "CreateOpenIDConnectProvider", Url=url)
    assert duplicate == ("EntityAlreadyExists", f"Provider with url {url} already exists.")
    account.iam("UpdateOpenIDConnectProviderThumbprint", OpenIDConnectProviderArn=arn, ThumbprintList=["a" * 40])
    account.iam("AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID="two")
    account.iam("RemoveClientIDFromOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    account.iam("UntagOpenIDConnectProvider", OpenIDConnectProviderArn=arn, TagKeys=["k"])
    found = account.iam("GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
    assert (found["ClientIDList"], found["ThumbprintList"], found["Tags"]) == (["two"], ["a" * 40], [])
    listed = account.iam("ListOpenIDConnectProviders")["OpenIDConnectProviderList"]
    assert [entry["Arn"] for entry in listed] == [arn]
    account.iam("DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
    gone = refused(account, "GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
    assert gone == ("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}")


def test_saml_providers(account):
    arn = account.iam("CreateSAMLProvider", Name="corp", SAMLMetadataDocument=METADATA)["SAMLProviderArn"]
    assert arn == f"arn:aws:iam::{account.id}:saml-provider/corp"
    found = account.iam("GetSAMLProvider", SAMLProviderArn=arn)
    assert found["SAMLMetadataDocument"] == METADATA and found["ValidUntil"] > found["CreateDate"]
    bad = METADATA.replace("<EntityDescriptor", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><EntityDescriptor")
    code, message = refused(account, "UpdateSAMLProvider", SAMLProviderArn=arn, SAMLMetadataDocument=bad)
    assert (code, message) == ("InvalidInput", "Could not parse metadata: it has a document type declaration")
    assert account.iam("UpdateSAMLProvider", SAMLProviderArn=arn, SAMLMetadataDocument=METADATA)["SAMLProviderArn"] == arn
    account.iam("DeleteSAMLProvider", SAMLProviderArn=arn)
    assert account.iam("ListSAMLProviders")["SAMLProviderList"] == []


def test_service_linked_roles(account):
    made = account.iam("CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com", Description="d")["Role"]
    assert (made["RoleName"], made["Path"]) == ("AWSServiceRoleForECS", "/aws-service-role/ecs.amazonaws.com/")
    statement = made["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"Service": ["ecs.amazonaws.com"]}
    suffix = refused(account, "CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com", CustomSuffix="x")
    assert suffix == ("InvalidInput", "Custom suffix is not allowed for ecs.amazonaws.com")
    taken = refused(account, "CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com")
    assert taken[1].startswith("Service role name AWSServiceRoleForECS has been taken in this account")
    assert refused(account, "DeleteRole", RoleName="AWSServiceRoleForECS")[0] == "UnmodifiableEntity"
    task = account.iam("DeleteServiceLinkedRole", RoleName="AWSServiceRoleForECS")["DeletionTaskId"]
    status = account.iam("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)
    assert status["Status"] == "SUCCEEDED"
    assert refused(account, "GetRole", RoleName="AWSServiceRoleForECS")[0] == "NoSuchEntity"


def test_authorization_details(account):
    """The paginator gathers everything once, documents decoded, whatever the size of its pages."""
    for number in range(5):
        account.iam("CreateUser", UserName=f"u{number}")
        account.iam("CreateRole", RoleName=f"r{number}", AssumeRolePolicyDocument=trust(account.id))
    account.iam("CreateGroup", GroupName="g")
    account.iam("AddUserToGroup", GroupName="g", UserName="u1")
    account.iam("PutUserPolicy", UserName="u1", PolicyName="p", PolicyDocument=allow("s3:*"))
    paginator = account.client.client(account.admin, "iam").get_paginator("get_account_authorization_details")
    whole = paginator.paginate().build_full_result()
    pages = paginator.paginate(PaginationConfig={"PageSize": 3}).build_full_result()
    assert pages == whole
    users = {user["UserName"]: user for user in whole["UserDetailList"]}
    assert users["u1"]["GroupList"] == ["g"]
    assert users["u1"]["UserPolicyList"][0]["PolicyDocument"] == json.loads(allow("s3:*"))
    roles = [role["RoleName"] for role in whole["RoleDetailList"]]
    assert [f"r{number}" for number in range(5)] == [name for name in roles if name.startswith("r")]
    only = paginator.paginate(Filter=["Group"]).build_full_result()
    assert len(only["GroupDetailList"]) == 1 and not only["UserDetailList"] and not only["Policies"]
