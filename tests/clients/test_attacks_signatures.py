"""Attacks on the signature and on the HTTP that carries it, from outside, by raw sockets where needed."""

import base64
import os

import pytest

from harness import raw
from harness.account import trust
from harness.raw import FORM, Forge

WHO = raw.form("GetCallerIdentity", "2011-06-15")
LIST = raw.form("ListUsers", "2010-05-08")
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE")
PATHS = ("/", "/metrics", "/admin", "/console", "/operator", "/debug/pprof", "/v1/token", "/.well-known/openid-configuration", "/%2e%2e/", "//")


def refused(reply: raw.Reply, *codes: str):
    """No success, no server error, one of these codes."""
    assert 400 <= reply.status < 500, (reply.status, reply.body)
    if codes:
        assert reply.code in codes, (reply.code, reply.message)


def heads(server) -> dict[str, str]:
    """Headers of a form POST."""
    return {"Host": f"127.0.0.1:{server.port}", "Content-Type": FORM}


def test_sig_01_headers_outside_the_signature(account):
    """Whatever begins with x-amz- has to be signed; our own words never become identity."""
    for name in ("X-Amz-Target", "X-Amz-Security-Token", "x-amz-acl", "X-Amz-Meta-Anything", "x-amz-content-sha256"):
        reply = raw.call(account.server, Forge(account.admin), WHO, unsigned={name: "x"})
        refused(reply, "SignatureDoesNotMatch", "InvalidClientTokenId", "IncompleteSignature")


def test_sig_05_no_route_takes_a_wrong_secret(account):
    wrong = account.admin.replace(secret="0" * 40)
    for path in PATHS:
        for method in METHODS:
            body = WHO.encode() if method in ("POST", "PUT", "PATCH") else b""
            headers = raw.sign(Forge(wrong), method, path, "", heads(account.server), body)
            reply = raw.send(account.server.port, method, path, headers, body)
            assert not 200 <= reply.status < 300 or method in ("OPTIONS", "HEAD") and not reply.body, (method, path, reply)
    for body in (WHO, LIST, raw.form("AssumeRole", "2011-06-15", RoleArn=account.role("r", trust(account.id)), RoleSessionName="ss")):
        service = "iam" if "ListUsers" in body else "sts"
        refused(raw.call(account.server, Forge(wrong, service=service), body), "SignatureDoesNotMatch")


