"""Malformed parameters and refusals that no SDK would send: AWS's sentences, several at once."""

import pytest

from harness import raw
from harness.account import allow, trust
from harness.raw import Forge

VALIDATION = "validation error{} detected: "


def check(reply: raw.Reply, status: int, code: str, message: str):
    """Status, code and sentence of a refusal, in a well-formed envelope."""
    assert (reply.status, reply.code, reply.message) == (status, code, message)
    assert reply.tree().tag.endswith("}ErrorResponse")
    assert f"<RequestId>{reply.request_id}</RequestId>" in reply.body
    assert "<Type>Sender</Type>" in reply.body


def violations(*found: str) -> str:
    """The sentence for these violations."""
    plural = "" if len(found) == 1 else "s"
    return f"{len(found)} " + VALIDATION.format(plural) + "; ".join(found)


def quoted(value: str, path: str, rule: str) -> str:
    """One violation as STS words it."""
    return f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {rule}"


SESSION_PATTERN = r"satisfy regular expression pattern: [\w+=,.@-]*"
ROLE = "arn:aws:iam::123456789012:role/some"

CASES = [
    ({"RoleArn": ROLE}, ["Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null"]),
    ({"RoleArn": ROLE, "RoleSessionName": "a"}, [quoted("a", "roleSessionName", "have length greater than or equal to 2")]),
    ({"RoleArn": ROLE, "RoleSessionName": "s" * 65}, [quoted("s" * 65, "roleSessionName", "have length less than or equal to 64")]),
    ({"RoleArn": ROLE, "RoleSessionName": "Session1:2"}, [quoted("Session1:2", "roleSessionName", SESSION_PATTERN)]),
    ({"RoleArn": ROLE, "RoleSessionName": "ok", "DurationSeconds": "899"}, [quoted("899", "durationSeconds", "have value greater than or equal to 900")]),
    ({"RoleArn": ROLE, "RoleSessionName": "ok", "DurationSeconds": "43201"}, [quoted("43201", "durationSeconds", "have value less than or equal to 43200")]),
    ({"RoleArn": ROLE, "RoleSessionName": "ok", "ExternalId": "x"}, [quoted("x", "externalId", "have length greater than or equal to 2")]),
    (
        {"RoleArn": ROLE, "RoleSessionName": "ok", "ExternalId": "a b"},
        [quoted("a b", "externalId", r"satisfy regular expression pattern: [\w+=,.@:\/-]*")],
    ),
]


@pytest.mark.parametrize(("parameters", "found"), CASES, ids=range(len(CASES)))
def test_point_5_one_violation(account, parameters, found):
    reply = raw.query(account.server, account.admin, "sts", "AssumeRole", **parameters)
    check(reply, 400, "ValidationError", violations(*found))


def test_point_5_several_violations_at_once(account):
    reply = raw.query(account.server, account.admin, "sts", "AssumeRole", RoleArn="short", RoleSessionName="x", DurationSeconds="1", ExternalId="y")
    assert (reply.status, reply.code) == (400, "ValidationError")
    assert reply.message.startswith("4 validation errors detected: ")
    for part in (
        quoted("short", "roleArn", "have length greater than or equal to 20"),
        quoted("x", "roleSessionName", "have length greater than or equal to 2"),
        quoted("1", "durationSeconds", "have value greater than or equal to 900"),
        quoted("y", "externalId", "have length greater than or equal to 2"),
    ):
        assert part in reply.message


def test_point_5_iam_does_not_quote_values(account):
    reply = raw.query(account.server, account.admin, "iam", "CreateUser", UserName="me", Path="/" + "p" * 511 + "/")
    expected = "Value at 'path' failed to satisfy constraint: Member must have length less than or equal to 512"
    check(reply, 400, "ValidationError", violations(expected))


@pytest.mark.parametrize("arn", ["nothing-valid-in-here", "arn::b:::something/test-role", "arn:a::::something/test-role", "arn:a:a::aaaaaaaaaa:"])
def test_point_5_role_arns_that_are_none(account, arn):
    reply = raw.query(account.server, account.admin, "sts", "AssumeRole", RoleArn=arn, RoleSessionName="session")
    check(reply, 400, "ValidationError", f"{arn} is invalid")


def test_point_5_root_may_not_assume_roles(account):
    arn = account.role("any", trust(account.id))
    reply = raw.query(account.server, account.root, "sts", "AssumeRole", RoleArn=arn, RoleSessionName="session")
    check(reply, 403, "AccessDenied", "Roles may not be assumed by root accounts.")
    # Nor of another account, which would tell whether the role is there.
    reply = raw.query(account.server, account.root, "sts", "AssumeRole", RoleArn=ROLE, RoleSessionName="session")
    check(reply, 403, "AccessDenied", "Roles may not be assumed by root accounts.")


def test_point_5_clock_off_by_more_than_15_minutes(account):
    body = raw.form("GetCallerIdentity", "2011-06-15")
    for off_s in (-870, 870):
        assert raw.call(account.server, Forge(account.admin, off_s=off_s), body).status == 200
    late = raw.call(account.server, Forge(account.admin, off_s=-960), body)
    assert (late.status, late.code) == (403, "SignatureDoesNotMatch")
    assert late.message.startswith("Signature expired: ") and late.message.endswith(" - 15 min.)"), late.message
    assert " is now earlier than " in late.message
    early = raw.call(account.server, Forge(account.admin, off_s=960), body)
    assert (early.status, early.code) == (403, "SignatureDoesNotMatch")
    assert early.message.startswith("Signature not yet current: ") and early.message.endswith(" + 15 min.)"), early.message
    assert " is still later than " in early.message


