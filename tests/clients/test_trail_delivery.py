"""Delivery of the trail: CloudTrail's files in a folder and in a real S3 service, over TLS, outages and hangs."""

import gzip
import json
import pathlib
import signal
import socket
import threading
import time

import pytest

from harness import raw
from harness.account import Account
from harness.delivery import BUCKET, DIGEST, LOG_FILE, SOON, bucket_of, check_complete, folder_of, identity
from harness.delivery import is_delivered, own, until
from harness.tls import Authority


def test_aud_06_a_folder_of_cloudtrails_files(own_server):
    server = own_server("folder", *SOON).start()
    admin = server.admin()
    for _ in range(10):
        assert identity(server, admin).status == 200
    assert raw.query(server, admin.replace(secret="wrong"), "sts", "GetCallerIdentity").status == 403
    last = identity(server, admin).request_id
    until(lambda: is_delivered(folder_of(server), last), "files and digests in the folder")
    assert server.stop() == 0
    files = folder_of(server)
    check_complete(server, files, last)
    for name in files:
        path = server.data / "trail" / name
        assert path.stat().st_mode & 0o077 == 0, name
        assert not DIGEST.fullmatch(name) or path.with_suffix(".gz.signature").exists()

    report = server.verify()["delivered"]
    digests = [name for name in files if DIGEST.fullmatch(name)]
    # What was delivered after the newest digest is named by the next one.
    assert report["digests"] == len(digests) and report["files"] == len(own(files)) - len(digests)
    assert report["faults"] == [] and "delivered files good" in server.read_trail("verify").stdout
    (key,) = json.loads(server.read_trail("keys", "--format", "json").stdout)
    used = {json.loads(gzip.decompress(files[name]))["digestPublicKeyFingerprint"] for name in digests}
    assert used == {key["Fingerprint"]}
    text = server.read_trail("keys").stdout
    assert text.startswith(key["Fingerprint"] + "\n-----BEGIN RSA PUBLIC KEY-----\n")
    assert "".join(text.splitlines()[2:-1]) == key["Value"]

    # A changed file, one that is gone, and a changed signature are each named.
    log = next(name for name in own(files) if LOG_FILE.fullmatch(name))
    path = server.data / "trail" / log
    for change in (lambda: path.write_bytes(gzip.compress(b'{"Records":[]}')), path.unlink):
        change()
        report = server.verify()
        assert report["verdict"] == "broken" and report["findings"] == []
        assert {fault["file"] for fault in report["delivered"]["faults"]} == {log}
        told = server.read_trail("verify")
        assert told.returncode == 1 and log in told.stdout and "delivered files broken" in told.stdout
    path.write_bytes(files[log])
    signature = (server.data / "trail" / digests[0]).with_suffix(".gz.signature")
    signed = signature.read_text(encoding="utf-8")
    signature.write_text(("0" if signed[0] != "0" else "1") + signed[1:], encoding="utf-8")
    assert server.verify()["delivered"]["faults"][0]["file"] == digests[0]


def test_aud_01_an_outage_of_the_bucket_loses_nothing(sunk):
    server, account, weed = sunk
    for _ in range(10):
        assert identity(server, account.admin).status == 200
    before = identity(server, account.admin).request_id
    until(lambda: is_delivered(bucket_of(weed), before), "files in the bucket")

    weed.end(signal.SIGKILL)
    for _ in range(20):
        assert identity(server, account.admin).status == 200, "calls do not wait for the bucket"
        time.sleep(0.1)
    until(lambda: "locum_trail_delivery_failing 1" in server.metrics(), "the metric says so")
    assert "the trail is not delivered" in server.log()
    # Over a kill of the server, too.
    server.kill()
    server.start()
    last = identity(server, account.admin).request_id
    weed.start(BUCKET)
    until(lambda: is_delivered(bucket_of(weed), last), "what the outage held up")
    until(lambda: "locum_trail_delivery_failing 0" in server.metrics(), "the metric says so")
    check_complete(server, bucket_of(weed), last)
    assert server.verify()["verdict"] == "good"


