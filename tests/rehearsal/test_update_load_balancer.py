"""The targets that get requests from the load balancer of a rehearsal, and when."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from porter.rehearsal.fleet.load_balancer import LoadBalancer
from porter.rehearsal.local import ports
from porter.rehearsal.story.prober import probing
from tests.harness.free_port import free_port
from tests.harness.traces import until

PATH = "/health?a=1&it's=$5"
GROUP = {
    "HealthCheckPath": PATH,
    "HealthCheckIntervalSeconds": 5,
    "HealthCheckTimeoutSeconds": 3,
    "HealthyThresholdCount": 3,
    "UnhealthyThresholdCount": 2,
    "Matcher": {"HttpCode": "200"},
}


class _Service:
    """A target that answers its name; tests change `healthy` and `gate`."""

    def __init__(self, name: str, *, healthy: bool) -> None:
        self.healthy = healthy
        self.checked: tuple[str, str] | None = None
        self.gate = threading.Event()
        self.gate.set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                checked = self.path == PATH
                if checked:
                    service.checked = (self.headers["Host"], self.headers["User-Agent"])
                if not checked:
                    service.gate.wait(10)
                self.send_response(200 if service.healthy or not checked else 503)
                self.send_header("Content-Length", str(len(name)))
                self.end_headers()
                self.wfile.write(name.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.port: int = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def balancer() -> Iterator[LoadBalancer]:
    """A load balancer without targets."""
    with tempfile.TemporaryDirectory(prefix="lb") as folder:
        port = free_port()
        balancer = LoadBalancer(Path(folder) / "lb", GROUP, port)
        try:
            balancer.start()
            yield balancer
        finally:
            balancer.stop()


@pytest.fixture
def service() -> Iterator[Callable[..., _Service]]:
    """Start services that end with the test."""
    made: list[_Service] = []

    def make(name: str, *, healthy: bool = True) -> _Service:
        made.append(_Service(name, healthy=healthy))
        return made[-1]

    yield make
    for one in made:
        one.close()


def _get(balancer: LoadBalancer) -> tuple[int, str]:
    url = urlsplit(balancer.url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=30)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def _until(balancer: LoadBalancer, healthy: set[str], leaving: set[str] | None = None) -> float:
    """Wait until exactly `healthy` get requests; return the seconds that took."""
    began = time.monotonic()

    def only_they() -> bool:
        balancer.look(leaving or set())
        return balancer.healthy() == healthy

    assert until(only_they, 10), balancer.healthy()
    return time.monotonic() - began


def test_without_a_healthy_target_the_answer_is_503(
    balancer: LoadBalancer, service: Callable[..., _Service]
) -> None:
    assert _get(balancer)[0] == 503
    balancer.add("a", "127.0.0.1", service("a", healthy=False).port)
    time.sleep(1)
    balancer.look(set())
    assert _get(balancer)[0] == 503


def test_a_request_that_a_target_lost_is_logged_with_its_target(
    balancer: LoadBalancer, service: Callable[..., _Service]
) -> None:
    """Requests that succeed are not logged."""
    a = service("a")
    balancer.add("a", "127.0.0.1", a.port)
    _until(balancer, {"a"})
    assert _get(balancer) == (200, "a")
    a.close()
    assert _get(balancer)[0] == 503
    log = balancer._folder / "haproxy.log"
    requests = re.compile(r" targets/(\S+) \S+ (\d+) .*GET / HTTP")
    assert until(lambda: requests.findall(log.read_text()) == [("a", "503")], 5), log.read_text()


def test_a_target_that_turns_healthy_gets_requests_after_its_threshold(
    balancer: LoadBalancer, service: Callable[..., _Service]
) -> None:
    a = service("a", healthy=False)
    balancer.add("a", "127.0.0.1", a.port)
    time.sleep(0.7)  # at least two failed checks
    a.healthy = True
    assert _until(balancer, {"a"}) > 0.4  # three checks, 0.25 s apart
    assert a.checked == (f"127.0.0.1:{a.port}", "ELB-HealthChecker/2.0")
    assert _get(balancer) == (200, "a")


def test_a_target_that_turns_unhealthy_gets_no_more_requests(
    balancer: LoadBalancer, service: Callable[..., _Service]
) -> None:
    a, b = service("a"), service("b")
    balancer.add("a", "127.0.0.1", a.port)
    balancer.add("b", "127.0.0.1", b.port)
    _until(balancer, {"a", "b"})
    a.healthy = False
    _until(balancer, {"b"})
    assert {_get(balancer) for _ in range(4)} == {(200, "b")}


def test_a_draining_target_finishes_its_requests_and_gets_no_new_ones(
    balancer: LoadBalancer, service: Callable[..., _Service]
) -> None:
    a, b = service("a"), service("b")
    balancer.add("a", "127.0.0.1", a.port)
    _until(balancer, {"a"})
    a.gate.clear()
    answered: list[tuple[int, str]] = []
    slow = threading.Thread(target=lambda: answered.append(_get(balancer)))
    slow.start()
    while not balancer.busy("a"):
        time.sleep(0.01)
    balancer.add("b", "127.0.0.1", b.port)
    _until(balancer, {"a", "b"})

    balancer.drain("a")
    _until(balancer, {"b"}, leaving={"a"})
    assert {_get(balancer) for _ in range(4)} == {(200, "b")}
    assert balancer.busy("a")
    a.gate.set()
    slow.join(10)
    assert answered == [(200, "a")]
    balancer.remove("a")
    assert balancer.healthy() == {"b"}


def test_targets_come_and_go_without_a_failed_request(
    balancer: LoadBalancer, service: Callable[..., _Service]
) -> None:
    balancer.add("0", "127.0.0.1", service("0").port)
    _until(balancer, {"0"})
    with probing([balancer.url]) as requests:
        for number in range(1, 6):
            new, old = str(number), str(number - 1)
            balancer.add(new, "127.0.0.1", service(new).port)
            _until(balancer, {old, new})
            balancer.drain(old)
            _until(balancer, {new}, leaving={old})
            while balancer.busy(old):
                time.sleep(0.01)
            balancer.remove(old)
        time.sleep(0.5)
    assert requests.made > 40
    assert requests.failures == []


def test_the_prober_counts_what_fails_and_keeps_the_first_failures(balancer: LoadBalancer) -> None:
    with probing([balancer.url]) as requests:
        assert until(lambda: requests.failed > 10, 5)
    assert requests.made == requests.failed
    assert len(requests.failures) == 5
    assert "answered 503" in requests.failures[0]


KILLED = """
import os, pathlib, signal, sys
from porter.rehearsal.fleet.load_balancer import LoadBalancer
LoadBalancer(pathlib.Path(sys.argv[1]), {}, int(sys.argv[2])).start()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_load_balancer_ends_with_a_killed_rehearsal() -> None:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="lb") as folder:
        command = [sys.executable, "-c", KILLED, f"{folder}/lb", str(port)]
        ended = subprocess.run(command, capture_output=True, check=False, timeout=30)
        assert ended.returncode == -9, ended.stderr
        assert until(lambda: ports.is_free(port), 10)
