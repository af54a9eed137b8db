"""Judge from systemd's reports whether a unit that keeps ending will ever stay up."""

from __future__ import annotations

import signal
from dataclasses import dataclass, replace

from porter.daemon.systemd import UnitState

TOLERATED = 2
"""Exits left to the restart policy: a first start may fail, and the next one work."""

PAUSE = "auto-restart"
"""SubState between an end and the next start.

systemd 254 and later show `auto-restart-queued` after it, where NRestarts has grown already
(service_enter_restart in systemd's src/core/service.c): an end would be counted twice there.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """How often the process of the unit `name` ended since porterd first asked.

    `how` says how it ended the last time; systemd forgets that at the next start. `ends` is
    systemd's count at the last look, `failed` the number of looks in a row that found the unit in
    the state `failed`.
    """

    name: str
    count: int = 0
    how: str = ""
    ends: int | None = None
    failed: int = 0

    @property
    def hopeless(self) -> bool:
        """Whether the unit will not stay up. `failed` is seen twice: a restart passes it."""
        return self.count > TOLERATED or self.failed > 1

    def __str__(self) -> str:
        times = "once" if self.count <= 1 else f"{self.count} times"
        given_up = ", and systemd has given it up" if self.failed > 1 else ""
        return f"{self.name} {self.how or 'ended'} ({times}){given_up}"


def counted(exits: Exits, state: UnitState) -> Exits:
    """`exits` after one more look at the unit.

    An end before the first look does not count: a service may need porterd, which was not up. A
    count that went down means that the unit was restarted by hand.
    """
    down = state.active == "failed" or state.sub == PAUSE
    ends = state.restarts + down
    known = ends if exits.ends is None else exits.ends
    return replace(
        exits,
        count=exits.count + max(0, ends - known),
        how=(ending(state) if down else "") or exits.how,
        ends=ends,
        failed=exits.failed + 1 if state.active == "failed" else 0,
    )


def ending(state: UnitState) -> str:
    """Say how the unit's process ended: `exited with code 3`."""
    if state.result == "timeout":
        return "did not end in time"
    memory = " (out of memory)" if state.result == "oom-kill" else ""
    if (state.result, state.status) == ("signal", signal.SIGKILL):
        # With control groups of version 1, systemd does not know the sender: mostly the kernel.
        memory = " (out of memory?)"
    match state.code:
        case 1:
            return f"exited with code {state.status}{memory}"
        case 2:
            return f"was killed by {_signal(state.status)}{memory}"
        case 3:
            return f"was killed by {_signal(state.status)}, which dumped core"
        case _:
            return f"could not be started ({state.result})"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
