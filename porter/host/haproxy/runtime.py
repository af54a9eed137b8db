"""Talks to the running HAProxy over its admin socket: the runtime API (management guide, 9.3)."""

from __future__ import annotations

import csv
import os
import socket
from dataclasses import dataclass
from pathlib import PurePath

from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.view import View

SOCKET = "admin.sock"
"""As haproxy.cfg names it, seen from the unit's runtime directory."""

SECONDS = 5.0
"""Deadline of one command; HAProxy answers in well under a millisecond."""

MISSING = ("No such server", "Can't find backend", "No such backend")
"""How HAProxy says that there is nothing of that name."""


class HaproxyDownError(PorterError):
    """Nobody listens on the socket: HAProxy is not there, or not yet."""


@dataclass(frozen=True, slots=True)
class Server:
    """One server of a backend: its `status` in HAProxy's words, and what it is busy with.

    A server without a check is `no check` when requests go to it, else `DRAIN` or `MAINT`.
    """

    status: str
    busy: int

    @property
    def ready(self) -> bool:
        """Whether requests go to it."""
        return self.status == "no check" or self.status.startswith("UP")


def folder(layout: Layout) -> PurePath:
    """The unit's runtime directory, with the socket in it while HAProxy runs."""
    return layout.root / "run/porter-haproxy"


def servers(view: View, backend: str) -> dict[str, Server]:
    """The servers of `backend` that the running HAProxy has (management guide, 9.1).

    Raises as `command`.
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
    """Give the running HAProxy the command `text`; returns its answer without the blank line.

    Raises `HaproxyDownError` if nobody is there, and `PorterError` if whoever is does not answer.
    """
    return _ask(machine.layout, text)


def _ask(layout: Layout, command: str) -> str:
    there = folder(layout)
    try:
        handle = os.open(there, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(SECONDS)
                # Not by its own path, which may be longer than the 107 bytes of an address.
                client.connect(f"/proc/self/fd/{handle}/{SOCKET}")
                client.sendall(f"{command}\n".encode())
                answer = b"".join(iter(lambda: client.recv(65536), b""))
        finally:
            os.close(handle)
    except OSError as error:
        gone = isinstance(error, (FileNotFoundError, ConnectionRefusedError))
        kind = HaproxyDownError if gone else PorterError
        late = isinstance(error, TimeoutError)
        why = f" within {SECONDS:g} s" if late else f": {error.strerror}"
        raise kind(f"HAProxy does not answer{why}", where=str(there / SOCKET)) from error
    return answer.decode(errors="replace").strip()
