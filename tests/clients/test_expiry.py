"""Sessions at the end of their time, on a server whose clock was moved (libfaketime)."""

import datetime
import glob
import os
import time

import pytest

from harness import raw
from harness.account import Account, trust
from harness.raw import Forge

WHO = raw.form("GetCallerIdentity", "2011-06-15")
LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)


@pytest.mark.skipif(LIBRARY is None and os.environ.get("CI") != "true", reason="libfaketime is not installed")
def test_sts_10_a_session_ends_when_it_said(own_server):
    server = own_server("clock").start()
    account = Account(server)
    role = account.role("role", trust(account.user_arn("admin")))
    issued = raw.query(server, account.admin, "sts", "AssumeRole", RoleArn=role, RoleSessionName="short", DurationSeconds="900")
    session = issued.credentials()
    ends = datetime.datetime.fromisoformat(issued.value("Expiration").replace("Z", "+00:00")).timestamp()
    assert server.stop() == 0

    # Three seconds before the end.
    ahead_s = ends - 3 - time.time()
    server.environment = {"LD_PRELOAD": LIBRARY, "FAKETIME": f"{ahead_s:+.3f}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    server.start()

    def ask() -> tuple[int, str, str]:
        reply = raw.call(server, Forge(session, off_s=ahead_s), WHO)
        return reply.status, reply.code, reply.message

    assert ask()[0] == 200
    assert raw.call(server, Forge(account.admin), WHO).code == "SignatureDoesNotMatch" or ahead_s < 900, "the clock was not moved"
    deadline = time.time() + ahead_s + 10
    while time.time() + ahead_s < ends - 1:
        assert ask()[0] == 200
        time.sleep(0.2)
    while time.time() + ahead_s < ends + 0.2:
        time.sleep(0.05)
    assert ask() == (403, "ExpiredToken", "The security token included in the request is expired")
    assert time.time() + ahead_s < deadline
    # An expired session is nothing, whatever else is wrong with the call.
    assert raw.call(server, Forge(session.replace(secret="x" * 40), off_s=ahead_s), WHO).status == 403
    # The key it was made with is as good as before.
    assert raw.call(server, Forge(account.admin, off_s=ahead_s), WHO).status == 200
    assert server.stop() == 0
