"""One of two hosts has a full disk: its fault is its own, and the release may have a spare host."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from porter.rehearsal.faults.user_data import Config, altered
from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.played.machine import ProcessMachine
from porter.rehearsal.machines.played.machines import ProcessMachines
from porter.rehearsal.rehearse import rehearse
from porter.rehearsal.story.report import Report
from tests.harness.conditions import mounts
from tests.harness.sandbox import Sandbox
from tests.harness.synthesis import synthesize_once

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(900)]

FULL = 'mount -t tmpfs -o size=4k none "$0" && exec "$@"'
"""A disk that has room for one page, and that no process but an apply sees."""


class _OneFull(ProcessMachines):
    """Machines of which the first cannot write units."""

    full = ""

    def machine(self, launch: Launch, folder: Path) -> ProcessMachine:
        if self.full:
            return ProcessMachine(launch, folder)
        self.full = launch.instance_id

        def fill(config: Config) -> None:
            units = str(folder.absolute() / "root/etc/systemd/system")
            small = ("/usr/bin/unshare", "--mount", "/bin/sh", "-c", FULL, units)
            config["runcmd"] = [[*small, *command] for command in config["runcmd"]]

        return ProcessMachine(altered(launch, fill), folder)


@contextmanager
def rehearsed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str, capacity: str
) -> Iterator[tuple[Report, str]]:
    """Rehearse two hosts; yield the report, and the host whose disk is full."""
    monkeypatch.setattr(tempfile, "tempdir", str(sandbox.temporary))
    app = sandbox.app(name)
    program = app / "app.py"
    program.write_text(program.read_text().replace("health_check=", f"{capacity}, health_check="))
    machines = _OneFull()
    with rehearse(synthesize_once(app), timeout=250, kind=lambda *_: machines) as report:
        yield report, machines.full
    assert sandbox.processes() == {}


@mounts
def test_the_other_host_completes_a_release_that_has_a_spare_one(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ends when the full host, whose launching hook has timed out, is replaced."""
    spare = "min_capacity=2, min_healthy=1, timeout=cdk.Duration.seconds(90)"
    with rehearsed(sandbox, monkeypatch, "spare", spare) as (report, full):
        assert report.ok, report.reason
        assert report.hosts_started == 3
        others = [signal.status for signal in report.signals if signal.unique_id != full]
        assert others == ["SUCCESS", "SUCCESS"]


@mounts
def test_without_a_spare_host_the_release_fails_and_names_the_disk(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rehearsed(sandbox, monkeypatch, "none-spare", "min_capacity=2") as (report, full):
        assert not report.ok
        assert (full, "FAILURE") in [(one.unique_id, one.status) for one in report.signals]
        assert "No space left on device" in report.reason
