"""Played machines for the fleet."""

from __future__ import annotations

from pathlib import Path

from porter.rehearsal.machines.api import Launch, Machine
from porter.rehearsal.machines.played.machine import ProcessMachine


class ProcessMachines:
    """Machines made of a folder and a process tree, on this computer's loopback."""

    name = "process"
    namespace = None
    moves_ports = True
    limits = (
        "a folder and a process tree, no privileges",
        "python3 and its libraries are this machine's, not the image's",
        "not covered: cloud-init, systemd, packages, setup steps, jobs, agents, users, sandbox",
        "to cover them, on Linux as root: porter rehearse --machine systemd",
    )

    def open(self, endpoint: str) -> None:
        """Do nothing: played machines share nothing."""

    def machine(self, launch: Launch, folder: Path) -> Machine:
        """Make a `ProcessMachine`."""
        return ProcessMachine(launch, folder)

    def close(self) -> None:
        """Do nothing."""
