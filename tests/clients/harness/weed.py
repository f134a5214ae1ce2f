"""A real S3 service: SeaweedFS on loopback, started, killed and started again on the same ports and files."""

import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import time

import boto3
import botocore.config
import botocore.exceptions

from .credentials import Credentials
from .server import bare_environment, free_port

PORTS = ["master.port", "volume.port", "filer.port", "s3.port"]
READY_S_MAX = 90


class Weed:
    """Master, volume server, filer and S3 gateway in one process."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.ports = {name: free_port() for port in PORTS for name in (port, f"{port}.grpc")}
        self.url = f"http://127.0.0.1:{self.ports['s3.port']}"
        self.process: subprocess.Popen | None = None
        self.s3 = None
        self.options: dict[str, object] = {}
        (folder / "files").mkdir(parents=True)

    def admit(self, *keys: Credentials):
        """Who may do everything; before the start."""
        identities = [
            {
                "name": f"key-{number}",
                "credentials": [{"accessKey": key.access_key_id, "secretKey": key.secret}],
                "actions": ["Admin", "Read", "List", "Tagging", "Write"],
            }
            for number, key in enumerate(keys)
        ]
        (self.folder / "s3.json").write_text(json.dumps({"identities": identities}), encoding="utf-8")
        self.s3 = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=keys[0].access_key_id,
            aws_secret_access_key=keys[0].secret,
            config=botocore.config.Config(retries={"max_attempts": 1}, connect_timeout=5, read_timeout=10),
        )

    def secure(self, certificate: pathlib.Path, key: pathlib.Path) -> str:
        """Answers over TLS as well, from the next start on; the URL."""
        port = self.ports.setdefault("s3.port.https", free_port())
        self.options |= {"s3.cert.file": certificate, "s3.key.file": key}
        return f"https://127.0.0.1:{port}"

    def start(self, bucket: str) -> "Weed":
        """Starts it and waits until a file can be put into the bucket, which is made when it is not there."""
        options = {
            "dir": self.folder / "files",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "master.telemetry": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.max": 30,
            "filer.localSocket": self.folder / "filer.sock",
            "s3.localSocket": self.folder / "s3.sock",
            "s3.config": self.folder / "s3.json",
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
        }
        words = [f"-{name}={value}" for name, value in (options | self.options | self.ports).items()]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [str(pathlib.Path(sys.executable).parent / "weed"), "server", "-s3", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=bare_environment(),
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_S_MAX
        while True:
            try:
                with contextlib.suppress(self.s3.exceptions.BucketAlreadyOwnedByYou, self.s3.exceptions.BucketAlreadyExists):
                    self.s3.create_bucket(Bucket=bucket)
                self.s3.put_object(Bucket=bucket, Key="ready", Body=b"ready")
                return self
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
                said = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
                assert self.process.poll() is None and time.monotonic() < deadline, f"{error}: {said[-2000:]}"
                time.sleep(0.3)

    def objects(self, bucket: str) -> list[str]:
        """The names of all objects of the bucket, in order."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def read(self, bucket: str, key: str) -> bytes:
        """An object as it is stored."""
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def end(self, how: int = signal.SIGKILL):
        """Ends it, as a crash unless told otherwise."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None
            # It makes more sockets than it can be told where to put.
            for port in self.ports.values():
                for left in pathlib.Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                    left.unlink()
