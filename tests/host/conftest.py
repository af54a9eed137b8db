"""A host and its wait handle as fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.load_balancing import LoadBalancing
from tests.daemon.loopback import INSTANCE_ID, WaitHandle, running
from tests.host.fake_host import FakeHost, host_deployment, host_spec


@pytest.fixture
def fake_host(tmp_path: Path) -> FakeHost:
    """A host that has booted with the hello-world service, before its first apply."""
    root = tmp_path / "root"
    root.mkdir()
    host = FakeHost(root)
    host.install_systemctl()
    host.install_haproxy()
    host.boot(host_spec(), host_deployment())
    return host


@pytest.fixture
def handle() -> Iterator[WaitHandle]:
    """A wait handle of CloudFormation."""
    server = WaitHandle()
    with running(server):
        yield server


@pytest.fixture
def balancer() -> Iterator[LoadBalancing]:
    """A load balancer with this host as its target."""
    server = LoadBalancing()
    server.targets = {INSTANCE_ID}
    with running(server):
        yield server
