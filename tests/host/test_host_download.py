"""A package is downloaded completely and with its SHA-256, or not at all."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from porter.errors import HostFaultError, PorterError
from porter.host.agents.package import Download
from porter.host.core import download
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.spec import Package
from tests.booted.agent_packages import certificate

CONTENT = b"a package"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Packages(ThreadingHTTPServer):
    """A server that sends these statuses in turn, then the package."""

    statuses: tuple[int, ...] = ()
    asked = 0


class Answer(BaseHTTPRequestHandler):
    """The handler of `Packages`."""

    server: Packages

    def do_GET(self) -> None:
        number, self.server.asked = self.server.asked, self.server.asked + 1
        statuses = self.server.statuses
        self.send_response(statuses[number] if number < len(statuses) else 200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Packages]:
    certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "receiver.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "receiver.pem", tmp_path / "receiver.key")
    server = Packages(("localhost", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def package(server: Packages, sha256: str = SHA256) -> Package:
    url = f"https://localhost:{server.server_port}/uf.deb?token=secret"
    return Package(format="deb", sha256=sha256, url=url)


@pytest.mark.argument(
    "Package.from_url(url=...)", effect="the host fetches the package from this URL"
)
def test_a_package_comes_whole(packages: Packages, tmp_path: Path) -> None:
    target = tmp_path / "cache" / "uf.deb"
    download.download(package(packages), target, "eu-west-1")
    assert target.read_bytes() == CONTENT
    assert target.stat().st_mode & 0o777 == 0o644


def test_the_step_of_an_agent_brings_its_package(packages: Packages, tmp_path: Path) -> None:
    target = tmp_path / "cache" / "uf.deb"
    step = Download(package(packages), target, "eu-west-1")
    place = f"https://localhost:{packages.server_port}/uf.deb"
    assert step.title == f"download {place} to {target}"
    expected = {"step": "download", "from": place, "sha256": SHA256, "path": str(target)}
    assert step.as_json() == expected
    step.perform(Machine(Layout(tmp_path)))
    assert target.read_bytes() == CONTENT


@pytest.mark.argument("Package.from_url(sha256=...)", effect="other bytes are refused, at once")
def test_other_bytes_are_refused_at_once_and_leave_nothing(
    packages: Packages, tmp_path: Path
) -> None:
    target = tmp_path / "cache" / "uf.deb"
    with pytest.raises(PorterError, match=f"has the SHA-256 {SHA256}, and must have 0000") as told:
        download.download(package(packages, "0" * 64), target, "eu-west-1")
    assert packages.asked == 1
    assert not list(target.parent.iterdir())
    assert "secret" not in str(told.value)


def test_a_passing_error_is_tried_again(packages: Packages, tmp_path: Path) -> None:
    packages.statuses = (403, 503)
    download.download(package(packages), tmp_path / "uf.deb", "eu-west-1")
    assert packages.asked == 3


def test_a_lasting_error_is_the_reason(
    packages: Packages, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages.statuses = (403,) * 50
    monkeypatch.setattr(download, "PATIENCE", 1.0)
    place = f"https://localhost:{packages.server_port}/uf.deb"
    with pytest.raises(PorterError, match=f"{place}: could not be fetched: HTTP 403") as told:
        download.download(package(packages), tmp_path / "uf.deb", "eu-west-1")
    assert "role" in told.value.cure
    assert not isinstance(told.value, HostFaultError)


def test_a_server_that_does_not_listen_is_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PATIENCE", 0.0)
    gone = Package(format="deb", sha256=SHA256, url="https://127.0.0.1:9/uf.deb")
    with pytest.raises(HostFaultError, match=r"could not be fetched: .*refused"):
        download.download(gone, tmp_path / "uf.deb", "eu-west-1")
