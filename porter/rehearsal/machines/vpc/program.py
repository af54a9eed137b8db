"""Run a program beside the rehearsal; it ends with the rehearsal in any case."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.local import keeper
from porter.rehearsal.local.interruption import held_back


class Program:
    """The program `name` in `folder`; its output goes to `NAME.log`, its errors to `NAME.err`."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *argv: str, ready: Callable[[], bool], seconds: float) -> None:
        """Start it, and wait until it is `ready`. Raises `PorterError` after `seconds`."""
        log, complaints = self._folder / f"{self._name}.log", self._folder / f"{self._name}.err"
        with held_back(), log.open("wb") as output, complaints.open("wb") as errors:
            self._process = keeper.start(argv, output, errors, cwd=self._folder)
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = complaints.read_text("utf-8", errors="replace").strip().splitlines()
                reason = " ".join(said[-3:]) or f"not ready within {seconds:g} s"
                raise PorterError(f"did not start: {reason}", where=f"the network's {self._name}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it, with everything it started. May be called again."""
        process, self._process = self._process, None
        if process is not None:
            keeper.end(process)
