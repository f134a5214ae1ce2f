"""The same calls through different clients: boto3, both AWS CLIs, the SDK for JavaScript."""

import json
import os
import pathlib
import re
import subprocess
import urllib.parse

import boto3
import botocore.config
import botocore.exceptions
from botocore import xform_name

from .credentials import Credentials

REGION = "us-east-1"
HERE = pathlib.Path(__file__).resolve().parents[1]
TIMEOUT_S = 30

#: For a client that signs with nothing of ours.
NOBODY = Credentials("AKIANOBODYNOBODYNOBO", "the-secret-of-nobody-at-all-in-this-test")


class Refused(Exception):
    """The service said no."""

    def __init__(self, code: str, message: str):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def document(found) -> dict:
    """A policy document as an object: some clients decode what IAM encodes, some do not."""
    if isinstance(found, str):
        found = json.loads(urllib.parse.unquote(found))
    return found


class Boto3:
    """boto3 with nothing set but the endpoint."""

    name = "boto3"

    def __init__(self, url: str):
        self.url = url
        self.session = boto3.session.Session(region_name=REGION)
        self._clients: dict = {}

    def client(self, credentials: Credentials, service: str):
        """A client, made once for each caller and service."""
        key = (credentials, service)
        if key not in self._clients:
            self._clients[key] = self.session.client(
                service,
                endpoint_url=self.url,
                aws_access_key_id=credentials.access_key_id,
                aws_secret_access_key=credentials.secret,
                aws_session_token=credentials.token,
                config=botocore.config.Config(retries={"max_attempts": 1}, read_timeout=TIMEOUT_S),
            )
        return self._clients[key]

    def call(self, credentials: Credentials, service: str, operation: str, **parameters) -> dict:
        """One call; its answer without the metadata."""
        client = self.client(credentials, service)
        try:
            answer = getattr(client, xform_name(operation))(**parameters)
        except botocore.exceptions.ClientError as error:
            said = error.response["Error"]
            raise Refused(said["Code"], said.get("Message", "")) from None
        answer.pop("ResponseMetadata", None)
        return answer

    def close(self):
        """Nothing to end."""


class Cli:
    """An AWS CLI as a program."""

    def __init__(self, name: str, program: str, url: str, home: pathlib.Path):
        self.name = name
        self.program = program
        self.url = url
        self.home = home

    def environment(self, credentials: Credentials | None) -> dict[str, str]:
        """What the CLI sees: the caller's key and the endpoint."""
        nobody = NOBODY.environment()
        variables = credentials.environment() if credentials else nobody
        variables.update(
            HOME=str(self.home),
            AWS_ENDPOINT_URL=self.url,
            AWS_DEFAULT_REGION=REGION,
            AWS_PAGER="",
            AWS_MAX_ATTEMPTS="1",
            AWS_EC2_METADATA_DISABLED="true",
        )
        return variables

    def run(self, credentials: Credentials | None, *args: str) -> subprocess.CompletedProcess:
        """The program with these words."""
        # Version 2.9 does not read AWS_ENDPOINT_URL yet.
        return subprocess.run(
            [self.program, "--endpoint-url", self.url, "--output", "json", *args],
            env=self.environment(credentials),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def call(self, credentials: Credentials, service: str, operation: str, **parameters) -> dict:
        """One call, its parameters as the options that a person would type."""
        words = [service, xform_name(operation, "-")]
        for name, value in parameters.items():
            option = xform_name(name, "-")
            if isinstance(value, bool):
                words.append(f"--{option}" if value else f"--no-{option}")
                continue
            text = value if isinstance(value, str) else json.dumps(value)
            words += [f"--{option}", text]
        done = self.run(credentials, *words)
        if done.returncode == 0:
            return json.loads(done.stdout) if done.stdout.strip() else {}
        said = re.search(r"An error occurred \((\S+)\) when calling the \w+ operation(?: \([^)]*\))?: (.*)", done.stderr, re.DOTALL)
        assert said, f"{words}: exit {done.returncode}: {done.stderr}"
        assert done.returncode in (254, 255), done.returncode
        raise Refused(said.group(1), said.group(2).rstrip("\n"))

    def close(self):
        """Nothing to end."""


class JavaScript:
    """The SDK for JavaScript v3 in one node process that takes calls as lines."""

    name = "js"

    def __init__(self, url: str):
        environment = NOBODY.environment()
        environment.update(AWS_ENDPOINT_URL=url, AWS_REGION=REGION, NODE_NO_WARNINGS="1")
        self.process = subprocess.Popen(
            ["node", str(HERE / "js" / "driver.mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def call(self, credentials: Credentials, service: str, operation: str, **parameters) -> dict:
        """One call."""
        keys = {
            "accessKeyId": credentials.access_key_id,
            "secretAccessKey": credentials.secret,
            "sessionToken": credentials.token,
        }
        wanted = {"service": service, "operation": operation, "parameters": parameters, "credentials": keys}
        self.process.stdin.write(json.dumps(wanted) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "node ended"
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(answer["error"]["code"], answer["error"]["message"])
        return answer["output"]

    def close(self):
        """Ends node."""
        self.process.stdin.close()
        self.process.wait(10)


def available() -> list[str]:
    """The clients to test with. In CI every one of them has to be there."""
    names = ["boto3", "cli1", "js"]
    if os.environ.get("LOCUM_AWS_CLI_V2") or os.environ.get("CI") == "true":
        names.append("cli2")
    return names


def make(name: str, url: str, home: pathlib.Path):
    """A client by name."""
    if name == "boto3":
        return Boto3(url)
    if name == "js":
        return JavaScript(url)
    return Cli(name, program(name), url, home)


def program(name: str) -> str:
    """The AWS CLI called `cli1` or `cli2`."""
    variable = {"cli1": "LOCUM_AWS_CLI_V1", "cli2": "LOCUM_AWS_CLI_V2"}[name]
    default = {"cli1": str(pathlib.Path(os.sys.executable).with_name("aws")), "cli2": "/usr/bin/aws"}
    return os.environ.get(variable, default[name])
