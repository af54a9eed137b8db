"""Played machines for the fleet."""

from __future__ import annotations

from pathlib import Path

from porter.rehearsal.machines import differences, packages
from porter.rehearsal.machines.api import Launch, Machine
from porter.rehearsal.machines.played import pythons
from porter.rehearsal.machines.played.machine import ProcessMachine


class ProcessMachines:
    """Machines made of a folder and a process tree, on this computer's loopback."""

    name = "process"
    namespace = None
    moves_ports = True

    def __init__(self) -> None:
        self._differences: dict[str, None] = {}
        self._machines: list[ProcessMachine] = []

    @property
    def limits(self) -> tuple[str, ...]:
        """What is not covered, or differs from EC2."""
        refusals = [machine.refusal for machine in self._machines if machine.refusal]
        return (*self._differences, *differences.played(next(iter(refusals), "")))

    def open(self, endpoint: str) -> None:
        """Do nothing: played machines share nothing."""

    def machine(self, launch: Launch, folder: Path) -> Machine:
        """Make a `ProcessMachine`."""
        differs = [pythons.difference(launch.python), packages.not_installed(launch)]
        self._differences |= dict.fromkeys(filter(None, differs))
        self._machines.append(ProcessMachine(launch, folder))
        return self._machines[-1]

    def close(self) -> None:
        """Do nothing."""
