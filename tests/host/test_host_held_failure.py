"""A fault that one host may have alone ends no release that has spare hosts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.daemon.loopback import Imds, WaitHandle, running
from tests.harness.traces import until
from tests.host.fake_host import FakeHost, host_deployment, host_spec

TIMEOUT = 24
"""In seconds. A host launched long ago counts as launched half of it ago, and gives up at 18 s."""

HELD = "since the release has spare hosts"
FULL = "mount -t tmpfs -o size=4k none $0 && exec $@"
"""A disk that has room for one page."""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a full disk")


@contextmanager
def applying(
    host: FakeHost, handle: WaitHandle, *, spare: bool
) -> Iterator[subprocess.Popen[bytes]]:
    """Run an apply whose disk is full; what it prints is in the file `said`."""
    spec = host_spec(spare_hosts=spare, timeout_seconds=TIMEOUT)
    host.boot(spec, host_deployment(handle_url=handle.url))
    units = host.root / "etc/systemd/system"
    units.mkdir(parents=True, exist_ok=True)
    imds = Imds()
    told = {"PORTER_ROOT": str(host.root), "AWS_EC2_METADATA_SERVICE_ENDPOINT": imds.url}
    apply = [sys.executable, "-m", "porter", "host", "apply"]
    with running(imds), said(host).open("wb") as file:
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", FULL, str(units), *apply],
            env={**os.environ, **told},
            stdout=file,
            stderr=file,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)


def said(host: FakeHost) -> Path:
    return host.root / "said"


def test_it_is_reported_when_porterd_would_give_up_too(
    fake_host: FakeHost, handle: WaitHandle
) -> None:
    with applying(fake_host, handle, spare=True) as process:
        assert until(lambda: HELD in said(fake_host).read_text(), 60.0)
        assert not handle.puts
        assert process.wait(60) == 1
    (put,) = handle.puts
    assert put.signal["Status"] == "FAILURE"
    assert "No space left on device" in put.signal["Reason"]


def test_without_spare_hosts_it_is_reported_at_once(
    fake_host: FakeHost, handle: WaitHandle
) -> None:
    with applying(fake_host, handle, spare=False) as process:
        assert process.wait(60) == 1
    assert "No space left on device" in handle.puts[0].signal["Reason"]
    assert HELD not in said(fake_host).read_text()


def test_it_is_not_reported_once_porterd_serves(fake_host: FakeHost, handle: WaitHandle) -> None:
    """Somebody freed the disk, and ran another apply."""
    with applying(fake_host, handle, spare=True) as process:
        assert until(lambda: HELD in said(fake_host).read_text(), 60.0)
        unit = fake_host.root / "usr/lib/systemd/system/porterd.service"
        unit.parent.mkdir(parents=True)
        unit.touch()
        (fake_host.root / "systemd/active-porterd.service").touch()
        assert process.wait(60) == 1
    assert not handle.puts


def test_a_fault_that_every_host_has_is_reported_at_once(
    fake_host: FakeHost, handle: WaitHandle
) -> None:
    spec = host_spec(spare_hosts=True, timeout_seconds=TIMEOUT)
    fake_host.boot(spec, host_deployment(handle_url=handle.url))
    fake_host.fail("start", "porter-web.service")
    imds = Imds()
    fake_host.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = imds.url
    with running(imds):
        done = fake_host.porter("host", "apply")
    assert done.returncode == 1
    assert HELD not in done.stderr
    assert len(handle.puts) == 1
