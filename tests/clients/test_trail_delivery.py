"""Delivery of the trail: CloudTrail's files in a folder and in a real S3 service, proved by the AWS CLI, over an outage."""

import collections
import datetime
import gzip
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from harness import raw
from harness.account import Account
from harness.credentials import Credentials
from harness.server import Server
from harness.weed import Weed

BUCKET = "locum-trail"
SOON = ("--trail-deliver-every-s", "1", "--trail-digest-every-s", "2")
WAIT_S_MAX = 60
LOG_FILE = re.compile(
    r"AWSLogs/(\d{12})/CloudTrail/([a-z0-9-]+)/(\d{4})/(\d\d)/(\d\d)/\1_CloudTrail_\2_\3\4\5T\d{4}Z_[A-Z0-9]{16}\.json\.gz"
)
DIGEST = re.compile(
    r"AWSLogs/(\d{12})/CloudTrail-Digest/([a-z0-9-]+)/(\d{4})/(\d\d)/(\d\d)/"
    r"\1_CloudTrail-Digest_\2_([A-Za-z0-9._-]+)_([a-z0-9-]+)_\3\4\5T\d{6}Z\.json\.gz"
)


def identity(server: Server, credentials: Credentials) -> raw.Reply:
    """A call that changes nothing."""
    return raw.query(server, credentials, "sts", "GetCallerIdentity")


def until(what, told: str):
    """The first true answer of `what`."""
    deadline = time.monotonic() + WAIT_S_MAX
    while time.monotonic() < deadline:
        if answer := what():
            return answer
        time.sleep(0.3)
    raise AssertionError(f"not within {WAIT_S_MAX} s: {told}")


def records_of(files: dict[str, bytes]) -> dict[str, list[dict]]:
    """The delivered records by event id; every name is a log file's or a digest's."""
    found = collections.defaultdict(list)
    for name, body in files.items():
        if "/CloudTrail-Digest/" in name:
            assert DIGEST.fullmatch(name), name
            continue
        assert LOG_FILE.fullmatch(name), name
        for record in json.loads(gzip.decompress(body))["Records"]:
            found[record["eventID"]].append(record)
    return found


def own(files: dict[str, bytes], trail: str = "locum") -> dict[str, bytes]:
    """The log files that one trail's digests name, and those digests."""
    chosen = {}
    for name, body in files.items():
        digest = DIGEST.fullmatch(name)
        if digest and digest[6] == trail:
            chosen[name] = body
            for entry in json.loads(gzip.decompress(body))["logFiles"]:
                chosen[entry["s3Object"]] = files[entry["s3Object"]]
    return chosen


def is_delivered(files: dict[str, bytes], request_id: str) -> bool:
    """Whether a digest names the file that holds this call."""
    return any(record.get("requestID") == request_id for held in records_of(own(files)).values() for record in held)


def check_complete(server: Server, files: dict[str, bytes], last: str):
    """Every record up to that of the call `last` was delivered once, as it stands in the day files."""
    delivered = records_of(own(files))
    written = server.trail.settled().records
    until_last = [record.get("requestID") for record in written].index(last) + 1
    for record in written[:until_last]:
        assert delivered.get(record["eventID"]) == [record], record["eventName"]
    assert all(len(held) == 1 for held in delivered.values())
    assert set(delivered) <= {record["eventID"] for record in server.trail.settled().records}


def folder_of(server: Server) -> dict[str, bytes]:
    """Delivered files of the local folder; signatures stand beside their digests."""
    trail = server.data / "trail"
    paths = [path for path in sorted((trail / "AWSLogs").rglob("*.gz")) if path.is_file()]
    return {str(path.relative_to(trail)): path.read_bytes() for path in paths}


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


