"""Each piece of an answer arrives when the service sends it: server-sent events, small chunks."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from porter.rehearsal.fleet.load_balancer import LoadBalancer
from tests.daemon.loopback import Handler, Server, running
from tests.harness.free_port import free_port
from tests.harness.slowness import slowness
from tests.harness.traces import until
from tests.host.real_proxy import proxy

EVENTS = 20
PAUSE = 0.03
MOST_SECONDS = 0.005
HELD_BACK = 0.2
"""Seconds for which HAProxy holds back a piece without `option http-no-delay`, as measured."""
GROUP = {"HealthCheckPath": "/health", "HealthyThresholdCount": 2}

pytestmark = pytest.mark.timing


class Streaming(Handler):
    """A service that sends the time as an event, again and again."""

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        if self.path == "/health":
            self.answer(200)
            return
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for _ in range(EVENTS):
            event = f"data: {time.time()}\n\n"
            self.wfile.write(f"{len(event):x}\r\n{event}\r\n".encode())
            time.sleep(PAUSE)
        self.wfile.write(b"0\r\n\r\n")


@pytest.fixture
def service() -> Iterator[Server]:
    server = Server(Streaming)
    with running(server):
        yield server


@contextmanager
def balancer(folder: Path, target: int) -> Iterator[int]:
    """Run the load balancer of a rehearsal before the port `target`; yield its own port."""
    port = free_port()
    balancer = LoadBalancer(folder / "balancer", GROUP, port)

    def serves() -> bool:
        balancer.look(set())
        return bool(balancer.healthy())

    balancer.start()
    try:
        balancer.add("i-1", "127.0.0.1", target)
        assert until(serves, 20)
        yield port
    finally:
        balancer.stop()


def least_lag(port: int) -> float:
    """Return the least of three medians: another process may hold up one, HAProxy all."""
    return min(lag(port) for _ in range(3))


def lag(port: int) -> float:
    """Return the median of the seconds between an event and its arrival."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/events")
    response = connection.getresponse()
    late = []
    while line := response.readline():
        if line.strip():
            late.append(time.time() - float(line.split()[1]))
    connection.close()
    assert len(late) == EVENTS
    return statistics.median(late)


def test_events_pass_the_hosts_haproxy_and_the_load_balancer_at_once(
    tmp_path: Path, service: Server
) -> None:
    most = min(MOST_SECONDS * slowness(), HELD_BACK / 2)
    with proxy(tmp_path, service.port) as host:
        assert least_lag(host) < most
        with balancer(tmp_path, host) as port:
            assert least_lag(port) < 2 * most
