"""Every paginator and waiter that botocore has for IAM, and the objects that boto3 calls resources."""

import json

import boto3
import botocore.exceptions
import pytest
from botocore import xform_name

from harness.account import ADMINISTRATOR, allow, trust
from harness.drivers import REGION

EC2 = trust({"Service": "ec2.amazonaws.com"})


def client(account):
    """The administrator's IAM client."""
    return account.client.client(account.admin, "iam")


def furnish(account) -> str:
    """Three of everything that can be listed in pages; the ARN of the policy that all hold."""
    iam = client(account)
    arn = iam.create_policy(PolicyName="held", PolicyDocument=allow("s3:Get*"), Tags=tags())["Policy"]["Arn"]
    for number in range(2):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow(f"s3:Get{number}"))
        iam.create_policy(PolicyName=f"other-{number}", PolicyDocument=allow("s3:Put*"))
    for name in ("a", "b", "c"):
        iam.create_user(UserName=name)
        iam.create_group(GroupName=name)
        iam.add_user_to_group(GroupName=name, UserName="a")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName="a")
        iam.attach_user_policy(UserName=name, PolicyArn=arn)
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        iam.attach_group_policy(GroupName=name, PolicyArn=arn)
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name)
        if name != "a":
            iam.add_user_to_group(GroupName="a", UserName=name)
    for kind in ("user", "role", "group"):
        for name in ("one", "two", "three"):
            getattr(iam, f"put_{kind}_policy")(**{f"{kind.title()}Name": "a"}, PolicyName=name, PolicyDocument=allow("s3:Put*"))
            document = iam.create_policy(PolicyName=f"{kind}-{name}", PolicyDocument=allow("s3:Put*"))["Policy"]["Arn"]
            getattr(iam, f"attach_{kind}_policy")(**{f"{kind.title()}Name": "a"}, PolicyArn=document)
    iam.tag_user(UserName="a", Tags=tags())
    iam.tag_role(RoleName="a", Tags=tags())
    iam.tag_instance_profile(InstanceProfileName="a", Tags=tags())
    iam.create_access_key(UserName="a")
    iam.create_access_key(UserName="a")
    iam.create_account_alias(AccountAlias=f"pages-{account.id}")
    return arn


def tags() -> list:
    """Three of them."""
    return [{"Key": key, "Value": "x"} for key in ("one", "three", "two")]


def test_every_paginator(account):
    """Each is gone through one item at a time and at once: the same items, each of them once."""
    iam = client(account)
    arn = furnish(account)
    device = f"arn:aws:iam::{account.id}:mfa/a"
    oidc = iam.create_open_id_connect_provider(Url="https://pages.example.test", Tags=tags())["OpenIDConnectProviderArn"]
    iam.tag_mfa_device(SerialNumber=device, Tags=tags())
    simulated = {"ActionNames": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]}
    # What each needs, and how many items there are at least.
    needs = {
        "get_account_authorization_details": ({}, 10),
        "get_group": ({"GroupName": "a"}, 3),
        "list_access_keys": ({"UserName": "a"}, 2),
        "list_account_aliases": ({}, 1),
        "list_attached_group_policies": ({"GroupName": "a"}, 4),
        "list_attached_role_policies": ({"RoleName": "a"}, 4),
        "list_attached_user_policies": ({"UserName": "a"}, 4),
        "list_entities_for_policy": ({"PolicyArn": arn}, 9),
        "list_group_policies": ({"GroupName": "a"}, 3),
        "list_groups": ({}, 3),
        "list_groups_for_user": ({"UserName": "a"}, 3),
        "list_instance_profile_tags": ({"InstanceProfileName": "a"}, 3),
        "list_instance_profiles": ({}, 3),
        "list_instance_profiles_for_role": ({"RoleName": "a"}, 3),
        "list_mfa_device_tags": ({"SerialNumber": device}, 3),
        "list_mfa_devices": ({"UserName": "a"}, 0),
        "list_open_id_connect_provider_tags": ({"OpenIDConnectProviderArn": oidc}, 3),
        "list_policies": ({"Scope": "Local"}, 12),
        "list_policy_tags": ({"PolicyArn": arn}, 3),
        "list_policy_versions": ({"PolicyArn": arn}, 3),
        "list_role_policies": ({"RoleName": "a"}, 3),
        "list_role_tags": ({"RoleName": "a"}, 3),
        "list_roles": ({}, 4),
        "list_ssh_public_keys": ({"UserName": "a"}, 0),
        "list_saml_provider_tags": (None, 0),
        "list_server_certificate_tags": (None, 0),
        "list_server_certificates": ({}, 0),
        "list_signing_certificates": ({"UserName": "a"}, 0),
        "list_user_policies": ({"UserName": "a"}, 3),
        "list_user_tags": ({"UserName": "a"}, 3),
        "list_users": ({}, 4),
        "list_virtual_mfa_devices": ({}, 3),
        "simulate_custom_policy": ({"PolicyInputList": [allow("s3:Get*")], **simulated}, 3),
        "simulate_principal_policy": ({"PolicySourceArn": f"arn:aws:iam::{account.id}:role/a", **simulated}, 3),
    }
    # Tags of what needs a certificate or metadata are listed by the same code; the rest must be named above.
    known = {name for name in map(xform_name, iam.meta.service_model.operation_names) if iam.can_paginate(name)}
    assert known == set(needs), known ^ set(needs)
    for name, (parameters, least) in needs.items():
        if parameters is None:
            continue
        paginator = iam.get_paginator(name)

        def items(size):
            found, pages = [], 0
            for page in paginator.paginate(**parameters, PaginationConfig={"PageSize": size}):
                here = [item for key in paginator.result_keys for item in key.search(page) or []]
                assert len(here) <= size, f"{name}: {len(here)} items on a page of {size}"
                found += [json.dumps(item, sort_keys=True, default=str) for item in here]
                pages += 1
            return sorted(found), pages

        alone, pages = items(1)
        at_once, few = items(1000)
        assert alone == at_once, name
        assert len(alone) == len(set(alone)) >= least, name
        assert pages == max(len(alone), 1) and few == 1, f"{name}: {pages} pages of one"


