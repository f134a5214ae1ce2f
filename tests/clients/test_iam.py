"""IAM through boto3: life cycles, pages, waiters."""

import json

import pytest

from harness.account import ADMINISTRATOR, allow, trust
from harness.drivers import Refused, document


def refused(account, operation: str, **parameters) -> tuple[str, str]:
    """Code and sentence of an IAM call that has to be refused."""
    with pytest.raises(Refused) as caught:
        account.iam(operation, **parameters)
    return caught.value.code, caught.value.message


def client(account):
    """The administrator's IAM client."""
    return account.client.client(account.admin, "iam")


def test_users(account):
    made = account.iam("CreateUser", UserName="Dora", Path="/a/b/", Tags=[{"Key": "k", "Value": "v"}])["User"]
    assert made["Arn"] == f"arn:aws:iam::{account.id}:user/a/b/Dora"
    assert made["UserId"].startswith("AIDA") and made["Tags"] == [{"Key": "k", "Value": "v"}]
    assert refused(account, "CreateUser", UserName="dora") == ("EntityAlreadyExists", "User with name dora already exists.")
    found = account.iam("GetUser", UserName="Dora")["User"]
    assert found["UserId"] == made["UserId"] and "PasswordLastUsed" not in found
    account.iam("UpdateUser", UserName="Dora", NewUserName="Doris", NewPath="/c/")
    renamed = account.iam("GetUser", UserName="Doris")["User"]
    assert (renamed["UserId"], renamed["Arn"]) == (made["UserId"], f"arn:aws:iam::{account.id}:user/c/Doris")
    assert refused(account, "GetUser", UserName="Dora") == ("NoSuchEntity", "The user with name Dora cannot be found.")
    account.iam("UntagUser", UserName="Doris", TagKeys=["K"])
    assert account.iam("ListUserTags", UserName="Doris")["Tags"] == []
    account.iam("CreateAccessKey", UserName="Doris")
    assert refused(account, "DeleteUser", UserName="Doris")[0] == "DeleteConflict"


def test_access_keys(account):
    account.iam("CreateUser", UserName="eve")
    keys = [account.iam("CreateAccessKey", UserName="eve")["AccessKey"] for _ in range(2)]
    assert all(key["AccessKeyId"].startswith("AKIA") and len(key["SecretAccessKey"]) == 40 for key in keys)
    assert refused(account, "CreateAccessKey", UserName="eve") == ("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    listed = account.iam("ListAccessKeys", UserName="eve")["AccessKeyMetadata"]
    assert sorted(key["AccessKeyId"] for key in listed) == sorted(key["AccessKeyId"] for key in keys)
    assert not any("SecretAccessKey" in key for key in listed)
    assert refused(account, "DeleteAccessKey", UserName="eve", AccessKeyId="AKIAIOSFODNN7EXAMPLE")[0] == "NoSuchEntity"
    account.iam("DeleteAccessKey", UserName="eve", AccessKeyId=keys[0]["AccessKeyId"])
    # Without a name it is the caller's own.
    own = account.iam("ListAccessKeys")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in own] == [account.admin.access_key_id]


