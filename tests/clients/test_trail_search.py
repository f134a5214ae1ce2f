"""The trail searched: LookupEvents through each client, trails, `locum trail lookup|follow|export`, and DuckDB on the files."""

import datetime
import json
import subprocess

import boto3
import botocore.config
import botocore.exceptions
import duckdb
import pytest

from harness import drivers
from harness.account import Account, allow, trust
from harness.drivers import Refused
from harness.server import bare_environment, binary


@pytest.fixture(scope="module", params=drivers.available())
def driver(request, server, home):
    """The client under test."""
    made = drivers.make(request.param, server.url, home)
    yield made
    made.close()


def locum(server, *words: str) -> subprocess.CompletedProcess:
    """`locum trail …` beside the running server."""
    command = [binary(), "trail", words[0], "--data", str(server.data), *words[1:]]
    return subprocess.run(command, env=bare_environment(), capture_output=True, text=True, timeout=30, check=False)


def lines(server, *words: str) -> list[dict]:
    """The records that a command finds."""
    done = locum(server, *words, "--format", "json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def found(driver, credentials, key: str, value: str, **more) -> list[dict]:
    """The events of a look-up."""
    attributes = [{"AttributeKey": key, "AttributeValue": value}]
    return driver.call(credentials, "cloudtrail", "LookupEvents", LookupAttributes=attributes, **more)["Events"]


def test_lookup_events(driver, account):
    """Each client finds what was just done, by each attribute."""
    carol = account.user("carol", allow("iam:GetUser"))
    with pytest.raises(Refused):
        account.iam("ListUsers", carol)
    by_name = found(driver, account.admin, "Username", "carol")
    assert [event["EventName"] for event in by_name] == ["ListUsers"]
    (event,) = by_name
    assert event["AccessKeyId"] == carol.access_key_id and event["ReadOnly"] == "true"
    record = json.loads(event["CloudTrailEvent"])
    assert record["errorCode"] == "AccessDenied" and record["eventID"] == event["EventId"]
    arn = account.user_arn("carol")
    for key, value, names in [
        ("EventId", event["EventId"], {"ListUsers"}),
        ("AccessKeyId", carol.access_key_id, {"ListUsers"}),
        ("ResourceName", arn, {"CreateUser", "CreateAccessKey", "PutUserPolicy"}),
        ("EventName", "CreateUser", {"CreateUser"}),
        ("EventSource", "iam.amazonaws.com", {"CreateUser", "CreateAccessKey", "PutUserPolicy", "ListUsers", "AttachUserPolicy"}),
        ("ReadOnly", "false", {"CreateAccount", "CreateUser", "CreateAccessKey", "PutUserPolicy", "AttachUserPolicy"}),
        ("ResourceType", "AWS::IAM::User", {"CreateUser", "CreateAccessKey", "PutUserPolicy", "AttachUserPolicy"}),
    ]:
        names_found = {event["EventName"] for event in found(driver, account.admin, key, value)}
        assert names_found and names_found <= names, (key, names_found)
        assert "CreateUser" in names_found or "CreateUser" not in names, (key, names_found)
    assert found(driver, account.admin, "Username", "nobody") == []


def test_lookup_events_is_refused_with_its_own_errors(driver, account):
    now = datetime.datetime.now(datetime.timezone.utc)
    with pytest.raises(Refused) as refused:
        driver.call(account.admin, "cloudtrail", "LookupEvents", MaxResults=50, NextToken="made-up")
    assert refused.value.code == "InvalidNextTokenException"
    if driver.name == "boto3":
        with pytest.raises(Refused) as refused:
            driver.call(account.admin, "cloudtrail", "LookupEvents", StartTime=now, EndTime=now - datetime.timedelta(hours=1))
        assert refused.value.code == "InvalidTimeRangeException"
    mute = account.user(f"mute-{driver.name}", allow("iam:*"))
    with pytest.raises(Refused) as refused:
        driver.call(mute, "cloudtrail", "LookupEvents")
    assert refused.value.code == "AccessDeniedException"


def test_lookup_events_can_be_limited_as_on_aws(own_server):
    server = own_server("limited", "--limits-lookups-per-s-max", "2").start()
    admin = server.admin()

    def client(attempts: int):
        return boto3.client(
            "cloudtrail",
            endpoint_url=server.url,
            region_name=drivers.REGION,
            aws_access_key_id=admin.access_key_id,
            aws_secret_access_key=admin.secret,
            config=botocore.config.Config(retries={"mode": "standard", "total_max_attempts": attempts}),
        )

    once, refused = client(1), []
    for _ in range(12):
        try:
            once.lookup_events(MaxResults=1)
        except botocore.exceptions.ClientError as error:
            refused.append(error.response["Error"]["Code"])
    assert 1 <= len(refused) < 12 and set(refused) == {"ThrottlingException"}
    # An SDK that may try again gets through.
    patient = client(8)
    for _ in range(4):
        patient.lookup_events(MaxResults=1)


def test_lookup_events_in_pages_by_boto3(account):
    """boto3's own paginator."""
    for number in range(7):
        account.user(f"u{number}")
    client = account.client.client(account.admin, "cloudtrail")
    attributes = [{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}]
    pages = client.get_paginator("lookup_events").paginate(LookupAttributes=attributes, PaginationConfig={"PageSize": 3})
    pages = [page["Events"] for page in pages]
    assert len(pages) >= 3 and all(len(page) <= 3 for page in pages)
    times = [event["EventTime"] for page in pages for event in page]
    assert len(times) == 8 and times == sorted(times, reverse=True)


def test_trails(driver, account):
    """A trail's life through each client."""

    def call(operation, **parameters):
        return driver.call(account.admin, "cloudtrail", operation, **parameters)

    made = call("CreateTrail", Name="audit", S3BucketName="local", IsMultiRegionTrail=True)
    assert made["TrailARN"] == f"arn:aws:cloudtrail:us-east-1:{account.id}:trail/audit"
    call("StartLogging", Name="audit")
    assert call("GetTrailStatus", Name="audit")["IsLogging"] is True
    call("StopLogging", Name=made["TrailARN"])
    assert call("GetTrailStatus", Name="audit")["IsLogging"] is False
    assert [trail["Name"] for trail in call("DescribeTrails")["trailList"]] == ["audit"]
    assert call("ListPublicKeys")["PublicKeyList"] == []
    call("AddTags", ResourceId=made["TrailARN"], TagsList=[{"Key": "team", "Value": "blue"}])
    with pytest.raises(Refused) as refused:
        call("CreateTrail", Name="other", S3BucketName="somebody-elses-bucket")
    assert refused.value.code == "S3BucketDoesNotExistException"
    call("DeleteTrail", Name="audit")
    with pytest.raises(Refused) as refused:
        call("GetTrail", Name="audit")
    assert refused.value.code == "TrailNotFoundException"


def chain(account):
    """A user, a role that it assumes, and a role that this session assumes."""
    user = account.user("dora", allow(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]))
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]
    first = account.role("first", trust(account.user_arn("dora"), actions), allow(actions))
    second = account.role("second", trust(first, actions), allow("iam:*"))
    outer = account.assume(user, first, "shift", SourceIdentity="dora", Tags=[{"Key": "team", "Value": "blue"}])
    inner = account.assume(outer, second, "deploy")
    account.iam("ListUsers", inner)
    return user, outer, inner


