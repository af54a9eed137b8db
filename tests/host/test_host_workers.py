"""A worker's check is a unit with the worker's user and files, and no further rights."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from porter.host.core.service import Service
from porter.host.programs import phase as workloads
from porter.spec import Check, ContainerWorkload, HostSpec, Image, ProcessWorkload
from tests.host.container_values import KEY, VALUE
from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec
from tests.host.goals import analyze, goal_of

CHECK = Check(command=("python3", "check.py", "$HOME"), interval_seconds=2, timeout_seconds=9)
MAIL = ProcessWorkload(name="mail", command=("./mail",), check=CHECK)
UNIT = "porter-mail_check.service"


BOX = ContainerWorkload(
    name="box", image=Image(source="registry", reference="box@sha256:1"), check=CHECK
)


@pytest.fixture
def checked(fake_host: FakeHost) -> FakeHost:
    """A host with a worker that has a check, after an apply."""
    fake_host.boot(host_spec(workloads=(WEB, MAIL)), host_deployment())
    fake_host.apply()
    return fake_host


def test_the_check_runs_beside_its_worker(checked: FakeHost) -> None:
    unit, worker = checked.unit(UNIT), checked.unit("porter-mail.service")
    folder = checked.root / "opt/porter/payload-aaaaaaaaaaaa/workloads/mail"
    for line in (
        f"WorkingDirectory={folder}",
        f'ExecStart={checked.root}/opt/porter/bin/python3 check.py "$$HOME"',
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
    """The name of a user has at most 31 characters."""
    name = "a" * 40
    fake_host.boot(host_spec(workloads=(WEB, replace(MAIL, name=name))), host_deployment())
    fake_host.apply()
    for unit in (f"porter-{name}.service", f"porter-{name}_check.service"):
        (user,) = [u for u in fake_host.unit(unit).splitlines() if u.startswith("User=")]
        assert len(user) <= len("User=") + 31


def test_a_removed_check_loses_its_unit(checked: FakeHost) -> None:
    checked.boot(host_spec(workloads=(WEB, replace(MAIL, check=None))), host_deployment())
    checked.calls()
    checked.apply()
    assert f"stop {UNIT}" in checked.calls()
    assert not (checked.root / "etc/systemd/system" / UNIT).exists()
    assert checked.apply() == "nothing to do\n"


def units(spec: HostSpec) -> dict[str, Service]:
    """Return every unit of the workloads of `spec`."""
    goal = replace(goal_of(spec), secrets={KEY: VALUE})
    return {service.name: service for service in workloads._services(goal)}


def test_a_check_has_copies_of_its_workers_secrets() -> None:
    """A unit's credentials are hidden even from other units of the same user."""
    found = units(host_spec(workloads=(WEB, replace(MAIL, secret_files={"KEY": KEY}))))
    unit = found[UNIT].unit.content.decode()
    assert "\nLoadCredential=KEY:/run/porter/secrets/mail/KEY\n" in unit
    copy = f"KEY_FILE=/run/credentials/{UNIT}/KEY"
    assert f'\nExecStart=/usr/bin/env {copy} python3 check.py "$$HOME"\n' in unit
    worker = found["porter-mail.service"]
    assert found[UNIT].reads == worker.reads
    assert "KEY_FILE=" not in worker.unit.content.decode()


def test_a_containers_check_is_run_by_docker() -> None:
    found = units(host_spec(workloads=(WEB, BOX)))
    unit = found["porter-box_check.service"].unit.content.decode()
    argv = '/usr/bin/python3.11 -P -m porter.host.docker.check porter-box python3 check.py "$$HOME"'
    for line in (f"ExecStart={argv}", "After=porter-box.service", "RestartSec=2"):
        assert f"\n{line}\n" in unit
    for line in ("RuntimeMaxSec=9", "TimeoutStopSec=5", "CapabilityBoundingSet=CAP_KILL"):
        assert f"\n{line}\n" in unit


def test_another_check_leaves_its_container_running() -> None:
    other = replace(BOX, check=replace(CHECK, timeout_seconds=3))
    before, after = units(host_spec(workloads=(WEB, BOX))), units(host_spec(workloads=(WEB, other)))
    assert before["porter-box.service"] == after["porter-box.service"]
    assert before["porter-box_check.service"] != after["porter-box_check.service"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_accepts_the_check_of_a_container(tmp_path: Path) -> None:
    service = units(host_spec(workloads=(WEB, BOX)))["porter-box_check.service"]
    path = tmp_path / service.name
    python = shutil.which("python3") or ""
    path.write_bytes(service.unit.content.replace(b"/usr/bin/python3.11", python.encode()))
    done = analyze("verify", "--man=no", str(path))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = analyze("security", "--offline=true", "--threshold=25", "--no-pager", str(path))
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_accepts_the_unit_and_finds_it_exposed_little(checked: FakeHost) -> None:
    path = str(checked.root / "etc/systemd/system" / UNIT)
    done = analyze("verify", "--man=no", path)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    done = analyze("security", "--offline=true", "--threshold=25", "--no-pager", path)
    assert done.returncode == 0, done.stdout
