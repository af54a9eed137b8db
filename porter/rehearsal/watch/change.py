"""What became of one save, or of several at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

NOTHING_YET = "nothing is deployed yet"
"""Why a save after a failed first deployment is deployed."""

LAST_FAILED = "the last deployment failed"
"""Why a later one is: of several stacks, some may have the version that failed."""

_SHOWN = 3


class Action(StrEnum):
    """How a save reached the hosts."""

    NOTHING = "nothing"
    SYNTHESIS = "synthesis"
    HOT_APPLY = "hot apply"
    DEPLOYMENT = "deployment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The end of a save.

    `saved` are paths, relative to the app's folder; none for hosts that were replaced. `why` says
    why it took a deployment. Unless `ok`, `reason` says why, and `lines` are the last ones of the
    log. `hosts` have the new payload; the others run what they ran before. `seconds` count from
    the look that saw the save.
    """

    saved: tuple[str, ...]
    action: Action
    ok: bool
    seconds: float
    services: tuple[str, ...] = ()
    hosts: int = 0
    why: str = ""
    reason: str = ""
    lines: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the change as one object of the stream of `--json`."""
        return {"schema": 1, "change": {**asdict(self), "seconds": round(self.seconds, 3)}}

    def as_text(self) -> str:
        """Return the change for a person: one line, and indented ones after a failure."""
        more = f" and {len(self.saved) - _SHOWN} more" if len(self.saved) > _SHOWN else ""
        saved = (", ".join(self.saved[:_SHOWN]) or "a new host") + more
        why = f", because {self.why}" if self.why else ""
        took = f"{self.seconds:.1f} s"
        hosts = f"{self.hosts} host{'' if self.hosts == 1 else 's'}"
        done = f"{saved}: {self.action} to {hosts} of {', '.join(self.services)} in {took}{why}"
        if not self.ok:
            kept = "" if self.why == NOTHING_YET else "; the old version serves"
            head = f"{saved}: {self.action} failed after {took}{why}{kept}"
            head = f"{done}, but:" if self.hosts else head
            said = [*self.reason.splitlines(), *self.lines]
            return "\n".join([head, *(f"    {line}" for line in said)])
        if self.action is Action.NOTHING:
            return f"{saved}: nothing changes for the hosts ({took})"
        return done


@dataclass(frozen=True, slots=True)
class Listener:
    """The functions that report changes.

    `says` before a step that takes long, `begins` before a deployment, `ended` at the end of each.
    """

    says: Callable[[str], None]
    begins: Callable[[str], None]
    ended: Callable[[Change], None]
