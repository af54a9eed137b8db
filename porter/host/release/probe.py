"""Ask a process on this machine for its health, without the proxy."""

from __future__ import annotations

import http.client
import socket

from porter.aws import exchange
from porter.aws.health_check import host_header
from porter.spec import HealthCheck


def problem_of(port: int, check: HealthCheck) -> str:
    """Return what is wrong with the process on 127.0.0.1:`port`; empty if it is healthy.

    The check's time-out bounds the whole exchange, from connecting to the last byte.
    """
    host = check.host or host_header(port)
    try:
        response, _ = exchange.get(port, check.path, check.timeout_seconds, host=host)
    except ConnectionRefusedError:
        return f"nothing listens on 127.0.0.1:{port}"
    except TimeoutError:
        return f"no whole answer to GET {check.path} within {check.timeout_seconds:g} s"
    except (OSError, http.client.HTTPException) as error:
        return f"no answer to GET {check.path}: {type(error).__name__}"
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
