"""Send requests to a service during an update, and count the failed ones."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from porter.rehearsal.story.answer import ANSWER_SECONDS
from porter.rehearsal.story.report import SERVER_ERROR

RATE = 50
"""Requests per second in all; fewer if an answer takes longer."""

KEPT_FAILURES = 5
_CLIENTS = 10
"""Half of the clients keep their connection; the others open one for each request."""


@dataclass(slots=True, kw_only=True)
class Requests:
    """How many requests were made, and how many failed: no answer, or status 5xx.

    `failures` describes the first ones, with the seconds since the update began.
    """

    made: int = 0
    failed: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def dropped(self) -> str:
        """Why the update is no success; empty if every request succeeded."""
        if not self.failed:
            return ""
        return f"{self.failed} of {self.made} requests failed during the update"


@contextmanager
def probing(urls: Sequence[str]) -> Iterator[Requests]:
    """Send `GET` to each of `urls` in turn until the block ends; without `urls`, send nothing."""
    requests = Requests()
    prober = _Prober(urls, requests)
    clients = [
        threading.Thread(target=prober.ask, args=(number,), daemon=True)
        for number in range(_CLIENTS if urls else 0)
    ]
    for client in clients:
        client.start()
    try:
        yield requests
    finally:
        prober.over.set()
        for client in clients:
            client.join(2 * ANSWER_SECONDS)


class _Prober:
    def __init__(self, urls: Sequence[str], requests: Requests) -> None:
        self.over = threading.Event()
        self._urls = urls
        self._requests = requests
        self._lock = threading.Lock()
        self._began = time.monotonic()

    def ask(self, number: int) -> None:
        """Run the client `number`: each client sends its requests at even intervals."""
        url = urlsplit(self._urls[number % len(self._urls)])
        connection = http.client.HTTPConnection(
            url.hostname or "", url.port, timeout=ANSWER_SECONDS
        )
        keeps = number % 2 == 0
        turn = self._began + number / RATE
        try:
            while not self.over.wait(max(0.0, turn - time.monotonic())):
                self._count(_problem(connection, url.path))
                if not keeps:
                    connection.close()
                turn = max(turn + _CLIENTS / RATE, time.monotonic())
        finally:
            connection.close()

    def _count(self, problem: str) -> None:
        with self._lock:
            self._requests.made += 1
            if problem:
                self._requests.failed += 1
                if len(self._requests.failures) < KEPT_FAILURES:
                    after = time.monotonic() - self._began
                    self._requests.failures.append(f"after {after:.2f} s: {problem}")


def _problem(connection: http.client.HTTPConnection, path: str) -> str:
    """Send one request; return what went wrong, empty for an answer below 500."""
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        return f"no answer: {error or type(error).__name__}"
    return f"answered {response.status}" if response.status >= SERVER_ERROR else ""
