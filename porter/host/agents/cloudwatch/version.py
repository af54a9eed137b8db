"""The step that checks whether the installed CloudWatch agent can read the journal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from porter.errors import PorterError
from porter.host.core.machine import Machine

JOURNAL = "1.300070"
"""The first agent with `journald` (its release notes, "Add journald log collection support")."""

_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class CheckVersion:
    """Fail unless the agent is new enough for `journald`; the agent itself reads `path` too."""

    path: PurePath

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"check that the CloudWatch agent is at least {JOURNAL}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": "check-version", "path": str(self.path), "at_least": JOURNAL}

    def perform(self, machine: Machine) -> None:
        """Perform the step. Raises `PorterError` with the version; an unknown one passes."""
        file = machine.read(self.path)
        version = file.content.decode(errors="replace").strip() if file else ""
        if _known(version) and _known(version) < _known(JOURNAL):
            raise PorterError(
                f"the agent is {version}, and reads the journal only since {JOURNAL}",
                where="cloudwatch/logs",
                cure="use a newer image, set CloudWatchAgent(package=Package.from_s3(...)), or "
                "collect Files(...) alone",
            )


def _known(version: str) -> tuple[int, ...]:
    """Return the first two numbers of `version`, empty if it has none."""
    found = _VERSION.match(version)
    return tuple(int(number) for number in found.groups()) if found else ()
