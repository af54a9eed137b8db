"""`porter host apply` refuses an invalid specification before it changes anything."""

from __future__ import annotations

import fcntl
import json

import pytest

from tests.host.fake_host import FakeHost


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
    assert "this machine is not a host of porter" in done.stderr


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
