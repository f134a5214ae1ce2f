"""What delivery writes, read back: names, records by event id, what one trail's digests name."""

import collections
import gzip
import json
import re
import time

from . import raw
from .credentials import Credentials
from .server import Server
from .weed import Weed

BUCKET = "locum-trail"
SOON = ("--trail-deliver-every-s", "1", "--trail-digest-every-s", "2")
WAIT_S_MAX = 60
LOG_FILE = re.compile(
    r"AWSLogs/(?:o-[a-z0-9]{10,32}/)?(\d{12})/CloudTrail/([a-z0-9-]+)/(\d{4})/(\d\d)/(\d\d)/\1_CloudTrail_\2_\3\4\5T\d{4}Z_[A-Z0-9]{16}\.json\.gz"
)
DIGEST = re.compile(
    r"AWSLogs/(?:o-[a-z0-9]{10,32}/)?(\d{12})/CloudTrail-Digest/([a-z0-9-]+)/(\d{4})/(\d\d)/(\d\d)/"
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


def bucket_of(weed: Weed) -> dict[str, bytes]:
    """Delivered files of the bucket."""
    return {key: weed.read(BUCKET, key) for key in weed.objects(BUCKET) if key.startswith("AWSLogs/")}