def test_every_waiter(account):
    """What is there is found at once; what is not there is waited for, and given up."""
    iam = client(account)
    iam.create_user(UserName="w")
    iam.create_role(RoleName="w", AssumeRolePolicyDocument=EC2)
    iam.create_instance_profile(InstanceProfileName="w")
    arn = iam.create_policy(PolicyName="w", PolicyDocument=allow("a:b"))["Policy"]["Arn"]
    there = {
        "user_exists": ({"UserName": "w"}, {"UserName": "gone"}),
        "role_exists": ({"RoleName": "w"}, {"RoleName": "gone"}),
        "instance_profile_exists": ({"InstanceProfileName": "w"}, {"InstanceProfileName": "gone"}),
        "policy_exists": ({"PolicyArn": arn}, {"PolicyArn": arn + "x"}),
    }
    assert sorted(there) == sorted(iam.waiter_names)
    for name, (present, gone) in there.items():
        waiter = iam.get_waiter(name)
        waiter.wait(**present, WaiterConfig={"Delay": 1, "MaxAttempts": 1})
        with pytest.raises(botocore.exceptions.WaiterError) as caught:
            waiter.wait(**gone, WaiterConfig={"Delay": 1, "MaxAttempts": 2})
        # Not seen as a failure of another kind on the way.
        assert "Max attempts exceeded" in str(caught.value), name


def test_resources(account):
    """boto3's objects: made, changed and deleted through collections and sub-resources."""
    iam = boto3.resource(
        "iam",
        endpoint_url=account.server.url,
        region_name=REGION,
        aws_access_key_id=account.admin.access_key_id,
        aws_secret_access_key=account.admin.secret,
    )
    assert iam.CurrentUser().user_name == "admin"
    user = iam.create_user(UserName="res", Path="/r/")
    assert user.arn == f"arn:aws:iam::{account.id}:user/r/res" and user.user_id.startswith("AIDA")
    policy = iam.create_policy(PolicyName="res", PolicyDocument=allow("s3:Get*"))
    user.attach_policy(PolicyArn=policy.arn)
    assert [one.arn for one in user.attached_policies.all()] == [policy.arn]
    assert [one.name for one in policy.attached_users.all()] == ["res"]
    inline = user.create_policy(PolicyName="inline", PolicyDocument=allow("s3:Put*"))
    assert inline.policy_document == json.loads(allow("s3:Put*"))
    assert [one.name for one in user.policies.all()] == ["inline"]
    pair = user.create_access_key_pair()
    assert [key.id for key in user.access_keys.all()] == [pair.id]
    pair.deactivate()
    assert [key.status for key in user.access_keys.all()] == ["Inactive"]
    group = iam.create_group(GroupName="res")
    group.add_user(UserName="res")
    assert [one.name for one in user.groups.all()] == ["res"] and [one.name for one in group.users.all()] == ["res"]
    role = iam.create_role(RoleName="res", AssumeRolePolicyDocument=EC2)
    profile = iam.create_instance_profile(InstanceProfileName="res")
    profile.add_role(RoleName="res")
    profile.load()
    assert [one.name for one in profile.roles] == ["res"]
    assert [one.name for one in role.instance_profiles.all()] == ["res"]
    role.attach_policy(PolicyArn=policy.arn)
    role.AssumeRolePolicy().update(PolicyDocument=trust(account.id))
    role.reload()
    assert role.assume_role_policy_document["Statement"][0]["Principal"] in ({"AWS": f"arn:aws:iam::{account.id}:root"}, {"AWS": account.id})
    second = policy.create_version(PolicyDocument=allow("s3:List*"), SetAsDefault=True)
    assert policy.default_version.version_id in ("v1", "v2") and second.is_default_version
    assert sorted(version.version_id for version in policy.versions.all()) == ["v1", "v2"]
    summary = iam.AccountSummary().summary_map
    assert (summary["Users"], summary["Groups"], summary["InstanceProfiles"]) == (2, 1, 1)
    assert "res" in [one.name for one in iam.users.filter(PathPrefix="/r/")]
    assert len(list(iam.policies.filter(Scope="Local"))) == 1
    assert iam.Policy(ADMINISTRATOR).is_attachable
    # Away with it, in the order that AWS asks for.
    profile.remove_role(RoleName="res")
    profile.delete()
    role.detach_policy(PolicyArn=policy.arn)
    role.delete()
    group.remove_user(UserName="res")
    group.delete()
    pair.delete()
    inline.delete()
    user.detach_policy(PolicyArn=policy.arn)
    user.update(NewUserName="renamed")
    iam.User("renamed").delete()
    iam.PolicyVersion(policy.arn, "v1").delete()
    policy.delete()
    assert [one.name for one in iam.users.all()] == ["admin"]
