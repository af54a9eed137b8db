"""The log of what happened on this host: typed, bounded, in order, for `/v1/events`."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from porter.aws.clock import now
from porter.daemon.happenings import Happening
from porter.daemon.kept import keep_text

_log = logging.getLogger(__name__)

LONGEST = 256
"""Events in the log. An hour of a service that flaps every 15 seconds."""

Event = dict[str, Any]
"""`id`, `at` (epoch seconds), `kind`, and the fields of its `Happening`."""


class Page(NamedTuple):
    """What an answer tells: events in order, the newest id, and whether some are missing."""

    events: list[Event]
    newest: int
    missed: bool


class Events:
    """The log, in `events.jsonl` below `directory`; every thread may call every method.

    Ids are milliseconds since 1970, or the last id plus 1 if that is more: they grow whatever gets
    lost. `redact` is applied to every text. `changed` is called after each event.
    """

    def __init__(self, directory: Path, redact: Callable[[str], str] = str) -> None:
        self._path = directory / "events.jsonl"
        self._redact = redact
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self.began = self.newest = self._forgotten = round(now() * 1000)
        self.changed: Callable[[], None] = lambda: None

    @property
    def forgot(self) -> bool:
        """Whether the log has lost its oldest events."""
        return self._forgotten != self.began

    def open(self) -> None:
        """Continue the log of an earlier porterd, if there is one; call it before `append`."""
        try:
            first, *lines = self._path.read_text("utf-8").splitlines()
            head = json.loads(first)
            self._events = [json.loads(line) for line in lines]
            self.began, self._forgotten = head["began"], head["forgotten"]
            self.newest = self._events[-1]["id"] if self._events else self._forgotten
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s: %s; the log of events starts anew", self._path, error)
            self._events = []

    def append(self, happening: Happening) -> Event:
        """Append `happening`, which happened now; return the event."""
        with self._lock:
            at = now()
            newest = max(self.newest + 1, round(at * 1000))
            event: Event = {"id": newest, "at": round(at, 3), "kind": happening.kind}
            event |= self._redacted(asdict(happening))
            self._events.append(event)
            if len(self._events) > LONGEST:
                self._forgotten = self._events.pop(0)["id"]
            self.newest = newest
            self._write()
        self.changed()
        return event

    def since(self, seen: int, kind: str = "") -> Page:
        """Return the events after the id `seen`, of one `kind` or all; 0 is before every event.

        An id of the future is from a log that is lost: then all events are new.
        """
        with self._lock:
            lost = seen > self.newest
            later = self._events if lost else [one for one in self._events if one["id"] > seen]
            events = [one for one in later if kind in ("", one["kind"])]
            return Page(events, self.newest, lost or 0 < seen < self._forgotten)

    def last(self, kind: str, **fields: object) -> Event | None:
        """Return the newest event of `kind` with these `fields`."""
        with self._lock:
            newest_first = (one for one in reversed(self._events) if one["kind"] == kind)
            return next((one for one in newest_first if fields.items() <= one.items()), None)

    def _redacted(self, fields: dict[str, Any]) -> dict[str, Any]:
        return {
            name: self._redact(value) if isinstance(value, str) else value
            for name, value in fields.items()
        }

    def _write(self) -> None:
        head = {"began": self.began, "forgotten": self._forgotten}
        keep_text(self._path, "\n".join(map(json.dumps, (head, *self._events))))
