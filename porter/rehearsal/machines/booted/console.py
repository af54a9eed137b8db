"""The instance's console: a terminal whose output is logged."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

LIMIT = 4_000_000
"""Bytes that are logged; later output is dropped, so that writers never block."""

_SECONDS = 2.0


class Console:
    """A pseudo-terminal (pty(7)), and the thread that logs it to `log` until `close`."""

    def __init__(self, log: Path) -> None:
        self._master, self.terminal = os.openpty()
        self._log = log
        self._reader = threading.Thread(target=self._read, name=f"console {log}", daemon=True)
        self._reader.start()

    @property
    def path(self) -> str:
        """The terminal's path on this computer."""
        return os.ttyname(self.terminal)

    def close(self) -> None:
        """Log what was printed so far, and close the terminal."""
        if self.terminal >= 0:
            os.close(self.terminal)  # the last descriptor, so reading ends
            self.terminal = -1
            self._reader.join(_SECONDS)
            os.close(self._master)

    def _read(self) -> None:
        kept = 0
        with self._log.open("ab", buffering=0) as file, suppress(OSError):
            while printed := os.read(self._master, 65536):
                if kept < LIMIT:
                    kept += file.write(printed.replace(b"\r", b""))