def test_managed_policies(account):
    made = account.iam("CreatePolicy", PolicyName="p", Path="/x/", PolicyDocument=allow("iam:GetUser"), Description="d")["Policy"]
    arn = made["Arn"]
    assert arn == f"arn:aws:iam::{account.id}:policy/x/p"
    assert (made["DefaultVersionId"], made["AttachmentCount"], made["IsAttachable"]) == ("v1", 0, True)
    for number in range(2, 6):
        account.iam("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=allow(f"iam:Get{number}"), SetAsDefault=number == 5)
    limit = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."
    assert refused(account, "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=allow("a:b")) == ("LimitExceeded", limit)
    versions = account.iam("ListPolicyVersions", PolicyArn=arn)["Versions"]
    assert [version["VersionId"] for version in versions] == ["v5", "v4", "v3", "v2", "v1"]
    assert refused(account, "DeletePolicyVersion", PolicyArn=arn, VersionId="v5") == ("DeleteConflict", "Cannot delete the default version of a policy.")
    account.iam("DeletePolicyVersion", PolicyArn=arn, VersionId="v4")
    account.iam("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=allow("iam:Six"))
    assert account.iam("ListPolicyVersions", PolicyArn=arn)["Versions"][0]["VersionId"] == "v6", "numbers are never reused"
    account.iam("SetDefaultPolicyVersion", PolicyArn=arn, VersionId="v2")
    found = account.iam("GetPolicyVersion", PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert found["IsDefaultVersion"] and document(found["Document"]) == json.loads(allow("iam:Get2"))
    account.iam("AttachUserPolicy", UserName="admin", PolicyArn=arn)
    assert account.iam("GetPolicy", PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    entities = account.iam("ListEntitiesForPolicy", PolicyArn=arn)
    assert [user["UserName"] for user in entities["PolicyUsers"]] == ["admin"]
    assert refused(account, "DeletePolicy", PolicyArn=arn)[0] == "DeleteConflict"
    account.iam("DetachUserPolicy", UserName="admin", PolicyArn=arn)
    assert refused(account, "DeletePolicy", PolicyArn=arn)[0] == "DeleteConflict"
    for version in ("v1", "v3", "v5", "v6"):
        account.iam("DeletePolicyVersion", PolicyArn=arn, VersionId=version)
    account.iam("DeletePolicy", PolicyArn=arn)
    assert refused(account, "GetPolicy", PolicyArn=arn) == ("NoSuchEntity", f"Policy {arn} was not found.")


def test_aws_managed_policies(account):
    found = account.iam("GetPolicy", PolicyArn=ADMINISTRATOR)["Policy"]
    assert found["PolicyName"] == "AdministratorAccess"
    names = set()
    for page in client(account).get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 400}):
        names |= {policy["PolicyName"] for policy in page["Policies"]}
    assert {"AdministratorAccess", "ReadOnlyAccess", "AmazonS3FullAccess", "IAMFullAccess"} <= names
    assert len(names) > 1000
    assert refused(account, "DeletePolicy", PolicyArn=ADMINISTRATOR)[0] == "AccessDenied"
    missing = "arn:aws:iam::aws:policy/Nonexistent"
    assert refused(account, "GetPolicy", PolicyArn=missing) == ("NoSuchEntity", f"Policy {missing} was not found.")


def test_pages(account):
    names = [f"user-{number:02}" for number in range(23)]
    for name in names:
        account.iam("CreateUser", UserName=name, Path="/paged/")
        account.iam("CreateRole", RoleName=f"role-{name}", Path="/paged/", AssumeRolePolicyDocument=trust(account.id))
    for operation, key, name in (("list_users", "Users", "UserName"), ("list_roles", "Roles", "RoleName")):
        found, pages = [], 0
        for page in client(account).get_paginator(operation).paginate(PathPrefix="/paged/", PaginationConfig={"PageSize": 5}):
            assert len(page[key]) <= 5
            found += [entity[name] for entity in page[key]]
            pages += 1
        assert found == sorted(found) and len(found) == 23 and pages == 5
    assert refused(account, "ListUsers", Marker="not a marker")[0] == "ValidationError"


def test_waiters(account):
    iam = client(account)
    iam.create_user(UserName="waited")
    iam.get_waiter("user_exists").wait(UserName="waited", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    iam.create_role(RoleName="waited", AssumeRolePolicyDocument=trust(account.id))
    iam.get_waiter("role_exists").wait(RoleName="waited", WaiterConfig={"Delay": 1, "MaxAttempts": 2})
    arn = iam.create_policy(PolicyName="waited", PolicyDocument=allow("a:b"))["Policy"]["Arn"]
    iam.get_waiter("policy_exists").wait(PolicyArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 2})


def test_the_summary_counts(account):
    before = account.iam("GetAccountSummary")["SummaryMap"]
    account.iam("CreateUser", UserName="one")
    account.iam("CreateRole", RoleName="one", AssumeRolePolicyDocument=trust(account.id))
    after = account.iam("GetAccountSummary")["SummaryMap"]
    assert (after["Users"], after["Roles"]) == (before["Users"] + 1, before["Roles"] + 1)


def test_permissions_are_checked_on_the_entity(account):
    """A path in a policy holds for that path and not for its neighbour."""
    key = account.user("gardener", allow(["iam:CreateUser", "iam:GetUser"], f"arn:aws:iam::{account.id}:user/garden/*"))
    assert account.iam("CreateUser", key, UserName="rose", Path="/garden/")["User"]
    for path in ("/", "/gardens/", "/x/garden/"):
        with pytest.raises(Refused) as caught:
            account.iam("CreateUser", key, UserName="weed", Path=path)
        arn = f"arn:aws:iam::{account.id}:user{path}weed"
        expected = f"User: {account.user_arn('gardener')} is not authorized to perform: iam:CreateUser on resource: {arn} because no identity-based policy allows the iam:CreateUser action"
        assert (caught.value.code, caught.value.message) == ("AccessDenied", expected)


def test_policies_that_say_too_much_or_too_little_are_refused(account):
    for text in ("", "{}", "[]", "nonsense", allow("iam:GetUser")[:-1], json.dumps({"Version": "2012-10-17", "Statement": []})):
        if text:
            assert refused(account, "CreatePolicy", PolicyName="bad", PolicyDocument=text)[0] == "MalformedPolicyDocument", text
    typo = json.loads(allow("iam:GetUser"))
    typo["Statement"][0]["Conditions"] = {"Bool": {"aws:SecureTransport": "true"}}
    assert refused(account, "CreatePolicy", PolicyName="bad", PolicyDocument=json.dumps(typo))[0] == "MalformedPolicyDocument"
    assert refused(account, "PutUserPolicy", UserName="admin", PolicyName="bad", PolicyDocument=json.dumps(typo))[0] == "MalformedPolicyDocument"
    ghost = trust(account.user_arn("nobody"))
    expected = f'Invalid principal in policy: "AWS":"{account.user_arn("nobody")}"'
    assert refused(account, "CreateRole", RoleName="bad", AssumeRolePolicyDocument=ghost) == ("MalformedPolicyDocument", expected)
