"""How a host is born (ADR 0039) and ends (ADRs 0037, 0041), and what porterd asks of root."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

LAUNCH_HOOK = "porter-launch"
"""The name of the hook that keeps a new host out of service until it is healthy."""

LONGEST_HOOKED_SECONDS = 3600
"""CloudFormation waits an hour for the hosts of a group: a longer time-out has no such hook."""

_SHORTEST_HOOK_SECONDS = 30

DRAIN_HOOK = "porter-drain"
"""The hook's name within its group."""

DRAIN_HEARTBEAT_SECONDS = 60
"""How long a host without a living porterd delays its own end; Auto Scaling takes 30 to 7200."""

DRAIN_FILE = "drain"
"""The file in porterd's runtime directory, an `Ending`, whose existence starts the drain."""

DRAIN_STEPS = "porter-drain/steps.jsonl"
"""The file below `/run` to which drains append what they do; porterd makes events of it."""

RESTART_FILE = "restart"
"""The file in porterd's runtime directory with a time, and the names of programs to restart."""

STOPPED_STATES = ("inactive", "deactivating")
"""States of a unit that somebody stopped, or stops just now: systemd restarts all others."""


def launch_hook_seconds(timeout_seconds: int) -> int:
    """Return how long Auto Scaling waits for a new host; 0 if it has no launching hook."""
    if timeout_seconds > LONGEST_HOOKED_SECONDS:
        return 0
    return max(_SHORTEST_HOOK_SECONDS, timeout_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How this host ends: Auto Scaling holds a hook (`hooked`), EC2 ends it at `ends` (epoch)."""

    hooked: bool = True
    ends: float | None = None

    def text(self) -> str:
        """Return the content of the drain's file."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Ending:
        """Return what `text` wrote; a file that somebody touched is Auto Scaling's end."""
        try:
            found = json.loads(text)
            ends = found["ends"]
            return cls(hooked=bool(found["hooked"]), ends=None if ends is None else float(ends))
        except (ValueError, KeyError, TypeError):
            return cls()
