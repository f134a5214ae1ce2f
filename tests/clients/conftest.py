"""Fixtures: one server for most tests, an account of its own for each, and servers that may be broken."""

import json
import os
import pathlib
import shutil
import tempfile

import pytest

from harness import server as servers
from harness.account import Account
from harness.credentials import Credentials
from harness.delivery import BUCKET, SOON
from harness.server import Server
from harness.weed import Weed

#: Servers of this run with their folders, for the search for leaked secrets at the end.
STARTED: list[Server] = []
#: The one that tests may not end.
SHARED: list[Server] = []


def pytest_configure(config):
    config.addinivalue_line("markers", "last: runs after every other test")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Server:
    """The server that most tests share, on an empty data directory."""
    folder = tmp_path_factory.mktemp("shared")
    # Nothing that the server makes may depend on the surroundings' mask.
    mask = os.umask(0)
    try:
        shared = Server(folder / "data", "--log-level", "trace").start()
    finally:
        os.umask(mask)
    STARTED.append(shared)
    SHARED.append(shared)
    yield shared
    if shared.is_up():
        assert shared.stop() == 0
    servers.end_all()


@pytest.fixture
def own_server(tmp_path: pathlib.Path):
    """Makes servers that only this test uses; they are killed afterwards."""

    def make(name: str = "own", *args: str) -> Server:
        made = Server(tmp_path / name, *args)
        STARTED.append(made)
        return made

    yield make
    servers.end_all(but=SHARED)


@pytest.fixture
def weed():
    """An S3 service, not started; its sockets need a short path."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weed-"))
    made = Weed(folder / "weed")
    yield made
    made.end()
    shutil.rmtree(folder)


@pytest.fixture
def sink(tmp_path):
    """Makes the settings of a sink, and the key that it signs with."""
    key = Credentials("AKIADELIVERYDELIVERY", "0123456789" * 4)
    path = tmp_path / "bucket-key.json"
    held = {"Version": 1, "AccessKeyId": key.access_key_id, "SecretAccessKey": key.secret}
    path.write_text(json.dumps(held), encoding="utf-8")

    def make(endpoint: str) -> tuple[str, ...]:
        return (*SOON, "--trail-bucket", BUCKET, "--trail-endpoint", endpoint, "--trail-credentials", str(path))

    return key, make


@pytest.fixture
def sunk(own_server, weed, sink):
    """A server whose sink is a bucket, an account on it, and the service, which knows their keys."""
    key, settings = sink
    server = own_server("sunk", *settings(weed.url)).start()
    account = Account(server)
    weed.admit(key, account.admin, server.admin())
    weed.start(BUCKET)
    return server, account, weed


@pytest.fixture
def started() -> list[Server]:
    """Every server of this run."""
    return STARTED


@pytest.fixture
def account(server) -> Account:
    """An account that only this test uses."""
    return Account(server)


@pytest.fixture
def accounts(server):
    """Makes accounts that only this test uses."""
    return lambda name="": Account(server, name)


@pytest.fixture(scope="session")
def home(tmp_path_factory) -> pathlib.Path:
    """A home directory without settings."""
    return tmp_path_factory.mktemp("home")
