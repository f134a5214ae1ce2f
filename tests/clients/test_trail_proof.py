"""The trail's chain: proved beside a running server, broken by hand, and over disks that fill up."""

import errno
import json
import resource
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from harness import raw
from harness import server as servers
from harness.credentials import Credentials
from harness.server import Server


def identity(server: Server, credentials: Credentials) -> raw.Reply:
    """A call that changes nothing."""
    return raw.query(server, credentials, "sts", "GetCallerIdentity")


def test_aud_06_what_is_done_to_the_trail_is_found(own_server, tmp_path):
    server = own_server("proved").start()
    admin = server.admin()
    for _ in range(20):
        assert identity(server, admin).status == 200
    # Beside the running server.
    report = server.verify()
    assert report["verdict"] == "good" and report["first"]["sequence"] == 1 and report["recordsProven"] >= 21
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_text(server.read_trail("checkpoint").stdout, encoding="utf-8")
    sequence, digest, when, version, key, signature = checkpoint.read_text(encoding="utf-8").split()
    # The newest record that it vouches for is the one that it was asked for, or a later one.
    assert int(sequence) > report["last"]["sequence"] and len(digest) == 64 and when.endswith("Z")
    assert version == "v1" and server.read_trail("keys").stdout.startswith(key) and len(signature) == 344
    with open(checkpoint, "a", encoding="utf-8") as kept:
        kept.write(server.read_trail("checkpoint", "--format", "json").stdout)
    assert server.stop() == 0
    report = server.verify("--checkpoint", str(checkpoint))
    assert (report["checkpointsHeld"], report["checkpointsSigned"]) == (2, 2)

    days = sorted((server.data / "trail").glob("*.jsonl"))
    whole = days[-1].read_bytes()
    lines = whole.splitlines(keepends=True)
    numbers = [json.loads(line)["integrity"]["sequence"] for line in lines]
    changed = lines[4].replace(b'"sourceIPAddress":"127', b'"sourceIPAddress":"128')
    assert changed != lines[4]
    cases = {
        "changed": (lines[:4] + [changed] + lines[5:], numbers[4], 5),
        "missing": (lines[:4] + lines[5:], numbers[4], 5),
        "out-of-order": (lines[:4] + [lines[6], lines[4], lines[5]] + lines[7:], numbers[6], 5),
        "twice": (lines[:5] + [lines[4]] + lines[5:], numbers[4], 6),
        "cut-tail": (lines[:-1] + [lines[-1][:50]], numbers[-1], len(lines)),
    }
    for kind, (text, sequence, line) in cases.items():
        days[-1].write_bytes(b"".join(text))
        report = server.verify()
        first = report["findings"][0]
        assert (first["kind"], first["sequence"], first["line"]) == (kind, sequence, line), report
        assert first["file"] == days[-1].name and first["offset"] == sum(map(len, text[: line - 1]))
        told = server.read_trail("verify")
        assert told.returncode == 1 and f"{days[-1].name}, line {line}, byte" in told.stdout

    # An end that was cut off is told at the next start, in the log, the metrics and the trail itself.
    days[-1].write_bytes(b"".join(lines[:-3]))
    server.start()
    assert "trail_records_missing" in server.log() and "locum_trail_alarms 1" in server.metrics()
    repaired = [record for record in server.trail.settled().records if record["eventName"] == "TrailRepaired"]
    assert [record["eventType"] for record in repaired] == ["AwsServiceEvent"]
    assert identity(server, admin).status == 200
    report = server.verify("--checkpoint", str(checkpoint))
    found = [(finding["kind"], finding["sequence"], finding["through"]) for finding in report["findings"]]
    assert ("missing", numbers[-3], numbers[-1]) in found
    assert "checkpoint-differs" in [kind for kind, _, _ in found], "the one that it had is gone"
    assert server.stop() == 0
    server.start()
    assert "locum_trail_alarms 0" in server.metrics(), "told once"

    for args, code in ((["verify", "--checkpoint", str(tmp_path / "none")], 255), (["verify", "--from", "yesterday"], 252)):
        assert server.read_trail(*args).returncode == code, args
    days[-1].parent.rename(tmp_path / "aside")
    assert server.read_trail("verify").returncode == 253
    (tmp_path / "aside").rename(days[-1].parent)


