"""Hosts that end one after the other: a group that cannot keep any."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.played.machine import ProcessMachine
from porter.rehearsal.machines.played.machines import ProcessMachines
from porter.rehearsal.rehearse import rehearse
from tests.rehearsal.playground import Playground


class _Dying(ProcessMachine):
    """A machine that ends by itself as soon as it is looked at."""

    @property
    def alive(self) -> bool:
        return False


class _DyingMachines(ProcessMachines):
    def machine(self, launch: Launch, folder: Path) -> ProcessMachine:
        return _Dying(launch, folder)


def test_a_group_whose_hosts_end_one_after_the_other_fails_the_rehearsal(
    playground: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(playground.temporary))
    with rehearse(playground.app(), timeout=60, kind=lambda *_: _DyingMachines()) as report:
        assert not report.ok
        assert report.reason.startswith("5 hosts ended by themselves within 60 s, the last one was")
        assert report.hosts_started == 5
    assert playground.processes() == []
