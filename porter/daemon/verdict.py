"""What workloads say about their own deployment: not ready yet, or failed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from porter.daemon.gate import Gate, given_up
from porter.daemon.kept import keep, kept

_log = logging.getLogger(__name__)

_START_SECONDS = 2.0
"""How long a request waits for the gate's thread to read the record of an earlier porterd."""


class Undecided(Exception):  # noqa: N818 - a state
    """porterd has just started, and does not know yet whether there is a verdict."""


class Verdict:
    """Holds of workloads, in `holds.json` below `directory`, and the first failure.

    The gate decides under the same lock under which workloads speak, so each word counts before the
    verdict or is refused after it. Every thread may call every method.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / "holds.json"
        self._lock = threading.Lock()
        self._known = threading.Event()
        self._decided = False
        self._failure = ""
        self._holds: dict[str, str] = {}

    def open(self) -> None:
        """Read the holds that an earlier porterd was told."""
        try:
            self._holds = dict(kept(self._path) or {})
        except (ValueError, TypeError):
            _log.warning("%s: is not valid; no workload holds the gate", self._path)

    def fail(self, program: str, reason: str) -> bool:
        """Have the deployment fail with `reason`; return False after the verdict.

        Raises `Undecided`.
        """
        if not self._known.wait(_START_SECONDS):
            raise Undecided
        with self._lock:
            if self._decided:
                return False
            self._failure = self._failure or f"{program} gave up (POST /v1/fail): {reason}"
            return True

    def hold(self, program: str, reason: str) -> None:
        """Keep the gate open until `release`."""
        self._change({**self._holds, program: reason})

    def release(self, program: str) -> None:
        """End the hold of `program`, if there is one."""
        self._change({name: why for name, why in self._holds.items() if name != program})

    @property
    def held(self) -> str:
        """Which workloads hold the gate, and why; empty without one."""
        return "; ".join(f"{name} is not ready{why}" for name, why in self._holds.items())

    def decide(self, gate: Gate, judge: Callable[[str], Gate]) -> Gate:
        """Return the gate after `gate`: failed if a workload said so, else what `judge` returns.

        `judge` gets `held`.
        """
        with self._lock:
            if self._failure and not gate.decided:
                after = given_up(gate, self._failure)
            else:
                after = judge(self.held)
            self._decided = after.decided
            self._known.set()
            return after

    def _change(self, holds: dict[str, str]) -> None:
        with self._lock:
            if holds == self._holds:
                return
            self._holds = holds
            keep(self._path, holds)
