"""Have Auto Scaling replace a host that is beyond help (ADR 0040)."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping
from typing import Any, Literal

from porter.aws.metadata import Metadata, MetadataError
from porter.daemon.beyond_help import Condition, judged
from porter.daemon.child import ask_in_a_child
from porter.daemon.events import Events
from porter.daemon.happenings import Replacement
from porter.daemon.settings import Settings

MODULE = "porter.aws.replacing"

_PAUSE_SECONDS = 45.0, 75.0
"""Between two questions, at random; three of them fit into the lease."""

_CHILD_SECONDS = 20.0

_log = logging.getLogger(__name__)


class Replacer:
    """Asks for the replacement of this host while it is beyond help.

    Only the gate's thread calls `look`. Asking may take 20 s, so another thread does it, which runs
    while there is something to ask. Without a table of leases nobody asks.
    """

    def __init__(self, settings: Settings, metadata: Metadata, events: Events) -> None:
        self._settings = settings
        self._metadata = metadata
        self._events = events
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        told = events.last(Replacement.kind)  # by an earlier porterd
        goes_on = told is not None and told["stage"] != "kept"
        self._told: tuple[str, str] = (told["stage"], told["holder"]) if told else ("", "")
        self._condition = Condition(reason=told["reason"] if told and goes_on else "")

    @property
    def reason(self) -> str:
        """Why this host is beyond help; empty if it is not."""
        return self._condition.reason

    def look(self, given_up: Mapping[str, str], others: str) -> None:
        """Judge this host after a check, as `judged` does, and have the rest done."""
        before = self._condition
        self._condition = judged(before, time.monotonic(), given_up=given_up, others=others)
        if before.reason != self.reason:
            if self.reason:
                _log.error("this host is beyond help: %s", self.reason)
            self._news.set()
        idle = self._thread is None or not self._thread.is_alive()
        if idle and self._settings.lease_table and (self.reason or before.reason):
            self._thread = threading.Thread(target=self._run, name="replacer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        """Ask until this host leaves, or is well and Auto Scaling knows."""
        while not self._settings.drain_file.exists():
            self._news.clear()
            reason = self.reason
            answer = self._ask("replace" if reason else "keep")
            if problem := answer.get("problem"):
                _log.warning("cannot tell Auto Scaling about this host: %s", problem)
            elif not reason:
                self._tell("kept", "it is well again")
                return
            elif answer["unhealthy"]:
                self._tell("asked", reason)
            else:
                self._tell("waiting", reason, str(answer["holder"]))
            self._news.wait(random.uniform(*_PAUSE_SECONDS))  # noqa: S311 - jitter, not a secret

    def _ask(self, verb: Literal["replace", "keep"]) -> dict[str, Any]:
        try:
            instance = self._metadata.instance_id()
        except MetadataError as error:
            return {"problem": str(error)}
        arguments = (self._settings.region, self._settings.lease_table, instance, verb)
        return ask_in_a_child(MODULE, *arguments, seconds=_CHILD_SECONDS)

    def _tell(self, stage: str, reason: str, holder: str = "") -> None:
        if (stage, holder) == self._told:
            return
        self._told = stage, holder
        behind = f", behind {holder}" if holder else ""
        _log.warning("replacement of this host: %s%s: %s", stage, behind, reason)
        self._events.append(Replacement(stage=stage, holder=holder, reason=reason))
