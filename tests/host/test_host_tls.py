"""Each argument of `Tls` with the real HAProxy, and porterd's checks by TLS."""

from __future__ import annotations

import http.client
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from porter.aws import exchange
from porter.errors import PorterError
from porter.host.secrets.certificate import certificate_file, check
from porter.rehearsal.machines.vpc import authority
from porter.spec import Http, Proxy, Secret, Tls
from tests.daemon.loopback import Service, running
from tests.harness.free_port import free_port
from tests.harness.slowness import slowness
from tests.host.fake_host import FakeHost, host_deployment, host_spec
from tests.host.goals import goal_of
from tests.host.real_proxy import proxy

CERTIFICATE = Secret(store="secretsmanager", id="certificate")
KEY = Secret(store="ssm", id="key")
TLS = Tls(certificate=CERTIFICATE)


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service()
    with running(server):
        yield server


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A certificate and its key."""
    folder = tmp_path_factory.mktemp("authority")
    file = folder / "server.pem"
    authority.issue(["web.amazonaws.com"], certificate=folder / "root.pem", server=file)
    return file.read_bytes()


@pytest.fixture
def folder(tmp_path: Path, pem: bytes) -> Path:
    """The folder with HAProxy's certificate."""
    (tmp_path / "certificate.pem").write_bytes(pem)
    return tmp_path


def greeted(
    port: int, *offered: str, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLSocket:
    """Make a TLS connection whose client offers these protocols."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = newest
    context.set_alpn_protocols(offered)
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30))


@pytest.mark.argument("Tls(certificate=...)", "HAProxy uses the certificate, with TLS 1.2 or newer")
@pytest.mark.argument("PorterService(tls=...)", "HAProxy speaks TLS, and nothing else, on its port")
def test_haproxy_answers_with_the_certificate(folder: Path, service: Service, pem: bytes) -> None:
    with proxy(folder, service.port, tls=TLS) as port:
        with greeted(port, newest=ssl.TLSVersion.TLSv1_2) as client:
            shown = ssl.DER_cert_to_PEM_cert(client.getpeercert(binary_form=True) or b"")
            assert shown.encode().strip() in pem
            name, version, _ = client.cipher() or ("", "", 0)
            assert version == "TLSv1.2"
            assert name.startswith("ECDHE-")
        with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert not plain.recv(4096).startswith(b"HTTP/1.1 200")


@pytest.mark.argument("Tls(min_version=...)", "older versions are refused")
def test_versions_that_are_too_old_are_refused(folder: Path, service: Service) -> None:
    with proxy(folder, service.port, tls=replace(TLS, min_version="1.3")) as port:
        with greeted(port) as client:
            assert client.version() == "TLSv1.3"
        with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
            greeted(port, newest=ssl.TLSVersion.TLSv1_2)


@pytest.mark.argument("Http(http2=...)", "with TLS, HAProxy offers HTTP/2, or not (ALPN)")
@pytest.mark.parametrize(("http2", "chosen"), [(True, "h2"), (False, "http/1.1")])
def test_http_2_is_offered_or_not(
    folder: Path, service: Service, *, http2: bool, chosen: str
) -> None:
    with (
        proxy(folder, service.port, tls=TLS, http=Http(http2=http2)) as port,
        greeted(port, "h2", "http/1.1") as client,
    ):
        assert client.selected_alpn_protocol() == chosen


@pytest.mark.argument("Http(redirect_to_https=...)", "with TLS, port 80 answers nothing but a 308")
def test_the_port_beside_it_only_redirects(folder: Path, service: Service) -> None:
    beside = free_port()
    with proxy(folder, service.port, tls=TLS, redirect_port=beside):
        connection = http.client.HTTPConnection("127.0.0.1", beside, timeout=30)
        connection.request("GET", "/page", headers={"Host": "shop.example"})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (308, "https://shop.example/page")
        connection.close()
    assert not service.requests


def test_porterd_asks_by_tls_whoever_the_certificate_is_for(folder: Path, service: Service) -> None:
    with proxy(folder, service.port, tls=TLS) as port:
        response, body = exchange.get(port, "/health", 5, tls=True)
    assert (response.status, body) == (200, b"hi")


def test_porterds_time_out_bounds_the_handshake_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(OSError, match="timed out"):
            exchange.get(silent.getsockname()[1], "/", 0.5, tls=True)
        assert time.monotonic() - started < 2 * slowness()


def file_of(tls: Tls, certificate: bytes, key: bytes = b"") -> bytes:
    """Return the file with certificate and key, from secrets with these values."""
    values = {CERTIFICATE: certificate.decode(), KEY: key.decode()}
    goal = replace(goal_of(host_spec(proxy=Proxy(workload="web", tls=tls))), secrets=values)
    file = certificate_file(goal)
    assert file is not None
    assert file.mode == 0o600
    return file.content


@pytest.mark.argument("Tls(private_key=...)", "the key may be in a secret of its own")
def test_certificate_and_key_may_be_two_secrets(pem: bytes) -> None:
    start = pem.index(b"-----BEGIN PRIVATE KEY")
    together = file_of(TLS, pem)
    apart = Tls(certificate=CERTIFICATE, private_key=KEY)
    assert file_of(apart, pem[:start], pem[start:]) == together


BROKEN = {
    "no certificate": "there is no certificate",
    "no key": "there is no private key",
    "a password": "the key has a password",
    "an old password": "the key has a password",
    "another's key": "key values mismatch",
    "damaged": "",  # OpenSSL's own message
}


def broken_by(how: str, pem: bytes, folder: Path) -> bytes:
    """Return `pem` with this fault."""
    start = pem.index(b"-----BEGIN PRIVATE KEY")
    certificate, key = pem[:start], pem[start:]
    if how == "no certificate":
        return key
    if how == "another's key":
        server = folder / "other.pem"
        authority.issue(["a.amazonaws.com"], certificate=folder / "root.pem", server=server)
        key = server.read_bytes().partition(b"-----END CERTIFICATE-----\n")[2]
    elif "password" in how:
        old = ["-traditional"] if how == "an old password" else []
        locked = ["openssl", "pkey", "-aes128", "-passout", "pass:x", *old]
        key = subprocess.run(locked, input=key, capture_output=True, check=True, timeout=20).stdout
    else:
        key = key[:40] if how == "damaged" else b""
    return certificate + key


@pytest.mark.parametrize("how", BROKEN)
def test_what_haproxy_could_not_use_is_refused_and_not_shown(
    pem: bytes, tmp_path: Path, how: str
) -> None:
    broken = broken_by(how, pem, tmp_path)
    with pytest.raises(PorterError) as refusal:
        check(file_of(TLS, broken))
    said = f"is no certificate with its private key: {BROKEN[how]}"
    assert refusal.value.where == "proxy/tls"
    assert refusal.value.what.startswith(said)
    lines = filter(None, broken.decode().splitlines())
    assert not [line for line in lines if line in str(refusal.value)]


def test_a_proxy_without_tls_any_more_leaves_no_key(fake_host: FakeHost) -> None:
    fake_host.boot(host_spec(), host_deployment())
    fake_host.apply()
    key = fake_host.root / "run/porter/haproxy.pem"
    key.write_text("of before")
    assert f"remove {key}" in fake_host.apply()
    assert not key.exists()
    assert fake_host.apply() == "nothing to do\n"