def test_locum_trail_lookup_combines_filters(account):
    user, outer, inner = chain(account)
    server = account.server
    assert [record["eventName"] for record in lines(server, "lookup", "--session", inner.access_key_id)] == ["ListUsers", "AssumeRole"]
    by_role = lines(server, "lookup", "--role", "second", "--account", account.id)
    assert [record["eventName"] for record in by_role] == ["ListUsers"]
    combined = lines(server, "lookup", "--source-identity", "dora", "--action", "sts:AssumeRole", "--principal", user.access_key_id)
    assert [record["requestParameters"]["roleSessionName"] for record in combined] == ["shift"]
    assert lines(server, "lookup", "--account", account.id, "--failed") == []
    table = locum(server, "lookup", "--account", account.id, "--action", "AssumeRole")
    assert "second/deploy" in table.stdout or "first/shift" in table.stdout, table.stdout
    wrong = locum(server, "lookup", "--since", "yesterday")
    assert wrong.returncode == 252 and "--since yesterday is no time" in wrong.stderr


def test_locum_trail_follow_walks_back_to_the_person(account):
    user, outer, inner = chain(account)
    done = locum(account.server, "follow", inner.access_key_id, "--format", "json")
    assert done.returncode == 0, done.stderr
    (tree,) = json.loads(done.stdout)
    assert tree["origin"] == {"kind": "IAMUser", "name": account.user_arn("dora"), "account": account.id, "accessKeyId": user.access_key_id}
    first = tree["session"]
    assert (first["accessKeyId"], first["sourceIdentity"], first["tags"]) == (outer.access_key_id, "dora", ["team=blue"])
    (second,) = first["opened"]
    assert second["accessKeyId"] == inner.access_key_id and second["asked"] and second["calls"] == 1
    # The same from the outer session, forward, and by a request's id.
    outer_arn = f"arn:aws:sts::{account.id}:assumed-role/first/shift"
    (forward,) = json.loads(locum(account.server, "follow", outer_arn, "--format", "json").stdout)
    assert forward["session"]["asked"] and forward["session"]["opened"][0]["accessKeyId"] == inner.access_key_id
    (by_request,) = json.loads(locum(account.server, "follow", second["requestId"], "--format", "json").stdout)
    assert by_request["session"]["opened"][0]["asked"]
    text = locum(account.server, "follow", inner.access_key_id).stdout
    assert "user/dora" in text or "dora" in text
    assert "asked about" in text and "source identity dora" in text
    assert outer.secret not in text and inner.secret not in text
    nothing = locum(account.server, "follow", "ASIANOBODYNOBODYNOBO")
    assert nothing.returncode == 252 and "no call that issued the session" in nothing.stderr


