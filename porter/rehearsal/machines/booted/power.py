"""Power an instance on and off, and start it again when it reboots."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.local import keeper
from porter.rehearsal.local.interruption import held_back
from porter.rehearsal.machines.booted.control_groups import ControlGroups

BOOT_SECONDS = 20.0
"""Seconds for systemd to run as process 1; it usually takes a tenth of a second."""

OFF_SECONDS = 15.0
"""Seconds for services to end in order; EC2 also kills what still runs, but later."""

_ASK_SECONDS = 0.5
_GONE_SECONDS = 5.0
_PAUSE = 0.02
_REBOOTED = 128 + signal.SIGHUP
_POWER_OFF = signal.SIGRTMIN + 4
"""The signal for `systemctl poweroff` (systemd(1), Signals)."""


class Power:
    """Runs `command` in `folder`, with output to `terminal`; calls `booted` with each process 1."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        terminal: int,
        control_groups: ControlGroups,
        booted: Callable[[int], None],
    ) -> None:
        self._command = command
        self._folder = folder
        self._terminal = terminal
        self._control_groups = control_groups
        self._booted = booted
        self._turning = threading.Lock()
        self._keeper: subprocess.Popen[bytes] | None = None
        self._attendant = threading.Thread(
            target=self._attend, name=f"{control_groups.name}", daemon=True
        )
        self._wanted = False
        self.init: int | None = None

    @property
    def alive(self) -> bool:
        """Whether the machine is on, or rebooting."""
        return self._wanted and self._attendant.is_alive()

    def on(self) -> None:
        """Power on; return when systemd runs as process 1. Raises `PorterError`."""
        with self._turning:
            self._wanted = True
            self._boot()
        self._attendant.start()

    def off(self) -> None:
        """Power off in order, then kill what is left."""
        with self._turning:
            self._wanted = False
        self._ask()
        self._control_groups.kill()
        self._cut()
        self._ends_within(_GONE_SECONDS)
        if self._attendant.ident is not None:
            self._attendant.join(_GONE_SECONDS)

    def kill(self) -> None:
        """Kill every process; the machine does not start again. Raises `PorterError`."""
        with self._turning:
            self._wanted = False
        self._control_groups.kill()

    def _ask(self) -> None:
        """Ask systemd to power off, repeatedly: it ignores signals while it starts."""
        deadline = time.monotonic() + OFF_SECONDS
        while self.init is not None and time.monotonic() < deadline:
            with suppress(ProcessLookupError):
                os.kill(self.init, _POWER_OFF)
            if self._ends_within(_ASK_SECONDS):
                return

    def _boot(self) -> None:
        with held_back():
            self._keeper = keeper.start(self._command, self._terminal, cwd=self._folder)
        try:
            self.init = self._find_init(self._keeper)
            self._booted(self.init)
        except BaseException:
            self._cut()
            raise

    def _cut(self) -> None:
        """Close the keeper's standard input, which kills everything it started."""
        if self._keeper is not None and self._keeper.stdin is not None:
            self._keeper.stdin.close()

    def _find_init(self, started: subprocess.Popen[bytes]) -> int:
        deadline = time.monotonic() + BOOT_SECONDS
        while started.poll() is None and time.monotonic() < deadline:
            init = self._control_groups.init()
            with suppress(OSError):
                # boot.sh is process 1 before systemd is, and ignores signals.
                if init and Path(f"/proc/{init}/comm").read_text() == "systemd\n":
                    return init
            time.sleep(_PAUSE)
        printed = (self._folder / "console.log").read_text(errors="replace").split("\n")
        said = next((line.strip() for line in reversed(printed) if line.strip()), "no reason given")
        raise PorterError(f"the machine did not boot: {said}", where=str(self._folder))

    def _attend(self) -> None:
        """Start the machine again after each reboot."""
        while self._keeper is not None:
            code = self._keeper.wait()
            with self._turning:
                self.init = None
                if code != _REBOOTED or not self._wanted:
                    return
                with suppress(PorterError, OSError):  # then it ends, and `alive` says so
                    self._boot()

    def _ends_within(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            return self._keeper is None or self._keeper.wait(seconds) is not None
        return False
