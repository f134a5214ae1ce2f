"""kill -9 in the middle of everything, again and again: what was acknowledged is there, whole, with its record."""

import dataclasses
import json
import os
import pathlib
import random
import threading
import time
import urllib.error

import pytest

from harness import raw
from harness.account import allow, trust
from harness.credentials import Credentials
from harness.drivers import Boto3
from harness.server import Server

CYCLES = int(os.environ.get("LOCUM_KILL_CYCLES", "60"))
TAGS = {"Tags.member.1.Key": "a", "Tags.member.1.Value": "1", "Tags.member.2.Key": "b", "Tags.member.2.Value": "2"}
WRITERS, READERS = 3, 2


@dataclasses.dataclass
class History:
    """What one client saw, on its own file: calls begun, calls acknowledged."""

    path: pathlib.Path
    begun: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    acknowledged: list[tuple[str, str, str]] = dataclasses.field(default_factory=list)
    wrong: list[str] = dataclasses.field(default_factory=list)

    def call(self, server: Server, credentials: Credentials, service: str, action: str, name: str, **parameters: str) -> raw.Reply | None:
        """One call, written down before and after. Nothing when the server was gone."""
        self.begun.append((action, name))
        try:
            reply = raw.query(server, credentials, service, action, **parameters)
        except (OSError, ConnectionError, urllib.error.URLError):
            return None
        except Exception as error:  # http.client's own: the answer broke off
            if type(error).__module__ != "http.client":
                raise
            return None
        if reply.status != 200 or not reply.body.rstrip().endswith("Response>"):
            if reply.status != 200:
                self.wrong.append(f"{action} {name}: {reply.status} {reply.body[:300]}")
            return None
        self.acknowledged.append((action, name, reply.request_id))
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps([action, name, reply.request_id]) + "\n")
        return reply


def write(server: Server, root: Credentials, history: History, label: str, gone: threading.Event):
    """Users and roles, made, given policies, some deleted."""
    number = 0
    while not gone.is_set():
        number += 1
        user, role = f"user-{label}-{number}", f"role-{label}-{number}"
        if not history.call(server, root, "iam", "CreateUser", user, UserName=user, **TAGS):
            return
        if number % 3 == 0 and not history.call(server, root, "iam", "CreateRole", role, RoleName=role, AssumeRolePolicyDocument=trust(root_account(server, root)), **TAGS):
            return
        if number % 4 == 0 and not history.call(server, root, "iam", "PutUserPolicy", user, UserName=user, PolicyName="p", PolicyDocument=allow("sts:*")):
            return
        # Only multiples of four have a policy, which would have to go first.
        old = f"user-{label}-{number - 1 if (number - 1) % 4 else number - 2}"
        if number % 5 == 0 and not history.call(server, root, "iam", "DeleteUser", old, UserName=old):
            return


_ACCOUNTS: dict[Credentials, str] = {}


def root_account(_: Server, root: Credentials) -> str:
    """The account of a root key."""
    return _ACCOUNTS[root]


def read(server: Server, root: Credentials, history: History, gone: threading.Event):
    """Calls that change nothing; their records count like the others."""
    while not gone.is_set():
        if not history.call(server, root, "sts", "GetCallerIdentity", ""):
            return
        if not history.call(server, root, "iam", "ListUsers", "", MaxItems="2"):
            return


def storm(server: Server, root: Credentials, folder: pathlib.Path, cycle: int, rng: random.Random) -> list[History]:
    """Clients at work until the server is killed under them."""
    gone = threading.Event()
    histories = [History(folder / f"history-{cycle}-{number}.jsonl") for number in range(WRITERS + READERS)]
    threads = [threading.Thread(target=write, args=(server, root, history, f"{cycle}-{number}", gone)) for number, history in enumerate(histories[:WRITERS])]
    threads += [threading.Thread(target=read, args=(server, root, history, gone)) for history in histories[WRITERS:]]
    for thread in threads:
        thread.start()
    time.sleep(rng.uniform(0.02, 0.5))
    server.kill()
    gone.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return histories


def names(client, operation: str, key: str, name: str) -> set[str]:
    """Everything that is listed."""
    pages = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 1000})
    return {entity[name] for page in pages for entity in page[key]}


def whole(server: Server, *args: str) -> dict:
    """The chain over the trail's records, as the crash left it or as the server goes on with it."""
    report = server.verify(*args)
    assert report["verdict"] == "good", report["findings"]
    assert report["recordsUnproven"] == 0 and report["recordsUnchained"] == 0
    return report


