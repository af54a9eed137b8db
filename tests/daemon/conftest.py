"""Fixtures: porterd and the services around it; no log may contain a secret."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.aws.leases import LeaseTable
from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.emulator import Emulator
from tests.daemon.auto_scaling import Aws
from tests.daemon.loopback import SECRET, Imds, Service, WaitHandle, running
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.leases import HOME, lease_table


@pytest.fixture
def service() -> Iterator[Service]:
    """A healthy service behind HAProxy."""
    server = Service()
    with running(server):
        yield server


@pytest.fixture
def handle() -> Iterator[WaitHandle]:
    """A wait handle that accepts."""
    server = WaitHandle()
    with running(server):
        yield server


@pytest.fixture
def aws() -> Iterator[Aws]:
    """Auto Scaling, whose group waits for this host, and Elastic Load Balancing."""
    with running(server := Aws()):
        yield server


@pytest.fixture
def table(emulator: Emulator) -> Iterator[LeaseTable]:
    """The leases of the stack; there are none yet."""
    with lease_table(clients(HOME, emulator.endpoint)) as there:
        yield there


@pytest.fixture
def porterd(tmp_path: Path, handle: WaitHandle, imds: Imds) -> Iterator[PorterdProcess]:
    """Porterd's folders and credentials; the test chooses the service and starts porterd."""
    process = PorterdProcess(tmp_path, handle_url=handle.url, imds_url=imds.url)
    try:
        yield process
    finally:
        process.sweep()
    assert SECRET not in process.log, "the handle's URL is in the log"
    assert not process.systemd.refused


@pytest.fixture
def serving(porterd: PorterdProcess, service: Service) -> PorterdProcess:
    """Porterd beside a healthy service, after its signal."""
    porterd.watch_over(service.port)
    porterd.start()
    porterd.until_signal("sent")
    return porterd