def test_aud_01_a_disk_that_fills_up_refuses_calls_and_lets_them_go_on(own_server):
    server = own_server("full").start()
    admin = server.admin()
    acknowledged = [identity(server, admin).request_id for _ in range(5)]
    refused = 0
    for made in range(3):
        trail = sorted((server.data / "trail").glob("*.jsonl"))[-1]
        # Room for a part of the next record and no more, in any file.
        limit = trail.stat().st_size + 100
        before = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (limit, before[1]))
        for number in range(4):
            began = time.monotonic()
            write = number % 2
            reply = raw.query(server, admin, "iam", "CreateUser", UserName=f"u-{made}-{number}") if write else identity(server, admin)
            assert time.monotonic() - began < 2.5, "refused within two seconds"
            assert reply.status == 503 or write, reply.body
            refused += reply.status == 503
            if reply.status == 200:
                acknowledged.append(reply.request_id)
        report = server.verify()
        assert report["verdict"] == "good", report["findings"]
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, before)
        deadline = time.monotonic() + 10
        while (reply := identity(server, admin)).status != 200:
            assert reply.status == 503 and time.monotonic() < deadline, reply.body
            time.sleep(0.1)
        acknowledged.append(reply.request_id)
        reply = raw.query(server, admin, "iam", "CreateUser", UserName=f"after-{made}")
        assert reply.status == 200, reply.body
        acknowledged.append(reply.request_id)
    assert refused >= 6
    assert server.stop() == 0
    trail = server.trail.settled()
    for request_id in acknowledged:
        assert len(trail.by_request.get(request_id, [])) == 1, "lost, or there twice"
    report = server.verify()
    assert report["verdict"] == "good" and report["recordsProven"] == len(trail.records)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", str(folder)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"mounting a small disk is not permitted here: {made.stderr.strip()}")
    yield folder
    servers.end_all(but=[server for server in servers.RUNNING if folder not in server.data.parents])
    subprocess.run(["umount", str(folder)], check=True)


def test_aud_01_a_disk_without_room_refuses_calls_and_lets_them_go_on(small_disk):
    server = Server(small_disk / "data").start()
    admin = server.admin()
    acknowledged = [identity(server, admin).request_id for _ in range(5)]
    for made in range(3):
        filler = small_disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            for size in (1 << 16, 1):
                try:
                    while file.write(b"x" * size):
                        pass
                except OSError as error:
                    assert error.errno == errno.ENOSPC
        # What was set aside on the last page of a file may still be written.
        refused = 0
        for number in range(60):
            began = time.monotonic()
            write = number % 3 == 2
            reply = raw.query(server, admin, "iam", "CreateUser", UserName=f"u-{made}-{number}") if write else identity(server, admin)
            assert time.monotonic() - began < 2.5, "refused within two seconds"
            assert reply.status in (200, 503), reply.body
            refused += reply.status == 503
            if reply.status == 200:
                acknowledged.append(reply.request_id)
            if refused >= 6:
                break
        assert refused >= 6
        # A page is left over here and there, so the trail is good as it stands.
        report = server.verify()
        assert report["verdict"] == "good", report["findings"]
        filler.unlink()
        deadline = time.monotonic() + 10
        while (reply := identity(server, admin)).status != 200:
            assert reply.status == 503 and time.monotonic() < deadline, reply.body
            time.sleep(0.1)
        acknowledged.append(reply.request_id)
        deadline = time.monotonic() + 10
        while (reply := raw.query(server, admin, "iam", "CreateUser", UserName=f"after-{made}")).status == 503:
            assert time.monotonic() < deadline, reply.body
            time.sleep(0.1)
        assert reply.status in (200, 409), reply.body
        acknowledged.append(reply.request_id)
    assert server.stop() == 0
    trail = server.trail.settled()
    for request_id in acknowledged:
        assert len(trail.by_request.get(request_id, [])) == 1, "lost, or there twice"
    report = server.verify()
    assert report["verdict"] == "good" and report["recordsProven"] == len(trail.records)


def test_dos_10_calls_without_a_caller_are_recorded_together(own_server):
    server = own_server("noise")
    server.environment = {}
    server.start()
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    for _ in range(35):
        request = urllib.request.Request(server.url, body, {"Content-Type": "application/x-www-form-urlencoded"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 403
    assert server.stop() == 0
    records = server.trail.settled().records
    alone = [record for record in records if record.get("errorCode") == "MissingAuthenticationToken" and record["eventName"] == "GetCallerIdentity"]
    together = [record["additionalEventData"] for record in records if record["eventName"] == "UnauthenticatedCalls"]
    # Two minutes may have been touched.
    assert 10 <= len(alone) <= 20 and 1 <= len(together) <= 2
    assert len(alone) + sum(data["count"] for data in together) == 35
    assert server.verify()["verdict"] == "good"
