"""A worker's own check is a unit beside it: same user, same files, no rights of its own."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from porter.spec import Check, ProcessWorkload
from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec
from tests.host.test_host_units import analyze

CHECK = Check(command=("python3", "check.py", "$HOME"), interval_seconds=2, timeout_seconds=9)
MAIL = ProcessWorkload(name="mail", command=("./mail",), check=CHECK)
UNIT = "porter-mail_check.service"


@pytest.fixture
def checked(fake_host: FakeHost) -> FakeHost:
    """A host with a worker that has a check, applied."""
    fake_host.boot(host_spec(workloads=(WEB, MAIL)), host_deployment())
    fake_host.apply()
    return fake_host


def test_the_check_runs_beside_its_worker(checked: FakeHost) -> None:
    unit, worker = checked.unit(UNIT), checked.unit("porter-mail.service")
    folder = checked.root / "opt/porter/payload-aaaaaaaaaaaa/workloads/mail"
    for line in (
        f"WorkingDirectory={folder}",
        'ExecStart=python3 check.py "$$HOME"',
        f"EnvironmentFile={checked.root}/run/porter/environment/mail.env",
        "JoinsNamespaceOf=porter-mail.service",
        "RestartSec=2",
        "RuntimeMaxSec=9",
    ):
        assert f"\n{line}\n" in unit
    assert "\nUser=porter-mail\n" in unit
    assert "\nUser=porter-mail\n" in worker
    assert {f"enable --no-reload {UNIT}", f"start {UNIT}"} <= set(checked.calls())
    assert checked.apply() == "nothing to do\n"


def test_a_long_name_gives_a_short_user(fake_host: FakeHost) -> None:
    """A user's name ends at 31 characters."""
    name = "a" * 40
    fake_host.boot(host_spec(workloads=(WEB, replace(MAIL, name=name))), host_deployment())
    fake_host.apply()
    for unit in (f"porter-{name}.service", f"porter-{name}_check.service"):
        (user,) = [u for u in fake_host.unit(unit).splitlines() if u.startswith("User=")]
        assert len(user) <= len("User=") + 31


def test_a_check_that_goes_takes_its_unit_along(checked: FakeHost) -> None:
    checked.boot(host_spec(workloads=(WEB, replace(MAIL, check=None))), host_deployment())
    checked.calls()
    checked.apply()
    assert f"stop {UNIT}" in checked.calls()
    assert not (checked.root / "etc/systemd/system" / UNIT).exists()
    assert checked.apply() == "nothing to do\n"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_accepts_the_unit_and_finds_it_exposed_little(checked: FakeHost) -> None:
    path = str(checked.root / "etc/systemd/system" / UNIT)
    done = analyze("verify", "--man=no", path)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = analyze("security", "--offline=true", "--threshold=25", "--no-pager", path)
    assert done.returncode == 0, done.stdout
