"""The played load balancer speaks TLS to HTTPS target groups, without verifying certificates."""

from __future__ import annotations

import tempfile
import time
import urllib.request
from pathlib import Path

from porter.rehearsal.fleet.load_balancer import LoadBalancer
from porter.rehearsal.local import ports
from porter.rehearsal.machines.vpc import authority
from porter.spec import Secret, Tls
from tests.daemon.loopback import Service, running
from tests.host.real_proxy import proxy

GROUP = {
    "Protocol": "HTTPS",
    "HealthCheckPath": "/health",
    "HealthCheckIntervalSeconds": 5,
    "HealthyThresholdCount": 2,
}


def test_health_checks_and_requests_to_https_targets_use_tls(tmp_path: Path) -> None:
    names = {"certificate": tmp_path / "root.pem", "server": tmp_path / "certificate.pem"}
    authority.issue(["web.amazonaws.com"], **names)
    tls = Tls(certificate=Secret(store="secretsmanager", id="certificate"))
    [port] = ports.choose([80], set()).values()
    with (
        tempfile.TemporaryDirectory(prefix="lb") as folder,
        running(service := Service()),
        proxy(tmp_path, service.port, tls=tls) as target,
    ):
        balancer = LoadBalancer(Path(folder) / "lb", GROUP, port)
        try:
            balancer.start()
            balancer.add("i-0", "127.0.0.1", target)
            end = time.monotonic() + 10
            while not balancer.healthy() and time.monotonic() < end:
                balancer.look(set())
                time.sleep(0.05)
            with urllib.request.urlopen(balancer.url, timeout=5) as answer:
                assert answer.read() == b"hi"
        finally:
            balancer.stop()
