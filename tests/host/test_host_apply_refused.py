"""`porter host apply` refuses an invalid specification before it changes anything."""

from __future__ import annotations

import fcntl
import json
import threading
import time

import pytest

from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from tests.daemon.loopback import WaitHandle
from tests.host.fake_host import FakeHost, host_deployment, host_spec


def test_without_haproxy_below_another_root_nothing_is_installed(fake_host: FakeHost) -> None:
    (fake_host.root / "usr/sbin/haproxy").unlink()
    done = fake_host.porter("host", "apply", "--dry-run")
    assert done.returncode == 1
    assert "phase haproxy" in done.stderr
    assert "porter installs packages only if the root is /" in done.stderr


@pytest.mark.parametrize(
    "command", ["apply", "apply --dry-run", "show", "secrets", "signal failure reason"]
)
def test_on_a_machine_that_is_no_host_every_command_says_so(
    fake_host: FakeHost, command: str
) -> None:
    path = fake_host.root / "etc/porter/deployment.json"
    path.unlink()
    done = fake_host.porter("host", *command.split())
    assert (done.returncode, done.stdout) == (1, "")
    assert str(path) in done.stderr
    assert done.stderr.startswith("porter: error: this machine is not a host of porter")
    assert not (fake_host.root / "run/porter").exists(), "it is somebody's own machine"


def test_deployment_of_another_schema_is_refused(fake_host: FakeHost) -> None:
    path = fake_host.root / "etc/porter/deployment.json"
    path.write_text(json.dumps({"schema": 999, "something": "new"}))
    done = fake_host.porter("host", "apply", "--dry-run")
    assert done.returncode == 1
    assert "version 999, this porter speaks version 1" in done.stderr


def test_two_applies_do_not_run_at_once(fake_host: FakeHost) -> None:
    lock = fake_host.root / "run/porter/apply.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = fake_host.porter("host", "apply")
    assert done.returncode == 1
    assert "another `porter host apply` is running" in done.stderr
    assert fake_host.calls() == []


def test_an_apply_waits_for_a_restart_of_an_unhealthy_program(
    fake_host: FakeHost, handle: WaitHandle
) -> None:
    fake_host.boot(host_spec(), host_deployment(handle_url=handle.url))
    lock = fake_host.root / "run/porter/apply.lock"
    lock.parent.mkdir(parents=True)
    machine = Machine(Layout(fake_host.root))
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        ended = threading.Timer(1, fcntl.flock, (held, fcntl.LOCK_UN))
        ended.start()
        began = time.monotonic()
        with machine.locked():
            assert time.monotonic() - began > 0.9
        ended.join()


def test_nothing_is_applied_to_a_host_that_auto_scaling_terminates(
    fake_host: FakeHost, handle: WaitHandle
) -> None:
    deployment = host_deployment(handle_url=handle.url)
    fake_host.boot(host_spec(), deployment)
    drain = fake_host.root / "run/porterd/drain"
    drain.parent.mkdir(parents=True)
    drain.touch()
    done = fake_host.porter("host", "apply")
    assert done.returncode == 1
    assert "Auto Scaling terminates this host" in done.stderr
    assert fake_host.calls() == []
    assert handle.puts == []
    fake_host.apply("--dry-run")
