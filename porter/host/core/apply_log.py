"""The log of each `porter host apply`: `/var/log/porter/apply.log`."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from porter.errors import PorterError
from porter.host.core.machine import Machine

_MOST = 256 * 1024
"""Bytes of one log file: a few hundred runs. Its predecessor is kept, too."""

log = logging.getLogger(__name__)


class ApplyLog:
    """The log of one run. If a line cannot be written, apply goes on: the disk may be full."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def write(self, text: str) -> None:
        """Append one line with the time; `text` must hold no secrets."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = f"{now} {' '.join(text.split())}\n"
        try:
            self._machine.append(self._machine.layout.apply_log, line, most=_MOST)
        except PorterError as error:
            log.warning("%s", error)
