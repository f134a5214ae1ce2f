"""An account of a test's own: its root, its administrator, and the entities that tests need most."""

import itertools
import json

from .credentials import Credentials
from .drivers import Boto3

_NUMBERS = itertools.count(1)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def policy(effect: str, action, resource="*", **more) -> str:
    """A document of one statement."""
    statement = {"Effect": effect, "Action": action, "Resource": resource} | more
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def allow(action, resource="*", **more) -> str:
    """A document that allows."""
    return policy("Allow", action, resource, **more)


def deny(action, resource="*", **more) -> str:
    """A document that denies."""
    return policy("Deny", action, resource, **more)


def trust(principal, action="sts:AssumeRole", **more) -> str:
    """A trust policy of one statement; a text is an AWS principal."""
    if isinstance(principal, (str, list)):
        principal = {"AWS": principal}
    statement = {"Effect": "Allow", "Principal": principal, "Action": action} | more
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Account:
    """A fresh account, used through boto3."""

    def __init__(self, server, name: str = ""):
        name = f"{name or 'test'}-{next(_NUMBERS)}"
        self.server = server
        self.id, self.root = server.create_account(name)
        self.client = Boto3(server.url)
        self.admin = self.user("admin", attached=[ADMINISTRATOR])

    def iam(self, operation: str, credentials: Credentials | None = None, **parameters) -> dict:
        """An IAM call; by the administrator unless told otherwise."""
        caller = credentials or getattr(self, "admin", self.root)
        return self.client.call(caller, "iam", operation, **parameters)

    def sts(self, operation: str, credentials: Credentials, **parameters) -> dict:
        """An STS call."""
        return self.client.call(credentials, "sts", operation, **parameters)

    def user(self, name: str, inline: str | None = None, attached=(), **parameters) -> Credentials:
        """A user with an access key."""
        self.iam("CreateUser", UserName=name, **parameters)
        if inline:
            self.iam("PutUserPolicy", UserName=name, PolicyName="inline", PolicyDocument=inline)
        for arn in attached:
            self.iam("AttachUserPolicy", UserName=name, PolicyArn=arn)
        return Credentials.of(self.iam("CreateAccessKey", UserName=name)["AccessKey"])

    def user_arn(self, name: str) -> str:
        """The ARN of a user with path `/`."""
        return f"arn:aws:iam::{self.id}:user/{name}"

    def role(self, name: str, trusted: str, inline: str | None = None, **parameters) -> str:
        """A role; its ARN."""
        made = self.iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=trusted, **parameters)
        if inline:
            self.iam("PutRolePolicy", RoleName=name, PolicyName="inline", PolicyDocument=inline)
        return made["Role"]["Arn"]

    def assume(self, credentials: Credentials, role_arn: str, session: str = "session", **parameters) -> Credentials:
        """A session of a role."""
        answer = self.sts("AssumeRole", credentials, RoleArn=role_arn, RoleSessionName=session, **parameters)
        return Credentials.of(answer["Credentials"])
