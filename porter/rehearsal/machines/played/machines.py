"""Played machines for the fleet."""

from __future__ import annotations

from pathlib import Path

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

    @property
    def limits(self) -> tuple[str, ...]:
        """What is not covered, or differs from EC2."""
        return (
            "a folder and a process tree, no privileges",
            "python3 and its libraries are this machine's, not the image's",
            *self._differences,
            "not covered: cloud-init, systemd, packages, setup steps, jobs, agents, users, sandbox",
            "to cover them, on Linux as root: porter rehearse --machine systemd",
        )

    def open(self, endpoint: str) -> None:
        """Do nothing: played machines share nothing."""

    def machine(self, launch: Launch, folder: Path) -> Machine:
        """Make a `ProcessMachine`."""
        self._differences |= dict.fromkeys(filter(None, [pythons.difference(launch.python)]))
        return ProcessMachine(launch, folder)

    def close(self) -> None:
        """Do nothing."""
