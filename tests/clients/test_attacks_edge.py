"""Attacks on the edge and on what lies about: defaults, diagnostics, secrets, records, floods."""

import concurrent.futures
import gzip
import json
import os
import pathlib
import socket
import stat
import subprocess
import threading
import time
import zlib

import pytest

from harness import raw
from harness.account import allow, trust
from harness.credentials import Credentials
from harness.raw import FORM, Forge
from harness.server import bare_environment, binary, free_port

WHO = raw.form("GetCallerIdentity", "2011-06-15")


def alive(account):
    """The server still answers, and quickly."""
    began = time.monotonic()
    assert raw.query(account.server, account.admin, "sts", "GetCallerIdentity").status == 200
    assert time.monotonic() - began < 5


def resident_kib(server) -> int:
    """Memory of the server's process."""
    for line in pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("no VmRSS")


def test_int_01_no_default_credentials(account):
    pairs = [("minioadmin", "minioadmin"), ("admin", "admin"), ("root", "root"), ("test", "test"), ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), ("locum", "locum"), ("rustfsadmin", "rustfsadmin"), ("mock", "mock"), ("AKIA0000000000000000", "")]
    plain = object.__new__(Credentials)
    for key, secret in pairs:
        object.__setattr__(plain, "access_key_id", key)
        object.__setattr__(plain, "secret", secret)
        object.__setattr__(plain, "token", None)
        for service, body in (("sts", WHO), ("iam", raw.form("ListUsers", "2010-05-08"))):
            reply = raw.call(account.server, Forge(plain, service=service), body)
            assert reply.status in (400, 403) and reply.code != "", (key, reply)


def test_int_01_two_installations_share_nothing(own_server):
    first, second = own_server("first").start(), own_server("second").start()
    one, two = first.admin(), second.admin()
    assert one.access_key_id != two.access_key_id and one.secret != two.secret
    assert first.account_id != second.account_id
    assert (first.data / "master.key").read_bytes() != (second.data / "master.key").read_bytes()
    assert raw.query(second, one, "sts", "GetCallerIdentity").code == "InvalidClientTokenId"


def test_int_05_nothing_is_served_without_a_signature(account):
    for path in ("/metrics", "/debug", "/debug/pprof/", "/debug/vars", "/env", "/config", "/status", "/info", "/swagger", "/openapi.json", "/api", "/console/", "/index.html", "/favicon.ico", "/.git/config", "/admin-credentials.json", "/../admin-credentials.json", "/operator", "/trail", "/latest/meta-data/"):
        for method in ("GET", "POST"):
            reply = raw.send(account.server.port, method, path, {"Host": "localhost"})
            assert not 200 <= reply.status < 300, (path, reply)
            assert "AKIA" not in reply.body
    for path in ("/healthz", "/readyz"):
        status, body = account.server.get(path)
        assert status == 200 and len(body) < 200 and account.server.account_id not in body


def test_int_05_metrics_name_nobody(account):
    nobody = account.user("metrics-victim")
    raw.query(account.server, nobody, "iam", "ListUsers")
    text = account.server.metrics()
    assert "# TYPE" in text
    for word in (account.id, "metrics-victim", nobody.access_key_id, "arn:aws"):
        assert word not in text, word
    assert account.server.get("/", account.server.metrics_port)[0] in (403, 404, 405)


def test_int_07_secrets_are_read_once(account):
    key = account.user("once")
    for operation, parameters in (("ListAccessKeys", {"UserName": "once"}), ("GetUser", {"UserName": "once"}), ("ListUsers", {})):
        assert key.secret not in json.dumps(account.iam(operation, **parameters), default=str)


def test_int_11_modes_of_files(server):
    """The shared server was started with umask 000."""
    for path in [server.data, *server.data.rglob("*")]:
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert mode & 0o077 == 0, f"{path}: {mode:o}"


