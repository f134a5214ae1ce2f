"""A private certificate authority, made by the program openssl, and a front that ends TLS for AWS's own host names."""

import contextlib
import pathlib
import socket
import socketserver
import ssl
import subprocess
import threading

CONFIGURATION = """[req]
prompt = no
distinguished_name = name
x509_extensions = extensions
[name]
CN = {name}
[extensions]
basicConstraints = critical,CA:{is_authority}
{more}
"""
PUMPED_BYTES = 64 * 1024


class Authority:
    """A CA whose certificate is in the file `bundle`."""

    def __init__(self, folder: pathlib.Path, name: str = "private-ca"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.bundle, self._key = self._make(name, is_authority="TRUE", more="keyUsage = keyCertSign")

    def issue(self, name: str, *hosts: str) -> tuple[pathlib.Path, pathlib.Path]:
        """A certificate for these hosts, `IP:127.0.0.1` or `DNS:example.com`, and its key."""
        by = ["-CA", str(self.bundle), "-CAkey", str(self._key)]
        return self._make(name, *by, is_authority="FALSE", more=f"subjectAltName = {','.join(hosts)}")

    def _make(self, name: str, *args: str, is_authority: str, more: str) -> tuple[pathlib.Path, pathlib.Path]:
        configuration = self.folder / f"{name}.cnf"
        text = CONFIGURATION.format(name=name, is_authority=is_authority, more=more)
        configuration.write_text(text, encoding="utf-8")
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        words += ["-days", "2", "-config", str(configuration), "-out", str(certificate), "-keyout", str(key)]
        subprocess.run(words + list(args), check=True, capture_output=True, timeout=30)
        return certificate, key


class Front(socketserver.ThreadingTCPServer):
    """A proxy for CONNECT that shows a certificate for `amazonaws.com` and passes on to the services of a test:
    so a program that knows AWS's host names alone reaches them, unchanged."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, authority: Authority, s3_port: int, other_port: int):
        regional = "DNS:*.us-east-1.amazonaws.com"
        certificate, key = authority.issue("front", regional, "DNS:*.amazonaws.com", "DNS:*.s3.amazonaws.com")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.s3_port, self.other_port = s3_port, other_port
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Tunnel(socketserver.StreamRequestHandler):
    rbufsize = 0

    def handle(self):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.request.recv(1)
            if not byte:
                return
            head += byte
        method, target, _ = head.decode("latin-1").split(" ", 2)
        host = target.split(":")[0]
        if method != "CONNECT" or not host.endswith(".amazonaws.com"):
            self.request.sendall(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
            return
        self.request.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        is_s3 = any(label == "s3" or label.startswith("s3-") for label in host.split("."))
        port = self.server.s3_port if is_s3 else self.server.other_port
        with contextlib.suppress(OSError):
            with self.server.context.wrap_socket(self.request, server_side=True) as near:
                with socket.create_connection(("127.0.0.1", port)) as far:
                    back = threading.Thread(target=_pump, args=(far, near), daemon=True)
                    back.start()
                    _pump(near, far)
                    back.join(30)


def _pump(source, sink):
    """Passes bytes on until one side ends."""
    with contextlib.suppress(OSError):
        while data := source.recv(PUMPED_BYTES):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
