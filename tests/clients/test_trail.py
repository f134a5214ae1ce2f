"""Point 8: each call is one CloudTrail record, there when the answer arrives; `locum trail` shows it."""

import json
import subprocess

from harness import raw
from harness.account import allow, trust
from harness.raw import Forge
from harness.server import bare_environment, binary

FIELDS = {"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "requestID", "eventID", "readOnly", "eventType", "managementEvent", "recipientAccountId", "eventCategory"}


def record(account, reply: raw.Reply) -> dict:
    """The one record of an answer that has just arrived."""
    found = account.server.trail.of(reply.request_id)
    if found["userIdentity"].get("accountId") is None:
        # Nobody in particular called: it is no account's event.
        found.setdefault("recipientAccountId", None)
    assert FIELDS <= set(found), FIELDS - set(found)
    assert found["eventType"] == "AwsApiCall" and found["eventCategory"] == "Management"
    return found


def test_point_8_a_user_s_call(account):
    reply = raw.query(account.server, account.admin, "iam", "CreateUser", UserName="carol", Path="/x/")
    assert reply.status == 200
    found = record(account, reply)
    assert (found["eventSource"], found["eventName"], found["awsRegion"]) == ("iam.amazonaws.com", "CreateUser", "us-east-1")
    who = found["userIdentity"]
    assert (who["type"], who["arn"], who["userName"]) == ("IAMUser", account.user_arn("admin"), "admin")
    assert (who["accountId"], who["accessKeyId"]) == (account.id, account.admin.access_key_id)
    assert who["principalId"].startswith("AIDA")
    assert found["requestParameters"] == {"userName": "carol", "path": "/x/"}
    assert found["responseElements"]["user"]["arn"] == f"arn:aws:iam::{account.id}:user/x/carol"
    assert (found["readOnly"], found["recipientAccountId"], found["sourceIPAddress"]) == (False, account.id, "127.0.0.1")
    assert "errorCode" not in found


def test_point_8_a_session_s_call_and_how_it_came_about(account):
    arn = account.role("op", trust(account.user_arn("admin"), ["sts:AssumeRole", "sts:SetSourceIdentity"]), allow("iam:*"), Path="/p/")
    parameters = {"RoleArn": arn, "RoleSessionName": "shift", "DurationSeconds": "900", "SourceIdentity": "carol"}
    issued = raw.query(account.server, account.admin, "sts", "AssumeRole", **parameters)
    assert issued.status == 200, issued.body
    found = record(account, issued)
    assert (found["eventSource"], found["eventName"]) == ("sts.amazonaws.com", "AssumeRole")
    asked = found["requestParameters"]
    assert (asked["roleArn"], asked["roleSessionName"], asked["durationSeconds"], asked["sourceIdentity"]) == (arn, "shift", 900, "carol")
    session = issued.credentials()
    answered = found["responseElements"]
    assert answered["credentials"]["accessKeyId"] == session.access_key_id
    assert "secretAccessKey" not in json.dumps(found) and session.secret not in json.dumps(found)
    assert answered["assumedRoleUser"]["arn"] == f"arn:aws:sts::{account.id}:assumed-role/op/shift"
    assert any(resource["ARN"] == arn for resource in found["resources"])
    reply = raw.query(account.server, session, "iam", "ListUsers")
    who = record(account, reply)["userIdentity"]
    assert (who["type"], who["arn"]) == ("AssumedRole", f"arn:aws:sts::{account.id}:assumed-role/op/shift")
    issuer = who["sessionContext"]["sessionIssuer"]
    assert (issuer["type"], issuer["arn"], issuer["userName"]) == ("Role", arn, "op")
    assert who["sessionContext"]["sourceIdentity"] == "carol"
    assert who["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


def test_point_8_refusals_are_records(account):
    nobody = account.user("nobody")
    reply = raw.query(account.server, nobody, "iam", "CreateUser", UserName="dave")
    assert reply.status == 403
    found = record(account, reply)
    assert (found["errorCode"], found["errorMessage"]) == ("AccessDenied", reply.message)
    assert found["responseElements"] is None
    # A wrong parameter.
    reply = raw.query(account.server, account.admin, "iam", "GetUser", UserName="dave")
    assert record(account, reply)["errorCode"].startswith("NoSuchEntity")
    # A wrong signature: nobody is believed, and still the call is there.
    wrong = account.admin.replace(secret="x" * 40)
    reply = raw.query(account.server, wrong, "iam", "ListUsers")
    assert reply.code == "SignatureDoesNotMatch"
    found = record(account, reply)
    assert found["errorCode"] == "SignatureDoesNotMatch"
    assert found["userIdentity"].get("arn") is None
    # No signature at all.
    reply = raw.send(account.server.port, "POST", "/", {"Host": "x", "User-Agent": raw.AGENT, "Content-Type": raw.FORM}, raw.form("ListUsers", "2010-05-08").encode())
    assert record(account, reply)["errorCode"] == "MissingAuthenticationToken"


def test_point_8_root_and_organizations(account):
    reply = raw.query(account.server, account.root, "sts", "GetCallerIdentity")
    who = record(account, reply)["userIdentity"]
    assert (who["type"], who["arn"], who["principalId"]) == ("Root", f"arn:aws:iam::{account.id}:root", account.id)
    reply = raw.json_call(account.server, account.server.admin(), "ListAccounts", "{}")
    assert reply.status == 200
    found = record(account, reply)
    assert (found["eventSource"], found["eventName"]) == ("organizations.amazonaws.com", "ListAccounts")


def test_aud_07_decisions_are_records(account):
    """Allowed, denied, unauthenticated, malformed: as many records as answers."""
    trail = account.server.trail
    before = len(trail.settled().records)
    nobody = account.user("nobody")
    setup = len(trail.settled().records) - before
    assert setup == 2
    calls = 0
    for number in range(25):
        replies = [
            raw.query(account.server, account.admin, "sts", "GetCallerIdentity"),
            raw.query(account.server, nobody, "iam", "ListUsers"),
            raw.query(account.server, nobody.replace(secret="y" * 40), "iam", "ListUsers"),
            raw.query(account.server, account.admin, "iam", "GetRole", RoleName=f"none-{number}"),
            raw.call(account.server, Forge(account.admin), "Action=&Version="),
        ]
        calls += len(replies)
        for reply in replies:
            assert reply.request_id
            trail.of(reply.request_id)
    assert len(trail.settled().records) - before - setup == calls


def locum(account, *args: str) -> subprocess.CompletedProcess:
    """`locum trail …` on the server's directory."""
    return subprocess.run([binary(), "trail", *args, "--data", str(account.server.data)], capture_output=True, text=True, timeout=20, env=bare_environment(), stdin=subprocess.DEVNULL, check=False)


def test_point_8_trail_tail_is_for_people(account):
    nobody = account.user("nobody")
    raw.query(account.server, nobody, "iam", "DeleteUser", UserName="admin")
    shown = locum(account, "tail", "--lines", "3")
    assert shown.returncode == 0, shown.stderr
    last = shown.stdout.rstrip("\n").splitlines()[-1]
    assert "DeleteUser" in last and "AccessDenied" in last and "nobody" in last
    assert len(shown.stdout.splitlines()) <= 5


def test_point_8_trail_tail_follows(account):
    follow = subprocess.Popen([binary(), "trail", "tail", "--follow", "--data", str(account.server.data)], stdout=subprocess.PIPE, env=bare_environment(), text=True)
    try:
        raw.query(account.server, account.admin, "iam", "CreateUser", UserName="followed")
        for line in follow.stdout:
            if "CreateUser" in line and "admin" in line:
                break
        else:
            raise AssertionError("the call did not appear")
    finally:
        follow.kill()
        follow.wait()
