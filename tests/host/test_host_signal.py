"""`porter host signal`: an operator signals CloudFormation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.daemon.loopback import INSTANCE_ID, SECRET, Imds, WaitHandle, running
from tests.host.fake_host import FakeHost, host_deployment, host_spec


@pytest.fixture
def host(fake_host: FakeHost, handle: WaitHandle) -> Iterator[FakeHost]:
    """A booted host with metadata and its own wait handle."""
    fake_host.boot(host_spec(), host_deployment(handle_url=handle.url))
    imds = Imds()
    fake_host.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = imds.url
    with running(imds):
        yield fake_host


@pytest.mark.parametrize("status", ["success", "failure"])
def test_signal_sends_status_and_reason_with_this_hosts_id(
    host: FakeHost, handle: WaitHandle, status: str
) -> None:
    done = host.porter("host", "signal", status, "seen\nenough")
    (put,) = handle.puts
    assert put.signal == {
        "Status": status.upper(),
        "UniqueId": INSTANCE_ID,
        "Reason": "seen | enough",
        "Data": "",
    }
    assert (done.returncode, done.stdout) == (0, f"signaled {status.upper()} to CloudFormation\n")
    assert SECRET not in done.stdout + done.stderr


def test_signal_says_if_cloudformation_no_longer_waits(host: FakeHost, handle: WaitHandle) -> None:
    handle.script = [403]
    done = host.porter("host", "signal", "failure", "too late")
    assert done.stdout == "CloudFormation no longer waits for this host: nothing was signaled\n"


def test_without_a_wait_handle_signal_names_the_file(fake_host: FakeHost) -> None:
    (fake_host.root / "etc/porter/deployment.json").write_text("{}")
    done = fake_host.porter("host", "signal", "success", "fine")
    assert done.returncode == 1
    assert "contains no wait handle" in done.stderr
