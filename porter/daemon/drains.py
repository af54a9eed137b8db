"""Make events of what drains did on this host, as their file says."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from porter.daemon.events import Events
from porter.daemon.happenings import Drain
from porter.daemon.kept import keep, kept

_log = logging.getLogger(__name__)


class Drains:
    """Appends an event for each new line of `steps`; what has been read is kept below `directory`.

    Only root writes `steps`.
    """

    def __init__(self, events: Events, steps: Path, directory: Path) -> None:
        self._events = events
        self._steps = steps
        self._kept = directory / "drains.json"
        self._read = -1

    def look(self) -> None:
        """Read what is new."""
        if not self._steps.exists():
            return
        if self._read < 0:
            before = kept(self._kept)
            self._read = before if isinstance(before, int) else 0
        try:
            lines = self._steps.read_text("utf-8").splitlines()
        except OSError as error:
            _log.warning("%s: cannot be read: %s", self._steps, error.strerror)
            return
        new = lines[self._read :]
        for line in new:
            try:
                step = json.loads(line)
                self._events.append(Drain(stage=str(step["stage"]), why=str(step["why"])))
            except (ValueError, KeyError, TypeError):
                _log.warning("%s: has a line that is not valid", self._steps)
        if new:
            self._read = len(lines)
            keep(self._kept, self._read)
