"""Ask a process on this machine for its health, without the proxy."""

from __future__ import annotations

import http.client
import socket
import time

from porter.spec import HealthCheck

_OK = 200
_LARGEST = 1024 * 1024
"""Bytes of an answer that are read, as many as porterd reads."""


def problem_of(port: int, check: HealthCheck) -> str:
    """Return what is wrong with the process on 127.0.0.1:`port`; empty if it answers 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=check.timeout_seconds)
    began = time.monotonic()
    try:
        connection.request("GET", check.path, headers={"Connection": "close"})
        response = connection.getresponse()
        response.read(_LARGEST)
    except ConnectionRefusedError:
        return f"nothing listens on 127.0.0.1:{port}"
    except TimeoutError:
        return f"no answer to GET {check.path} within {check.timeout_seconds:g} s"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer to GET {check.path}: {type(error).__name__}"
    finally:
        connection.close()
    if time.monotonic() - began > check.timeout_seconds:
        return f"no whole answer to GET {check.path} within {check.timeout_seconds:g} s"
    if response.status != _OK:
        return f"GET {check.path} is answered {response.status}; only 200 counts"
    return ""


def is_free(port: int) -> bool:
    """Whether `port` is free on every address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))  # noqa: S104 - it never listens
        except OSError:
            return False
    return True
