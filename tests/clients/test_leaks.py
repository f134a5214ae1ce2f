"""The last test: no secret that the whole run saw is in a log, a record, a metric or the database."""

import pathlib

import pytest

from harness.credentials import HIDDEN, SECRETS, TOKENS


def places(server) -> dict[str, bytes]:
    """Everything that a server wrote or shows."""
    found = {}
    for path in server.data.rglob("*"):
        # The administrator's key is handed over in this file, and nowhere else.
        if path.is_file() and path.name != "admin-credentials.json":
            found[str(path)] = path.read_bytes()
    log = pathlib.Path(server.log_path)
    if log.exists():
        found[str(log)] = log.read_bytes()
    found["standard output"] = "\n".join(server.said).encode()
    if server.is_up():
        found["/metrics"] = server.metrics().encode()
    return found


@pytest.mark.last
def test_int_06_no_secret_is_anywhere(server, started):
    assert len(SECRETS) > 10, "the run made no secrets"
    searched = 0
    leaks = []
    for one in started:
        if not one.data.exists():
            continue
        for place, content in places(one).items():
            searched += len(content)
            leaks += [f"a secret key in {place}" for secret in SECRETS if len(secret) == 40 and secret.encode() in content]
            leaks += [f"a password or seed in {place}" for hidden in HIDDEN if hidden.encode() in content]
            # CloudTrail's own records hold the session token; ours leave it out.
            leaks += [f"a session token in {place}" for token in TOKENS if token.encode() in content]
    assert searched > 10_000
    assert not leaks, sorted(set(leaks))