def judge(server: Server, account: str, root: Credentials, histories: list[History]):
    """The state and the trail after the restart against what the clients saw."""
    for history in histories:
        assert not history.wrong, history.wrong[:3]
    iam = Boto3(server.url).client(root, "iam")
    users = names(iam, "list_users", "Users", "UserName")
    roles = names(iam, "list_roles", "Roles", "RoleName")
    trail = server.trail.settled()
    acknowledged = {(action, name) for history in histories for action, name, _ in history.acknowledged}
    deleting = {name for history in histories for action, name in history.begun if action == "DeleteUser"}
    lost = {name for action, name in acknowledged if action == "CreateUser"} - deleting - users
    assert not lost, f"lost users: {sorted(lost)[:5]}"
    revived = {name for action, name in acknowledged if action == "DeleteUser"} & users
    assert not revived, f"revived users: {sorted(revived)[:5]}"
    lost = {name for action, name in acknowledged if action == "CreateRole"} - roles
    assert not lost, f"lost roles: {sorted(lost)[:5]}"
    for history in histories:
        for action, name, request_id in history.acknowledged:
            found = trail.by_request.get(request_id, [])
            assert len(found) == 1, f"{len(found)} records of {action} {name}, {request_id}"
            assert found[0]["eventName"] == action and "errorCode" not in found[0]
    # State and trail move together, for what was in flight as well.
    made, gone, kept = set(), set(), set()
    for record in trail.records:
        if record.get("recipientAccountId") != account or "errorCode" in record:
            continue
        parameters = record["requestParameters"] or {}
        if record["eventName"] == "CreateUser":
            made.add(parameters["userName"])
        elif record["eventName"] == "DeleteUser":
            gone.add(parameters["userName"])
        elif record["eventName"] == "CreateRole":
            kept.add(parameters["roleName"])
    assert users == made - gone, f"users without a record or records without a user: {sorted(users ^ (made - gone))[:5]}"
    assert {role for role in roles if role.startswith("role-")} == {role for role in kept if role.startswith("role-")}
    in_flight = {name for history in histories for action, name in history.begun if (action, name) not in acknowledged and action == "CreateUser"}
    for name in (in_flight & users) | set(sorted(users)[-3:]):
        tags = iam.list_user_tags(UserName=name)["Tags"]
        assert tags == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}], f"{name} is half there"


@pytest.mark.timeout(600)
def test_con_02_no_acknowledged_write_and_no_record_is_lost(own_server, tmp_path):
    seed = int(os.environ.get("LOCUM_SEED", str(time.time_ns() % 10**9)))
    print(f"LOCUM_SEED={seed}")
    rng = random.Random(seed)
    server = own_server("killed").start()
    session = None
    writes = records = 0
    everything: list[tuple[str, Credentials, set[str]]] = []
    slowest = 0.0
    checkpoints = tmp_path / "checkpoints"
    checkpoints.touch()
    for cycle in range(CYCLES):
        account, root = server.create_account(f"cycle-{cycle}")
        _ACCOUNTS[root] = account
        histories = storm(server, root, tmp_path, cycle, rng)
        whole(server)
        if cycle % 10 == 9:
            # Killed on the way up as well.
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("harness.server.READY_S_MAX", rng.uniform(0.001, 0.03))
                try:
                    server.start()
                    server.kill()
                except AssertionError:
                    pass
        server.start()
        slowest = max(slowest, server.ready_s)
        judge(server, account, root, histories)
        whole(server)
        with open(checkpoints, "a", encoding="utf-8") as kept:
            kept.write(server.read_trail("checkpoint").stdout)
        if session:
            assert raw.query(server, session, "sts", "GetCallerIdentity").status == 200, "a session outlives the process"
        session = raw.query(server, root, "sts", "GetSessionToken").credentials()
        writes += sum(1 for history in histories[:WRITERS] for _ in history.acknowledged)
        records += sum(len(history.acknowledged) for history in histories)
        everything.append((account, root, {name for history in histories for action, name, _ in history.acknowledged if action == "CreateRole"}))
    # Nothing that an earlier cycle saw was lost by a later one.
    for _, root, roles in everything:
        found = names(Boto3(server.url).client(root, "iam"), "list_roles", "Roles", "RoleName")
        assert roles <= found
    assert writes > CYCLES, "the storm wrote next to nothing"
    assert server.stop() == 0
    assert whole(server, "--checkpoint", str(checkpoints))["checkpointsHeld"] == CYCLES
    print(f"{CYCLES} kills, {writes} writes and {records} records acknowledged, none lost; slowest start {slowest:.2f} s")
