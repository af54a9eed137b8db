"""HAProxy's statistics, from the real HAProxy and from sockets that misbehave."""

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from porter.daemon import statistics
from porter.daemon.statistics import Statistics
from porter.spec import STATISTICS_VARIABLE
from tests.daemon.loopback import Service
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.slowness import slowness
from tests.harness.traces import until
from tests.host.real_proxy import get, proxy


def test_metrics_and_page_show_haproxys_servers(
    porterd: PorterdProcess, service: Service, tmp_path: Path
) -> None:
    with proxy(tmp_path, service.port) as port:
        porterd.environment[STATISTICS_VARIABLE] = str(tmp_path / "stats/stats.sock")
        porterd.watch_over(port)
        porterd.start()
        porterd.until_signal("sent")
        service.script = [404]
        assert get(port, "/missing") == 404
        time.sleep(statistics.FRESH_SECONDS)
        found = _metrics(porterd)
        assert found["porter_haproxy_up",] == 1
        assert found["porter_haproxy_server_responses_total", "web", "4xx"] == 1
        assert found["porter_haproxy_frontend_responses_total", "hello", "2xx"] >= 3
        assert found["porter_haproxy_server_ready", "web"] == 1
        assert "gets requests" in porterd.exchange("GET", "/")[2].decode()
    time.sleep(statistics.FRESH_SECONDS)
    assert _metrics(porterd)["porter_haproxy_up",] == 0
    assert ("porter_haproxy_server_ready", "web") not in _metrics(porterd)
    assert "statistics" in porterd.exchange("GET", "/")[2].decode()


def test_the_statistics_socket_changes_nothing(service: Service, tmp_path: Path) -> None:
    with proxy(tmp_path, service.port) as port:
        assert until((tmp_path / "stats/stats.sock").exists, 10)
        assert (tmp_path / "stats/stats.sock").stat().st_mode & 0o777 == 0o660
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "stats/stats.sock"))
            client.sendall(b"set server web/web state maint\n")
            assert b"Permission denied" in client.recv(4096)
        assert get(port, "/") == 200


def _metrics(porterd: PorterdProcess) -> dict[tuple[str, ...], float]:
    text = porterd.exchange("GET", "/metrics")[2].decode()
    return {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def _silence(_: socket.socket) -> None:
    time.sleep(3)


def _without_end(client: socket.socket) -> None:
    while True:
        client.sendall(b"x" * 65_536)


def _drops(client: socket.socket) -> None:
    for _ in range(40):
        client.sendall(b"#")
        time.sleep(0.1)


def _nonsense(client: socket.socket) -> None:
    client.sendall(b"# pxname,svname\nhello\n")


@pytest.mark.parametrize("act", [_silence, _without_end, _drops, _nonsense])
def test_an_answer_that_is_late_long_or_nonsense_is_a_problem(
    tmp_path: Path, act: Callable[[socket.socket], None]
) -> None:
    limit = 2 * slowness()
    with _answering(tmp_path / "stats.sock", act):
        began = time.monotonic()
        seen = Statistics(tmp_path / "stats.sock").read()
        assert time.monotonic() - began < limit
    assert seen.problem.startswith("HAProxy's statistics: ")
    assert not seen.servers


def test_haproxy_is_asked_once_a_second_however_many_ask_porterd(tmp_path: Path) -> None:
    asked: list[float] = []

    def count(client: socket.socket) -> None:
        asked.append(time.monotonic())
        _nonsense(client)

    with _answering(tmp_path / "stats.sock", count):
        shared = Statistics(tmp_path / "stats.sock")
        threads = [threading.Thread(target=shared.read) for _ in range(20)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert all(b - a >= statistics.FRESH_SECONDS for a, b in itertools.pairwise(asked))


@contextmanager
def _answering(path: Path, act: Callable[[socket.socket], None]) -> Iterator[None]:
    """Listen at `path`; each connection gets what `act` does, until either side closes."""

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                try:
                    client.recv(4096)
                    act(client)
                except OSError:
                    continue

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
    thread.join(10)
