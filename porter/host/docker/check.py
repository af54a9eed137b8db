"""Run a worker's check in its container: `python -m porter.host.docker.check NAME COMMAND...`.

It prints what the command prints and ends with the same exit code. On SIGTERM (the check takes too
long, or the worker stops) it kills the command first.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from porter.errors import PorterError
from porter.host.docker.engine import Engine
from porter.host.docker.output import frames
from porter.host.docker.process import Terminated, end_like, raise_on_sigterm

MOST_SECONDS = 600.0
"""Longer than any check may take: systemd ends a check that takes too long."""

KILL_SECONDS = 4.0
"""Seconds to wait for the process to kill: Docker may be about to start it."""


class ContainerCheck:
    """One run of `command` in `container`, with the container's user, folder and environment."""

    def __init__(self, engine: Engine, container: str, command: Sequence[str]) -> None:
        self._engine = engine
        body = {"AttachStdout": True, "AttachStderr": True, "Cmd": list(command)}
        made = engine.ask("POST", f"/containers/{container}/exec", body)
        self._place = f"/exec/{made['Id']}"

    def run(self) -> int:
        """Run to the end; return the exit code, above 128 for a signal. Raises `PorterError`."""
        with self._engine.started(self._place, MOST_SECONDS) as response:
            for piece in frames(response):
                sys.stdout.buffer.write(piece)
                sys.stdout.buffer.flush()
        return self._code()

    def kill(self) -> None:
        """Kill the command's process group, which the Engine creates for each command."""
        expires = time.monotonic() + KILL_SECONDS
        while time.monotonic() < expires:
            state = self._state()
            if state["ExitCode"] is not None:
                return
            if state["Running"] and state["Pid"]:
                _kill_group(int(state["Pid"]))
                return
            time.sleep(0.1)

    def _code(self) -> int:
        """Wait for the exit code, which the Engine may know later than the end of the output."""
        expires = time.monotonic() + MOST_SECONDS
        while True:
            code = self._state()["ExitCode"]
            if code is not None:
                return int(code)
            if time.monotonic() > expires:
                raise PorterError("Docker does not report how the check ended", where=self._place)
            time.sleep(0.05)

    def _state(self) -> Mapping[str, Any]:
        state: Mapping[str, Any] = self._engine.ask(
            "GET", f"{self._place}/json", seconds=KILL_SECONDS
        )
        return state


def _kill_group(pid: int) -> None:
    try:
        leads = os.getpgid(pid) == pid
        os.killpg(pid, signal.SIGKILL) if leads else os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it has just ended


def main(container: str, command: Sequence[str]) -> None:
    """Check the worker in `container` with `command`."""
    raise_on_sigterm()
    check = None
    try:
        try:
            check = ContainerCheck(Engine(), container, command)
            code = check.run()
        except Terminated:
            if check:
                check.kill()
            code = 128 + signal.SIGTERM
    except (PorterError, TimeoutError) as error:
        sys.exit(f"porter: {error}")
    end_like(code)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
