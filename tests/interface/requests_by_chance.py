"""Requests to porterd by chance: sound ones, and damaged ones."""

from __future__ import annotations

import random
import socket

from porter.spec import workload_token
from tests.daemon.handing import KEY

TOKEN = workload_token(KEY, "mail")
BODIES = ('{"reason": "no database"}', '{"ready": false, "reason": "\\ud800"}', "")
PIECES = (
    b"\r\n",
    b"\r\n\r\n",
    b"\0",
    b"\xff",
    b"%00",
    b"%ff",
    b"Content-Length: 9\r\n",
    b":",
    b" ",
)


def sound(path: str, method: str, choose: random.Random) -> bytes:
    """Return a request that porterd answers."""
    body = choose.choice(BODIES) if method == "post" else ""
    target = path.replace("{name}", "PASSWORD") + choose.choice(
        ("", "?since=1&wait=9", "?max_age=0")
    )
    # AWS is not there: with a valid token, credentials are a 502.
    token = "" if "credentials" in path else f"Authorization: {TOKEN}\r\n"
    head = f"{method.upper()} {target} HTTP/1.1\r\nHost: localhost\r\n{token}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def damaged(text: bytes, choose: random.Random) -> bytes:
    """Return `text` after up to four changes."""
    for _ in range(choose.randrange(5)):
        start, end = sorted(choose.randrange(len(text) + 1) for _ in range(2))
        end = min(end, start + 20)
        middle = choose.choice(
            (
                b"",
                text[start:end] * 2,
                text[start:end][::-1],
                choose.randbytes(3),
                choose.choice(PIECES),
            )
        )
        text = text[:start] + middle + text[end:]
    return text


def exchange(port: int, text: bytes) -> bytes:
    """Send `text` and nothing more; return the whole answer, which comes in time."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), 60) as client:
        try:
            client.sendall(text)
            client.shutdown(socket.SHUT_WR)
            while piece := client.recv(65536):
                answer += piece
        except ConnectionError:  # it closed before it had read everything
            pass
    return answer
