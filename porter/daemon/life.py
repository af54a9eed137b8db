"""Watch instance metadata for this host's end: tell programs, and ask systemd to drain the host."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import asdict, replace
from itertools import chain
from pathlib import Path

from porter.aws.clock import now
from porter.aws.metadata import TERMINATED, Metadata, MetadataError
from porter.daemon import announced
from porter.daemon.drains import Drains
from porter.daemon.events import Events
from porter.daemon.happenings import Notice
from porter.daemon.kept import keep_text
from porter.spec import Ending

LOOK_SECONDS = 2.0
"""Between two looks. Metadata is on the instance: no API is polled."""

NOTICES = ("terminating", "spot-interruption", "rebalance", "maintenance")
"""By Auto Scaling; by EC2, two minutes ahead; by EC2, when it expects an interruption; by EC2, for
scheduled events."""

_EVERY = 3
"""EC2 advises to look for its own notices every 5 s: every third look."""

_log = logging.getLogger(__name__)


class Life:
    """Writes an `Ending` to `file` once this host is to end; `start` begins a thread.

    `porterd-drain.path` starts the drain, which runs as root: porterd may stop no unit. Each of
    `NOTICES` becomes one event, and so does each step in `drains`.
    """

    def __init__(self, metadata: Metadata, file: Path, events: Events, drains: Drains) -> None:
        self._metadata = metadata
        self._file = file
        self._events = events
        self._drains = drains
        self._ending: Ending | None = None
        self._problem = ""
        self._looks = 0

    def start(self) -> None:
        """Start watching in a new thread, in the process that does the work."""
        threading.Thread(target=self._run, name="life", daemon=True).start()

    def _run(self) -> None:
        while True:
            self.look()
            time.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Look once. A metadata service that does not answer is logged once for each problem."""
        self._drains.look()
        try:
            terminating, _, rebalance, _ = NOTICES
            if self._metadata.target_lifecycle_state() == TERMINATED:
                self._note(Notice(notice=terminating))
                self._end(hooked=True)
            if self._looks % _EVERY == 0:
                spot = announced.spot(self._metadata.spot_action())
                for notice in chain(spot, announced.maintenance(self._metadata.maintenance())):
                    self._note(notice)
                    if (ends := announced.ends(notice, now())) is not None:
                        self._end(ends=ends)
                if self._metadata.rebalance():
                    self._note(Notice(notice=rebalance))
        except MetadataError as error:
            if str(error) != self._problem:
                self._problem = str(error)
                _log.warning("cannot see whether this host is to end: %s", error)
            return
        self._problem = ""
        self._looks += 1

    def _end(self, *, hooked: bool = False, ends: float | None = None) -> None:
        """Write that this host ends, unless the file says so."""
        before = self._ending
        if before is None and self._file.exists():  # an earlier porterd's
            before = Ending.parse(self._file.read_text("utf-8"))
        after = before or Ending(hooked=False)
        after = replace(after, hooked=after.hooked or hooked)
        if after.ends is None:  # the first end is the one that counts
            after = replace(after, ends=ends)
        self._ending = after
        if after != before:
            keep_text(self._file, after.text(), mode=0o644)  # root reads it without capabilities

    def _note(self, notice: Notice) -> None:
        """Append the event, unless an earlier porterd has."""
        if not self._events.last(Notice.kind, **asdict(notice)):
            _log.info("AWS announces: %s %s", notice.notice, notice.action)
            self._events.append(notice)