def test_point_5_unsigned_security_token(account):
    arn = account.role("open", trust(account.user_arn("admin")))
    session = account.assume(account.admin, arn)
    body = raw.form("GetCallerIdentity", "2011-06-15")
    assert raw.call(account.server, Forge(session), body).status == 200
    reply = raw.call(account.server, Forge(session, sign_token=False), body)
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
    assert reply.message.lower() == "'x-amz-security-token' must be a 'signedheader' in the aws authorization."


def test_unsigned_calls_are_refused(account):
    for action, version in (("AssumeRole", "2011-06-15"), ("GetCallerIdentity", "2011-06-15"), ("CreateUser", "2010-05-08")):
        body = raw.form(action, version).encode()
        reply = raw.send(account.server.port, "POST", "/", {"Host": "localhost", "Content-Type": raw.FORM}, body)
        check(reply, 403, "MissingAuthenticationToken", "Request is missing Authentication Token")


def test_unknown_operations(account):
    reply = raw.query(account.server, account.admin, "iam", "MakeCoffee")
    assert (reply.status, reply.code) == (400, "InvalidAction")
    assert reply.message == "Could not find operation MakeCoffee for version 2010-05-08"
    body = raw.form("AssumeRole", "2012-12-12")
    reply = raw.call(account.server, Forge(account.admin), body)
    assert (reply.status, reply.code) == (400, "InvalidAction")
    assert reply.message == "Could not find operation AssumeRole for version 2012-12-12"
    reply = raw.call(account.server, Forge(account.admin), "Version=2011-06-15")
    assert (reply.status, reply.code) == (400, "MissingAction")


def test_operations_that_are_not_built_say_so(account):
    reply = raw.query(account.server, account.admin, "iam", "CreateDelegationRequest", Description="x")
    assert 400 <= reply.status < 502 and reply.code, reply
    assert "CreateDelegationRequest" in reply.message or reply.code == "InvalidAction"


def test_parameters_that_are_not_enforced_are_refused(account):
    """Refuse, don't ignore: an unbuilt safeguard must not look as if it were in force."""
    arn = account.role("open", trust(account.user_arn("admin")))
    common = {"RoleArn": arn, "RoleSessionName": "session"}
    for extra in (
        {"SerialNumber": f"arn:aws:iam::{account.id}:mfa/me", "TokenCode": "123456"},
        {"ProvidedContexts.member.1.ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ProvidedContexts.member.1.ContextAssertion": "assertion"},
    ):
        reply = raw.query(account.server, account.admin, "sts", "AssumeRole", **common, **extra)
        assert 400 <= reply.status < 500 and "<Credentials>" not in reply.body, reply.body
    boundary = f"arn:aws:iam::{account.id}:policy/limit"
    account.iam("CreatePolicy", PolicyName="limit", PolicyDocument=allow("iam:Get*"))
    for name in (boundary.replace("limit", "none"), account.user_arn("admin")):
        reply = raw.query(account.server, account.admin, "iam", "CreateUser", UserName="bounded", PermissionsBoundary=name)
        assert 400 <= reply.status < 502, reply.body
        assert raw.query(account.server, account.admin, "iam", "GetUser", UserName="bounded").code == "NoSuchEntity"


def test_get_and_post_and_hosts(account):
    """The same call by GET and by POST, at any host name, and with a presigned URL."""
    host = f"127.0.0.1:{account.server.port}"
    query = raw.form("GetCallerIdentity", "2011-06-15")
    me = account.user_arn("admin")
    for name in (host, "sts.amazonaws.com", "sts.eu-central-1.amazonaws.com", "localhost"):
        headers = raw.sign(Forge(account.admin, region="eu-central-1"), "GET", "/", query, {"Host": name}, b"")
        reply = raw.send(account.server.port, "GET", f"/?{query}", headers)
        assert (reply.status, reply.value("Arn")) == (200, me)
    presigned = raw.presign(Forge(account.admin), host, query)
    reply = raw.send(account.server.port, "GET", f"/?{presigned}", {"Host": host})
    assert (reply.status, reply.value("Arn")) == (200, me)
    assert reply.headers["content-type"].startswith("text/xml")


def test_presigned_with_a_signed_header_as_vault_sends_it(account):
    host = f"127.0.0.1:{account.server.port}"
    named = {"X-Vault-AWS-IAM-Server-ID": "vault.example"}
    query = raw.presign(Forge(account.admin), host, raw.form("GetCallerIdentity", "2011-06-15"), headers=named)
    assert raw.send(account.server.port, "GET", f"/?{query}", {"Host": host} | named).status == 200
    other = {"X-Vault-AWS-IAM-Server-ID": "other.example"}
    assert raw.send(account.server.port, "GET", f"/?{query}", {"Host": host} | other).code == "SignatureDoesNotMatch"
    assert raw.send(account.server.port, "GET", f"/?{query}", {"Host": host}).code == "SignatureDoesNotMatch"


def test_json_when_asked_for(account):
    body = raw.form("GetCallerIdentity", "2011-06-15")
    reply = raw.call(account.server, Forge(account.admin), body, headers={"Accept": "application/json"})
    assert reply.status == 200 and reply.headers["content-type"].startswith("application/json")
    assert f'"Arn":"{account.user_arn("admin")}"' in reply.body.replace(": ", ":")
