"""Reports of what was last accessed, through boto3: generate, poll, get, as tools for least privilege do it."""

import time

import pytest

from harness.account import Account, allow, trust
from harness.drivers import Refused


def report(account, arn: str, **parameters) -> tuple[str, dict[str, dict]]:
    """The id of a job and its services by their namespaces, through all pages."""
    job = account.iam("GenerateServiceLastAccessedDetails", Arn=arn, **parameters)["JobId"]
    assert len(job) == 36
    services, marker = {}, {}
    for _ in range(50):
        page = account.iam("GetServiceLastAccessedDetails", JobId=job, **marker)
        if page["JobStatus"] == "IN_PROGRESS":
            time.sleep(0.2)
            continue
        assert page["JobStatus"] == "COMPLETED" and page["JobCompletionDate"] >= page["JobCreationDate"]
        services |= {entry["ServiceNamespace"]: entry for entry in page["ServicesLastAccessed"]}
        if not page["IsTruncated"]:
            return job, services
        marker = {"Marker": page["Marker"]}
    raise AssertionError("the report has no end")


def test_generate_poll_get(account):
    """A policy that a user and a role have, of whose services some were called."""
    rights = allow(["sts:*", "iam:GetUser", "s3:*"])
    policy = account.iam("CreatePolicy", PolicyName="rights", PolicyDocument=rights)["Policy"]["Arn"]
    alice = account.user("alice", attached=[policy])
    role = account.role("reader", trust(account.id))
    account.iam("AttachRolePolicy", RoleName="reader", PolicyArn=policy)
    session = account.assume(account.admin, role)
    _, before = report(account, policy)
    assert sorted(before) == ["iam", "s3", "sts"]
    assert all(entry["TotalAuthenticatedEntities"] == 0 and "LastAuthenticated" not in entry for entry in before.values())
    account.sts("GetCallerIdentity", alice)
    with pytest.raises(Refused):
        account.iam("ListUsers", alice)
    account.iam("GetUser", alice)
    account.sts("GetCallerIdentity", session)
    job, after = report(account, policy, Granularity="ACTION_LEVEL")
    assert after["s3"] == before["s3"] and after["s3"]["ServiceName"] == "Amazon S3"
    assert after["sts"]["TotalAuthenticatedEntities"] == 2
    assert after["iam"]["LastAuthenticatedEntity"] == account.user_arn("alice")
    assert after["iam"]["LastAuthenticatedRegion"] == "us-east-1"
    actions = {entry["ActionName"]: entry for entry in after["iam"]["TrackedActionsLastAccessed"]}
    assert list(actions) == ["GetUser"] and actions["GetUser"]["LastAccessedEntity"] == account.user_arn("alice")
    assert {"AssumeRole", "GetCallerIdentity"} <= {entry["ActionName"] for entry in after["sts"]["TrackedActionsLastAccessed"]}
    entities = account.iam("GetServiceLastAccessedDetailsWithEntities", JobId=job, ServiceNamespace="iam")
    told = [(entry["EntityInfo"]["Type"], entry["EntityInfo"]["Name"], "LastAuthenticated" in entry) for entry in entities["EntityDetailsList"]]
    assert told == [("USER", "alice", True), ("ROLE", "reader", False)]
    details = account.iam("GetAccountAuthorizationDetails", Filter=["Role"])["RoleDetailList"]
    used = {entry["RoleName"]: entry["RoleLastUsed"] for entry in details}
    assert "LastUsedDate" in used.pop("reader") and not any(used.values())
    with pytest.raises(Refused) as other:
        account.iam("GetServiceLastAccessedDetails", account.root, JobId=job)
    assert other.value.code == "NoSuchEntity"


def test_accesses_and_reports_outlive_a_restart(own_server):
    server = own_server("accesses").start()
    account = Account(server)
    job, before = report(account, account.user_arn("admin"))
    time.sleep(6)
    assert server.stop() == 0
    server.start()
    again = account.iam("GetServiceLastAccessedDetails", JobId=job, MaxItems=1000)
    assert {entry["ServiceNamespace"]: entry for entry in again["ServicesLastAccessed"]} == before
    _, after = report(account, account.user_arn("admin"))
    assert after["iam"]["LastAuthenticated"] == before["iam"]["LastAuthenticated"]


def test_outbound_federation_is_a_setting(account):
    """Terraform's and the console's order: off, on, read, off."""
    with pytest.raises(Refused) as off:
        account.iam("GetOutboundWebIdentityFederationInfo")
    assert off.value.code == "FeatureDisabled"
    issuer = account.iam("EnableOutboundWebIdentityFederation")["IssuerIdentifier"]
    assert issuer.startswith("https://127.0.0.1:")
    info = account.iam("GetOutboundWebIdentityFederationInfo")
    assert (info["IssuerIdentifier"], info["JwtVendingEnabled"]) == (issuer, True)
    with pytest.raises(Refused) as on:
        account.iam("EnableOutboundWebIdentityFederation")
    assert on.value.code == "FeatureEnabled"
    account.iam("DisableOutboundWebIdentityFederation")
