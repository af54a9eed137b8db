"""A program that takes the service's port, or HAProxy's, does not make a deployment succeed."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from porter.spec import HAPROXY_UNIT
from tests.daemon.crowd import NOBODY, served_by_nobody
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
    porterd.start()
    porterd.until(lambda: porterd.service().get("last_check"))
    told = porterd.service()
    expected = f"the user nobody listens on 127.0.0.1:{port} in place of {name}"
    assert told["last_check"]["problem"] == expected
    assert told["gate"]["consecutive"] == 0
    porterd.systemd.says(unit, UID=NOBODY)
    assert porterd.until_signal("sent")["signal"]["status"] == "SUCCESS"


def test_a_unit_that_is_down_has_no_user_to_compare(
    porterd: PorterdProcess, service: Service
) -> None:
    with served_by_nobody() as port:
        porterd.watch_over(service.port, workload=replace(WORKLOAD, port=port))
        porterd.start()
        assert porterd.until_signal("sent")["signal"]["status"] == "SUCCESS"