def test_sig_06_multipart_forms_are_no_way_in(account):
    boundary = "boundary42"
    parts = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in (("Action", "ListUsers"), ("Version", "2010-05-08"), ("policy", "e30="), ("x-amz-signature", "0" * 64)))
    body = (parts + f"--{boundary}--\r\n").encode()
    headers = {"Host": "localhost", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    for path in PATHS:
        refused(raw.send(account.server.port, "POST", path, headers, body))
    signed = raw.sign(Forge(account.admin, service="iam"), "POST", "/", "", headers, body)
    refused(raw.send(account.server.port, "POST", "/", signed, body))


@pytest.mark.parametrize(
    "body",
    [
        "Action=GetCallerIdentity&action=AssumeRole&Version=2011-06-15",
        "Action=GetCallerIdentity&Action=AssumeRole&Version=2011-06-15",
        "Action=GetCallerIdentity&Version=2011-06-15&VERSION=2010-05-08",
        "Action=GetCallerIdentity&Version=2011-06-15&%41ction=GetCallerIdentity",
    ],
)
def test_sig_07_a_name_is_said_once(account, body):
    refused(raw.call(account.server, Forge(account.admin), body), "MalformedQueryString")


def test_sig_07_a_name_in_query_and_form(account):
    reply = raw.call(account.server, Forge(account.admin), WHO, query="Action=GetCallerIdentity")
    refused(reply)
    role = account.role("r", trust(account.user_arn("admin")))
    body = raw.form("AssumeRole", "2011-06-15", RoleArn=role, RoleSessionName="first")
    refused(raw.call(account.server, Forge(account.admin), body + "&roleSessionName=second"), "MalformedQueryString")


def test_sig_10_time_is_part_of_the_signature(account):
    server, admin = account.server, account.admin
    host = f"127.0.0.1:{server.port}"
    for off_s in (-960, 960, -86400, 86400, -10**9):
        refused(raw.call(server, Forge(admin, off_s=off_s), WHO), "SignatureDoesNotMatch")
        presigned = raw.presign(Forge(admin, off_s=off_s), host, WHO, expires_s=604800)
        refused(raw.send(server.port, "GET", f"/?{presigned}", {"Host": host}), "SignatureDoesNotMatch")
    for expires_s in (0, -1, 604801, "60 ", "1e3", "", "9" * 30):
        presigned = raw.presign(Forge(admin), host, WHO, expires_s=expires_s)
        refused(raw.send(server.port, "GET", f"/?{presigned}", {"Host": host}))
    yesterday = (Forge(admin, off_s=-86400)).moment().strftime("%Y%m%d")
    refused(raw.call(server, Forge(admin, date=yesterday), WHO), "SignatureDoesNotMatch")
    for stamp in ("", "now", "2026-01-01", "20260230T000000Z", "20260101T000000", "99999999T999999Z"):
        refused(raw.call(server, Forge(admin, timestamp=stamp or " "), WHO), "IncompleteSignature", "SignatureDoesNotMatch")


def test_sig_12_the_scope_is_exact(account):
    server, admin = account.server, account.admin
    for service, body in (("iam", WHO), ("organizations", WHO), ("sts", LIST), ("s3", WHO), ("nothing", WHO), ("STS", WHO), ("", WHO)):
        reply = raw.call(server, Forge(admin, service=service), body)
        refused(reply, "SignatureDoesNotMatch", "InvalidAction", "IncompleteSignature", "UnknownOperationException", "SerializationException", "InvalidSignatureException")
    for terminator in ("aws5_request", "AWS4_REQUEST", "aws4_request ", ""):
        refused(raw.call(server, Forge(admin, terminator=terminator), WHO), "SignatureDoesNotMatch", "IncompleteSignature")
    # An Organizations call signed for another service is nobody's.
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSOrganizationsV20161128.ListAccounts"}
    reply = raw.call(server, Forge(admin, service="sts"), "{}", headers=headers)
    refused(reply)


def test_sig_13_one_mechanism_at_a_time(account):
    server, admin = account.server, account.admin
    host = f"127.0.0.1:{server.port}"
    presigned = raw.presign(Forge(admin), host, WHO)
    headers = raw.sign(Forge(admin), "GET", "/", presigned, {"Host": host}, b"")
    refused(raw.send(server.port, "GET", f"/?{presigned}", headers), "SignatureDoesNotMatch")
    good = raw.sign(Forge(admin), "POST", "/", "", heads(server), WHO.encode())
    length = [("Content-Length", str(len(WHO)))]
    basic = "Basic " + base64.b64encode(b"admin:admin").decode()
    wrong = good["Authorization"][:-64] + "0" * 64
    for pair in ([wrong, good["Authorization"]], [wrong, wrong], [basic, wrong]):
        plain = [(name, value) for name, value in good.items() if name != "Authorization"]
        data = raw.request_bytes("POST", "/", plain + [("Authorization", value) for value in pair] + length, WHO.encode())
        assert all(400 <= status < 500 for status in raw.statuses(raw.speak(server.port, data))), pair
    for other in (basic, "Bearer " + "x" * 40, "AWS AKIA:x", "AWS4-ECDSA-P256-SHA256" + good["Authorization"][16:]):
        refused(raw.send(server.port, "POST", "/", good | {"Authorization": other}, WHO.encode()), "IncompleteSignature", "MissingAuthenticationToken")
    old = WHO + f"&AWSAccessKeyId={admin.access_key_id}&SignatureVersion=2&SignatureMethod=HmacSHA256&Signature=x"
    refused(raw.send(server.port, "POST", "/", heads(server), old.encode()), "MissingAuthenticationToken")


def test_sig_14_signed_headers(account):
    server, admin = account.server, account.admin
    refused(raw.call(server, Forge(admin, signed=["content-type", "x-amz-date"]), WHO), "SignatureDoesNotMatch")
    refused(raw.call(server, Forge(admin, signed=["content-type", "host"]), WHO), "SignatureDoesNotMatch")
    refused(raw.call(server, Forge(admin, signed=[]), WHO), "SignatureDoesNotMatch", "IncompleteSignature")
    for names in (["x-amz-date", "host", "content-type"], ["content-type", "host", "host", "x-amz-date"]):
        reply = raw.call(server, Forge(admin, signed=names), WHO)
        assert reply.status < 500 and (reply.status == 200 or reply.code), reply
    refused(raw.call(server, Forge(admin), WHO, unsigned={"X-Amz-Content-Sha256": ""}), "SignatureDoesNotMatch", "IncompleteSignature")


def test_sig_17_forwarding_headers_change_nothing(account):
    server, admin = account.server, account.admin
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443", "X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9;host=evil.example", "X-Real-IP": "203.0.113.9"}
    reply = raw.call(server, Forge(admin), WHO, unsigned=forwarded)
    assert reply.status == 200
    assert server.trail.of(reply.request_id)["sourceIPAddress"] == "127.0.0.1"
    # Signed for the other host, sent to this one.
    elsewhere = raw.sign(Forge(admin), "POST", "/", "", heads(server) | {"Host": "evil.example"}, WHO.encode())
    refused(raw.send(server.port, "POST", "/", elsewhere | heads(server) | {"X-Forwarded-Host": "evil.example"}, WHO.encode()), "SignatureDoesNotMatch")


def test_sig_18_the_body_is_signed(account):
    server, admin = account.server, account.admin
    refused(raw.call(server, Forge(admin, payload_hash="UNSIGNED-PAYLOAD"), WHO, headers={"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}), "SignatureDoesNotMatch")
    streaming = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    refused(raw.call(server, Forge(admin, payload_hash=streaming), WHO, headers={"X-Amz-Content-Sha256": streaming}), "SignatureDoesNotMatch")
    other = raw.form("ListUsers", "2010-05-08")
    refused(raw.call(server, Forge(admin), WHO, sent_body=other.encode()), "SignatureDoesNotMatch")
    refused(raw.call(server, Forge(admin), WHO, sent_body=(WHO + "&x=y").encode()), "SignatureDoesNotMatch")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    refused(raw.call(server, Forge(admin, payload_hash=empty), WHO, headers={"X-Amz-Content-Sha256": empty}), "SignatureDoesNotMatch")


def good_pairs(account, body: bytes) -> list[tuple[str, str]]:
    """Headers of a right call, without a length."""
    return list(raw.sign(Forge(account.admin), "POST", "/", "", heads(account.server), body).items())


@pytest.mark.parametrize(
    "framing",
    [
        [("Content-Length", "{n}"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "chunked"), ("Content-Length", "{n}")],
        [("Content-Length", "{n}"), ("Content-Length", "0")],
        [("Content-Length", "0"), ("Content-Length", "{n}")],
        [("Content-Length", "+{n}")],
        [("Content-Length", "0x2b")],
        [("Content-Length", "{n}, {n}1")],
        [("Content-Length", "-1")],
        [("Transfer-Encoding", "xchunked")],
        [("Transfer-Encoding", " chunked, identity")],
        [("Transfer-Encoding", "identity"), ("Content-Length", "{n}")],
        [("Transfer-Encoding : chunked\r\nX", "y")],
    ],
    ids=range(12),
)
def test_sig_20_smuggling(account, framing):
    """Two readings of one message: refused, and what follows is never served as somebody's request."""
    body = WHO.encode()
    pairs = good_pairs(account, body) + [(name, value.replace("{n}", str(len(body)))) for name, value in framing]
    hidden = raw.request_bytes("POST", "/", {"Host": "x", "Content-Type": FORM, "Content-Length": str(len(LIST))}, LIST.encode())
    heard = raw.speak(account.server.port, raw.request_bytes("POST", "/", pairs, body + hidden), wait_s=3)
    # The first may be refused as HTTP or as a call; in no case does a second request get the first one's identity.
    assert b"ListUsersResult" not in heard, heard
    assert all(status < 500 for status in raw.statuses(heard)), heard
    if any("Content-Length" in name for name, _ in framing) and len(framing) > 1:
        assert 200 not in raw.statuses(heard)[:1], heard


def test_sig_20_pipelining_keeps_identities_apart(account):
    body = WHO.encode()
    first = raw.request_bytes("POST", "/", good_pairs(account, body) + [("Content-Length", str(len(body)))], body)
    second = raw.request_bytes("POST", "/", {"Host": "x", "Content-Type": FORM, "Content-Length": str(len(body))}, body)
    heard = raw.speak(account.server.port, first + second + first, wait_s=3)
    assert raw.statuses(heard) in ([200, 403, 200], [200, 403], [200]), heard


def test_sig_20_lines_end_as_they_should(account):
    body = WHO.encode()
    data = raw.request_bytes("POST", "/", good_pairs(account, body) + [("Content-Length", str(len(body)))], body)
    folded = data.replace(b"Content-Type: ", b"Content-Type:\r\n ", 1)
    for bad in (data.replace(b" HTTP/1.1", b"\tHTTP/1.1", 1), folded, data.replace(b"Host:", b"Host :", 1), data.replace(b"POST / ", b"POST / / ", 1), b"\x00" * 64, os.urandom(512)):
        heard = raw.speak(account.server.port, bad, wait_s=2)
        assert all(400 <= status < 500 for status in raw.statuses(heard)), (bad, heard)


def test_sig_21_key_ids(account):
    server, admin = account.server, account.admin
    session = account.assume(admin, account.role("r", trust(account.user_arn("admin"))))
    invalid = "The security token included in the request is invalid"
    # A temporary key without its token, a long-term key with one, the other's prefix.
    for credentials in (
        session.replace(token=None),
        admin.replace(token=session.token),
        admin.replace(access_key_id="ASIA" + admin.access_key_id[4:]),
        session.replace(access_key_id="AKIA" + session.access_key_id[4:]),
        admin.replace(access_key_id=admin.access_key_id.lower()),
        admin.replace(access_key_id=admin.access_key_id[:-1]),
        admin.replace(access_key_id=admin.access_key_id + "A"),
    ):
        reply = raw.call(server, Forge(credentials), WHO)
        assert (reply.status, reply.code) == (403, "InvalidClientTokenId"), (credentials.access_key_id, reply)
        assert reply.message.rstrip(".") == invalid
    for name in (admin.access_key_id + " ", " " + admin.access_key_id, admin.access_key_id + "%20", "", "AKIA", "../" + admin.access_key_id):
        refused(raw.call(server, Forge(admin.replace(access_key_id=name)), WHO), "InvalidClientTokenId", "IncompleteSignature", "SignatureDoesNotMatch")
    gone = account.user("gone")
    account.iam("DeleteAccessKey", UserName="gone", AccessKeyId=gone.access_key_id)
    account.iam("DeleteUser", UserName="gone")
    refused(raw.call(server, Forge(gone), WHO), "InvalidClientTokenId")
