"""Trails of accounts and of the organization in a real S3 service, proved by `aws cloudtrail validate-logs`."""

import gzip
import json
import re
import time

import pytest

from harness import drivers
from harness.account import Account
from harness.auditor import Auditor
from harness.delivery import BUCKET, DIGEST, LOG_FILE, bucket_of, identity, own, records_of, until


@pytest.fixture(params=[name for name in drivers.available() if name.startswith("cli")])
def auditor(request, sunk, tmp_path):
    """An auditor with each of the AWS CLIs."""
    server, _, weed = sunk
    return Auditor(request.param, server, weed, tmp_path / "auditor")


def test_aud_06_the_aws_cli_validates_a_bucket(sunk, auditor):
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

    digests, logs, said = auditor.approve(account.admin, made["TrailARN"])
    assert digests >= 2 and logs >= 2, said

    # The installation's own delivery is no trail of an account; its bucket has to be named.
    whole = made["TrailARN"].replace("trail/audit", "trail/locum")
    _, logs, said = auditor.approve(account.admin, whole, "--s3-bucket", BUCKET)
    assert logs >= 2, said

    # What somebody changes or takes out of the bucket is found: log files, then a digest.
    logs = [name for name in files if LOG_FILE.fullmatch(name)]
    forged = json.loads(gzip.decompress(files[logs[0]]))
    forged["Records"][0]["sourceIPAddress"] = "192.0.2.1"
    weed.s3.put_object(Bucket=BUCKET, Key=logs[0], Body=gzip.compress(json.dumps(forged).encode()))
    done = auditor.validate(account.admin, made["TrailARN"])
    assert f"s3://{BUCKET}/{logs[0]}\tINVALID: hash value doesn't match" in done.stdout, done.stdout
    assert done.returncode == 1 and re.search(r", 1/\d+ log files INVALID", done.stdout), done.stdout
    weed.s3.delete_object(Bucket=BUCKET, Key=logs[1])
    done = auditor.validate(account.admin, made["TrailARN"])
    assert f"s3://{BUCKET}/{logs[1]}\tINVALID: not found" in done.stdout, done.stdout
    altered = json.loads(gzip.decompress(files[newest]))
    altered["digestStartTime"] = altered["digestEndTime"]
    body = gzip.compress(json.dumps(altered).encode())
    weed.s3.put_object(Bucket=BUCKET, Key=newest, Body=body, Metadata=head["Metadata"])
    done = auditor.validate(account.admin, made["TrailARN"])
    assert f"s3://{BUCKET}/{newest}\tINVALID: signature verification failed" in done.stdout, done.stdout
    assert done.returncode == 1


def named(weed, trail: str) -> list[dict]:
    """The records in the files that a trail's digests name."""
    return [record for held in records_of(own(bucket_of(weed), trail)).values() for record in held]


def digests_of(weed, trail: str) -> list[str]:
    """The names of a trail's digests."""
    return [name for name in weed.objects(BUCKET) if (found := DIGEST.fullmatch(name)) and found[6] == trail]


def test_a_trail_that_was_stopped_and_started_is_validated(sunk, auditor):
    server, account, weed = sunk

    def call(operation, **parameters):
        return account.client.call(account.admin, "cloudtrail", operation, **parameters)

    made = call("CreateTrail", Name="audit", S3BucketName=BUCKET, EnableLogFileValidation=True)
    assert "LatestDeliveryTime" not in call("GetTrailStatus", Name="audit")
    call("StartLogging", Name="audit")
    first = identity(server, account.admin).request_id
    call("StopLogging", Name="audit")
    until(lambda: any(record["eventName"] == "StopLogging" for record in named(weed, "audit")), "the end of the trail")
    assert first in {record.get("requestID") for record in named(weed, "audit")}
    until(lambda: len(digests_of(weed, "audit")) < len(digests_of(weed, "locum")) - 3, "no digests any more")
    before = digests_of(weed, "audit")
    paused = identity(server, account.admin).request_id
    until(lambda: any(record.get("requestID") == paused for record in named(weed, "locum")), "the other delivery")
    assert digests_of(weed, "audit") == before

    call("StartLogging", Name="audit")
    last = identity(server, account.admin).request_id
    until(lambda: any(record.get("requestID") == last for record in named(weed, "audit")), "the trail again")
    assert paused not in {record.get("requestID") for record in named(weed, "audit")}
    digests, _, said = auditor.approve(account.admin, made["TrailARN"])
    assert digests > len(before), said
    assert said.count("No log files were delivered by CloudTrail between") == 1, said

    status = call("GetTrailStatus", Name="audit")
    assert status["IsLogging"] and "LatestDeliveryError" not in status and "LatestDigestDeliveryError" not in status
    assert status["LatestDeliveryTime"] >= status["StartLoggingTime"] > status["StopLoggingTime"]
    assert status["LatestDigestDeliveryTime"] >= status["StartLoggingTime"]
    assert status["LatestDeliveryAttemptTime"] == status["LatestDeliveryAttemptSucceeded"] != ""
    assert server.stop() == 0
    server.start()
    assert call("GetTrailStatus", Name="audit")["LatestDeliveryTime"] >= status["LatestDeliveryTime"]


def test_a_trail_of_the_organization_is_validated_for_each_account(sunk, auditor):
    server, account, weed = sunk
    management, other = server.admin(), Account(server)

    def call(operation, **parameters):
        return account.client.call(management, "cloudtrail", operation, **parameters)

    made = call(
        "CreateTrail", Name="everyone", S3BucketName=BUCKET, EnableLogFileValidation=True, IsOrganizationTrail=True,
        IsMultiRegionTrail=True,
    )
    call("StartLogging", Name="everyone")
    asked = {identity(server, by).request_id for by in (management, account.admin, other.admin)}
    until(lambda: asked <= {record.get("requestID") for record in named(weed, "everyone")}, "every account's records")
    organization = account.client.call(management, "organizations", "DescribeOrganization")["Organization"]["Id"]
    for number in (server.account_id, account.id, other.id):
        of_it = [name for name in digests_of(weed, "everyone") if f"AWSLogs/{organization}/{number}/" in name]
        assert of_it, number
        digests, logs, said = auditor.approve(management, made["TrailARN"], "--account-id", number)
        assert digests >= len(of_it) and logs >= 1, said
    assert all(f"AWSLogs/{organization}/" in name for name in digests_of(weed, "everyone"))
    with pytest.raises(drivers.Refused) as refused:
        account.client.call(account.admin, "cloudtrail", "CreateTrail", Name="mine", S3BucketName=BUCKET, IsOrganizationTrail=True)
    assert refused.value.code == "NotOrganizationMasterAccountException"
