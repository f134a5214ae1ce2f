"""One running `locum serve`: started, watched, stopped or killed, and its operator's socket."""

import json
import os
import pathlib
import queue
import signal
import socket
import subprocess
import threading
import time
import urllib.request

from .credentials import Credentials
from .trail import Trail

#: Every server that is up, so that none outlives the run.
RUNNING: set["Server"] = set()

READY_S_MAX = 20
STOP_S_MAX = 15


def binary() -> str:
    """The program under test."""
    path = os.environ.get("LOCUM_BIN")
    if not path:
        root = pathlib.Path(__file__).resolve().parents[3]
        path = str(root / "target" / "debug" / "locum")
    return path


def bare_environment() -> dict[str, str]:
    """The surroundings without settings of the SDKs or of the product."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LOCUM_"))}


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A server on a data directory. It can be started again after it ended, on the same port."""

    def __init__(self, data: pathlib.Path, *args: str):
        self.data = data
        self.args = list(args)
        self.port = 0
        self.metrics_port = free_port()
        self.url = ""
        self.account_id = ""
        self.log_path = data.parent / (data.name + ".log")
        self.process: subprocess.Popen | None = None
        self.trail = Trail(data / "trail")
        self.said: list[str] = []
        self.ready_s = 0.0
        #: Variables for the process beside the surroundings'.
        #: Every refusal of the tests has a record of its own.
        self.environment: dict[str, str] = {"LOCUM_LIMITS_UNAUTHENTICATED_RECORDS_MAX": "100000"}

    def start(self) -> "Server":
        """Starts it and waits until it accepts calls."""
        began = time.monotonic()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [binary(), "serve", "--data", str(self.data)]
                + ["--listen", f"127.0.0.1:{self.port}"]
                + ["--metrics-listen", f"127.0.0.1:{self.metrics_port}"]
                + self.args,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=bare_environment() | self.environment,
                text=True,
                start_new_session=True,
            )
        RUNNING.add(self)
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._listen, args=(self.process, lines), daemon=True).start()
        try:
            line = lines.get(timeout=READY_S_MAX)
        except queue.Empty:
            self.kill()
            raise AssertionError(f"not ready after {READY_S_MAX} s: {self.log()[-2000:]}") from None
        if line is None:
            raise AssertionError(f"ended with {self.process.wait(STOP_S_MAX)}: {self.log()[-2000:]}")
        self.ready_s = time.monotonic() - began
        word, self.url, account, self.account_id = line.split()
        assert (word, account) == ("ready", "account"), line
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def _listen(self, process, lines):
        for line in process.stdout:
            self.said.append(line.rstrip("\n"))
            lines.put(line.rstrip("\n"))
        lines.put(None)

    def log(self) -> str:
        """Everything it wrote to standard error so far."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> int:
        """Asks it to end, as a service manager does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop within {STOP_S_MAX} s of SIGTERM") from None
        RUNNING.discard(self)
        return code

    def kill(self):
        """Ends it as a power cut ends a process."""
        self.process.kill()
        self.process.wait()
        RUNNING.discard(self)

    def is_up(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.poll() is None

    def admin(self) -> Credentials:
        """The first administrator's key."""
        return Credentials.read(str(self.data / "admin-credentials.json"))

    def operator(self, *args: str, check: bool = True) -> subprocess.CompletedProcess:
        """`locum operator …` on this server's socket."""
        done = subprocess.run(
            [binary(), "operator", *args, "--data", str(self.data)],
            capture_output=True,
            text=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            env=bare_environment(),
            check=False,
        )
        if check:
            assert done.returncode == 0, f"operator {args}: {done.returncode}: {done.stderr}"
        return done

    def verify(self, *args: str) -> dict:
        """What `locum trail verify` says of this server's trail, whether it runs or not."""
        done = self.read_trail("verify", *args, "--format", "json")
        answer = json.loads(done.stdout)
        assert done.returncode == (0 if answer["verdict"] == "good" else 1), done.stderr
        return answer

    def read_trail(self, *args: str) -> subprocess.CompletedProcess:
        """`locum trail …` on this server's data directory."""
        return subprocess.run(
            [binary(), "trail", *args, "--data", str(self.data)],
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
            env=bare_environment(),
            check=False,
        )

    def create_account(self, name: str) -> tuple[str, Credentials]:
        """A new account with a key of its root user: (account id, root's key)."""
        done = self.operator("create-account", name, "--root-key", "--format", "json")
        answer = json.loads(done.stdout)
        return answer["AccountId"], Credentials.of(answer)

    def get(self, path: str, port: int | None = None) -> tuple[int, str]:
        """An unsigned GET, as a health check or a scraper makes it."""
        url = f"http://127.0.0.1:{port or self.port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metrics(self) -> str:
        """What Prometheus would read."""
        status, text = self.get("/metrics", self.metrics_port)
        assert status == 200
        return text


def end_all(but: list["Server"] | None = None):
    """Kills what tests left running."""
    for server in list(RUNNING):
        if server not in (but or []):
            server.kill()
