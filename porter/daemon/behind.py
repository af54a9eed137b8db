"""Find out what the service does when HAProxy reports only that it got no answer."""

from __future__ import annotations

import http.client
import socket

from porter.aws import exchange
from porter.aws.health_check import host_header
from porter.daemon.listeners import listeners
from porter.daemon.settings import Target

_SECONDS = 1.0


def trouble_behind_haproxy(target: Target, status: int) -> str:
    """Return what is wrong with the workload of `target` after HAProxy answered 502, 503 or 504.

    HAProxy's codes: 503, no connection to the workload; 502, an invalid answer; 504, no answer in
    time (configuration manual, section 1.3.1).
    """
    match status:
        case 503:
            return _no_connection(target)
        case 502:
            return _no_valid_answer(target)
        case _:
            return "hangs, HAProxy waited for an answer in vain"


def _no_connection(target: Target) -> str:
    place = f"127.0.0.1:{target.workload_port}"
    try:
        socket.create_connection(("127.0.0.1", target.workload_port), _SECONDS).close()
    except ConnectionRefusedError:
        elsewhere = ", ".join(one.address for one in listeners(target.workload_port))
        if elsewhere:
            return f"{target.workload} listens on {elsewhere}, but not on {place}"
        return f"nothing listens on {place} (does {target.workload} listen on $PORT?)"
    except OSError:
        return f"{target.workload} listens on {place}, but accepts no connection"
    return f"HAProxy did not reach {target.workload} on {place}, which listens now"


def _no_valid_answer(target: Target) -> str:
    """Ask again, directly: HAProxy's 502 means a closed connection or an invalid answer."""
    try:
        check = target.health_check
        host = check.host or host_header(target.port)
        response, _ = exchange.get(target.workload_port, check.path, _SECONDS, host=host)
    except TimeoutError:
        return "gave HAProxy no answer, and hangs when asked directly"
    except OSError:
        return "closed the connection without an answer"
    except http.client.HTTPException as error:
        return f"the answer is not HTTP ({type(error).__name__})"
    return f"answered {response.status}, but in a way that HAProxy refuses as invalid HTTP"
