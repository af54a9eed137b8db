"""A program that takes the service's port, or HAProxy's, does not make a deployment succeed."""

from __future__ import annotations

import os
import socket
from dataclasses import replace

import pytest

from porter.daemon.listeners import listeners
from porter.spec import HAPROXY_UNIT
from tests.daemon.crowd import NOBODY, served_by_nobody
from tests.daemon.fake_systemd import EXITED, ended
from tests.daemon.loopback import Service
from tests.daemon.porterd_process import WORKLOAD, PorterdProcess

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="another user needs root")

OTHER = 61_234


def test_the_service_answers_once_its_port_belongs_to_its_user(
    porterd: PorterdProcess, service: Service
) -> None:
    with served_by_nobody() as port:
        porterd.systemd.says(UID=OTHER)
        porterd.watch_over(service.port, workload=replace(WORKLOAD, port=port))
        _counts_once_owned(porterd, "porter-hello.service", port, "hello")


def test_haproxy_answers_once_its_port_belongs_to_its_user(porterd: PorterdProcess) -> None:
    with served_by_nobody() as port:
        porterd.systemd.says(HAPROXY_UNIT, UID=OTHER)
        porterd.watch_over(port)
        _counts_once_owned(porterd, HAPROXY_UNIT, port, "HAProxy")


def _counts_once_owned(porterd: PorterdProcess, unit: str, port: int, name: str) -> None:
    """A unit of another user has no success; then the unit gets the listener's user."""
    porterd.systemd.says("porter-thief.service", UID=NOBODY)
    porterd.start()
    porterd.until(lambda: porterd.service().get("last_check"))
    told = porterd.service()
    expected = (
        f"the user nobody (porter-thief.service) listens on 127.0.0.1:{port} in place of {name}"
    )
    assert told["last_check"]["problem"] == expected
    assert told["gate"]["consecutive"] == 0
    porterd.systemd.says(unit, UID=NOBODY)
    assert porterd.until_signal("sent")["signal"]["status"] == "SUCCESS"


@pytest.mark.parametrize(
    "down",
    [
        pytest.param({"ActiveState": "inactive", "SubState": "dead"}, id="stopped"),
        pytest.param({"ActiveState": "failed", "SubState": "failed"}, id="failed"),
        pytest.param(ended(EXITED, 0), id="before-a-restart"),
    ],
)
def test_an_answer_does_not_count_while_the_services_unit_is_down(
    porterd: PorterdProcess, service: Service, down: dict[str, object]
) -> None:
    with served_by_nobody() as port:
        porterd.systemd.says(**down)
        porterd.systemd.says("porter-thief.service", UID=NOBODY)
        porterd.watch_over(service.port, workload=replace(WORKLOAD, port=port))
        porterd.start()
        porterd.until(lambda: porterd.service().get("last_check"))
        told = porterd.service()
        assert told["last_check"]["problem"] == (
            f"hello is not running, but something answers on port {port}: "
            "the user nobody (porter-thief.service)"
        )
        assert told["gate"]["consecutive"] == 0
        porterd.systemd.says(UID=NOBODY)
        assert porterd.until_signal("sent")["signal"]["status"] == "SUCCESS"


def test_root_is_a_stranger_too_while_the_services_unit_is_down(
    porterd: PorterdProcess, service: Service
) -> None:
    """A container's port belongs to root, but not while its unit is down."""
    with served_by_nobody() as proxy:
        porterd.systemd.says(**ended(EXITED, 0))
        porterd.systemd.says(HAPROXY_UNIT, UID=NOBODY)
        porterd.watch_over(proxy, workload=replace(WORKLOAD, port=service.port))
        porterd.start()
        porterd.until(lambda: porterd.service().get("last_check"))
    expected = f"hello is not running, but something answers on port {service.port}: the user root"
    assert porterd.service()["last_check"]["problem"] == expected


def test_a_listener_on_ipv6_alone_is_no_stranger(porterd: PorterdProcess, service: Service) -> None:
    """The kernel's table does not show IPV6_V6ONLY; the service's own listener implies it."""
    with (
        served_by_nobody() as port,
        socket.create_server(("::", port), family=socket.AF_INET6) as other,
    ):
        assert other.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
        found = {one.address: one.on_loopback for one in listeners(port)}
        assert found == {f"127.0.0.1:{port}": True, f"[::]:{port}": False}
        porterd.systemd.says(UID=NOBODY)
        porterd.watch_over(service.port, workload=replace(WORKLOAD, port=port))
        porterd.start()
        assert porterd.until_signal("sent")["signal"]["status"] == "SUCCESS"


def test_a_listener_on_both_families_may_answer_on_loopback() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as other:
        port = other.getsockname()[1]
        assert [(one.address, one.on_loopback) for one in listeners(port)] == [
            (f"[::]:{port}", True)
        ]