@pytest.mark.parametrize("name", ["master.key", "locum.redb", "."])
def test_int_11_wider_modes_are_refused(own_server, name):
    server = own_server().start()
    assert server.stop() == 0
    (server.data / name).chmod(0o755 if name == "." else 0o644)
    done = subprocess.run([binary(), "serve", "--data", str(server.data), "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=20, env=bare_environment(), stdin=subprocess.DEVNULL, check=False)
    assert done.returncode != 0 and done.stdout == "" and done.stderr


def test_int_11_a_second_server_is_refused(own_server):
    server = own_server().start()
    done = subprocess.run([binary(), "serve", "--data", str(server.data), "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=20, env=bare_environment(), stdin=subprocess.DEVNULL, check=False)
    assert done.returncode != 0 and "ready" not in done.stdout
    assert raw.query(server, server.admin(), "sts", "GetCallerIdentity").status == 200


def test_plain_http_stays_on_loopback(tmp_path):
    done = subprocess.run([binary(), "serve", "--data", str(tmp_path / "d"), "--listen", "0.0.0.0:0"], capture_output=True, text=True, timeout=20, env=bare_environment(), stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 253 and "insecure" in done.stderr
    assert not (tmp_path / "d").exists() or not any((tmp_path / "d").iterdir())


def test_aud_02_records_hold_no_secret(account):
    key = account.user("audited")
    arn = account.role("r", trust(account.user_arn("admin")))
    session = account.assume(account.admin, arn, ExternalId="an-external-id")
    token = Credentials.of(account.sts("GetSessionToken", account.admin)["Credentials"])
    text = account.server.trail.text()
    for credentials in (key, session, token, account.admin, account.root):
        assert credentials.secret not in text
    # A signature or a raw body has no business there either.
    assert "Signature=" not in text and "X-Amz-Signature" not in text and "Action=AssumeRole" not in text


NASTY = ["line\r\nfeed", "\x1b[31mred\x1b[0m", 'quo"te', "back\\slash", "\u2028\u2029", "tab\tbed", "nul\x00l", "é\u202etxt", "}{", "', '", "a" * 5000]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_aud_04_records_are_one_line_of_json(account, text):
    agent = text.encode("utf-8")
    body = WHO.encode()
    headers = raw.sign(Forge(account.admin), "POST", "/", "", {"Host": f"127.0.0.1:{account.server.port}", "Content-Type": FORM}, body)
    wire = b"POST / HTTP/1.1\r\n" + b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
    agent = agent.replace(b"\r\n", b"\\r\\n")
    wire += b"User-Agent: " + agent + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    heard = raw.speak(account.server.port, wire, wait_s=3)
    assert all(status < 500 for status in raw.statuses(heard)), heard
    for reply in (
        raw.query(account.server, account.admin, "sts", "AssumeRole", RoleArn=f"arn:aws:iam::{account.id}:role/x", RoleSessionName=text),
        raw.query(account.server, account.admin, "iam", "CreateUser", UserName=text),
        raw.query(account.server, account.admin, "iam", "PutUserPolicy", UserName="admin", PolicyName="p", PolicyDocument=text),
    ):
        assert 400 <= reply.status < 500
        record = account.server.trail.of(reply.request_id)
        assert len(json.dumps(record)) < 256 * 1024
    raw_lines = account.server.trail.lines()
    assert raw_lines[-1] == ""
    for line in raw_lines[-20:-1]:
        assert "\x1b" not in line and "\u2028" not in line.replace("\\u2028", "") and "\r" not in line
        json.loads(line)


def test_aud_05_large_requests_are_recorded(account):
    """A policy padded to the limit: the call is refused or made, and its record tells which policy it was."""
    document = allow("iam:GetUser")[:-1] + " " * 130000 + "}"
    reply = raw.query(account.server, account.admin, "iam", "CreatePolicy", PolicyName="padded", PolicyDocument=document)
    assert reply.status in (200, 400, 409), reply
    record = account.server.trail.of(reply.request_id)
    assert record["eventName"] == "CreatePolicy"
    if reply.status == 200:
        kept = json.dumps(record["requestParameters"])
        assert "iam:GetUser" in kept or "sha256" in kept.lower()
    assert len(json.dumps(record)) <= 256 * 1024


@pytest.mark.parametrize(
    "text",
    ["[" * 100000, "{" * 100000, '{"a":' * 50000, '{"Version":"2012-10-17","Statement":' + "[" * 5000, '{"Version":"2012-10-17","Statement":[' + ",".join(['{"Effect":"Allow","Action":"a:b","Resource":"*"}'] * 2500) + "]}", '{"k":"' + "\\u0041" * 20000 + '"}'],
    ids=range(6),
)
def test_dos_01_deep_and_wide_documents(account, text):
    began = time.monotonic()
    for service, action, parameters in (("iam", "CreatePolicy", {"PolicyName": "deep", "PolicyDocument": text}), ("iam", "CreateRole", {"RoleName": "deep", "AssumeRolePolicyDocument": text}), ("sts", "AssumeRole", {"RoleArn": f"arn:aws:iam::{account.id}:role/none", "RoleSessionName": "session", "Policy": text})):
        reply = raw.query(account.server, account.admin, service, action, **parameters)
        assert 400 <= reply.status < 500, (action, reply)
    reply = raw.json_call(account.server, account.server.admin(), "ListAccounts", text)
    # Members that the operation does not know are passed over, as AWS does; depth is refused.
    assert 400 <= reply.status < 500 or text.count("[") == 1 or text.startswith('{"k"'), reply
    assert time.monotonic() - began < 5
    alive(account)


def test_dos_01_unsigned_documents_cost_nothing(account):
    body = raw.form("CreatePolicy", "2010-05-08", PolicyName="x", PolicyDocument="[" * 100000).encode()
    began = time.monotonic()
    for _ in range(20):
        reply = raw.send(account.server.port, "POST", "/", {"Host": "x", "Content-Type": FORM}, body)
        assert reply.code == "MissingAuthenticationToken"
    assert time.monotonic() - began < 5


def test_dos_02_unbounded_bodies(account):
    server = account.server
    before = resident_kib(server)
    # A length that nobody will send, and one that lies.
    for length in ("10737418240", "99999999999999999999", "1048577"):
        heard = raw.speak(server.port, raw.request_bytes("POST", "/", {"Host": "x", "Content-Type": FORM, "Content-Length": length}, b"a" * 1000), wait_s=3, half_close=False)
        assert all(400 <= status < 500 for status in raw.statuses(heard)), heard
    # A body without an end, in chunks.
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
        wire.sendall(raw.request_bytes("POST", "/", {"Host": "x", "Content-Type": FORM, "Transfer-Encoding": "chunked"}))
        piece = b"10000\r\n" + b"a" * 65536 + b"\r\n"
        sent = 0
        try:
            while sent < 64 << 20:
                wire.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        assert sent < 64 << 20, "the server read 64 MiB of a body"
    assert resident_kib(server) - before < 64 * 1024
    alive(account)


def test_dos_02_slow_clients(account):
    """Hundreds of idle and of half-spoken connections; a good client does not notice."""
    server = account.server
    open_wires = []
    try:
        for number in range(400):
            wire = socket.create_connection(("127.0.0.1", server.port), timeout=5)
            open_wires.append(wire)
            if number % 2:
                wire.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n" + (b"\r\nAct" if number % 4 == 1 else b""))
        for _ in range(20):
            alive(account)
    finally:
        for wire in open_wires:
            wire.close()
    alive(account)


def test_dos_02_slow_headers_are_cut_off(own_server):
    server = own_server("slow", "--limits-header-timeout-s", "1", "--limits-body-timeout-s", "1", "--limits-idle-timeout-s", "1").start()
    for start in (b"POST / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nA", b""):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
            wire.sendall(start)
            began = time.monotonic()
            heard = b"x"
            while heard:
                heard = wire.recv(4096)
            assert time.monotonic() - began < 6, start
    assert raw.query(server, server.admin(), "sts", "GetCallerIdentity").status == 200


def test_dos_04_many_parameters_and_headers(account):
    server = account.server
    for body in (
        WHO + "".join(f"&p{number}=x" for number in range(90000)),
        WHO + "&x" * 200000,
        raw.form("AssumeRole", "2011-06-15", RoleArn=f"arn:aws:iam::{account.id}:role/none", RoleSessionName="session") + "".join(f"&Tags.member.{n}.Key=k{n}&Tags.member.{n}.Value=v" for n in range(1, 15000)),
        raw.form("AssumeRole", "2011-06-15", RoleArn=f"arn:aws:iam::{account.id}:role/none", RoleSessionName="session") + "&Tags.member.4294967295.Key=k&Tags.member.99999999999999999999.Value=v&Tags.member.0.Key=z&Tags.member.-1.Key=y",
        raw.form("UntagUser", "2010-05-08", UserName="admin") + "".join(f"&TagKeys.member.{n}=k" for n in range(20000)),
    ):
        began = time.monotonic()
        reply = raw.call(server, Forge(account.admin, service="iam" if "UntagUser" in body else "sts"), body)
        assert reply.status < 500 and time.monotonic() - began < 5, reply
    many = [("Host", "x")] + [(f"X-H{number}", "v") for number in range(10000)]
    heard = raw.speak(server.port, raw.request_bytes("GET", "/", many), wait_s=3)
    assert all(400 <= status < 500 for status in raw.statuses(heard)), heard
    heard = raw.speak(server.port, raw.request_bytes("GET", "/" + "a" * 100000, {"Host": "x"}), wait_s=3)
    assert all(400 <= status < 500 for status in raw.statuses(heard)), heard
    alive(account)


def mutations(seed: bytes, count: int):
    """The same request with bytes changed, dropped, doubled and cut."""
    number = zlib.crc32(seed)
    for _ in range(count):
        number = (number * 6364136223846793005 + 1442695040888963407) % 2**64
        at, kind = number % len(seed), (number >> 40) % 5
        yield {
            0: seed[:at] + bytes([(number >> 32) % 256]) + seed[at + 1 :],
            1: seed[:at] + seed[at + 1 + (number >> 48) % 8 :],
            2: seed[:at] + seed[at : at + 16] * 3 + seed[at:],
            3: seed[:at],
            4: seed[:at] + os.urandom(4) + seed[at:],
        }[kind]


def test_dos_05_malformed_requests_break_nothing(account):
    """Thousands of broken requests: the process lives, nothing answers 5xx, nothing panicked."""
    server = account.server
    body = WHO.encode()
    base = {"Host": f"127.0.0.1:{server.port}", "Content-Type": FORM}
    good = raw.request_bytes("POST", "/", list(raw.sign(Forge(account.admin), "POST", "/", "", base, body).items()) + [("Content-Length", str(len(body))), ("Connection", "close")], body)
    target = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSOrganizationsV20161128.ListAccounts"}
    listed = b'{"MaxResults": 5, "NextToken": "a\\u0041"}'
    other = raw.request_bytes("POST", "/", list(raw.sign(Forge(server.admin(), service="organizations"), "POST", "/", "", base | target, listed).items()) + [("Content-Length", str(len(listed))), ("Connection", "close")], listed)
    pid = server.process.pid

    def speak(data: bytes) -> bytes:
        return raw.speak(server.port, data, wait_s=0.5)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for heard in pool.map(speak, [mutant for seed in (good, other) for mutant in mutations(seed, 700)]):
            assert all(status < 500 for status in raw.statuses(heard)), heard
    assert server.is_up() and server.process.pid == pid
    assert "panicked" not in server.log()
    alive(account)


def test_dos_05_signed_bodies_that_are_nonsense(account):
    """Past authentication too: what a principal sends may be anything."""
    seed = raw.form("CreateRole", "2010-05-08", RoleName="r", Path="/x/", AssumeRolePolicyDocument=trust(account.id), Description="d", **{"Tags.member.1.Key": "k", "Tags.member.1.Value": "v"}).encode()
    for number, mutant in enumerate(mutations(seed, 250)):
        reply = raw.call(account.server, Forge(account.admin, service="iam"), mutant)
        assert reply.status < 500, (mutant, reply)
        if number % 50 == 0:
            account.server.trail.of(reply.request_id)
    assert "panicked" not in account.server.log()


def test_dos_09_compressed_bodies_are_refused(account):
    bomb = gzip.compress(b"a" * (32 << 20))
    before = resident_kib(account.server)
    for encoding, body in (("gzip", gzip.compress(WHO.encode())), ("gzip", bomb), ("deflate", zlib.compress(WHO.encode())), ("zstd", b"\x28\xb5\x2f\xfd" + bytes(64)), ("aws-chunked", WHO.encode()), ("br", b"\x00")):
        reply = raw.call(account.server, Forge(account.admin), body, headers={"Content-Encoding": encoding})
        assert 400 <= reply.status < 500, (encoding, reply)
    assert resident_kib(account.server) - before < 32 * 1024
    alive(account)


def test_a_server_that_stops_finishes_what_it_began(own_server):
    """SIGTERM under load: every answer that arrives is whole, the exit code is 0."""
    server = own_server().start()
    admin = server.admin()
    wrong: list = []
    stop = threading.Event()

    def work():
        while not stop.is_set():
            try:
                reply = raw.query(server, admin, "sts", "GetCallerIdentity")
                if reply.status != 200:
                    wrong.append(reply)
            except (OSError, ConnectionError):
                return
            except Exception as error:  # an answer that broke off in the middle
                if "IncompleteRead" in repr(error):
                    wrong.append(error)
                return

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    assert server.stop() == 0
    stop.set()
    for thread in threads:
        thread.join(10)
    assert not wrong, wrong[:3]
    assert server.said == [server.said[0]], "nothing but the ready line on standard output"


def test_settings_are_checked(tmp_path):
    config = tmp_path / "locum.toml"
    for text in ("nonsense = 1\n", "listen = 5\n", "[limits]\nbody_bytes = 1\n", "listen = "):
        config.write_text(text, encoding="utf-8")
        done = subprocess.run([binary(), "serve", "--config", str(config), "--data", str(tmp_path / "d")], capture_output=True, text=True, timeout=20, env=bare_environment(), stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 253, (text, done)
        assert "locum.toml" in done.stderr, done.stderr
    port = free_port()
    config.write_text(f'listen = "127.0.0.1:{port}"\n', encoding="utf-8")
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen([binary(), "serve", "--config", str(config), "--data", str(tmp_path / "d")], stdout=subprocess.PIPE, stderr=log, text=True, env=bare_environment())
    try:
        assert process.stdout.readline().split()[1] == f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()
