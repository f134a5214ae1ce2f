"""`aws cloudtrail validate-logs`, as an auditor runs it, with either AWS CLI."""

import datetime
import pathlib
import re
import subprocess

from . import drivers
from .credentials import Credentials
from .server import Server, bare_environment
from .tls import Authority, Front
from .weed import Weed

#: Version 2 as Debian has it may be older than endpoints by variable; buckets are named in the path.
CONFIGURATION = "[default]\ns3 =\n  addressing_style = path\n"


class Auditor:
    """Somebody with read access to both services and one of the CLIs, `cli1` or `cli2`."""

    def __init__(self, name: str, server: Server, weed: Weed, folder: pathlib.Path):
        self.program = drivers.program(name)
        (folder / ".aws").mkdir(parents=True)
        (folder / ".aws" / "config").write_text(CONFIGURATION, encoding="utf-8")
        self.variables = {
            "HOME": str(folder),
            "AWS_CONFIG_FILE": str(folder / ".aws" / "config"),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if name == "cli1":
            self.variables |= {"AWS_ENDPOINT_URL": server.url, "AWS_ENDPOINT_URL_S3": weed.url}
            return
        authority = Authority(folder / "ca")
        front = Front(authority, weed.ports["s3.port"], server.port)
        self.variables |= {"HTTPS_PROXY": front.url, "AWS_CA_BUNDLE": str(authority.bundle)}

    def validate(self, credentials: Credentials, arn: str, *args: str) -> subprocess.CompletedProcess:
        """Valid files stand on standard output, the others on standard error; both are in `stdout` here."""
        start = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
        return subprocess.run(
            [self.program, "cloudtrail", "validate-logs", "--trail-arn", arn]
            + ["--start-time", start.strftime("%Y-%m-%dT%H:%M:%SZ"), "--verbose", *args],
            env=bare_environment() | credentials.environment() | self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def approve(self, credentials: Credentials, arn: str, *args: str) -> tuple[int, int, str]:
        """Everything has to be valid: how many digests and log files there were, and what was said."""
        done = self.validate(credentials, arn, *args)
        assert done.returncode == 0 and "INVALID" not in done.stdout, done.stdout
        digests = re.search(r"(\d+)/\1 digest files valid", done.stdout)
        logs = re.search(r"(\d+)/\1 log files valid", done.stdout)
        assert digests and logs, done.stdout
        return int(digests[1]), int(logs[1]), done.stdout
