"""Append the outcomes of this host's jobs to the log of events."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from porter.daemon.events import Events
from porter.daemon.happenings import JobEnded

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0


class Outcomes:
    """Looks at the files in which `porter host jobs` leaves the last outcome of each of `jobs`."""

    def __init__(self, events: Events, directory: Path | None, jobs: Sequence[str]) -> None:
        self._events = events
        self._files = {job: directory / f"{job}.json" for job in jobs} if directory else {}
        self._changed: dict[str, int] = {}

    def start(self) -> None:
        """Start looking in a new thread; without jobs do nothing."""
        if self._files:
            threading.Thread(target=self._run, name="outcomes", daemon=True).start()

    def _run(self) -> None:
        while True:
            self.look()
            time.sleep(_LOOK_SECONDS)

    def look(self) -> None:
        """Append each outcome that is new: younger than the log, and not in it."""
        for job, file in self._files.items():
            try:
                changed = file.stat().st_mtime_ns
                if changed == self._changed.get(job):
                    continue
                outcome: dict[str, Any] = json.loads(file.read_text("utf-8"))
                ended = JobEnded(**{one.name: outcome[one.name] for one in fields(JobEnded)})
            except FileNotFoundError:  # it has not run yet
                continue
            except (OSError, ValueError, KeyError, TypeError) as error:
                # Half written: the next look reads it.
                _log.debug("%s: %s", file, error)
                continue
            self._changed[job] = changed
            known = self._events.last("job", job=job, occurrence=ended.occurrence)
            if changed >= self._events.began * 1_000_000 and not known:
                self._events.append(ended)
