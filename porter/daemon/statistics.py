"""Read the statistics of HAProxy's servers and frontends from its socket, in a bounded way."""

from __future__ import annotations

import csv
import logging
import os
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_log = logging.getLogger(__name__)

FRESH_SECONDS = 1.0
"""porterd asks HAProxy at most this often."""

SECONDS = 0.5
"""For an answer; HAProxy needs less than a millisecond."""

LARGEST = 262_144
"""Bytes of an answer; a row has 700."""

CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")

_FRONTENDS_AND_SERVERS = b"show stat -1 5 -1\n"
_FRONTEND, _SERVER = "0", "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """A frontend or a server since HAProxy's last reload (management guide, 9.1).

    `status` is `OPEN` for a frontend; for a server without a check `no check`, `DRAIN` or `MAINT`.
    `responses` counts answers by class. `errors` are failed connections and broken answers.
    """

    name: str
    status: str
    sessions: int
    queued: int = 0
    errors: int = 0
    responses: Mapping[str, int]

    @property
    def ready(self) -> bool:
        """Whether HAProxy sends it requests."""
        return self.status in ("no check", "OPEN") or self.status.startswith("UP")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What HAProxy answered; `problem` says why it did not."""

    frontends: tuple[Traffic, ...] = ()
    servers: tuple[Traffic, ...] = ()
    problem: str = ""


@dataclass(slots=True)
class Statistics:
    """Asks HAProxy at the socket `path`, one request at a time; every thread may call `read`."""

    path: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _seen: Seen = field(default_factory=Seen)
    _read_at: float = float("-inf")

    def read(self) -> Seen:
        """Return what HAProxy says, or said less than `FRESH_SECONDS` ago."""
        with self._lock:
            if time.monotonic() - self._read_at >= FRESH_SECONDS:
                seen = self._ask()
                if seen.problem and seen.problem != self._seen.problem:
                    _log.warning("%s", seen.problem)
                self._seen, self._read_at = seen, time.monotonic()
            return self._seen

    def _ask(self) -> Seen:
        try:
            text = _exchange(self.path).decode("utf-8", "replace")
            rows = csv.DictReader(text.removeprefix("# ").splitlines())
            return _seen(list(rows))
        except TimeoutError:
            problem = f"did not answer within {SECONDS:g} s"
        except OSError as error:
            problem = error.strerror or str(error)
        except (KeyError, ValueError, TypeError, csv.Error):
            problem = "gave an answer that is not valid"
        return Seen(problem=f"HAProxy's statistics: {problem}")


def _exchange(path: Path) -> bytes:
    """Return the answer; raise `OSError`, or `ValueError` if it is too long."""
    expires = time.monotonic() + SECONDS
    answer = bytearray()
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(SECONDS)
            # The path itself may be longer than the 107 bytes of an address (unix(7)).
            client.connect(f"/proc/self/fd/{folder}/{path.name}")
            client.sendall(_FRONTENDS_AND_SERVERS)
            while piece := client.recv(65_536):
                answer += piece
                if len(answer) > LARGEST:
                    raise ValueError
                # A time-out alone would start again with each piece.
                client.settimeout(max(0.001, expires - time.monotonic()))
    finally:
        os.close(folder)
    return bytes(answer)


def _seen(rows: list[dict[str, str]]) -> Seen:
    if not rows:
        raise ValueError
    frontends = (_traffic(row, row["pxname"]) for row in rows if row["type"] == _FRONTEND)
    servers = (_traffic(row, row["svname"]) for row in rows if row["type"] == _SERVER)
    return Seen(frontends=tuple(frontends), servers=tuple(servers))


def _traffic(row: Mapping[str, str], name: str) -> Traffic:
    return Traffic(
        name=name,
        status=row["status"],
        sessions=_count(row["scur"]),
        queued=_count(row["qcur"]),
        errors=_count(row["econ"]) + _count(row["eresp"]),
        responses={one: _count(row[f"hrsp_{one}"]) for one in CLASSES},
    )


def _count(text: str) -> int:
    """Return the number; HAProxy leaves out what does not apply."""
    return int(text or 0)
