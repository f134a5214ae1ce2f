"""The two accounts of the issue's example, made through whichever client is under test."""

import dataclasses
import itertools
import time

from .account import ADMINISTRATOR, allow, trust
from .credentials import Credentials
from .drivers import Refused

_NUMBERS = itertools.count(1)
EXTERNAL_ID = "unicorn-42:/x"


@dataclasses.dataclass
class Stage:
    """Everything that the eight points speak of."""

    driver: object
    admin: Credentials
    management: str
    member: str
    member_admin: Credentials
    user: str
    user_key: Credentials
    role: str
    policy: str

    def call(self, credentials: Credentials, service: str, operation: str, **parameters) -> dict:
        """A call by the client under test."""
        return self.driver.call(credentials, service, operation, **parameters)

    def user_arn(self, name: str | None = None) -> str:
        """A user of the management account."""
        return f"arn:aws:iam::{self.management}:user/{name or self.user}"

    def assume(self, credentials: Credentials | None = None, **changes) -> dict:
        """AssumeRole of the stage's role as its user, unless changed."""
        parameters = {"RoleArn": self.role, "RoleSessionName": "build-7", "ExternalId": EXTERNAL_ID} | changes
        parameters = {name: value for name, value in parameters.items() if value is not None}
        return self.call(credentials or self.user_key, "sts", "AssumeRole", **parameters)

    def refused(self, credentials: Credentials, service: str, operation: str, **parameters) -> tuple[str, str]:
        """Code and sentence of a call that has to be refused."""
        try:
            answer = self.call(credentials, service, operation, **parameters)
        except Refused as refused:
            return refused.code, refused.message
        raise AssertionError(f"{operation} was allowed: {answer}")

    def assume_refused(self, credentials: Credentials | None = None, **changes) -> tuple[str, str]:
        """Code and sentence of an AssumeRole that has to be refused."""
        try:
            answer = self.assume(credentials, **changes)
        except Refused as refused:
            return refused.code, refused.message
        raise AssertionError(f"AssumeRole was allowed: {answer['AssumedRoleUser']}")

    def not_authorized(self, caller_arn: str, action: str = "sts:AssumeRole", resource: str | None = None, suffix: str = "") -> tuple[str, str]:
        """AWS's answer to whoever may not."""
        resource = resource or self.role
        return "AccessDenied", f"User: {caller_arn} is not authorized to perform: {action} on resource: {resource}{suffix}"

    def new_user(self, inline: str | None = None) -> tuple[str, Credentials]:
        """Another user of the management account: (name, key)."""
        name = f"user-{next(_NUMBERS)}-{self.driver.name}"
        self.call(self.admin, "iam", "CreateUser", UserName=name)
        if inline:
            self.call(self.admin, "iam", "PutUserPolicy", UserName=name, PolicyName="inline", PolicyDocument=inline)
        made = self.call(self.admin, "iam", "CreateAccessKey", UserName=name)
        return name, Credentials.of(made["AccessKey"])


def create_account(driver, admin: Credentials, name: str) -> str:
    """Point 1: CreateAccount, polled until it succeeded; the account's id."""
    asked = driver.call(admin, "organizations", "CreateAccount", AccountName=name, Email=f"{name}@example.com")
    status = asked["CreateAccountStatus"]
    deadline = time.monotonic() + 20
    while status["State"] == "IN_PROGRESS":
        assert time.monotonic() < deadline, status
        time.sleep(0.1)
        found = driver.call(admin, "organizations", "DescribeCreateAccountStatus", CreateAccountRequestId=status["Id"])
        status = found["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED", status
    assert status["AccountName"] == name
    return status["AccountId"]


def build(driver, server) -> Stage:
    """Points 1 to 3."""
    admin = server.admin()
    try:
        driver.call(admin, "organizations", "CreateOrganization", FeatureSet="ALL")
    except Refused as refused:
        assert refused.code == "AlreadyInOrganizationException", refused
    member = create_account(driver, admin, f"second-{driver.name}")
    door = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    opened = driver.call(admin, "sts", "AssumeRole", RoleArn=door, RoleSessionName="set-up")
    inside = Credentials.of(opened["Credentials"])
    # Role sessions are limited to an hour and to chaining's rules: the account gets an administrator of its own.
    driver.call(inside, "iam", "CreateUser", UserName="owner")
    driver.call(inside, "iam", "AttachUserPolicy", UserName="owner", PolicyArn=ADMINISTRATOR)
    owner = Credentials.of(driver.call(inside, "iam", "CreateAccessKey", UserName="owner")["AccessKey"])

    user = f"alice-{driver.name}"
    made = driver.call(admin, "iam", "CreateUser", UserName=user, Path="/people/")
    key = Credentials.of(driver.call(admin, "iam", "CreateAccessKey", UserName=user)["AccessKey"])

    condition = {"Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}
    role = driver.call(
        owner,
        "iam",
        "CreateRole",
        RoleName="deployer",
        Path="/ops/",
        AssumeRolePolicyDocument=trust(made["User"]["Arn"], **condition),
        MaxSessionDuration=7200,
        Description="Deploys",
    )["Role"]["Arn"]
    policy = driver.call(owner, "iam", "CreatePolicy", PolicyName="read-roles", PolicyDocument=allow(["iam:GetRole", "iam:ListRoles"]))
    arn = policy["Policy"]["Arn"]
    driver.call(owner, "iam", "AttachRolePolicy", RoleName="deployer", PolicyArn=arn)
    driver.call(owner, "iam", "PutRolePolicy", RoleName="deployer", PolicyName="users", PolicyDocument=allow("iam:ListUsers"))
    driver.call(owner, "iam", "TagRole", RoleName="deployer", Tags=[{"Key": "team", "Value": "ops"}])
    driver.call(owner, "iam", "UpdateRole", RoleName="deployer", MaxSessionDuration=5400)
    driver.call(admin, "iam", "PutUserPolicy", UserName=user, PolicyName="assume", PolicyDocument=allow("sts:AssumeRole", role))
    return Stage(driver, admin, server.account_id, member, owner, f"people/{user}", key, role, arn)
