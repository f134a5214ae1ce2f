"""Signed requests made by hand, so that every part of them can be made wrong."""

import contextlib
import dataclasses
import datetime
import hashlib
import hmac
import http.client
import re
import socket
import time
import urllib.parse
import xml.etree.ElementTree

from .credentials import Credentials

AGENT = "locum-tests/1"
FORM = "application/x-www-form-urlencoded; charset=utf-8"
VERSIONS = {"sts": "2011-06-15", "iam": "2010-05-08"}


@dataclasses.dataclass
class Reply:
    """An answer, with what tests look at taken out of its body."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def code(self) -> str:
        """AWS's error code, or nothing."""
        return self._first(r"<Code>(.*?)</Code>", r'"__type"\s*:\s*"(?:[^"#]*#)?([^"]*)"', r'"Code"\s*:\s*"([^"]*)"')

    @property
    def message(self) -> str:
        """AWS's sentence, or nothing."""
        text = self._first(r"<Message>(.*?)</Message>", r'"[Mm]essage"\s*:\s*"((?:[^"\\]|\\.)*)"')
        for mark, plain in (("&quot;", '"'), ("&apos;", "'"), ("&#39;", "'"), ("&#34;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&#xA;", "\n"), ("&amp;", "&")):
            text = text.replace(mark, plain)
        return text

    @property
    def request_id(self) -> str:
        """The id that the trail knows the call by."""
        return self.headers.get("x-amzn-requestid", "")

    def value(self, name: str) -> str:
        """The text of the first XML element of that name."""
        return self._first(rf"<{name}>(.*?)</{name}>")

    def credentials(self) -> Credentials:
        """The session that was issued."""
        return Credentials(self.value("AccessKeyId"), self.value("SecretAccessKey"), self.value("SessionToken"))

    def tree(self) -> xml.etree.ElementTree.Element:
        """The body as XML; it has to be well formed."""
        return xml.etree.ElementTree.fromstring(self.body)

    def _first(self, *patterns: str) -> str:
        for pattern in patterns:
            found = re.search(pattern, self.body, re.DOTALL)
            if found:
                return found.group(1)
        return ""


@dataclasses.dataclass
class Forge:
    """What a signature is made of. Every field is right unless a test makes it wrong."""

    credentials: Credentials
    service: str = "sts"
    region: str = "us-east-1"
    at: float | None = None
    #: Seconds that the client's clock is off.
    off_s: float = 0
    algorithm: str = "AWS4-HMAC-SHA256"
    terminator: str = "aws4_request"
    #: The scope's date; the day of the request unless given.
    date: str | None = None
    #: The timestamp as sent; the moment of the request unless given.
    timestamp: str | None = None
    signed: list[str] | None = None
    sign_token: bool = True
    send_token: bool = True
    payload_hash: str | None = None
    signature: str | None = None
    extra: str = ""

    def moment(self) -> datetime.datetime:
        """The client's clock."""
        at = (time.time() if self.at is None else self.at) + self.off_s
        return datetime.datetime.fromtimestamp(at, datetime.timezone.utc)


