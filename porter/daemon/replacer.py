"""Have Auto Scaling replace a host that is beyond help (ADR 0040)."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

from porter.aws.metadata import Metadata, MetadataError
from porter.daemon.beyond_help import Condition, judged
from porter.daemon.child import ask_in_a_child
from porter.daemon.events import Events
from porter.daemon.happenings import Replacement
from porter.daemon.kept import keep_text
from porter.daemon.settings import Settings

MODULE = "porter.aws.replacing"

_PAUSE_SECONDS = 30.0, 45.0
"""Between two questions, at random. The lease outlasts two of them that get no answer."""

_CHILD_SECONDS = 20.0

_log = logging.getLogger(__name__)


class Replacer:
    """Asks for the replacement of this host while it is beyond help.

    Only the gate's thread calls `look`. Asking may take 20 s, so another thread does it, which runs
    while there is something to ask. Without a table of leases nobody asks. That Auto Scaling was
    asked is noted on the disk: neither a restart nor a reboot changes what it thinks of this host.
    """

    def __init__(self, settings: Settings, metadata: Metadata, events: Events) -> None:
        self._settings = settings
        self._metadata = metadata
        self._events = events
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self._asked = settings.state_directory / "replacement"
        self._told: tuple[str, str] = ("", "")
        self._condition = Condition()
        with suppress(FileNotFoundError):
            reason = self._asked.read_text("utf-8")
            self._told = "asked", ""
            self._condition = Condition(reason=reason, well_since=time.monotonic())

    @property
    def reason(self) -> str:
        """Why this host is beyond help; empty if it is not."""
        return self._condition.reason

    def look(self, helpless: Mapping[str, str], not_its_fault: str) -> None:
        """Judge this host after a check, as `judged` does, and have the rest done."""
        before = self._condition
        self._condition = judged(
            before, time.monotonic(), helpless=helpless, not_its_fault=not_its_fault
        )
        if before.reason != self.reason:
            if self.reason:
                _log.error("this host is beyond help: %s", self.reason)
            self._news.set()
        idle = self._thread is None or not self._thread.is_alive()
        if idle and self._settings.lease_table and (self._condition.ill or before.reason):
            self._thread = threading.Thread(target=self._run, name="replacer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        """Ask until this host leaves, or is well and Auto Scaling knows."""
        while not self._settings.drain_file.exists():
            self._news.clear()
            condition = self._condition
            if condition.ill:
                self._replace(condition.reason)
            elif not condition.reason and self._keep():
                return
            self._news.wait(random.uniform(*_PAUSE_SECONDS))  # noqa: S311 - jitter, not a secret

    def _replace(self, reason: str) -> None:
        """Ask to be replaced, if it is this host's turn."""
        if (answer := self._ask("replace")) is None:
            return
        if answer["unhealthy"]:
            keep_text(self._asked, reason, mode=0o600)
            self._tell("asked", reason)
        elif self._told[0] != "asked" or self._keep():  # it lost the lease: one host at a time
            self._tell("waiting", reason, str(answer["holder"]))

    def _keep(self) -> bool:
        """Ask to be kept; return whether AWS has heard it, or never heard anything else."""
        if self._told[0] not in ("", "kept"):
            if self._ask("keep") is None:
                return False
            self._asked.unlink(missing_ok=True)
            self._tell("kept", "this host is not beyond help any more")
        return True

    def _ask(self, verb: Literal["replace", "keep"]) -> dict[str, Any] | None:
        """Return AWS's answer; None, after a line in the log, without one."""
        try:
            instance = self._metadata.instance_id()
        except MetadataError as error:
            answer: dict[str, Any] = {"problem": str(error)}
        else:
            arguments = (self._settings.region, self._settings.lease_table, instance, verb)
            answer = ask_in_a_child(MODULE, *arguments, seconds=_CHILD_SECONDS)
        if problem := answer.get("problem"):
            _log.warning("cannot tell Auto Scaling about this host: %s", problem)
            return None
        return answer

    def _tell(self, stage: str, reason: str, holder: str = "") -> None:
        if (stage, holder) == self._told:
            return
        self._told = stage, holder
        behind = f", behind {holder}" if holder else ""
        _log.warning("replacement of this host: %s%s: %s", stage, behind, reason)
        self._events.append(Replacement(stage=stage, holder=holder, reason=reason))
