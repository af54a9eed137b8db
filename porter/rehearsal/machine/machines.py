"""Where a fleet gets its machines: all of one kind, on one network."""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Protocol

from porter.errors import PorterError
from porter.rehearsal.faults import Fault
from porter.rehearsal.machine.launch import Launch, Machine
from porter.rehearsal.machine.process import ProcessMachine


class Machines(Protocol):
    """Machines of one kind.

    `namespace` is the network namespace (its ip-netns(8) name) in which their addresses are
    reached, `None` for the rehearsal's own; `moves_ports` is whether they share one loopback;
    `limits` are lines for the report: what is not exercised, not enforced, or not as on EC2.
    """

    @property
    def name(self) -> str:
        """What `--machine` calls them."""
        ...

    @property
    def namespace(self) -> str | None:
        """Known from construction on."""
        ...

    @property
    def moves_ports(self) -> bool:
        """Known from construction on."""
        ...

    @property
    def limits(self) -> tuple[str, ...]:
        """Complete once `open` has returned."""
        ...

    def open(self, endpoint: str) -> None:
        """Prepare what they share; AWS is at `endpoint` (`http://localhost:PORT`).

        Raises `PorterError`, with the cure, if this host cannot have such machines.
        """
        ...

    def machine(self, launch: Launch, folder: Path) -> Machine:
        """A machine, yet to be started, that keeps all its files in `folder`."""
        ...

    def close(self) -> None:
        """Take down what they share; every machine is stopped. May be called without `open`."""
        ...


Kind = Callable[[Path, Collection[Fault]], Machines]
"""Makes the machines of one rehearsal, given its folder and what to break."""


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

    def __init__(self, faults: Collection[Fault] = ()) -> None:
        self._faults = faults

    def open(self, endpoint: str) -> None:  # noqa: ARG002 - each machine is told
        """Nothing to prepare. Raises `PorterError` for a fault that these machines cannot have."""
        for fault in self._faults:
            if fault.booted:
                raise PorterError(
                    "takes a booted machine", where=f"--fault {fault}", cure="add --machine systemd"
                )

    def machine(self, launch: Launch, folder: Path) -> Machine:
        """A `ProcessMachine`."""
        return ProcessMachine(launch, folder)

    def close(self) -> None:
        """Nothing to take down."""


def processes(_folder: Path, faults: Collection[Fault] = ()) -> Machines:
    """The kind that needs nothing: `--machine process`."""
    return ProcessMachines(faults)
