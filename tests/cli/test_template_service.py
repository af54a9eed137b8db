"""The template's service, started as a host starts it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from porter.cli.scaffold import template_folder
from tests.harness.free_port import free_port
from tests.harness.traces import until


class FakePorterd(BaseHTTPRequestHandler):
    """A porterd that answers /v1/identity once the server's `gate` is open."""

    def do_GET(self) -> None:
        """Answer when the gate is open."""
        self.server.asked.append(self.path)
        self.server.gate.wait(10)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"region": "eu-west-1", "instance_id": "i-<1>"}).encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def porterd() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakePorterd)
    server.asked, server.gate = [], threading.Event()
    server.gate.set()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Service:
    """`service/main.py` on a free port."""

    def __init__(self, porterd_url: str) -> None:
        self.port = free_port()
        variables = {"PORT": str(self.port), "PORTERD_URL": porterd_url, "PATH": os.defpath}
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "main.py"],
            cwd=template_folder() / "service",
            env=variables,
            stderr=subprocess.DEVNULL,
        )
        if not until(self._listens, 20):
            self.process.kill()
            raise TimeoutError("the service never listened")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def get(self, path: str) -> str:
        """Return the body of one answer."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.read().decode()


@pytest.fixture
def service(porterd: ThreadingHTTPServer) -> Iterator[Service]:
    service = Service(f"http://127.0.0.1:{porterd.server_port}")
    yield service
    service.process.kill()
    service.process.wait(20)


def test_the_front_page_shows_region_and_instance(
    service: Service, porterd: ThreadingHTTPServer
) -> None:
    page = service.get("/")
    assert "<dd>eu-west-1</dd>" in page
    assert "<dd>i-&lt;1&gt;</dd>" in page, "what others say is escaped"
    assert porterd.asked == ["/v1/identity"]


def test_the_health_check_works_without_porterd(
    service: Service, porterd: ThreadingHTTPServer
) -> None:
    assert service.get("/health?deep=no") == "healthy\n"
    assert porterd.asked == []


def test_anything_else_is_not_found(service: Service) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        service.get("/nothing")


def test_the_front_page_works_without_porterd() -> None:
    service = Service("http://127.0.0.1:9")
    try:
        assert "<dd>unknown</dd>" in service.get("/")
    finally:
        service.process.kill()
        service.process.wait(20)


def test_a_burst_of_requests_waits_while_the_service_is_busy(service: Service) -> None:
    """HAProxy answers 503 for a connection that the service's queue has no place for."""
    service.process.send_signal(signal.SIGSTOP)
    with ExitStack() as clients:
        for _ in range(100):
            client = socket.create_connection(("127.0.0.1", service.port), timeout=0.9)
            clients.enter_context(client)
        service.process.send_signal(signal.SIGCONT)
        client.settimeout(30)
        client.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        assert client.recv(12).endswith(b" 200")


def test_sigterm_finishes_running_requests(service: Service, porterd: ThreadingHTTPServer) -> None:
    porterd.gate.clear()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    connection.request("GET", "/")
    while not porterd.asked:
        time.sleep(0.01)
    service.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    porterd.gate.set()
    assert connection.getresponse().status == 200
    connection.close()
    assert service.process.wait(20) == 0
