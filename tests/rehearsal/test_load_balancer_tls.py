"""The played load balancer speaks TLS to HTTPS target groups, without verifying certificates."""

from __future__ import annotations

import tempfile
import urllib.request
from pathlib import Path

from porter.rehearsal.fleet.load_balancer import LoadBalancer
from porter.rehearsal.machines.vpc import authority
from porter.spec import Secret, Tls
from tests.daemon.loopback import Service, running
from tests.harness.free_port import free_port
from tests.harness.traces import until
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
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="lb") as folder,
        running(service := Service()),
        proxy(tmp_path, service.port, tls=tls) as target,
    ):
        balancer = LoadBalancer(Path(folder) / "lb", GROUP, port)

        def healthy() -> bool:
            balancer.look(set())
            return bool(balancer.healthy())

        try:
            balancer.start()
            balancer.add("i-0", "127.0.0.1", target)
            assert until(healthy, 10)
            with urllib.request.urlopen(balancer.url, timeout=30) as answer:
                assert answer.read() == b"hi"
        finally:
            balancer.stop()