def test_locum_trail_follow_walks_back_over_accounts(account):
    """The owner's record of a hop does not tell the session that came; the caller's does."""
    actions = ["sts:AssumeRole", "sts:SetSourceIdentity"]
    other = Account(account.server, "other")
    user = account.user("dora", allow(actions))
    first = account.role("first", trust(account.user_arn("dora"), actions), allow(actions))
    second = other.role("second", trust(first, actions), allow("iam:*"))
    outer = account.assume(user, first, "shift", SourceIdentity="dora")
    inner = account.assume(outer, second, "deploy")
    other.iam("ListUsers", inner)
    with pytest.raises(Refused):
        other.iam("ListUsers", inner.replace(secret="x" * 40))
    arn = f"arn:aws:sts::{other.id}:assumed-role/second/deploy"
    request = lines(account.server, "lookup", "--session", inner.access_key_id, "--action", "AssumeRole", "--account", other.id)
    for asked in (inner.access_key_id, arn, request[0]["requestID"]):
        done = locum(account.server, "follow", asked, "--format", "json")
        assert done.returncode == 0, done.stderr
        (tree,) = json.loads(done.stdout)
        assert (tree["origin"]["name"], tree["origin"]["accessKeyId"]) == (account.user_arn("dora"), user.access_key_id)
        assert (tree["session"]["accessKeyId"], tree["session"]["sourceIdentity"]) == (outer.access_key_id, "dora")
        (second_session,) = tree["session"]["opened"]
        assert second_session["arn"] == arn and second_session["asked"]
        # The call that only claimed the key is none of the session's.
        assert (second_session["calls"], second_session["failed"]) == (1, 0)


def test_locum_trail_export(account, tmp_path):
    chain(account)
    target = tmp_path / "records.json"
    words = ["export", "--account", account.id, "--action", "AssumeRole", "--format", "cloudtrail", "--output", str(target)]
    done = locum(account.server, *words)
    assert done.returncode == 0 and "2 records" in done.stderr, done.stderr
    records = json.loads(target.read_text())["Records"]
    assert [record["eventName"] for record in records] == ["AssumeRole"] * 2
    assert all("integrity" not in record for record in records)
    assert target.stat().st_mode & 0o077 == 0
    again = locum(account.server, *words)
    assert again.returncode != 0, "a file that is there is not written over"
    plain = locum(account.server, "export", "--account", account.id, "--action", "AssumeRole")
    assert len(plain.stdout.splitlines()) == 2


def test_duckdb_reads_the_files(account):
    """The example of docs/trail-search.md."""
    chain(account)
    account.server.trail.settled()
    files = str(account.server.data / "trail" / "*.jsonl")
    found = duckdb.execute(
        """
        SELECT eventName, count(*) AS calls, count(errorCode) AS failed
        FROM read_json(?, format = 'newline_delimited', columns = {
            eventTime: 'TIMESTAMP', eventSource: 'VARCHAR', eventName: 'VARCHAR', errorCode: 'VARCHAR',
            recipientAccountId: 'VARCHAR', userIdentity: 'JSON', requestParameters: 'JSON'})
        WHERE recipientAccountId = ? AND eventSource = 'sts.amazonaws.com'
        GROUP BY eventName ORDER BY calls DESC
        """,
        [files, account.id],
    ).fetchall()
    assert found == [("AssumeRole", 2, 0)]
    who = duckdb.execute(
        """
        SELECT userIdentity ->> '$.sessionContext.sourceIdentity' AS person, count(*)
        FROM read_json(?, format = 'newline_delimited', columns = {recipientAccountId: 'VARCHAR', userIdentity: 'JSON'})
        WHERE recipientAccountId = ? AND person IS NOT NULL GROUP BY person
        """,
        [files, account.id],
    ).fetchall()
    assert who == [("dora", 2)]
