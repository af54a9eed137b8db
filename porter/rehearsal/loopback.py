"""Ask what listens on a machine's own loopback, over HTTP."""

from __future__ import annotations

import http.client

from porter.rehearsal.machine import Machine

LOOPBACK = "127.0.0.1"
"""What the machine calls itself; porterd answers to no other name."""


def get(machine: Machine, port: int, path: str, timeout: float) -> tuple[int, bytes] | None:
    """Status and body of `GET path`; `None` if it was not answered within `timeout` seconds."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout)
    try:
        connection.sock = machine.connect(port, timeout)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
