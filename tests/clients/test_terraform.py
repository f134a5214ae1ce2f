"""The calls of Terraform's AWS provider, in its order: create, read until visible, update, read, delete.

Terraform itself is not installed by any package registry, so its provider's calls are made by boto3, resource by
resource. Pulumi's classic AWS provider is built from the same one and makes the same calls; where its own engine
differs (it creates the replacement before it deletes, and refreshes by reading alone) there is a test of its own.
"""

import json

import pytest

from harness.account import ADMINISTRATOR, allow, trust
from harness.drivers import Refused, document

EC2 = trust({"Service": "ec2.amazonaws.com"})
TAGS = [{"Key": "env", "Value": "test"}, {"Key": "Name", "Value": "x y"}]


def absent(account, operation: str, **parameters):
    """What the provider takes for "not found": it compares the code alone."""
    with pytest.raises(Refused) as caught:
        account.iam(operation, **parameters)
    assert caught.value.code == "NoSuchEntity", caught.value


def pages(account, operation: str, key: str, **parameters) -> list:
    """All items of a list, a few at a time."""
    found, marker = [], {}
    while True:
        page = account.iam(operation, MaxItems=2, **marker, **parameters)
        found += page[key]
        if not page["IsTruncated"]:
            return found
        marker = {"Marker": page["Marker"]}


def read_role(account, name: str) -> dict:
    """aws_iam_role, refreshed: the role, its inline policies with their texts, its attachments."""
    role = account.iam("GetRole", RoleName=name)["Role"]
    # The provider waits while the ARN is a bare unique id.
    assert role["Arn"].startswith("arn:aws:iam::")
    inline = {}
    for policy in pages(account, "ListRolePolicies", "PolicyNames", RoleName=name):
        inline[policy] = document(account.iam("GetRolePolicy", RoleName=name, PolicyName=policy)["PolicyDocument"])
    attached = [one["PolicyArn"] for one in pages(account, "ListAttachedRolePolicies", "AttachedPolicies", RoleName=name)]
    return {
        "arn": role["Arn"],
        "unique_id": role["RoleId"],
        "path": role["Path"],
        "description": role.get("Description", ""),
        "max_session_duration": role["MaxSessionDuration"],
        "permissions_boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "assume_role_policy": document(role["AssumeRolePolicyDocument"]),
        "tags": {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])},
        "inline_policy": inline,
        "managed_policy_arns": attached,
    }


def delete_role(account, name: str):
    """With force_detach_policies: out of its profiles, attachments off, inline policies off, then the role."""
    for profile in account.iam("ListInstanceProfilesForRole", RoleName=name)["InstanceProfiles"]:
        account.iam("RemoveRoleFromInstanceProfile", InstanceProfileName=profile["InstanceProfileName"], RoleName=name)
    for one in pages(account, "ListAttachedRolePolicies", "AttachedPolicies", RoleName=name):
        account.iam("DetachRolePolicy", RoleName=name, PolicyArn=one["PolicyArn"])
    for policy in pages(account, "ListRolePolicies", "PolicyNames", RoleName=name):
        account.iam("DeleteRolePolicy", RoleName=name, PolicyName=policy)
    account.iam("DeleteRole", RoleName=name)


def create_role(account, name: str, **parameters):
    """As the provider creates one, with a second call for each policy."""
    made = account.iam("CreateRole", RoleName=name, Path="/", AssumeRolePolicyDocument=EC2, MaxSessionDuration=3600, Tags=TAGS, **parameters)
    assert made["Role"]["RoleName"] == name, "an empty answer is an error to the provider"


