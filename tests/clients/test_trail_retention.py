"""Removing days of the trail: by hand and by setting, signed, and provable from another place."""

import base64
import glob
import json
import os
import pathlib
import pty
import subprocess
import time

import pytest

from harness import raw
from harness.server import Server, bare_environment, binary

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketime.so.1")), None)
DAY_S = 86_400
SOON = ("--trail-deliver-every-s", "1", "--trail-digest-every-s", "2")
needs_a_clock = pytest.mark.skipif(LIBRARY is None and os.environ.get("CI") != "true", reason="libfaketime is not installed")


def at(server: Server, days_ago: int) -> Server:
    """Starts it with its clock so many days ago."""
    shift = {"LD_PRELOAD": LIBRARY, "FAKETIME": f"-{days_ago * DAY_S}", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    server.environment = {} if days_ago == 0 else shift
    return server.start()


def days(server: Server) -> list[str]:
    """The days that have a file."""
    return sorted(path.stem for path in (server.data / "trail").glob("*.jsonl"))


def prune(server: Server, *args: str) -> tuple[int, dict]:
    """`locum trail prune`, for programs."""
    done = server.read_trail("prune", *args, "--format", "json")
    return done.returncode, json.loads(done.stdout or "{}")


def grown(own_server, name: str, ages=(4, 3, 2, 1, 0)) -> Server:
    """A server that has run on each of these days, and still does on the last."""
    server = own_server(name, *SOON)
    for age in ages:
        at(server, age)
        for _ in range(5):
            server.operator("status")
        # Delivered, with a digest.
        time.sleep(3)
        if age != ages[-1]:
            assert server.stop() == 0
    return server


def delivered(server: Server):
    """Waits until nothing stands in the way of removing what is older than yesterday."""
    deadline = time.monotonic() + 30
    while prune(server, "--keep-days", "1", "--recent", "--dry-run")[1]["Held"]:
        assert time.monotonic() < deadline
        time.sleep(0.3)


@needs_a_clock
def test_aud_06_days_are_removed_and_the_rest_is_proved(own_server, tmp_path):
    server = grown(own_server, "pruned")
    had = days(server)
    assert len(had) == 5
    keys = tmp_path / "keys"
    keys.write_text(server.read_trail("keys").stdout, encoding="utf-8")
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_text(server.read_trail("checkpoint").stdout, encoding="utf-8")
    assert checkpoint.read_text(encoding="utf-8").split()[3] == "v1"
    delivered(server)

    # What it refuses, with a word that says what to do.
    for args, words in (
        (("--keep-days", "3"), "LookupEvents"),
        (("--before", "2999-01-01", "--recent"), "not over yet"),
    ):
        done = server.read_trail("prune", *args, "--yes")
        assert done.returncode == 254 and words in done.stderr, done.stderr
    done = server.read_trail("prune", "--keep-days", "2", "--recent")
    assert done.returncode == 252 and "--yes" in done.stderr, "nobody to ask"
    assert server.read_trail("prune").returncode == 252
    assert days(server) == had

    code, plan = prune(server, "--keep-days", "2", "--recent", "--dry-run")
    assert code == 0 and plan["Days"] == 2 and (plan["FirstDay"], plan["LastDay"]) == (had[0], had[1])
    assert days(server) == had and plan["FirstSequence"] == 1
    code, done = prune(server, "--keep-days", "2", "--recent", "--yes")
    assert code == 0 and done["Records"] == plan["Records"]
    assert days(server) == had[2:]
    report = server.verify("--keys", str(keys), "--checkpoint", str(checkpoint))
    assert report["verdict"] == "good" and report["checkpointsSigned"] == 1 and report["checkpointsHeld"] == 1
    assert report["pruned"]["days"] == 2 and report["pruned"]["records"] == plan["Records"]
    assert report["first"]["sequence"] == plan["LastSequence"] + 1 and report["recordsUnproven"] == 0
    told = server.read_trail("verify").stdout
    assert f"2 days, {had[0]} to {had[1]}" in told
    # Removed once more, asked on a terminal.
    answer = on_a_terminal([binary(), "trail", "prune", "--keep-days", "1", "--recent", "--data", str(server.data)], b"y\n")
    assert b"Remove 1 day, " in answer and b"removed 1 day, " in answer, answer
    assert days(server) == had[3:]
    assert server.verify("--keys", str(keys))["pruned"]["days"] == 3
    # It is recorded, found, and looked up around.
    found = [json.loads(line) for line in server.read_trail("lookup", "--action", "TrailPruned", "--format", "json").stdout.splitlines()]
    assert [record["requestParameters"]["days"] for record in found] == ["1", "2"]
    assert found[1]["requestParameters"]["lastSequence"] == str(plan["LastSequence"]) and found[1]["eventType"] == "AwsServiceEvent"
    reply = raw.query(server, server.admin(), "sts", "GetCallerIdentity")
    assert reply.status == 200
    assert server.stop() == 0
    what_is_forged_is_named(server, checkpoint, tmp_path)


def what_is_forged_is_named(server: Server, checkpoint: pathlib.Path, tmp_path: pathlib.Path):
    """The marker is needed, whole, and by a key that is trusted; so is a checkpoint. The server is stopped."""
    done = server.read_trail("prune", "--keep-days", "1", "--recent", "--yes")
    assert done.returncode == 255 and "only the server" in done.stderr
    marker = server.data / "trail" / "pruned"
    whole = marker.read_bytes()
    for text, kind in (
        (None, "missing"),
        (b"{", "marker-damaged"),
        (whole.replace(b'"days":3', b'"days":4'), "marker-forged"),
        (b"".join([whole[:-20], b"B" if whole[-20:-19] == b"A" else b"A", whole[-19:]]), "marker-forged"),
    ):
        assert text != whole
        marker.unlink()
        if text is not None:
            marker.write_bytes(text)
        kinds = [finding["kind"] for finding in server.verify()["findings"]]
        assert kinds[0] == kind and "missing" in kinds, (text, kinds)
        marker.write_bytes(whole)
    other = tmp_path / "other-keys"
    value = json.dumps([{"Fingerprint": "0" * 32, "Value": base64.b64encode(b"no key").decode()}])
    other.write_text(value, encoding="utf-8")
    report = server.verify("--keys", str(other))
    assert report["findings"][0]["kind"] == "marker-forged" and report["delivered"]["faults"]
    forged = tmp_path / "forged"
    words = checkpoint.read_text(encoding="utf-8").split()
    forged.write_text(" ".join([str(int(words[0]) + 1)] + words[1:]), encoding="utf-8")
    assert [finding["kind"] for finding in server.verify("--checkpoint", str(forged))["findings"]] == ["checkpoint-forged"]
    # Without a server a checkpoint is not signed, and says so.
    plain = server.read_trail("checkpoint")
    assert len(plain.stdout.split()) == 3 and "not signed" in plain.stderr
    assert server.verify()["verdict"] == "good"


def on_a_terminal(command: list[str], typed: bytes) -> bytes:
    """What a person sees who types this."""
    parent, child = pty.openpty()
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=bare_environment(), start_new_session=True, preexec_fn=lambda: take_terminal(child))
    os.close(child)
    seen = b""
    while b"[y/N]" not in seen:
        seen += os.read(parent, 4096)
    os.write(parent, typed)
    try:
        while part := os.read(parent, 4096):
            seen += part
    except OSError:
        pass
    assert process.wait(30) == 0, seen
    os.close(parent)
    return seen


def take_terminal(terminal: int):
    """Makes it the one that `/dev/tty` names."""
    import fcntl
    import termios

    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


@needs_a_clock
def test_the_setting_removes_old_days_at_a_start(own_server):
    server = grown(own_server, "kept", (3, 2, 1))
    had = days(server)
    assert server.stop() == 0
    for bad, words in (("0", "trail.keep_days: 0 is outside 1 to 36500"), ("x", "--trail-keep-days")):
        done = subprocess.run(
            [binary(), "serve", "--data", str(server.data), "--trail-keep-days", bad],
            capture_output=True, text=True, timeout=30, env=bare_environment(), check=False,
        )
        assert done.returncode != 0 and words in done.stderr, done.stderr
    server.args += ["--trail-keep-days", "1"]
    at(server, 0)
    deadline = time.monotonic() + 20
    while days(server)[0] != had[-1]:
        assert time.monotonic() < deadline, server.log()
        time.sleep(0.2)
    assert len(days(server)) == 2
    assert server.verify()["pruned"]["days"] == 2
    assert "old days of the trail were removed" in server.log()
    assert server.stop() == 0
    assert server.verify()["verdict"] == "good"
