"""Each argument of `Http`, with real requests to the real HAProxy."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.spec import Http, Timeouts
from tests.daemon.loopback import Service, ServiceHandler, running
from tests.harness.free_port import free_port
from tests.harness.slowness import slowness
from tests.host.denied_paths import SPELLINGS
from tests.host.http_clients import h2_post, post, silence
from tests.host.real_proxy import get, proxy, wait_until_it_logs

LONG = b"a rather long text, again and again. " * 200


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service()
    server.RequestHandlerClass = Talkative
    with running(server):
        yield server


class Talkative(ServiceHandler):
    """A service with long answers, a version, uploads and delays."""

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        if self.path == "/slow":
            time.sleep(3)
        kind = "text/html" if self.path == "/page" else "image/png"
        self.answer(200, LONG, Content_Type=kind, X_Version="17")

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        length = int(self.headers["Content-Length"] or 0)
        self.server.requests.append((time.time(), dict(self.headers)))
        self.answer(200, str(len(self.rfile.read(length))).encode())


@pytest.mark.argument("Http(redirect_to_https=...)", "a request made without TLS is answered 308")
def test_a_request_made_without_tls_is_redirected(tmp_path: Path, service: Service) -> None:
    with proxy(tmp_path, service.port, http=Http(redirect_to_https=True)) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Host": "shop.example", "X-Forwarded-Proto": "http"}
        connection.request("GET", "/page?a=1", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Location"]) == (308, "https://shop.example/page?a=1")
        connection.close()
        assert get(port, "/page", X_Forwarded_Proto="https") == 200
        assert get(port, "/page") == 200, "checks come from porterd and the load balancer itself"


@pytest.mark.argument("Http(deny_sources=...)", "clients in these networks are answered 403")
def test_a_denied_source_is_known_by_the_load_balancers_word(
    tmp_path: Path, service: Service
) -> None:
    deny = Http(deny_sources=("203.0.113.0/24", "2001:db8::/32"))
    with proxy(tmp_path, service.port, http=deny) as port:
        for client in ("203.0.113.9", "2001:db8::1", "198.51.100.1, 203.0.113.9"):
            assert get(port, "/page", X_Forwarded_For=client) == 403, client
        for client in ("203.0.114.9", "2001:db9::1", "203.0.113.9, 198.51.100.1"):
            assert get(port, "/page", X_Forwarded_For=client) == 200, client
        assert get(port, "/page") == 200


@pytest.mark.argument("Http(deny_paths=...)", "these paths, and paths below them, are answered 403")
@pytest.mark.parametrize(("path", "status"), SPELLINGS)
def test_a_denied_path_is_denied_however_it_is_written(
    tmp_path: Path, service: Service, path: str, status: int
) -> None:
    with proxy(tmp_path, service.port, http=Http(deny_paths=("/admin", "/it's"))) as port:
        assert get(port, path) == status


@pytest.mark.argument("Http(compression=...)", "answers of these types are compressed")
def test_only_the_types_named_are_compressed_for_who_accepts_it(
    tmp_path: Path, service: Service
) -> None:
    def asked(port: int, path: str, accepted: str) -> tuple[str | None, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", path, headers={"Accept-Encoding": accepted})
        answer = connection.getresponse()
        try:
            return answer.headers["Content-Encoding"], answer.read()
        finally:
            connection.close()

    with proxy(tmp_path, service.port, http=Http(compression=("text/html",))) as port:
        encoding, body = asked(port, "/page", "gzip")
        assert encoding == "gzip"
        assert len(body) < len(LONG) / 5
        assert gzip.decompress(body) == LONG
        assert asked(port, "/page", "identity") == (None, LONG)
        assert asked(port, "/image", "gzip") == (None, LONG)


@pytest.mark.argument("Http(capture_request_headers=...)", "HAProxy logs the headers' values")
@pytest.mark.argument("Http(capture_response_headers=...)", "HAProxy logs the headers' values")
def test_captured_headers_are_logged(tmp_path: Path, service: Service) -> None:
    captures = Http(
        capture_request_headers=("User-Agent", "X-Tenant"), capture_response_headers=("X-Version",)
    )
    with proxy(tmp_path, service.port, http=captures) as port:
        get(port, "/page", User_Agent="tester/1", X_Tenant="blue")
        wait_until_it_logs(tmp_path, "/page")
    log = (tmp_path / "log").read_text()
    assert re.search(r"\{[0-9a-f-]{36}\|tester/1\|blue\} \{17\}", log), log


@pytest.mark.argument(
    "Http(max_body_bytes=...)", "a larger body is a 413, one of unknown length a 411"
)
def test_a_body_is_bounded_by_the_length_it_tells(tmp_path: Path, service: Service) -> None:
    with proxy(tmp_path, service.port, http=Http(max_body_bytes=1000)) as port:
        assert post(port, "Content-Length: 1000", b"x" * 1000) == 200
        assert post(port, "Content-Length: 1001", b"x" * 1001) == 413
        assert post(port, "Transfer-Encoding: chunked", b"1\r\nx\r\n0\r\n\r\n") == 411
        assert post(port, "Content-Length: 0", b"") == 200
        assert get(port, "/page") == 200
    assert len(service.requests) == 2


def test_a_body_may_be_forbidden_altogether(tmp_path: Path, service: Service) -> None:
    with proxy(tmp_path, service.port, http=Http(max_body_bytes=0)) as port:
        assert post(port, "Content-Length: 0", b"") == 200
        assert post(port, "Content-Length: 1", b"x") == 413


def test_a_body_in_http_2_may_not_hide_its_length(tmp_path: Path, service: Service) -> None:
    """A client can neither omit the length nor delay the body."""
    with proxy(tmp_path, service.port, http=Http(max_body_bytes=1000)) as port:
        assert [h2_post(port, pause) for pause in (0, 6)] == ["411", "408"]
    assert not service.requests


@pytest.mark.argument("Timeouts(http_request=...)", "an unfinished request is answered 408 in time")
@pytest.mark.argument("Timeouts(keep_alive=...)", "an idle connection is closed in time")
@pytest.mark.argument(
    "Timeouts(client=...)", "HAProxy gives up in time on a client that stops sending"
)
def test_silent_clients_are_given_up_each_in_its_time(tmp_path: Path, service: Service) -> None:
    patience = Timeouts(http_request=1, keep_alive=2, client=3)
    upload = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"
    with proxy(tmp_path, service.port, http=Http(timeouts=patience)) as port:
        assert 0.8 < silence(port, b"GET / HTTP/1.1\r\nHost:") < 1.8 * slowness()
        assert 1.8 < silence(port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n") < 2.8 * slowness()
        assert 2.8 < silence(port, upload) < 4.5 * slowness()


@pytest.mark.argument("Timeouts(server=...)", "a slower answer is a 504")
@pytest.mark.argument("Http(timeouts=...)", "HAProxy waits that long")
def test_a_slow_service_is_given_up(tmp_path: Path, service: Service) -> None:
    with proxy(tmp_path, service.port, http=Http(timeouts=Timeouts(server=1))) as port:
        started = time.monotonic()
        assert get(port, "/slow") == 504
        assert 0.8 < time.monotonic() - started < 2.5 * slowness()


@pytest.mark.argument(
    "Timeouts(connect=...)", "a service that accepts no connection is a 503 in time"
)
def test_a_service_that_takes_no_connection_is_given_up(tmp_path: Path) -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for client in (first, second):  # fill the queue
            client.setblocking(False)  # noqa: FBT003 - socket's own
            client.connect_ex(deaf.getsockname())
        time.sleep(0.1)
        timeouts = Http(timeouts=Timeouts(connect=1.5))
        with proxy(tmp_path, deaf.getsockname()[1], http=timeouts) as port:
            started = time.monotonic()
            assert get(port, "/") == 503
            assert 1.3 < time.monotonic() - started < 3 * slowness()


@pytest.mark.argument("Timeouts(tunnel=...)", "a silent WebSocket is closed in time")
def test_a_silent_web_socket_is_closed(tmp_path: Path, service: Service) -> None:
    class Upgrading(ServiceHandler):
        def do_GET(self) -> None:  # noqa: N802 - http.server's name
            self.send_response(101)
            self.send_header("Connection", "Upgrade")
            self.send_header("Upgrade", "websocket")
            self.send_header("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            self.end_headers()
            self.wfile.flush()
            self.rfile.read(1)

    service.RequestHandlerClass = Upgrading
    upgrade = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    upgrade += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    with proxy(tmp_path, service.port, http=Http(timeouts=Timeouts(tunnel=1))) as port:
        assert 0.8 < silence(port, upgrade) < 2.5 * slowness()


@pytest.mark.argument("Http(http2=...)", "HAProxy accepts HTTP/2, or not")
@pytest.mark.parametrize("http2", [True, False])
def test_http_2_is_spoken_or_not(tmp_path: Path, http2: bool) -> None:  # noqa: FBT001 - a parameter
    """The client has prior knowledge and no TLS (RFC 9113, 3.3)."""
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
    with (
        proxy(tmp_path, free_port(), http=Http(http2=http2)) as port,
        socket.create_connection(("127.0.0.1", port), timeout=30) as client,
    ):
        client.sendall(preface)
        settings = client.recv(65_536)[3:4] == b"\4"
        assert settings == http2
