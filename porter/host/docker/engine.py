"""A client of Docker's Engine: HTTP on a Unix socket (Docker Engine API, version 1.41 and later).

Each container's attendant keeps one in memory. The client `docker` from PyPI imports requests and
urllib3, which more than doubles an attendant's memory.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path, PurePath
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

from porter.errors import PorterError

ANSWER_SECONDS = 60.0
"""Deadline of one request: the Engine may be busy with an image."""

_CURE = "journalctl --unit=docker"

Query = Mapping[str, str | int]


class EngineError(PorterError):
    """The Engine refused a request; `status` is the HTTP status code."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(what, where="docker")
        self.status = status


class EngineDownError(PorterError):
    """The Engine does not answer, or closed the connection."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("docker", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Engine:
    """The Engine that listens below `root`, which is `/` on a host."""

    def __init__(self, root: PurePath = Path("/")) -> None:
        self._path = Path(root, "run/docker.sock")

    @property
    def is_there(self) -> bool:
        """Whether the socket exists."""
        return self._path.exists()

    def ask(
        self,
        verb: str,
        place: str,
        body: object = None,
        *,
        query: Query | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> Any:  # noqa: ANN401 - any JSON
        """Return the answer to `verb place?query`, parsed; None if it is empty.

        Raises `EngineError` with the Engine's message, and `EngineDownError` if there is no answer
        within `seconds`.
        """
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        try:
            with self._asked(verb, _target(place, query), content, headers, seconds) as response:
                answer = response.read()
        except TimeoutError as error:
            what = f"does not answer {verb} {place} within {seconds:g} s"
            raise EngineDownError(what, where=str(self._path), cure=_CURE) from error
        return json.loads(answer) if answer else None

    def found(self, place: str) -> Any:  # noqa: ANN401 - any JSON
        """Return the answer to `GET place`; None if there is no such object."""
        try:
            return self.ask("GET", place)
        except EngineError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def pull(self, reference: str, account: Mapping[str, str] | None, *, stalled: float) -> None:
        """Pull `reference` from its registry; `account` holds `username` and `password`.

        Raises as `ask` does, and `TimeoutError` after `stalled` seconds without progress.
        """
        headers = {}
        if account:
            told = json.dumps(dict(account)).encode()
            headers["X-Registry-Auth"] = base64.urlsafe_b64encode(told).decode()
        self._progress(_target("/images/create", {"fromImage": reference}), None, headers, stalled)

    def load(self, file: BinaryIO, size: int, *, stalled: float) -> None:
        """Load the images in `file`, `size` bytes from `docker save`. Raises as `pull` does."""
        headers = {"Content-Type": "application/x-tar", "Content-Length": str(size)}
        self._progress("/images/load?quiet=1", file, headers, stalled)

    @contextmanager
    def stream(
        self, place: str, query: Query, seconds: float
    ) -> Iterator[http.client.HTTPResponse]:
        """Open the answer to `GET place`; a read raises `TimeoutError` after `seconds`."""
        with self._asked("GET", _target(place, query), None, {}, seconds) as response:
            yield response

    @contextmanager
    def started(self, place: str, seconds: float) -> Iterator[http.client.HTTPResponse]:
        """Start the command at `place` (`/exec/ID`) and open its output, as `stream` does."""
        content, headers = b'{"Detach": false, "Tty": false}', {"Content-Type": "application/json"}
        with self._asked("POST", f"{place}/start", content, headers, seconds) as response:
            yield response

    def _progress(
        self, target: str, content: BinaryIO | None, headers: Mapping[str, str], seconds: float
    ) -> None:
        """Read a stream of JSON objects to its end: the last one may be the error."""
        with self._asked("POST", target, content, headers, seconds) as response:
            for line in response:
                said = json.loads(line) if line.strip() else {}
                if "error" in said:
                    raise EngineError(str(said["error"]).strip(), int(HTTPStatus.BAD_GATEWAY))

    @contextmanager
    def _asked(
        self,
        verb: str,
        target: str,
        content: bytes | BinaryIO | None,
        headers: Mapping[str, str],
        seconds: float,
    ) -> Iterator[http.client.HTTPResponse]:
        connection = _Connection(self._path, seconds)
        try:
            connection.request(verb, target, content, dict(headers))
            response = connection.getresponse()
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise EngineError(_message(response.read()), response.status)
            yield response
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            what = f"does not answer: {error or type(error).__name__}"
            raise EngineDownError(what, where=str(self._path), cure=_CURE) from error
        finally:
            connection.close()


def _target(place: str, query: Query | None) -> str:
    return quote(place, safe="/:@") + (f"?{urlencode(query)}" if query else "")


def _message(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["message"]).strip()
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace").strip() or "no reason given"
