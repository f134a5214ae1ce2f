"""Points 1 to 6 of the first milestone, through boto3, both AWS CLIs and the SDK for JavaScript."""

import datetime
import json

import pytest

from harness import drivers, stage as stages
from harness.account import allow, deny, trust
from harness.credentials import Credentials
from harness.drivers import document

INVALID = ("InvalidClientTokenId", "The security token included in the request is invalid.")
NOT_INTACT = ("InvalidClientTokenId", "The security token included in the request is invalid")
NO_IDENTITY = " because no identity-based policy allows the sts:AssumeRole action"


@pytest.fixture(scope="module", params=drivers.available())
def stage(request, server, home):
    """Points 1 to 3, done by the client under test."""
    driver = drivers.make(request.param, server.url, home)
    yield stages.build(driver, server)
    driver.close()


@pytest.fixture(scope="module")
def session(stage):
    """Point 4: a session of the role."""
    return Credentials.of(stage.assume()["Credentials"])


def seconds_left(credentials: dict) -> float:
    """How long a session lasts, by its expiry as the client shows it."""
    expires = credentials["Expiration"]
    if isinstance(expires, str):
        expires = datetime.datetime.fromisoformat(expires.replace("Z", "+00:00"))
    return (expires - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


def test_point_1_the_new_account_is_listed(stage):
    found, more = {}, {}
    while True:
        page = stage.call(stage.admin, "organizations", "ListAccounts", **more)
        found |= {account["Id"]: account for account in page["Accounts"]}
        if not page.get("NextToken"):
            break
        more = {"NextToken": page["NextToken"]}
    assert found[stage.member]["Name"] == f"second-{stage.driver.name}"
    assert found[stage.member]["Status"] == "ACTIVE"
    assert found[stage.member]["JoinedMethod"] == "CREATED"
    assert found[stage.management]["JoinedMethod"] == "INVITED"
    account = stage.call(stage.admin, "organizations", "DescribeAccount", AccountId=stage.member)["Account"]
    assert account["Email"] == f"second-{stage.driver.name}@example.com"
    assert account["Arn"].endswith(f"/{stage.member}")
    organization = stage.call(stage.admin, "organizations", "DescribeOrganization")["Organization"]
    assert organization["MasterAccountId"] == stage.management


def test_point_2_the_role_is_as_it_was_made(stage):
    role = stage.call(stage.member_admin, "iam", "GetRole", RoleName="deployer")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{stage.member}:role/ops/deployer" == stage.role
    assert (role["Path"], role["MaxSessionDuration"], role["Description"]) == ("/ops/", 5400, "Deploys")
    assert role["RoleId"].startswith("AROA") and len(role["RoleId"]) == 21
    trusted = document(role["AssumeRolePolicyDocument"])["Statement"][0]
    assert trusted["Principal"] == {"AWS": stage.user_arn()}
    assert trusted["Condition"] == {"StringEquals": {"sts:ExternalId": stages.EXTERNAL_ID}}
    assert role["Tags"] == [{"Key": "team", "Value": "ops"}]
    attached = stage.call(stage.member_admin, "iam", "ListAttachedRolePolicies", RoleName="deployer")
    assert attached["AttachedPolicies"] == [{"PolicyName": "read-roles", "PolicyArn": stage.policy}]
    inline = stage.call(stage.member_admin, "iam", "GetRolePolicy", RoleName="deployer", PolicyName="users")
    assert document(inline["PolicyDocument"]) == json.loads(allow("iam:ListUsers"))


def test_point_4_the_session_is_what_was_asked_for(stage):
    answer = stage.assume()
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA") and len(credentials["AccessKeyId"]) == 20
    assert len(credentials["SecretAccessKey"]) == 40
    assert 0 < len(credentials["SessionToken"]) <= 4096
    assert 3590 < seconds_left(credentials) <= 3600
    arn = f"arn:aws:sts::{stage.member}:assumed-role/deployer/build-7"
    assert answer["AssumedRoleUser"]["Arn"] == arn
    identifier, name = answer["AssumedRoleUser"]["AssumedRoleId"].split(":")
    assert identifier.startswith("AROA") and name == "build-7"
    me = stage.call(Credentials.of(credentials), "sts", "GetCallerIdentity")
    assert me == {"UserId": f"{identifier}:build-7", "Account": stage.member, "Arn": arn}


def test_point_4_the_duration_is_kept(stage):
    assert 5390 < seconds_left(stage.assume(DurationSeconds=5400)["Credentials"]) <= 5400
    assert 890 < seconds_left(stage.assume(DurationSeconds=900)["Credentials"]) <= 900


def test_point_4_the_session_can_do_what_its_policies_allow_and_nothing_else(stage, session):
    users = stage.call(session, "iam", "ListUsers")["Users"]
    assert [user["UserName"] for user in users] == ["owner"], "the role's account, not the caller's"
    assert stage.call(session, "iam", "GetRole", RoleName="deployer")["Role"]["Arn"] == stage.role
    me = f"arn:aws:sts::{stage.member}:assumed-role/deployer/build-7"
    user = f"arn:aws:iam::{stage.member}:user/mallory"
    expected = stage.not_authorized(me, "iam:CreateUser", user, " because no identity-based policy allows the iam:CreateUser action")
    assert stage.refused(session, "iam", "CreateUser", UserName="mallory") == expected
    own = stage.refused(session, "iam", "DeleteRolePolicy", RoleName="deployer", PolicyName="users")
    assert own == stage.not_authorized(me, "iam:DeleteRolePolicy", suffix=" because no identity-based policy allows the iam:DeleteRolePolicy action")


@pytest.mark.parametrize("external_id", ["unicorn-43", "UNICORN-42:/x", "unicorn-42:/", "unicorn-42:/xx", None])
def test_point_5_external_id(stage, external_id):
    # Across accounts AWS names no reason.
    assert stage.assume_refused(ExternalId=external_id) == stage.not_authorized(stage.user_arn())


def test_point_5_no_identity_permission(stage):
    name, key = stage.new_user()
    role = stage.call(stage.member_admin, "iam", "CreateRole", RoleName=f"for-{name}", AssumeRolePolicyDocument=trust(stage.user_arn(name)))
    arn = role["Role"]["Arn"]
    assert stage.assume_refused(key, RoleArn=arn) == stage.not_authorized(stage.user_arn(name), resource=arn)
    # In one account the sentence says what is missing.
    near = stage.call(stage.admin, "iam", "CreateRole", RoleName=f"near-{name}", AssumeRolePolicyDocument=trust(stage.management))
    arn = near["Role"]["Arn"]
    assert stage.assume_refused(key, RoleArn=arn) == stage.not_authorized(stage.user_arn(name), resource=arn, suffix=NO_IDENTITY)


def test_point_5_no_trust_and_no_role_are_the_same_answer(stage):
    name, key = stage.new_user(allow("sts:AssumeRole"))
    me = stage.user_arn(name)
    assert stage.assume_refused(key) == stage.not_authorized(me)
    missing = f"arn:aws:iam::{stage.member}:role/nobody"
    assert stage.assume_refused(key, RoleArn=missing) == stage.not_authorized(me, resource=missing)
    elsewhere = "arn:aws:iam::999999999999:role/nobody"
    assert stage.assume_refused(key, RoleArn=elsewhere) == stage.not_authorized(me, resource=elsewhere)


def test_point_5_the_path_is_part_of_the_name(stage):
    without = stage.role.replace("/ops/", "/")
    _, key = stage.new_user(allow("sts:AssumeRole"))
    assert stage.assume_refused(key, RoleArn=without)[0] == "AccessDenied"
    assert stage.assume_refused(RoleArn=without) == stage.not_authorized(stage.user_arn(), resource=without)


def test_point_5_duration(stage):
    expected = ("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    assert stage.assume_refused(DurationSeconds=5401) == expected
    assert stage.assume_refused(DurationSeconds=43200) == expected


def test_point_5_chaining_lasts_an_hour(stage, session):
    stage.call(stage.member_admin, "iam", "PutRolePolicy", RoleName="deployer", PolicyName="chain", PolicyDocument=allow("sts:AssumeRole"))
    name = f"next-{stage.driver.name}"
    made = stage.call(stage.member_admin, "iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(stage.role), MaxSessionDuration=43200)
    arn = made["Role"]["Arn"]
    refused = stage.assume_refused(session, RoleArn=arn, DurationSeconds=3601)
    expected = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    assert refused == ("ValidationError", expected)
    assert 3590 < seconds_left(stage.assume(session, RoleArn=arn, DurationSeconds=3600)["Credentials"]) <= 3600
    assert 3590 < seconds_left(stage.assume(session, RoleArn=arn)["Credentials"]) <= 3600


def test_point_5_token(stage, session):
    middle = len(session.token) // 2
    other = "A" if session.token[middle] != "A" else "B"
    tampered = session.replace(token=session.token[:middle] + other + session.token[middle + 1 :])
    assert stage.refused(tampered, "sts", "GetCallerIdentity") == NOT_INTACT
    second = Credentials.of(stage.assume()["Credentials"])
    assert stage.refused(session.replace(token=second.token), "sts", "GetCallerIdentity") == NOT_INTACT
    assert stage.refused(session.replace(token=None), "sts", "GetCallerIdentity") == INVALID


def test_point_5_secret(stage, session):
    for credentials in (stage.user_key, session):
        wrong = credentials.replace(secret=credentials.secret[:-1] + ("a" if credentials.secret[-1] != "a" else "b"))
        code, message = stage.refused(wrong, "sts", "GetCallerIdentity")
        assert code == "SignatureDoesNotMatch"
        assert message.startswith(
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
        )


def test_point_5_key(stage):
    unknown = stage.user_key.replace(access_key_id="AKIAIOSFODNN7EXAMPLE")
    assert stage.refused(unknown, "sts", "GetCallerIdentity") == INVALID
    name, key = stage.new_user()
    set_status = {"UserName": name, "AccessKeyId": key.access_key_id}
    stage.call(stage.admin, "iam", "UpdateAccessKey", Status="Inactive", **set_status)
    assert stage.refused(key, "sts", "GetCallerIdentity") == INVALID
    stage.call(stage.admin, "iam", "UpdateAccessKey", Status="Active", **set_status)
    assert stage.call(key, "sts", "GetCallerIdentity")["Arn"] == stage.user_arn(name)
    stage.call(stage.admin, "iam", "DeleteAccessKey", **set_status)
    assert stage.refused(key, "sts", "GetCallerIdentity") == INVALID


def test_point_5_an_explicit_deny_wins_anywhere(stage):
    name, key = stage.new_user(allow("sts:AssumeRole"))
    me = stage.user_arn(name)
    trusting = json.loads(trust(me))
    made = stage.call(stage.admin, "iam", "CreateRole", RoleName=f"deny-{name}", AssumeRolePolicyDocument=json.dumps(trusting))
    arn = made["Role"]["Arn"]
    assert stage.assume(key, RoleArn=arn)["AssumedRoleUser"]
    stage.call(stage.admin, "iam", "PutUserPolicy", UserName=name, PolicyName="deny", PolicyDocument=deny("sts:*", arn))
    with_deny = " with an explicit deny in an identity-based policy"
    code, message = stage.assume_refused(key, RoleArn=arn)
    assert (code, message) == stage.not_authorized(me, resource=arn, suffix=with_deny)
    stage.call(stage.admin, "iam", "DeleteUserPolicy", UserName=name, PolicyName="deny")
    trusting["Statement"].append({"Effect": "Deny", "Principal": {"AWS": stage.management}, "Action": "sts:AssumeRole"})
    stage.call(stage.admin, "iam", "UpdateAssumeRolePolicy", RoleName=f"deny-{name}", PolicyDocument=json.dumps(trusting))
    code, message = stage.assume_refused(key, RoleArn=arn)
    plain = stage.not_authorized(me, resource=arn)
    assert code == plain[0] and message.startswith(plain[1] + " with an explicit deny in "), message


def test_point_5_malformed_parameters(stage):
    # What no client refuses by itself; several at once in test_validation.py.
    code, message = stage.assume_refused(RoleSessionName="Session1:2")
    expected = (
        "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]*"
    )
    assert (code, message) == ("ValidationError", expected)
    assert stage.assume_refused(RoleArn="nothing-valid-in-here") == ("ValidationError", "nothing-valid-in-here is invalid")
    code, message = stage.assume_refused(Policy='{"Version":"2012-10-17"}')
    assert code == "MalformedPolicyDocument"


def test_point_6_an_inline_session_policy_narrows(stage):
    narrow = Credentials.of(stage.assume(Policy=allow(["iam:GetRole", "iam:CreateUser"]))["Credentials"])
    assert stage.call(narrow, "iam", "GetRole", RoleName="deployer")["Role"]["Arn"] == stage.role
    me = f"arn:aws:sts::{stage.member}:assumed-role/deployer/build-7"
    everywhere = f"arn:aws:iam::{stage.member}:user/"
    refused = stage.refused(narrow, "iam", "ListUsers")
    expected = stage.not_authorized(me, "iam:ListUsers", everywhere, " because no session policy allows the iam:ListUsers action")
    assert refused[0] == expected[0] and refused[1].endswith(" because no session policy allows the iam:ListUsers action"), refused
    code, message = stage.refused(narrow, "iam", "CreateUser", UserName="eve")
    assert code == "AccessDenied" and message.endswith(" because no identity-based policy allows the iam:CreateUser action")


def test_point_6_policy_arns_narrow(stage):
    answer = stage.assume(PolicyArns=[{"arn": stage.policy}])
    assert answer["PackedPolicySize"] >= 1
    narrow = Credentials.of(answer["Credentials"])
    assert stage.call(narrow, "iam", "ListRoles")["Roles"]
    code, message = stage.refused(narrow, "iam", "ListUsers")
    assert code == "AccessDenied" and message.endswith(" because no session policy allows the iam:ListUsers action")


def test_point_6_tags_need_permission_and_decide(stage):
    tags = [{"Key": "Project", "Value": "blue"}]
    me = stage.user_arn()
    assert stage.assume_refused(Tags=tags)[0] == "AccessDenied"
    name = f"tagged-{stage.driver.name}"
    trusting = trust(stage.user_arn(), ["sts:AssumeRole", "sts:TagSession"], Condition={"StringLike": {"aws:RequestTag/Project": ["blue", "red"]}})
    tagged = json.dumps({"StringEquals": {"aws:PrincipalTag/project": "blue"}})
    made = stage.call(stage.member_admin, "iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    stage.call(stage.member_admin, "iam", "PutRolePolicy", RoleName=name, PolicyName="p", PolicyDocument=allow("iam:ListUsers", Condition=json.loads(tagged)))
    by = stage.user.split("/")[-1]
    # Across accounts the caller needs the permission to tag as well.
    stage.call(stage.admin, "iam", "PutUserPolicy", UserName=by, PolicyName="tagged", PolicyDocument=allow("sts:AssumeRole", made))
    code, message = stage.assume_refused(RoleArn=made, Tags=tags)
    assert (code, message) == stage.not_authorized(me, "sts:TagSession", made)
    stage.call(stage.admin, "iam", "PutUserPolicy", UserName=by, PolicyName="tagged", PolicyDocument=allow(["sts:AssumeRole", "sts:TagSession"], made))
    blue = Credentials.of(stage.assume(RoleArn=made, Tags=tags)["Credentials"])
    assert stage.call(blue, "iam", "ListUsers")["Users"]
    red = Credentials.of(stage.assume(RoleArn=made, Tags=[{"Key": "Project", "Value": "red"}])["Credentials"])
    assert stage.refused(red, "iam", "ListUsers")[0] == "AccessDenied"
    assert stage.assume_refused(RoleArn=made, Tags=[{"Key": "Project", "Value": "green"}])[0] == "AccessDenied"
    assert stage.assume_refused(RoleArn=made)[0] == "AccessDenied"


def test_point_6_source_identity(stage):
    name = f"sourced-{stage.driver.name}"
    trusting = trust(stage.user_arn(), ["sts:AssumeRole", "sts:SetSourceIdentity"], Condition={"StringEquals": {"sts:SourceIdentity": "alice"}})
    made = stage.call(stage.member_admin, "iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trusting)["Role"]["Arn"]
    condition = {"StringEquals": {"aws:SourceIdentity": "alice"}}
    stage.call(stage.member_admin, "iam", "PutRolePolicy", RoleName=name, PolicyName="p", PolicyDocument=allow("iam:ListUsers", Condition=condition))
    by = stage.user.split("/")[-1]
    stage.call(stage.admin, "iam", "PutUserPolicy", UserName=by, PolicyName="sourced", PolicyDocument=allow(["sts:AssumeRole", "sts:SetSourceIdentity"], made))
    answer = stage.assume(RoleArn=made, SourceIdentity="alice")
    assert answer["SourceIdentity"] == "alice"
    assert stage.call(Credentials.of(answer["Credentials"]), "iam", "ListUsers")["Users"]
    assert stage.assume_refused(RoleArn=made, SourceIdentity="mallory")[0] == "AccessDenied"
    assert stage.assume_refused(RoleArn=made)[0] == "AccessDenied"