@pytest.fixture
def weed():
    """An S3 service, not started; its sockets need a short path."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weed-"))
    made = Weed(folder / "weed")
    yield made
    made.end()
    shutil.rmtree(folder)


@pytest.fixture
def sunk(own_server, weed, tmp_path):
    """A server whose sink is a bucket, an account on it, and the service, which knows both their keys."""
    key = Credentials("AKIADELIVERYDELIVERY", "0123456789" * 4)
    path = tmp_path / "bucket-key.json"
    held = {"Version": 1, "AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret}
    path.write_text(json.dumps(held), encoding="utf-8")
    sink = ("--trail-bucket", BUCKET, "--trail-endpoint", weed.url, "--trail-credentials", str(path))
    server = own_server("sunk", *SOON, *sink).start()
    account = Account(server)
    weed.admit(key, account.admin)
    weed.start(BUCKET)
    return server, account, weed


def bucket_of(weed: Weed) -> dict[str, bytes]:
    """Delivered files of the bucket."""
    return {key: weed.read(BUCKET, key) for key in weed.objects(BUCKET) if key.startswith("AWSLogs/")}


def validate(account: Account, weed: Weed, home, arn: str, *args: str) -> subprocess.CompletedProcess:
    """`aws cloudtrail validate-logs`, as an auditor runs it."""
    program = os.environ.get("LOCUM_AWS_CLI_V1") or str(pathlib.Path(sys.executable).parent / "aws")
    start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    variables = account.admin.environment() | {
        "HOME": str(home),
        "AWS_ENDPOINT_URL_CLOUDTRAIL": account.server.url,
        "AWS_ENDPOINT_URL_S3": weed.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_PAGER": "",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    # Valid files stand on standard output, the others on standard error.
    return subprocess.run(
        [program, "cloudtrail", "validate-logs", "--trail-arn", arn]
        + ["--start-time", start.strftime("%Y-%m-%dT%H:%M:%SZ"), "--verbose", *args],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_aud_06_the_aws_cli_validates_a_bucket(sunk, home):
    server, account, weed = sunk

    def call(operation, **parameters):
        return account.client.call(account.admin, "cloudtrail", operation, **parameters)

    made = call("CreateTrail", Name="audit", S3BucketName=BUCKET, EnableLogFileValidation=True, IsMultiRegionTrail=True)
    call("StartLogging", Name="audit")
    last = ""
    for _ in range(5):
        last = identity(server, account.admin).request_id
        time.sleep(1)

    def files_of_the_trail():
        files = own(bucket_of(weed), "audit")
        found = [record for held in records_of(files).values() for record in held]
        return files if any(record.get("requestID") == last for record in found) else None

    files = until(files_of_the_trail, "the trail's files in the bucket")
    assert all(name.startswith(f"AWSLogs/{account.id}/") for name in files), "of its account alone"
    newest = max(name for name in files if DIGEST.fullmatch(name))
    head = weed.s3.head_object(Bucket=BUCKET, Key=newest)
    assert set(head["Metadata"]) == {"signature", "signature-algorithm"}
    assert head["ContentType"] == "application/json" and head["ContentEncoding"] == "gzip"

    done = validate(account, weed, home, made["TrailARN"])
    assert done.returncode == 0, done.stdout
    assert "INVALID" not in done.stdout, done.stdout
    count = re.search(r"(\d+)/\1 digest files valid\b.*?(\d+)/\2 log files valid\b", done.stdout, re.DOTALL)
    assert count and int(count[1]) >= 2 and int(count[2]) >= 2, done.stdout

    # The installation's own delivery is no trail of an account; its bucket has to be named.
    whole = made["TrailARN"].replace("trail/audit", "trail/locum")
    done = validate(account, weed, home, whole, "--s3-bucket", BUCKET)
    assert done.returncode == 0 and "INVALID" not in done.stdout, done.stdout
    count = re.search(r"(\d+)/\1 log files valid", done.stdout)
    assert count and int(count[1]) >= 2, done.stdout

    # What somebody changes or takes out of the bucket is found: log files, then a digest.
    logs = [name for name in files if LOG_FILE.fullmatch(name)]
    forged = json.loads(gzip.decompress(files[logs[0]]))
    forged["Records"][0]["sourceIPAddress"] = "192.0.2.1"
    weed.s3.put_object(Bucket=BUCKET, Key=logs[0], Body=gzip.compress(json.dumps(forged).encode()))
    done = validate(account, weed, home, made["TrailARN"])
    assert f"s3://{BUCKET}/{logs[0]}\tINVALID: hash value doesn't match" in done.stdout, done.stdout
    assert done.returncode == 1 and re.search(r", 1/\d+ log files INVALID", done.stdout), done.stdout
    weed.s3.delete_object(Bucket=BUCKET, Key=logs[1])
    done = validate(account, weed, home, made["TrailARN"])
    assert f"s3://{BUCKET}/{logs[1]}\tINVALID: not found" in done.stdout, done.stdout
    altered = json.loads(gzip.decompress(files[newest]))
    altered["digestStartTime"] = altered["digestEndTime"]
    body = gzip.compress(json.dumps(altered).encode())
    weed.s3.put_object(Bucket=BUCKET, Key=newest, Body=body, Metadata=head["Metadata"])
    done = validate(account, weed, home, made["TrailARN"])
    assert f"s3://{BUCKET}/{newest}\tINVALID: signature verification failed" in done.stdout, done.stdout
    assert done.returncode == 1


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
