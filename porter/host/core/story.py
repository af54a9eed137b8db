"""Keeps the story of each `porter host apply` on the host: `/var/log/porter/apply.log`."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from porter.errors import PorterError
from porter.host.core.machine import Machine

_MOST = 256 * 1024
"""Bytes: some hundred runs. Twice as many are kept."""

log = logging.getLogger(__name__)


class Story:
    """One run. What cannot be written is logged: a full disk must not fail what else works."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def tell(self, text: str) -> None:
        """Add one line with the time in front of it; it holds no secrets."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = f"{now} {' '.join(text.split())}\n"
        try:
            self._machine.append(self._machine.layout.story, line, most=_MOST)
        except PorterError as error:
            log.warning("%s", error)
