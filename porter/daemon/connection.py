"""One connection to porterd: a request, read whole, and its answer. Nothing here blocks."""

from __future__ import annotations

import http
import json
import math
import socket
import time
from typing import Any

from gunicorn.config import Config
from gunicorn.http.errors import NoMoreData, ParseException
from gunicorn.http.parser import RequestParser

from porter.daemon.polls import Poll
from porter.daemon.request_id import HEADER, id_of, new_id

REQUEST_SECONDS = 5.0
"""For a request's head, and as long again for its body. porterd's clients are on its own host."""

ANSWER_SECONDS = 5.0
"""For a client to take its answer."""

LINGER_SECONDS = 1.0
"""For a client to read a refusal: if the rest of its request met a closed socket, it could not."""

LARGEST_HEAD = 16_384
LARGEST_BODY = 65_536
"""In bytes."""

_PIECE = 65_536
_END = b"\r\n\r\n"


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """What porterd answers, with `status`, instead of asking its application."""

    def __init__(self, status: int, retry_after: float = 0.0) -> None:
        super().__init__(status)
        self._status = http.HTTPStatus(status)
        self._retry_after = retry_after

    def answer(self, request_id: str) -> bytes:
        """Return the whole answer; with `Retry-After`, in whole seconds, if that is known."""
        phrase = self._status.phrase
        body = json.dumps({"error": phrase}) + "\n"
        later = f"Retry-After: {math.ceil(self._retry_after)}\r\n" if self._retry_after else ""
        return (
            f"HTTP/1.1 {self._status} {phrase}\r\nConnection: close\r\n{later}"
            f"{HEADER}: {request_id}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


class Connection:
    """A connection of `user` from `client` to `server`, which are pairs of address and port.

    `expires` is its deadline in monotonic seconds. `busy` says that a thread works on the answer.
    `request` is gunicorn's, once the request is complete. `poll` is for requests that may wait.
    `request_id` is the client's, or a new one.
    """

    def __init__(
        self, connected: socket.socket, user: str, client: tuple[str, int], server: tuple[str, int]
    ) -> None:
        connected.settimeout(0)
        self.socket = connected
        self.user = user
        self.client = client
        self.server = server
        self.expires = time.monotonic() + REQUEST_SECONDS
        self.busy = False
        self.refused = False
        self.request: Any = None
        self.request_id = new_id()
        self.poll = Poll()
        self._received = bytearray()
        self._size = math.inf  # of the whole request, known once its head has arrived
        self._answer: bytes | None = None

    @property
    def late(self) -> bool:
        """Whether a part of a request has arrived, and nothing was answered yet."""
        return bool(self._received) and self._answer is None

    @property
    def closed(self) -> bool:
        """Whether porterd has closed the connection."""
        return self.socket.fileno() < 0

    def read(self, config: Config) -> bool:
        """Read what has arrived; return whether the request is complete.

        Raises `Refusal`, and `OSError` when the client has closed.
        """
        try:
            piece = self.socket.recv(_PIECE)
        except BlockingIOError:
            return False
        if not piece:
            raise ConnectionResetError
        self._received += piece
        if self._size == math.inf:
            self._read_head(config)
        if len(self._received) < self._size:
            return False
        if self.request is None:
            self.request = self._parsed(config, bytes(self._received))
        self.expires = math.inf
        self.poll.arrived = time.monotonic()
        return True

    def _read_head(self, config: Config) -> None:
        """Find the end of the head, and the request's size in it."""
        end = self._received.find(_END)
        if (end if end >= 0 else len(self._received)) > LARGEST_HEAD:
            raise Refusal(431)
        if end < 0:
            return
        end += len(_END)
        request = self._parsed(config, bytes(self._received[:end]))
        self.request_id = id_of(request.headers)
        length = _length(request.headers)
        if not length:
            self.request = request
        self._size = end + length
        self.expires = time.monotonic() + REQUEST_SECONDS

    def _parsed(self, config: Config, text: bytes) -> Any:  # noqa: ANN401 - gunicorn has no types
        """Parse `text`, which holds a whole head."""
        try:
            return next(RequestParser(config, iter([text]), self.client))
        except (ParseException, NoMoreData, StopIteration):
            raise Refusal(400) from None

    def begin_answer(self, answer: bytes, *, refused: bool = False) -> None:
        """Keep `answer` for `write`; `refused` says that the request may be incomplete."""
        self.busy = False
        self.poll.until = None
        self.refused = refused
        self.expires = time.monotonic() + ANSWER_SECONDS
        self._answer = answer

    def write(self) -> bool:
        """Send what the client takes of the answer; return whether that was all.

        Raises `OSError`.
        """
        if self._answer:
            try:
                self._answer = self._answer[self.socket.send(self._answer) :]
            except BlockingIOError:
                return False
        return not self._answer

    def linger(self) -> None:
        """Say that the answer is complete, and leave the client time to read. Raises `OSError`."""
        self.socket.shutdown(socket.SHUT_WR)
        self.expires = time.monotonic() + LINGER_SECONDS

    def discard(self) -> None:
        """Read what is no longer of interest. Raises `OSError` when the client has closed."""
        if not self.socket.recv(_PIECE):
            raise ConnectionResetError


def _length(headers: list[tuple[str, str]]) -> int:
    """Return the length of a request's body, by headers that gunicorn accepts. Raises `Refusal`."""
    named = dict(headers)
    if "TRANSFER-ENCODING" in named:
        raise Refusal(411)
    length = int(named.get("CONTENT-LENGTH", "0"))
    if length > LARGEST_BODY:
        raise Refusal(413)
    return length
