"""A host in its Auto Scaling group: its state, and what happens when the group lets it go."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from porter.rehearsal.cloud.emulator.lifecycle import UNHEALTHY, Hook, Key, Lifecycle
from porter.rehearsal.fleet import evidence
from porter.rehearsal.fleet.host import Host
from porter.rehearsal.fleet.target import Target
from porter.rehearsal.machines.api import KILL, SPOT
from porter.rehearsal.machines.metadata import notices


class State(enum.StrEnum):
    """Auto Scaling's names."""

    PENDING = "Pending:Wait"
    IN_SERVICE = "InService"
    TERMINATING = "Terminating"
    WAITING = "Terminating:Wait"
    TERMINATED = "Terminated"


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """A running host of a group, with its files in `folder`; `zone` is its availability zone."""

    scaling_group: Key
    host: Host
    folder: Path
    zone: str
    life: Lifecycle
    target: Target | None = None
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    state: State = State.PENDING

    @property
    def instance_id(self) -> str:
        """The id of its instance."""
        return self.host.instance_id

    @property
    def life_cycle(self) -> str:
        """Its purchase option."""
        return self.host.life_cycle

    @property
    def unhealthy(self) -> bool:
        """Whether it is in service, and `SetInstanceHealth` has called it unhealthy."""
        return self.state is State.IN_SERVICE and self.life.health() == UNHEALTHY

    @property
    def shown(self) -> str:
        """Its state, and whether it is unhealthy."""
        return f"{self.state}, set unhealthy" if self.unhealthy else str(self.state)

    @property
    def leaving(self) -> bool:
        """Whether the group no longer wants it."""
        return self.state not in (State.PENDING, State.IN_SERVICE)

    def launch(self, hooks: Mapping[str, Hook]) -> None:
        """Add it to its group. It waits for `hooks`, and is `InService` at once without any."""
        self.life.launch(self.zone, self.state)
        self.life.wait(hooks)

    def enter(self, state: State) -> None:
        """Change its state, as AWS shows it."""
        self.state = state
        self.life.enter(state)

    @property
    def interrupted(self) -> bool:
        """Whether EC2 takes this Spot Instance back now.

        Nothing delays that, neither load balancers nor a hook (EC2 User Guide, "Spot Instance
        interruptions").
        """
        return notices.interrupted(self.host.machine.notices)

    @property
    def at_risk(self) -> bool:
        """Whether EC2 may take this Spot Instance back soon."""
        return self.life_cycle == SPOT and notices.at_risk(self.host.machine.notices)

    @property
    def completed(self) -> bool | None:
        """Whether the host completed its hooks itself; None without hooks."""
        results = [completed for _, _, completed in self.life.results()]
        return all(results) if results else None

    def lost(self) -> bool:
        """Whether its machine has ended by itself; kill it first if another terminal asks for it.

        Raises `PorterError` if it cannot be killed.
        """
        if (self.folder / KILL).exists():
            self.host.machine.kill()
        return not self.host.machine.alive

    def terminate(self, *, inspected: bool) -> None:
        """Begin its end: metadata says so first (`target-lifecycle-state`).

        A host that is to be `inspected` later stays as it is.
        """
        self.enter(State.TERMINATING)
        self.host.last_lines = evidence.last_lines(self.host)
        if inspected:
            self.hooks = {}
        else:
            notices.give(self.host.machine.notices, "terminating")

    def wait(self) -> None:
        """Enter `Terminating:Wait`: load balancers have deregistered the host.

        On AWS a host without a porterd waits for the hook's time-out. Nobody is there who could
        complete the hook, so a rehearsal does not wait (ADR 0037).
        """
        self.enter(State.WAITING)
        self.life.wait(self.hooks if self.host.porterd_at is not None else {})


def ended(host: Host) -> str:
    """Return how a host ended that is in no group any more."""
    if host.interrupted:
        return f"{State.TERMINATED}, interrupted by EC2"
    how = {True: "drained", False: "its lifecycle hook timed out", None: "not drained"}
    why = ", replaced because it was set unhealthy" if host.unhealthy else ""
    return "ended by itself" if host.lost else f"{State.TERMINATED}, {how[host.drained]}{why}"
