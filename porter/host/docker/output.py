"""Passes on what a container prints, each line once, over any number of restarts."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from http.client import HTTPResponse, IncompleteRead
from pathlib import Path

from porter.host.docker.engine import Engine

_HEADER = 8
"""Bytes before each frame: stream, three zeros, length, big-endian (Engine API, "Attach")."""

_QUIET_SECONDS = 15.0

NOTE = ".last-line"
"""The file with the time of the last line that was passed on; no secret has such a name."""


class Output:
    """What the container `name` prints from `since` on, an RFC 3339 time of the Engine's.

    The time of the last line that was passed on is kept in the file `note`, if there is to be one.
    """

    def __init__(self, engine: Engine, name: str, since: str, note: Path | None = None) -> None:
        self._engine = engine
        self._name = name
        self._last = since
        self._note = os.open(note, os.O_WRONLY | os.O_CREAT, 0o600) if note else None

    def follow(self) -> None:
        """Print it, until the container stops or has been quiet for some seconds.

        Raises `EngineDownError`.
        """
        query = {"follow": 1, "stdout": 1, "stderr": 1, "timestamps": 1, "since": self._seconds()}
        place = f"/containers/{self._name}/logs"
        told = self._last
        with suppress(TimeoutError), self._engine.stream(place, query, _QUIET_SECONDS) as response:
            for line in frames(response):
                moment, _, text = line.partition(b" ")
                stamp = moment.decode(errors="replace")
                # Whole seconds are all that can be asked for; of a fixed width, texts compare.
                if stamp > told:
                    sys.stdout.buffer.write(text if text.endswith(b"\n") else text + b"\n")
                    sys.stdout.buffer.flush()
                    self._keep(stamp)

    def _keep(self, stamp: str) -> None:
        """Remember it for the next attendant, who may be needed at any moment."""
        self._last = stamp
        if self._note is not None:
            os.pwrite(self._note, stamp.encode(), 0)

    def _seconds(self) -> int:
        """The last line's time, in whole seconds since the epoch."""
        with suppress(ValueError):
            return int(datetime.fromisoformat(self._last[:19] + "+00:00").timestamp())
        return 0


def passed_on(note: Path | None) -> str:
    """The time of the last line that an earlier attendant passed on; empty if it did none."""
    try:
        return note.read_text("ascii") if note else ""
    except (OSError, ValueError):
        return ""


def frames(response: HTTPResponse) -> Iterator[bytes]:
    """What was printed, piece by piece; of a log each is a line."""
    with suppress(IncompleteRead):
        while header := response.read(_HEADER):
            yield response.read(int.from_bytes(header[4:], "big"))
