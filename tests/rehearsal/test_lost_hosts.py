"""Hosts that end one after another, as fast as the Auto Scaling group replaces them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.played.machine import ProcessMachine
from porter.rehearsal.machines.played.machines import ProcessMachines
from porter.rehearsal.rehearse import rehearse
from tests.harness.sandbox import Sandbox
from tests.harness.synthesis import synthesize_once


class _Dying(ProcessMachine):
    """A machine that has always ended when the rehearsal looks."""

    @property
    def alive(self) -> bool:
        return False


class _DyingMachines(ProcessMachines):
    def machine(self, launch: Launch, folder: Path) -> ProcessMachine:
        return _Dying(launch, folder)


@pytest.mark.machines
def test_a_group_whose_hosts_end_one_after_the_other_fails_the_rehearsal(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(sandbox.temporary))
    app = synthesize_once(sandbox.app())
    with rehearse(app, timeout=60, kind=lambda *_: _DyingMachines()) as report:
        assert not report.ok
        assert report.reason.startswith("5 hosts ended by themselves within 60 s, the last one was")
        assert report.hosts_started == 5
    assert sandbox.processes() == {}
