"""Print a container's output, each line once, even if the attendant is restarted."""

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
"""The file with the time of the last printed line; no secret can have this name."""


class Output:
    """The output of the container `name` after `since`, an RFC 3339 time of the Engine's.

    The file `note`, if given, holds the time of the last printed line.
    """

    def __init__(self, engine: Engine, name: str, since: str, note: Path | None = None) -> None:
        self._engine = engine
        self._name = name
        self._last = since
        self._note = os.open(note, os.O_WRONLY | os.O_CREAT, 0o600) if note else None

    def follow(self) -> None:
        """Print output until the container stops or is quiet for some seconds.

        Raises `EngineDownError`.
        """
        query = {"follow": 1, "stdout": 1, "stderr": 1, "timestamps": 1, "since": self._seconds()}
        place = f"/containers/{self._name}/logs"
        told = self._last
        with suppress(TimeoutError), self._engine.stream(place, query, _QUIET_SECONDS) as response:
            for line in frames(response):
                moment, _, text = line.partition(b" ")
                stamp = moment.decode(errors="replace")
                # The Engine filters by whole seconds only. Times of fixed width compare as text.
                if stamp > told:
                    sys.stdout.buffer.write(text if text.endswith(b"\n") else text + b"\n")
                    sys.stdout.buffer.flush()
                    self._keep(stamp)

    def _keep(self, stamp: str) -> None:
        """Keep the time for the next attendant: this one may be killed at any moment."""
        self._last = stamp
        if self._note is not None:
            os.pwrite(self._note, stamp.encode(), 0)

    def _seconds(self) -> int:
        """Return the last line's time in whole seconds since the epoch."""
        with suppress(ValueError):
            return int(datetime.fromisoformat(self._last[:19] + "+00:00").timestamp())
        return 0


def passed_on(note: Path | None) -> str:
    """Return the time of the last line that an earlier attendant printed, or an empty text."""
    try:
        return note.read_text("ascii") if note else ""
    except (OSError, ValueError):
        return ""


def frames(response: HTTPResponse) -> Iterator[bytes]:
    """Yield the frames of a stream; in a log, each frame is a line."""
    with suppress(IncompleteRead):
        while header := response.read(_HEADER):
            yield response.read(int.from_bytes(header[4:], "big"))
