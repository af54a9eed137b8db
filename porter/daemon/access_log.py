"""Write one JSON object a line for each answer, for the journal.

Neither path nor query nor header is logged: a program can put anything there (ADR 0043).
"""

from __future__ import annotations

import http
import json
import sys
import time

from flask import Flask, Response, request

from porter.daemon.connection import Connection
from porter.daemon.polls import POLL

_STATUS = slice(len("HTTP/1.1 "), len("HTTP/1.1 200"))
_QUIET = (("/health", http.HTTPStatus.OK), (None, http.HTTPStatus.TOO_MANY_REQUESTS))


def note_routes(app: Flask) -> None:
    """Have `app` note in each request's `Poll` which pattern matched."""

    @app.after_request
    def note(response: Response) -> Response:
        if request.url_rule and (own := request.environ.get(POLL)):
            own.route = request.url_rule.rule
        return response


def log_answer(connection: Connection, answer: bytes) -> None:
    """Log `answer`, whole with its head, to the request of `connection`."""
    status = int(answer[_STATUS])
    route = connection.poll.route
    # `/health` is asked every few seconds. Of refused rates a warning gives the sum.
    if (route, status) in _QUIET:
        return
    line = {
        "method": connection.request and connection.request.method,
        "route": route,
        "status": status,
        "bytes": len(answer) - answer.find(b"\r\n\r\n") - 4,
        "seconds": round(time.monotonic() - connection.poll.arrived, 4),
        "user": connection.user,
        "request_id": connection.request_id,
    }
    # At once: the lines of other threads must not come between.
    sys.stderr.write(json.dumps(line, separators=(",", ":")) + "\n")