def form(action: str, version: str | None = None, **parameters: str) -> str:
    """A query body. `Tags_member_1_Key` style is not needed: pass a dict by `**{…}`."""
    pairs = {"Action": action}
    if version is not None:
        pairs["Version"] = version
    pairs.update(parameters)
    return urllib.parse.urlencode(pairs)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _encode(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def canonical_query(query: str) -> str:
    """Names and values encoded anew, sorted."""
    pairs = []
    for piece in query.split("&") if query else []:
        name, _, value = piece.partition("=")
        pairs.append((_encode(urllib.parse.unquote(name)), _encode(urllib.parse.unquote(value))))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _signature(forge: Forge, stamp: str, date: str, canonical: str) -> str:
    scope = f"{date}/{forge.region}/{forge.service}/{forge.terminator}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{forge.algorithm}\n{stamp}\n{scope}\n{digest}"
    key = ("AWS4" + forge.credentials.secret).encode()
    for part in (date, forge.region, forge.service, forge.terminator):
        key = _hmac(key, part)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def sign(forge: Forge, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
    """The headers with the signature's added."""
    moment = forge.moment()
    stamp = forge.timestamp or moment.strftime("%Y%m%dT%H%M%SZ")
    date = forge.date or stamp[:8]
    token = forge.credentials.token
    out = dict(headers)
    out["X-Amz-Date"] = stamp
    if token and forge.send_token:
        out["X-Amz-Security-Token"] = token
    lower = {name.lower(): " ".join(value.split()) for name, value in out.items()}
    names = forge.signed
    if names is None:
        skip = {"user-agent", "connection", "accept"} | (set() if forge.sign_token else {"x-amz-security-token"})
        names = sorted(name for name in lower if name not in skip)
    payload = forge.payload_hash or hashlib.sha256(body).hexdigest()
    canonical = "\n".join(
        [method, urllib.parse.quote(path, safe="/-_.~"), canonical_query(query)]
        + [f"{name}:{lower.get(name, '')}" for name in names]
        + ["", ";".join(names), payload]
    )
    signature = forge.signature or _signature(forge, stamp, date, canonical)
    scope = f"{date}/{forge.region}/{forge.service}/{forge.terminator}"
    out["Authorization"] = (
        f"{forge.algorithm} Credential={forge.credentials.access_key_id}/{scope}, "
        f"SignedHeaders={';'.join(names)}, Signature={signature}{forge.extra}"
    )
    return out


def presign(forge: Forge, host: str, query: str, expires_s: int | str | None = 60, headers: dict[str, str] | None = None) -> str:
    """The query string of a presigned GET."""
    moment = forge.moment()
    stamp = forge.timestamp or moment.strftime("%Y%m%dT%H%M%SZ")
    date = forge.date or stamp[:8]
    scope = f"{date}/{forge.region}/{forge.service}/{forge.terminator}"
    signed = {"host": host} | {k.lower(): v for k, v in (headers or {}).items()}
    names = sorted(signed)
    pairs = [
        ("X-Amz-Algorithm", forge.algorithm),
        ("X-Amz-Credential", f"{forge.credentials.access_key_id}/{scope}"),
        ("X-Amz-Date", stamp),
        ("X-Amz-SignedHeaders", ";".join(names)),
    ]
    if expires_s is not None:
        pairs.append(("X-Amz-Expires", str(expires_s)))
    if forge.credentials.token and forge.send_token:
        pairs.append(("X-Amz-Security-Token", forge.credentials.token))
    whole = "&".join([query] + [f"{_encode(name)}={_encode(value)}" for name, value in pairs])
    canonical = "\n".join(
        ["GET", "/", canonical_query(whole)]
        + [f"{name}:{signed[name]}" for name in names]
        + ["", ";".join(names), hashlib.sha256(b"").hexdigest()]
    )
    return f"{whole}&X-Amz-Signature={_signature(forge, stamp, date, canonical)}"


def send(port: int, method: str, target: str, headers: dict[str, str], body: bytes = b"", timeout_s: float = 15) -> Reply:
    """One request on a connection of its own. Headers go out as given."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)) as connection:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body or method == "POST":
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        return Reply(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)


def call(server, forge: Forge, body: str | bytes, *, path: str = "/", query: str = "", headers: dict[str, str] | None = None, unsigned: dict[str, str] | None = None, sent_body: bytes | None = None) -> Reply:
    """Signs a POST and sends it. `unsigned` headers are added after signing; `sent_body` replaces what was signed."""
    payload = body.encode() if isinstance(body, str) else body
    base = {"Host": f"127.0.0.1:{server.port}", "User-Agent": AGENT, "Content-Type": FORM} | (headers or {})
    whole = sign(forge, "POST", path, query, base, payload) | (unsigned or {})
    target = path + ("?" + query if query else "")
    return send(server.port, "POST", target, whole, payload if sent_body is None else sent_body)


def query(server, credentials: Credentials, service: str, action: str, **parameters: str) -> Reply:
    """A right and well-signed call of a query service."""
    body = form(action, VERSIONS[service], **parameters)
    return call(server, Forge(credentials, service=service), body)


def json_call(server, credentials: Credentials, operation: str, body: str, **changes) -> Reply:
    """A signed Organizations call."""
    target = f"AWSOrganizationsV20161128.{operation}"
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    return call(server, Forge(credentials, service="organizations", **changes), body, headers=headers)


def speak(port: int, data: bytes, *, wait_s: float = 5, half_close: bool = True, size_max: int = 1 << 20) -> bytes:
    """Raw bytes on a socket; everything the server says until it closes or is silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as wire:
        heard = b""
        try:
            wire.sendall(data)
            if half_close:
                wire.shutdown(socket.SHUT_WR)
            while len(heard) < size_max:
                piece = wire.recv(65536)
                if not piece:
                    break
                heard += piece
        except (TimeoutError, ConnectionError, OSError):
            pass
        return heard


def request_bytes(method: str, target: str, headers: dict[str, str] | list[tuple[str, str]], body: bytes = b"") -> bytes:
    """An HTTP/1.1 request as bytes, with nothing added."""
    pairs = headers.items() if isinstance(headers, dict) else headers
    lines = [f"{method} {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in pairs]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def statuses(heard: bytes) -> list[int]:
    """The status of each answer in what a connection said."""
    return [int(found) for found in re.findall(rb"HTTP/1\.[01] (\d{3})", heard)]
