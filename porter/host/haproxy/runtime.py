"""HAProxy's runtime API, over its admin socket (management guide, 9.3)."""

from __future__ import annotations

import csv
import os
import socket
import time
from dataclasses import dataclass
from pathlib import PurePath

from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.view import View

SOCKET = "admin.sock"
"""The socket's name in haproxy.cfg, relative to the unit's runtime directory."""

STATISTICS = "stats/stats.sock"
"""The socket for porterd, which may not use the other one (ADR 0042)."""

SECONDS = 5.0
"""Deadline of one command; HAProxy answers in well under a millisecond."""

MISSING = ("No such server", "Can't find backend", "No such backend")
"""The beginnings of HAProxy's answers for an unknown server or backend."""


class HaproxyDownError(PorterError):
    """HAProxy does not listen on the socket: it does not run, or not yet."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server of a backend: HAProxy's `status`, and the sessions that it has or queues.

    The status of a server without a check is `no check` if it gets requests, else `DRAIN` or
    `MAINT`.
    """

    status: str
    busy: int

    @property
    def ready(self) -> bool:
        """Whether HAProxy sends it requests."""
        return self.status == "no check" or self.status.startswith("UP")


def folder(layout: Layout) -> PurePath:
    """The unit's runtime directory, which holds the socket while HAProxy runs."""
    return layout.root / "run/porter-haproxy"


def servers(view: View, backend: str) -> dict[str, Server]:
    """Return the servers of `backend` in the running HAProxy (management guide, 9.1).

    Raises as `command` does.
    """
    statistics = _ask(view.layout, f"show stat {backend} 4 -1")
    if not statistics.startswith("# "):
        return {}
    rows = csv.DictReader(statistics.removeprefix("# ").splitlines())
    return {
        row["svname"]: Server(row["status"], int(row["scur"] or 0) + int(row["qcur"] or 0))
        for row in rows
    }


def command(machine: Machine, text: str) -> str:
    """Send the command `text` to the running HAProxy; return its answer, stripped.

    Raises `HaproxyDownError` if HAProxy does not run, and `PorterError` if it does not answer.
    """
    return _ask(machine.layout, text)


def _ask(layout: Layout, command: str) -> str:
    there = folder(layout)
    expires = time.monotonic() + SECONDS
    answer = b""
    try:
        handle = os.open(there, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(SECONDS)
                # The socket's own path may be longer than the 107 bytes of an address.
                client.connect(f"/proc/self/fd/{handle}/{SOCKET}")
                client.sendall(f"{command}\n".encode())
                while piece := client.recv(65536):
                    answer += piece
                    # A time-out alone would start again with each piece.
                    client.settimeout(max(0.001, expires - time.monotonic()))
        finally:
            os.close(handle)
    except OSError as error:
        gone = isinstance(error, (FileNotFoundError, ConnectionRefusedError))
        kind = HaproxyDownError if gone else PorterError
        late = isinstance(error, TimeoutError)
        why = f" within {SECONDS:g} s" if late else f": {error.strerror}"
        raise kind(f"HAProxy does not answer{why}", where=str(there / SOCKET)) from error
    return answer.decode(errors="replace").strip()