def test_aud_06_a_bucket_behind_a_private_ca(own_server, weed, sink, tmp_path):
    key, settings = sink
    authority, stranger = Authority(tmp_path / "ca"), Authority(tmp_path / "stranger")
    url = weed.secure(*authority.issue("s3", "IP:127.0.0.1"))
    weed.admit(key)
    weed.start(BUCKET)
    # Neither the system's certificates nor those of another authority vouch for it.
    server = own_server("private", *settings(url), "--trail-ca-bundle", str(stranger.bundle)).start()
    admin = server.admin()
    first = identity(server, admin).request_id
    until(lambda: "the trail is not delivered" in server.log(), "a line in the log")
    line = next(line for line in server.log().splitlines() if "the trail is not delivered" in line)
    assert url in line and "certificate" in line and "trail.ca_bundle" in line, line
    assert identity(server, admin).status == 200 and not bucket_of(weed)
    assert server.stop() == 0
    server.args[-1] = str(authority.bundle)
    server.start()
    last = identity(server, admin).request_id
    until(lambda: is_delivered(bucket_of(weed), last), "everything, over TLS")
    assert is_delivered(bucket_of(weed), first)
    check_complete(server, bucket_of(weed), last)
    # A name that the certificate does not have.
    assert server.stop() == 0
    server.args[server.args.index(url)] = url.replace("127.0.0.1", "localhost")
    server.start()
    until(lambda: server.log().count("the trail is not delivered") == 2, "a second line")
    # A bundle that is none ends the start, and says which setting it is.
    server.kill()
    server.args[-1] = str(pathlib.Path(authority.bundle).with_suffix(".key"))
    with pytest.raises(AssertionError, match="ended with"):
        server.start()
    assert "trail.ca_bundle" in server.log().splitlines()[-1]


def test_aud_01_a_bucket_that_hangs_holds_up_nothing(own_server, weed, sink):
    key, settings = sink
    with socket.socket() as hanging:
        # Connections are accepted, and never answered.
        hanging.bind(("127.0.0.1", weed.ports["s3.port"]))
        hanging.listen(64)
        held: list[socket.socket] = []
        threading.Thread(target=lambda: accept_all(hanging, held), daemon=True).start()
        server = own_server("hung", *settings(weed.url)).start()
        admin = server.admin()
        until(lambda: held, "a delivery that hangs")
        began = time.monotonic()
        for _ in range(50):
            assert identity(server, admin).status == 200
        assert time.monotonic() - began < 10, "calls do not wait for it"
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 10, "nor does the end"
        # Whoever waits in accept holds the port.
        hanging.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()
    weed.admit(key)
    weed.start(BUCKET)
    server.start()
    last = identity(server, admin).request_id
    until(lambda: is_delivered(bucket_of(weed), last), "what the hanging bucket held up")
    check_complete(server, bucket_of(weed), last)


def accept_all(listener: socket.socket, held: list[socket.socket]):
    """Accepts for as long as the listener is open."""
    while True:
        try:
            held.append(listener.accept()[0])
        except OSError:
            return


def test_a_bucket_that_refuses_is_told_in_the_status(own_server, weed, sink):
    key, settings = sink
    server = own_server("refused", *settings(weed.url)).start()
    account = Account(server)

    def call(operation, **parameters):
        return account.client.call(account.admin, "cloudtrail", operation, **parameters)

    call("CreateTrail", Name="audit", S3BucketName=BUCKET, EnableLogFileValidation=True)
    call("StartLogging", Name="audit")
    # Nobody answers: an attempt, and no code, as on AWS.
    tried = until(lambda: (told := call("GetTrailStatus", Name="audit"))["LatestDeliveryAttemptTime"] and told, "a try")
    assert "LatestDeliveryError" not in tried and tried["LatestDeliveryAttemptSucceeded"] == ""
    weed.admit(account.admin)
    weed.start(BUCKET)
    told = until(lambda: (told := call("GetTrailStatus", Name="audit")).get("LatestDeliveryError") and told, "a refusal")
    assert told["LatestDeliveryError"] == "InvalidAccessKeyId" and "LatestDeliveryTime" not in told
    weed.end()
    weed.admit(key, account.admin)
    weed.start(BUCKET)
    told = until(lambda: (told := call("GetTrailStatus", Name="audit")).get("LatestDigestDeliveryTime") and told, "success")
    assert "LatestDeliveryError" not in told and told["LatestDeliveryTime"]
