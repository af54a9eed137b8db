"""The generated haproxy.cfg under the real HAProxy."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.loopback import Service, ServiceHandler, running
from tests.harness.free_port import free_port
from tests.harness.slowness import slowness
from tests.host.real_proxy import ask, get, proxy, wait_until_it_logs


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service()
    with running(server):
        yield server


def test_service_that_does_not_listen_yet_is_a_503_at_once(tmp_path: Path) -> None:
    """HAProxy's retries, a second each, would delay the first health check."""
    with proxy(tmp_path, free_port()) as port:
        started = time.monotonic()
        assert get(port, "/") == 503
        assert time.monotonic() - started < 0.5 * slowness()


def test_requests_get_an_id_and_the_clients_address(tmp_path: Path, service: Service) -> None:
    with proxy(tmp_path, service.port) as port:
        assert get(port, "/") == 200
    headers = {name.lower(): value for name, value in service.requests[-1][1].items()}
    assert len(headers["x-request-id"]) == 36
    assert headers["x-forwarded-for"] == "127.0.0.1"


def test_the_load_balancers_x_forwarded_for_stays(tmp_path: Path, service: Service) -> None:
    with proxy(tmp_path, service.port) as port:
        get(port, "/", X_Forwarded_For="203.0.113.7", X_Request_ID="from-outside")
    headers = {name.lower(): value for name, value in service.requests[-1][1].items()}
    assert headers["x-forwarded-for"] == "203.0.113.7"
    assert headers["x-request-id"] == "from-outside"


def test_the_log_has_the_id_that_the_service_was_given(tmp_path: Path, service: Service) -> None:
    with proxy(tmp_path, service.port) as port:
        get(port, "/")
        get(port, "/", X_Request_ID="from-outside")
    given = [
        value
        for _, headers in service.requests
        for name, value in headers.items()
        if name.lower() == "x-request-id"
    ]
    assert re.findall(r" \{(\S+)\} ", (tmp_path / "log").read_text()) == given
    assert given[1] == "from-outside"


@pytest.mark.parametrize(("files", "least", "most"), [(20_000, 9_000, 10_000), (2_000, 900, 1_000)])
def test_connections_are_bounded_by_the_file_limit_whatever_it_is(
    tmp_path: Path, service: Service, files: int, least: int, most: int
) -> None:
    """A connection needs two files; HAProxy would not start with a larger maxconn."""
    with proxy(tmp_path, service.port, files=files):
        facts = dict(
            line.split(": ", 1) for line in ask(tmp_path, "show info").splitlines() if line
        )
    assert least < int(facts["Maxconn"]) < most


def test_the_admin_socket_is_roots_and_takes_orders(tmp_path: Path, service: Service) -> None:
    with proxy(tmp_path, service.port) as port:
        assert (tmp_path / "admin.sock").stat().st_mode & 0o777 == 0o600
        ask(tmp_path, "set server web/web state maint")
        assert get(port, "/") == 503
        ask(tmp_path, "set server web/web state ready")
        assert get(port, "/") == 200


@pytest.mark.parametrize("check", ["/health", '/it\'s?a="b"&c=%20\\'])
def test_only_failed_health_checks_are_logged(tmp_path: Path, service: Service, check: str) -> None:
    service.script = [200, 200, 500]
    with proxy(tmp_path, service.port, check) as port:
        assert [get(port, path) for path in (check, "/page", check)] == [200, 200, 500]
        wait_until_it_logs(tmp_path, " 500 ")
    log = (tmp_path / "log").read_text()
    assert re.findall(r" web/web \S+ (\d+) .*GET (/\w+)", log) == [
        ("200", "/page"),
        ("500", check[:3] if "it" in check else check),
    ]


def test_six_kilobytes_of_headers_pass_and_more_than_a_buffer_do_not(
    tmp_path: Path, service: Service
) -> None:
    class Wordy(ServiceHandler):
        def do_GET(self) -> None:  # noqa: N802 - http.server's name
            self.answer(200, b"hi", X_Words="w" * int(self.path[1:]))

    service.RequestHandlerClass = Wordy
    with proxy(tmp_path, service.port) as port:
        assert [get(port, f"/{size}") for size in (6_000, 14_000, 17_000)] == [200, 200, 502]


def test_head_and_get_and_http_1_0_reach_the_service_as_they_are(
    tmp_path: Path, service: Service
) -> None:
    class Old(ServiceHandler):
        protocol_version = "HTTP/1.0"

        def do_HEAD(self) -> None:  # noqa: N802 - http.server's name
            self.answer(405)

    service.RequestHandlerClass = Old
    with proxy(tmp_path, service.port) as port:
        assert get(port, "/health") == 200
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            client.sendall(b"HEAD /health HTTP/1.0\r\n\r\n")
            assert client.recv(4096).split(b" ", 2)[1] == b"405"


def test_a_web_socket_outlives_the_time_outs_of_http(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        echo = threading.Thread(target=_echo_after_upgrade, args=(listener,))
        echo.start()
        with (
            proxy(tmp_path, listener.getsockname()[1], impatient=True) as port,
            socket.create_connection(("127.0.0.1", port), timeout=30) as client,
        ):
            upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            client.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\n" + upgrade + key + b"\r\n")
            assert b" 101 " in client.recv(4096)
            time.sleep(2.5)
            client.sendall(b"still here")
            assert client.recv(4096) == b"still here"
        echo.join(5)


def _echo_after_upgrade(listener: socket.socket) -> None:
    """Handle one connection: accept the upgrade, then echo."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        accept = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
        upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\n" + upgrade + accept + b"\r\n")
        while data := connection.recv(4096):
            connection.sendall(data)
