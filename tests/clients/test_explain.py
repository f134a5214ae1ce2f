"""Refusals explain themselves: the sealed message of an answer, `locum why` and `locum can`."""

import json
import subprocess

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from harness import raw
from harness.account import allow, deny, trust
from harness.drivers import Refused
from harness.server import bare_environment, binary

HEADER = "x-locum-authorization-message"


def locum(server, *words: str, status: int = 0) -> str:
    """A command against a server; its standard output."""
    done = subprocess.run([binary(), *words, "--data", str(server.data)], env=bare_environment(), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == status, f"{words}: {done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout


def refused(account, credentials, service: str, operation: str, **parameters) -> dict:
    """The answer to a call that is refused, as boto3 tells it: request id and headers among it."""
    client = account.client.client(credentials, service)
    with pytest.raises(ClientError) as error:
        getattr(client, xform_name(operation))(**parameters)
    assert error.value.response["Error"]["Code"] == "AccessDenied"
    return error.value.response["ResponseMetadata"]


def test_a_refusal_is_decoded_and_explained(account):
    inline = json.loads(allow("iam:*"))
    inline["Statement"].append({"Sid": "NoDeleting", "Effect": "Deny", "Action": "iam:Delete*", "Resource": "*"})
    alice = account.user("alice", inline=json.dumps(inline))
    told = refused(account, alice, "iam", "DeleteUser", UserName="bob")
    message = told["HTTPHeaders"][HEADER]
    decoded = json.loads(account.sts("DecodeAuthorizationMessage", account.admin, EncodedMessage=message)["DecodedMessage"])
    assert (decoded["allowed"], decoded["explicitDeny"]) == (False, True)
    assert [item["statementId"] for item in decoded["matchedStatements"]["items"]] == ["NoDeleting"]
    assert decoded["context"]["action"] == "iam:DeleteUser"
    assert decoded["context"]["principal"]["arn"] == account.user_arn("alice")
    with pytest.raises(Refused) as error:
        account.sts("DecodeAuthorizationMessage", account.admin, EncodedMessage=message[:-1] + "!")
    assert (error.value.code, error.value.message) == ("InvalidAuthorizationMessageException", "Message is not valid")
    # By the id and by the message: the same.
    answer = json.loads(locum(account.server, "why", told["RequestId"], "--format", "json"))
    assert json.loads(locum(account.server, "why", message, "--format", "json")) == answer
    assert answer["Then"]["Decision"] == answer["Now"]["Decision"] == "deny"
    (change,) = answer["Suggestions"][0]
    assert (change["Kind"], change["Sid"]) == ("remove-statement", "NoDeleting")
    page = locum(account.server, "why", told["RequestId"])
    assert "statement 2 \"NoDeleting\", Deny: applies" in page and "^" in page
    assert "Since then nothing that bears on it has changed." in page
    # What changed is told against what was.
    account.iam("DeleteUserPolicy", UserName="alice", PolicyName="inline")
    answer = json.loads(locum(account.server, "why", told["RequestId"], "--format", "json"))
    assert answer["Changes"] == ["The identity-based policy \"user/alice/inline\" no longer applies."]
    assert "NoDeleting" in answer["Then"]["Text"] and "NoDeleting" not in answer["Now"]["Text"]


def test_a_suggestion_does_what_it_says(account, accounts):
    other = accounts()
    alice = account.user("alice")
    arn = other.role("reader", trust(other.id))
    parameters = {"RoleArn": arn, "RoleSessionName": "work"}
    told = refused(account, alice, "sts", "AssumeRole", **parameters)
    (changes,) = json.loads(locum(account.server, "why", told["RequestId"], "--format", "json"))["Suggestions"]
    statements = {change["PolicyType"]: change["Statement"] for change in changes}
    assert set(statements) == {"identity", "roleTrust"}
    assert "*" not in json.dumps(statements)

    def document(kind: str) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": [statements[kind]]})

    account.iam("PutUserPolicy", UserName="alice", PolicyName="assume", PolicyDocument=document("identity"))
    other.iam("UpdateAssumeRolePolicy", RoleName="reader", PolicyDocument=document("roleTrust"))
    assert account.sts("AssumeRole", alice, **parameters)["AssumedRoleUser"]["Arn"].endswith("/reader/work")


def test_can_answers_what_a_call_would_get(account):
    account.user("alice", inline=allow("iam:GetUser", account.user_arn("alice")))
    who, own = account.user_arn("alice"), account.user_arn("alice")
    page = locum(account.server, "can", who, "iam:GetUser", own)
    assert "Allowed: statement 1 of the identity-based policy \"user/alice/inline\"." in page
    assert "Service and resource control policies are not kept by this server" in page
    page = locum(account.server, "can", who, "iam:GetUser", account.user_arn("bob"), status=1)
    assert "Denied: no identity-based policy allows it." in page
    answer = json.loads(locum(account.server, "can", who, "iam:DeleteUser", own, "--format", "json", status=1))
    assert answer["Suggestions"][0][0]["Statement"] == {"Effect": "Allow", "Action": "iam:DeleteUser", "Resource": own}
    assert "no user, role" in subprocess.run([binary(), "can", "alice", "iam:GetUser", own, "--data", str(account.server.data)], env=bare_environment(), capture_output=True, text=True, timeout=60, check=False).stderr


def test_context_and_session_policies_count(account, tmp_path):
    inline = allow("iam:ListUsers", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    account.user("alice", inline=inline)
    asked = ("can", account.user_arn("alice"), "iam:ListUsers", "*")
    assert "Missing from the request: aws:SourceIp." in locum(account.server, *asked, status=1)
    locum(account.server, *asked, "--context", "aws:SourceIp=192.0.2.9")
    locum(account.server, *asked, "--context", "aws:SourceIp=198.51.100.9", status=1)
    session = tmp_path / "session.json"
    session.write_text(deny("iam:ListUsers"), encoding="utf-8")
    page = locum(account.server, *asked, "--context", "aws:SourceIp=192.0.2.9", "--session-policy", str(session), status=1)
    assert "session policy" in page


def test_the_policies_of_an_organization_are_asked_as_if_attached(account, tmp_path):
    def policy(name: str, text: str) -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    account.user("alice", inline=allow("iam:*"))
    asked = ("can", account.user_arn("alice"), "iam:ListUsers", "*")
    full, guard = policy("full.json", allow("*")), policy("guard.json", deny("iam:ListUsers"))
    readers = policy("readers.json", allow("iam:Get*"))
    shared = policy("shared.json", json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*"}}))
    locum(account.server, *asked, "--scp", full, "--scp", full)
    # A Deny at one level is the end; policies of one level stand beside each other.
    page = locum(account.server, *asked, "--scp", full, "--scp", f"{full},{guard}", status=1)
    assert "service control policy" in page and guard in page and "not kept by this server" not in page
    # Every level has to allow, and the suggestion goes to the one that does not.
    answer = json.loads(locum(account.server, *asked, "--scp", full, "--scp", readers, "--format", "json", status=1))
    assert [(change["PolicyType"], change["Sentence"]) for change in answer["Suggestions"][0]] == [("scp", f'Add to the service control policy "{readers}"')]
    # A policy of the organization gives nothing.
    locum(account.server, "can", account.user_arn("alice"), "sts:AssumeRole", f"arn:aws:iam::{account.id}:role/none", "--scp", full, status=1)
    # Resource control policies stand with the resource; they are checked as the organization would.
    locum(account.server, *asked, "--rcp", full, status=254)
    locum(account.server, *asked, "--rcp", shared)
    page = locum(account.server, "can", account.user_arn("alice"), "sts:GetFederationToken", "*", "--rcp", shared, status=1)
    assert "resource control policy" in page and shared in page
    # What does not apply to the management account is said not to.
    admin = f"arn:aws:iam::{account.server.account_id}:user/admin"
    page = locum(account.server, "can", admin, "iam:ListUsers", "*", "--scp", guard)
    assert "Service control policies do not restrict callers of the management account; none took part." in page


def test_what_cannot_be_explained_says_why(account, tmp_path):
    reply = raw.query(account.server, account.admin, "iam", "ListUsers")
    done = subprocess.run([binary(), "why", reply.request_id, "--data", str(account.server.data)], env=bare_environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 254 and "was not refused" in done.stderr
    done = subprocess.run([binary(), "why", reply.request_id, "--data", str(tmp_path)], env=bare_environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 255 and "--data" in done.stderr
