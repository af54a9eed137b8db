"""The state of a systemd unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

PROPERTIES = "--property=LoadState,ActiveState,SubState,Result,NRestarts,UnitFileState,UID"
"""The option of `systemctl show` that prints what `UnitState` needs."""

_ENABLED = ("enabled", "enabled-runtime", "static", "alias", "indirect", "generated")
"""The states for which `systemctl is-enabled` exits 0 (systemctl(1))."""


@dataclass(frozen=True, slots=True)
class UnitState:
    """The state of a unit, in the words of `systemctl show`."""

    load: str = "not-found"
    active: str = "inactive"
    sub: str = "dead"
    result: str = ""
    restarts: str = ""
    enabled: bool = False
    user: int | None = None
    """The id of its user, which is 0 without `User=`; None if systemd does not know it yet."""

    @classmethod
    def of(cls, paragraph: str) -> Self:
        """Parse what `systemctl show` prints for one unit: lines of the form `Name=value`."""
        facts = dict(line.split("=", 1) for line in paragraph.splitlines() if "=" in line)
        return cls(
            load=facts.get("LoadState", "not-found"),
            active=facts.get("ActiveState", "inactive"),
            sub=facts.get("SubState", "dead"),
            result=facts.get("Result", ""),
            restarts=facts.get("NRestarts", ""),
            enabled=facts.get("UnitFileState") in _ENABLED,
            user=_user(facts),
        )

    @property
    def loaded(self) -> bool:
        """Whether systemd has loaded the unit's file; it looks up an unknown unit again."""
        return self.load not in ("", "not-found")

    @property
    def runs(self) -> bool:
        """Whether systemd keeps the unit up; `activating` includes the pause before a restart."""
        return self.active in ("active", "activating", "reloading")


def _user(facts: Mapping[str, str]) -> int | None:
    """Return the id of the unit's user; systemd shows `[not set]` for root and for a dead unit."""
    shown = facts.get("UID", "")
    if shown.isdecimal():
        return int(shown)
    return 0 if shown and facts.get("ActiveState") == "active" else None
