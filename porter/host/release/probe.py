"""Ask a process on this machine for its health, without the proxy."""

from __future__ import annotations

import http.client
import socket
import time

from porter.aws.health_check import host_header
from porter.spec import HealthCheck

_LARGEST = 1024 * 1024
"""Bytes of an answer that are read, as many as porterd reads."""


def problem_of(port: int, check: HealthCheck) -> str:
    """Return what is wrong with the process on 127.0.0.1:`port`; empty if it is healthy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=check.timeout_seconds)
    began = time.monotonic()
    try:
        headers = {"Connection": "close", "Host": check.host or host_header(port)}
        connection.request("GET", check.path, headers=headers)
        response = connection.getresponse()
        response.read(_LARGEST)
    except ConnectionRefusedError:
        return f"nothing listens on 127.0.0.1:{port}"
    except TimeoutError:
        return f"no answer to GET {check.path} within {check.timeout_seconds:g} s"
    except (OSError, http.client.HTTPException, ValueError) as error:  # a chunk of -5 bytes
        return f"no answer to GET {check.path}: {type(error).__name__}"
    finally:
        connection.close()
    if time.monotonic() - began > check.timeout_seconds:
        return f"no whole answer to GET {check.path} within {check.timeout_seconds:g} s"
    if not check.accepts(response.status):
        return f"GET {check.path} is answered {response.status}; only {check.codes} counts"
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