def test_role(account):
    boundary = account.iam("CreatePolicy", PolicyName="boundary", PolicyDocument=allow("*"))["Policy"]["Arn"]
    create_role(account, "tf", Description="first", PermissionsBoundary=boundary)
    for number in range(3):
        account.iam("PutRolePolicy", RoleName="tf", PolicyName=f"inline-{number}", PolicyDocument=allow(f"s3:Get{number}"))
    account.iam("AttachRolePolicy", RoleName="tf", PolicyArn=ADMINISTRATOR)
    state = read_role(account, "tf")
    assert state["assume_role_policy"] == json.loads(EC2), "a plan would show a difference"
    assert (state["description"], state["max_session_duration"], state["permissions_boundary"]) == ("first", 3600, boundary)
    assert state["tags"] == {"env": "test", "Name": "x y"}
    assert state["inline_policy"] == {f"inline-{number}": json.loads(allow(f"s3:Get{number}")) for number in range(3)}
    assert state["managed_policy_arns"] == [ADMINISTRATOR]
    # Update: one call for each attribute that differs, in this order.
    account.iam("UpdateAssumeRolePolicy", RoleName="tf", PolicyDocument=trust({"Service": "lambda.amazonaws.com"}))
    account.iam("UpdateRoleDescription", RoleName="tf", Description="second")
    account.iam("UpdateRole", RoleName="tf", MaxSessionDuration=7200)
    account.iam("DeleteRolePermissionsBoundary", RoleName="tf")
    account.iam("DeleteRolePolicy", RoleName="tf", PolicyName="inline-0")
    account.iam("PutRolePolicy", RoleName="tf", PolicyName="inline-1", PolicyDocument=allow("s3:Put"))
    account.iam("DetachRolePolicy", RoleName="tf", PolicyArn=ADMINISTRATOR)
    account.iam("UntagRole", RoleName="tf", TagKeys=["Name"])
    account.iam("TagRole", RoleName="tf", Tags=[{"Key": "env", "Value": "changed"}])
    after = read_role(account, "tf")
    assert (after["arn"], after["unique_id"]) == (state["arn"], state["unique_id"])
    # UpdateRole without a description leaves it as it is.
    assert (after["description"], after["max_session_duration"], after["permissions_boundary"]) == ("second", 7200, None)
    assert after["assume_role_policy"]["Statement"][0]["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert sorted(after["inline_policy"]) == ["inline-1", "inline-2"] and after["managed_policy_arns"] == []
    assert after["inline_policy"]["inline-1"] == json.loads(allow("s3:Put"))
    assert after["tags"] == {"env": "changed"}
    # An empty description is how one is taken away.
    account.iam("UpdateRoleDescription", RoleName="tf", Description="")
    assert read_role(account, "tf")["description"] == ""
    # Without force_detach_policies what hangs on it holds it back, and the provider tries again by the code.
    with pytest.raises(Refused) as caught:
        account.iam("DeleteRole", RoleName="tf")
    assert (caught.value.code, caught.value.message) == ("DeleteConflict", "Cannot delete entity, must delete policies first.")
    delete_role(account, "tf")
    absent(account, "GetRole", RoleName="tf")
    # Destroying what somebody else destroyed is no failure.
    absent(account, "ListInstanceProfilesForRole", RoleName="tf")
    absent(account, "DeleteRole", RoleName="tf")
    # A principal that is not there yet is tried again by code and sentence.
    with pytest.raises(Refused) as caught:
        account.iam("CreateRole", RoleName="early", AssumeRolePolicyDocument=trust(account.user_arn("later")))
    assert caught.value.code == "MalformedPolicyDocument" and "Invalid principal in policy" in caught.value.message
    account.iam("CreateUser", UserName="later")
    account.iam("CreateRole", RoleName="early", AssumeRolePolicyDocument=trust(account.user_arn("later")))
    assert read_role(account, "early")["assume_role_policy"] == json.loads(trust(account.user_arn("later")))


def test_policy(account):
    arn = account.iam("CreatePolicy", PolicyName="tf", Path="/x/", Description="d", PolicyDocument=allow("s3:Get0"), Tags=TAGS)["Policy"]["Arn"]

    def read():
        policy = account.iam("GetPolicy", PolicyArn=arn)["Policy"]
        version = account.iam("GetPolicyVersion", PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        return policy, document(version["Document"])

    policy, text = read()
    assert (policy["Description"], policy["AttachmentCount"], policy["Path"]) == ("d", 0, "/x/")
    assert text == json.loads(allow("s3:Get0")) and {tag["Key"] for tag in policy["Tags"]} == {"env", "Name"}
    # Seven updates: before the sixth version the oldest that is not in force goes.
    for number in range(1, 8):
        versions = pages(account, "ListPolicyVersions", "Versions", PolicyArn=arn)
        if len(versions) == 5:
            # By date, and of one second the last that is listed, as they are listed newest first.
            oldest = [one for one in versions if not one["IsDefaultVersion"]][-1]
            account.iam("DeletePolicyVersion", PolicyArn=arn, VersionId=oldest["VersionId"])
        made = account.iam("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=allow(f"s3:Get{number}"), SetAsDefault=False)
        account.iam("SetDefaultPolicyVersion", PolicyArn=arn, VersionId=made["PolicyVersion"]["VersionId"])
        assert read()[1] == json.loads(allow(f"s3:Get{number}"))
    assert read()[0]["DefaultVersionId"] == "v8"
    account.iam("UntagPolicy", PolicyArn=arn, TagKeys=["Name"])
    account.iam("TagPolicy", PolicyArn=arn, Tags=[{"Key": "env", "Value": "changed"}])
    assert account.iam("GetPolicy", PolicyArn=arn)["Policy"]["Tags"] == [{"Key": "env", "Value": "changed"}]
    # The data source finds it by name, through all pages.
    found = pages(account, "ListPolicies", "Policies", PathPrefix="/x/")
    assert [one["Arn"] for one in found if one["PolicyName"] == "tf"] == [arn]
    for version in pages(account, "ListPolicyVersions", "Versions", PolicyArn=arn):
        if not version["IsDefaultVersion"]:
            account.iam("DeletePolicyVersion", PolicyArn=arn, VersionId=version["VersionId"])
    account.iam("DeletePolicy", PolicyArn=arn)
    for operation in ("GetPolicy", "ListPolicyVersions", "DeletePolicy"):
        absent(account, operation, PolicyArn=arn)


def test_attachments(account):
    arn = account.iam("CreatePolicy", PolicyName="tf", PolicyDocument=allow("s3:Get"))["Policy"]["Arn"]
    create_role(account, "tf")
    account.iam("CreateUser", UserName="tf")
    account.iam("CreateGroup", GroupName="tf")
    for kind in ("Role", "User", "Group"):
        name = {f"{kind}Name": "tf"}
        account.iam(f"Attach{kind}Policy", **name, PolicyArn=arn)
        # Doing it again, as after an interrupted apply, changes nothing.
        account.iam(f"Attach{kind}Policy", **name, PolicyArn=arn)
        listed = pages(account, f"ListAttached{kind}Policies", "AttachedPolicies", **name)
        assert [(one["PolicyName"], one["PolicyArn"]) for one in listed] == [("tf", arn)]
    # aws_iam_policy_attachment reads it from the policy's side.
    entities = account.iam("ListEntitiesForPolicy", PolicyArn=arn)
    assert [one["RoleName"] for one in entities["PolicyRoles"]] == ["tf"]
    assert [one["UserName"] for one in entities["PolicyUsers"]] == ["tf"]
    assert [one["GroupName"] for one in entities["PolicyGroups"]] == ["tf"]
    for kind in ("Role", "User", "Group"):
        account.iam(f"Detach{kind}Policy", **{f"{kind}Name": "tf"}, PolicyArn=arn)
        absent(account, f"Detach{kind}Policy", **{f"{kind}Name": "tf"}, PolicyArn=arn)
    missing = f"arn:aws:iam::{account.id}:policy/missing"
    absent(account, "AttachRolePolicy", RoleName="tf", PolicyArn=missing)


def test_instance_profile(account):
    create_role(account, "one")
    create_role(account, "two")
    account.iam("CreateInstanceProfile", InstanceProfileName="tf", Path="/", Tags=TAGS)
    account.client.client(account.admin, "iam").get_waiter("instance_profile_exists").wait(
        InstanceProfileName="tf", WaiterConfig={"Delay": 1, "MaxAttempts": 3}
    )

    def read():
        profile = account.iam("GetInstanceProfile", InstanceProfileName="tf")["InstanceProfile"]
        for role in profile["Roles"]:
            account.iam("GetRole", RoleName=role["RoleName"])
        return profile

    assert read()["Roles"] == [] and {tag["Key"] for tag in read()["Tags"]} == {"env", "Name"}
    # A role that is not visible yet is tried again by this sentence.
    with pytest.raises(Refused) as caught:
        account.iam("AddRoleToInstanceProfile", InstanceProfileName="tf", RoleName="later")
    assert caught.value.code == "NoSuchEntity" and "The role with name" in caught.value.message
    account.iam("AddRoleToInstanceProfile", InstanceProfileName="tf", RoleName="one")
    assert [role["RoleName"] for role in read()["Roles"]] == ["one"]
    account.iam("RemoveRoleFromInstanceProfile", InstanceProfileName="tf", RoleName="one")
    account.iam("AddRoleToInstanceProfile", InstanceProfileName="tf", RoleName="two")
    profile = read()
    assert [role["RoleName"] for role in profile["Roles"]] == ["two"]
    assert document(profile["Roles"][0]["AssumeRolePolicyDocument"]) == json.loads(EC2)
    # Destroying the role takes it out of the profile.
    delete_role(account, "two")
    assert read()["Roles"] == []
    absent(account, "RemoveRoleFromInstanceProfile", InstanceProfileName="tf", RoleName="one")
    account.iam("DeleteInstanceProfile", InstanceProfileName="tf")
    absent(account, "GetInstanceProfile", InstanceProfileName="tf")
    absent(account, "DeleteInstanceProfile", InstanceProfileName="tf")


def test_user(account):
    account.iam("CreateUser", UserName="tf", Path="/", Tags=TAGS)
    first = account.iam("GetUser", UserName="tf")["User"]
    assert {tag["Key"] for tag in first["Tags"]} == {"env", "Name"} and "PermissionsBoundary" not in first
    # Name and path in one call, both given even if one of them stays.
    account.iam("UpdateUser", UserName="tf", NewUserName="renamed", NewPath="/team/")
    account.iam("PutUserPermissionsBoundary", UserName="renamed", PermissionsBoundary=ADMINISTRATOR)
    after = account.iam("GetUser", UserName="renamed")["User"]
    assert (after["UserId"], after["Path"]) == (first["UserId"], "/team/")
    assert after["PermissionsBoundary"]["PermissionsBoundaryArn"] == ADMINISTRATOR
    absent(account, "GetUser", UserName="tf")
    # Everything that holds a user back, then force_destroy in the provider's order.
    account.iam("CreateGroup", GroupName="team")
    account.iam("AddUserToGroup", GroupName="team", UserName="renamed")
    account.iam("CreateAccessKey", UserName="renamed")
    account.iam("CreateLoginProfile", UserName="renamed", Password="Correct-Horse-7")
    account.iam("CreateServiceSpecificCredential", UserName="renamed", ServiceName="codecommit.amazonaws.com")
    for group in pages(account, "ListGroupsForUser", "Groups", UserName="renamed"):
        account.iam("RemoveUserFromGroup", GroupName=group["GroupName"], UserName="renamed")
    for key in pages(account, "ListAccessKeys", "AccessKeyMetadata", UserName="renamed"):
        account.iam("DeleteAccessKey", UserName="renamed", AccessKeyId=key["AccessKeyId"])
    assert pages(account, "ListSSHPublicKeys", "SSHPublicKeys", UserName="renamed") == []
    assert pages(account, "ListVirtualMFADevices", "VirtualMFADevices", AssignmentStatus="Assigned") == []
    assert pages(account, "ListMFADevices", "MFADevices", UserName="renamed") == []
    account.iam("DeleteLoginProfile", UserName="renamed")
    absent(account, "DeleteLoginProfile", UserName="renamed")
    assert pages(account, "ListSigningCertificates", "Certificates", UserName="renamed") == []
    for one in account.iam("ListServiceSpecificCredentials", UserName="renamed")["ServiceSpecificCredentials"]:
        account.iam("DeleteServiceSpecificCredential", UserName="renamed", ServiceSpecificCredentialId=one["ServiceSpecificCredentialId"])
    account.iam("DeleteUser", UserName="renamed")
    for operation in ("GetUser", "ListGroupsForUser", "DeleteUser"):
        absent(account, operation, UserName="renamed")


def test_access_key(account):
    account.iam("CreateUser", UserName="tf")
    made = account.iam("CreateAccessKey", UserName="tf")["AccessKey"]
    assert made["Status"] == "Active" and made["SecretAccessKey"]

    def read():
        keys = pages(account, "ListAccessKeys", "AccessKeyMetadata", UserName="tf")
        return next((key["Status"] for key in keys if key["AccessKeyId"] == made["AccessKeyId"]), None)

    assert read() == "Active"
    # An import asks whose key it is.
    assert account.iam("GetAccessKeyLastUsed", AccessKeyId=made["AccessKeyId"])["UserName"] == "tf"
    account.iam("UpdateAccessKey", UserName="tf", AccessKeyId=made["AccessKeyId"], Status="Inactive")
    assert read() == "Inactive"
    account.iam("DeleteAccessKey", UserName="tf", AccessKeyId=made["AccessKeyId"])
    assert read() is None
    absent(account, "DeleteAccessKey", UserName="tf", AccessKeyId=made["AccessKeyId"])


def test_oidc_provider(account):
    thumbprint, other = "a" * 40, "b" * 40
    arn = account.iam(
        "CreateOpenIDConnectProvider", Url="https://oidc.example.test/id", ClientIDList=["sts.amazonaws.com"], ThumbprintList=[thumbprint], Tags=TAGS
    )["OpenIDConnectProviderArn"]

    def read():
        return account.iam("GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)

    state = read()
    # Without the scheme: the provider adds it again.
    assert (state["Url"], state["ClientIDList"], state["ThumbprintList"]) == ("oidc.example.test/id", ["sts.amazonaws.com"], [thumbprint])
    assert {tag["Key"] for tag in state["Tags"]} == {"env", "Name"}
    account.iam("UpdateOpenIDConnectProviderThumbprint", OpenIDConnectProviderArn=arn, ThumbprintList=[other, thumbprint])
    account.iam("AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID="another")
    account.iam("RemoveClientIDFromOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID="sts.amazonaws.com")
    account.iam("UntagOpenIDConnectProvider", OpenIDConnectProviderArn=arn, TagKeys=["Name"])
    state = read()
    assert (state["ClientIDList"], state["ThumbprintList"]) == (["another"], [other, thumbprint])
    assert state["Tags"] == [{"Key": "env", "Value": "test"}]
    # The data source finds it by URL through the list.
    listed = [one["Arn"] for one in account.iam("ListOpenIDConnectProviders")["OpenIDConnectProviderList"]]
    assert listed == [arn]
    account.iam("DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
    absent(account, "GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)


def test_a_replacement_is_made_before_the_old_one_goes(account):
    """As Pulumi replaces by default, and Terraform with create_before_destroy: both live for a while."""
    arn = account.iam("CreatePolicy", PolicyName="shared", PolicyDocument=allow("s3:Get"))["Policy"]["Arn"]
    for name in ("app-1a2b3c4", "app-5d6e7f8"):
        create_role(account, name)
        account.iam("AttachRolePolicy", RoleName=name, PolicyArn=arn)
    account.iam("CreateInstanceProfile", InstanceProfileName="app")
    account.iam("AddRoleToInstanceProfile", InstanceProfileName="app", RoleName="app-1a2b3c4")
    account.iam("RemoveRoleFromInstanceProfile", InstanceProfileName="app", RoleName="app-1a2b3c4")
    account.iam("AddRoleToInstanceProfile", InstanceProfileName="app", RoleName="app-5d6e7f8")
    delete_role(account, "app-1a2b3c4")
    assert account.iam("GetPolicy", PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    profile = account.iam("GetInstanceProfile", InstanceProfileName="app")["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["app-5d6e7f8"]
    assert read_role(account, "app-5d6e7f8")["managed_policy_arns"] == [arn]
