"""One porterd for all requests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.daemon.handing import told
from tests.daemon.loopback import Imds, Service, WaitHandle, running
from tests.daemon.porterd_process import PorterdProcess


@pytest.fixture(scope="module")
def porterd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PorterdProcess]:
    """Porterd on a host with two workloads, and without AWS."""
    service, handle, imds = Service(), WaitHandle(), Imds()
    with running(service), running(handle), running(imds):
        root = tmp_path_factory.mktemp("porterd")
        porterd = PorterdProcess(root, handle_url=handle.url, imds_url=imds.url)
        porterd.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
        told(porterd, "arn:aws:iam::123456789012:role/Service")
        try:
            porterd.start()
            yield porterd
        finally:
            porterd.sweep()
