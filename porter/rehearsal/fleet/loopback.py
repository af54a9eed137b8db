"""Send HTTP requests to a machine's own loopback."""

from __future__ import annotations

import http.client
import socket
import ssl

from porter.rehearsal.machines.api import Machine

LOOPBACK = "127.0.0.1"
"""The Host header: porterd accepts no other name."""


def get(
    machine: Machine, port: int, path: str, timeout: float, *, tls: bool = False
) -> tuple[int, bytes] | None:
    """Return status and body of `GET path`; `None` without an answer within `timeout` seconds.

    With `tls` any certificate is accepted, as load balancers of AWS do.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=timeout)
    try:
        connection.sock = _secured(machine.connect(port, timeout), tls=tls)
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _secured(connected: socket.socket, *, tls: bool) -> socket.socket:
    if not tls:
        return connected
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connected)
