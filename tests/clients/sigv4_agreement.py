#!/usr/bin/env python3
"""Writes requests signed by botocore, one JSON object a line, for crates/sigv4/tests/agreement.rs.

usage: sigv4_agreement.py FILE [COUNT [SEED]]

Each line: kind, service, region, now (seconds), key_id, secret, token, method, path, query, headers (pairs), body,
the last three as they would go over the wire (header values and body in Base64). Needs botocore alone.
"""

import base64
import datetime
import json
import random
import string
import sys
from urllib.parse import quote, urlsplit

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

SERVICES = ["sts", "iam", "organizations", "execute-api", "dynamodb"]
S3 = ["s3", "s3-outposts", "s3-object-lambda"]
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-3", "us-gov-west-1", "local"]
UNRESERVED = string.ascii_letters + string.digits + "-._~"
ODD = " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}\t\u00e9\u4e2d\U0001f511"


class Now(datetime.datetime):
    """The clock that botocore reads."""

    moment = None

    @classmethod
    def utcnow(cls):
        return cls.moment.replace(tzinfo=None)

    @classmethod
    def now(cls, tz=None):
        return cls.moment


def text(rng, low, high, odd=0.2):
    pick = lambda: rng.choice(ODD) if rng.random() < odd else rng.choice(UNRESERVED)
    return "".join(pick() for _ in range(rng.randint(low, high)))


def path(rng, s3):
    segments = [quote(text(rng, 1, 8), safe="~") for _ in range(rng.randint(0, 4))]
    # A dot segment at the very end is read in two ways by the SDKs' signers; no client sends one.
    segments = [segment if set(segment) != {"."} else segment + "x" for segment in segments]
    if not s3 and segments and rng.random() < 0.3:
        segments.insert(rng.randrange(len(segments)), rng.choice(["", "."]))
    if not s3 and segments and rng.random() < 0.15:
        segments = ["x", ".."] + segments
    slash = "/" if segments and segments[-1] and rng.random() < 0.3 else ""
    return "/" + "/".join(segments) + slash


def query(rng):
    pairs = []
    for _ in range(rng.choice([0, 0, 1, 2, 3, 8, 30])):
        name = rng.choice(["a", "A", "a-b", "a.", "Action", ""]) if rng.random() < 0.4 else ""
        name = quote(name or text(rng, 1, 6), safe="-._~")
        pairs.append(name + "=" + quote(text(rng, 0, 8), safe="-._~"))
    return "&".join(pairs)


def headers(rng, host):
    found = {"Host": host}
    for _ in range(rng.randint(0, 6)):
        name = rng.choice(["X-Amz-", "x-", "My-", ""]) + "".join(rng.choices(string.ascii_letters, k=rng.randint(2, 9)))
        if name.lower() in {"te", "date", "host", "expect", "upgrade", "trailer", "baggage"}:
            continue
        words = ["".join(rng.choices(UNRESERVED + "\"';=,/()", k=rng.randint(1, 9))) for _ in range(rng.randint(0, 4))]
        joint = rng.choice([" ", "  ", "\t", "    "])
        if name.lower() not in {held.lower() for held in found}:
            found[name] = rng.choice(["", " "]) + joint.join(words) + rng.choice(["", "  "])
    if rng.random() < 0.5:
        found["User-Agent"] = "made/1.0"
    return found


def case(rng, number):
    s3 = rng.random() < 0.3
    service = rng.choice(S3 if s3 else SERVICES)
    region = rng.choice(REGIONS)
    moment = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(seconds=rng.randrange(2_500_000_000))
    Now.moment = moment
    token = "".join(rng.choices(string.ascii_letters + string.digits + "+/=", k=rng.randint(1, 900))) if rng.random() < 0.5 else None
    key_id = rng.choice(["AKIA", "ASIA"]) + "".join(rng.choices(string.ascii_uppercase + "234567", k=16))
    secret = "".join(rng.choices(string.ascii_letters + string.digits + "+/", k=40))
    presigned = rng.random() < 0.4
    method = rng.choice(["GET", "POST", "PUT", "DELETE", "HEAD"])
    with_body = method in ("POST", "PUT") and (s3 or not presigned)
    body = rng.randbytes(rng.choice([0, 1, 64, 250, 3000])) if with_body else b""
    host = rng.choice(["sts.amazonaws.com", "localhost:9000", "127.0.0.1:80", "Example.COM", "[::1]:8443"])
    wire_path, wire_query = path(rng, s3), query(rng)
    # botocore moves the body of what it presigns into the query, so it is kept from it; S3 signs none.
    url = "https://" + host + wire_path + ("?" + wire_query if wire_query else "")
    request = AWSRequest(method=method, url=url, headers=headers(rng, host), data=b"" if presigned else body)
    request.context["timestamp"] = moment.strftime("%Y%m%dT%H%M%SZ")
    if s3:
        request.context["payload_signing_enabled"] = rng.random() < 0.7
    credentials = Credentials(key_id, secret, token)
    if presigned:
        kind = botocore.auth.S3SigV4QueryAuth if s3 else botocore.auth.SigV4QueryAuth
        signer = kind(credentials, service, region, expires=rng.randint(1, 604_800))
    else:
        kind = botocore.auth.S3SigV4Auth if s3 else botocore.auth.SigV4Auth
        signer = kind(credentials, service, region)
    signer.add_auth(request)
    parts = urlsplit(request.url)
    b64 = lambda raw: base64.b64encode(raw).decode()
    return {
        "number": number,
        "kind": "presigned" if presigned else "header",
        "service": service,
        "region": region,
        "now": int(moment.timestamp()),
        "key_id": key_id,
        "secret": secret,
        "token": token,
        "method": method,
        "path": parts.path,
        "query": parts.query,
        "headers": [[name, b64(value.encode() if isinstance(value, str) else value)] for name, value in request.headers.items()],
        "body": b64(body),
    }


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 12_000
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    botocore.auth.datetime.datetime = Now
    if hasattr(botocore.auth, "get_current_datetime"):
        botocore.auth.get_current_datetime = lambda remove_tzinfo=True: Now.moment.replace(tzinfo=None) if remove_tzinfo else Now.moment
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for number in range(count):
            out.write(json.dumps(case(rng, number)) + "\n")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main()
