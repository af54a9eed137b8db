"""Where the fleet gets played machines from: nothing is shared but this machine's loopback."""

from __future__ import annotations

from pathlib import Path

from porter.rehearsal.machines.api import Launch, Machine
from porter.rehearsal.machines.played.machine import ProcessMachine


class ProcessMachines:
    """Machines made of a folder and a process tree, on the rehearsal's own loopback."""

    name = "process"
    namespace = None
    moves_ports = True
    limits = (
        "a folder and a process tree, no privileges",
        "not exercised: cloud-init, systemd, packages, setup steps, jobs, agents, users, sandbox",
        "the whole truth, on Linux as root: porter rehearse --machine systemd",
    )

    def open(self, endpoint: str) -> None:
        """Nothing to prepare."""

    def machine(self, launch: Launch, folder: Path) -> Machine:
        """A `ProcessMachine`."""
        return ProcessMachine(launch, folder)

    def close(self) -> None:
        """Nothing to take down."""
