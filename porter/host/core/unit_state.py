"""What systemd says of a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

PROPERTIES = "--property=LoadState,ActiveState,SubState,Result,NRestarts,UnitFileState"
"""What to ask `systemctl show` for."""

_ENABLED = ("enabled", "enabled-runtime", "static", "alias", "indirect", "generated")
"""Where `systemctl is-enabled` would exit 0 (systemctl(1))."""


@dataclass(frozen=True, slots=True)
class UnitState:
    """What systemd says of a unit, in the words of `systemctl show`."""

    load: str = "not-found"
    active: str = "inactive"
    sub: str = "dead"
    result: str = ""
    restarts: str = ""
    enabled: bool = False

    @classmethod
    def of(cls, paragraph: str) -> Self:
        """Read from what `systemctl show` prints of one unit: a line `Name=value` for each."""
        facts = dict(line.split("=", 1) for line in paragraph.splitlines() if "=" in line)
        return cls(
            load=facts.get("LoadState", "not-found"),
            active=facts.get("ActiveState", "inactive"),
            sub=facts.get("SubState", "dead"),
            result=facts.get("Result", ""),
            restarts=facts.get("NRestarts", ""),
            enabled=facts.get("UnitFileState") in _ENABLED,
        )

    @property
    def loaded(self) -> bool:
        """Whether systemd has read the unit's file; what it did not find it looks up again."""
        return self.load not in ("", "not-found")

    @property
    def runs(self) -> bool:
        """Whether systemd keeps it up: `activating` includes the pause before a restart."""
        return self.active in ("active", "activating", "reloading")
