"""Threads that answer requests, one user after the other."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

from porter.daemon import giving, leaving
from porter.daemon.connection import Connection
from porter.spec import CREDENTIALS_PATH

THREADS = 8
"""Of one lane; a thread starts when it is first needed."""

_SHARE = THREADS // 2
"""Threads that work for one user at a time."""


class Lane:
    """Threads that call `work` with this lane and a connection whose request is complete.

    Only the worker's loop calls the methods: `done` once for each call of `work`.
    """

    def __init__(self, work: Callable[[Lane, Connection], None]) -> None:
        self._work = work
        self._pool = ThreadPoolExecutor(THREADS)
        self._free = THREADS
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, deque[Connection]] = {}

    def add(self, connection: Connection) -> None:
        """Have `connection` answered when it is its user's turn."""
        self._waiting.setdefault(connection.user, deque()).append(connection)
        self._start()

    def done(self, connection: Connection) -> None:
        """Note that the work for `connection` has ended."""
        self._free += 1
        self._busy[connection.user] -= 1
        self._start()

    def stop(self) -> None:
        """Start nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> None:
        while self._free:
            user = next((one for one in self._waiting if self._busy[one] < _SHARE), None)
            if user is None:
                return
            queue = self._waiting.pop(user)
            connection = queue.popleft()
            if queue:
                self._waiting[user] = queue  # behind all other users
            if connection.closed:
                continue
            connection.busy = True
            self._free -= 1
            self._busy[user] += 1
            self._pool.submit(self._work, self, connection)


class Lanes:
    """Lanes by what their requests wait for, so that no request waits for one of another kind."""

    def __init__(self, work: Callable[[Lane, Connection], None]) -> None:
        self.general = Lane(work)
        self._credentials = Lane(work)
        self._secrets = Lane(work)

    def of(self, path: str) -> Lane:
        """Return the lane of a request: credentials are in memory, AWS may take 20 s for others.

        Programs may spell a path in several ways, as `/v1/%73ecrets/NAME`.
        """
        path = unquote(path)
        if path == CREDENTIALS_PATH:
            return self._credentials
        return self._secrets if path.startswith((*giving.PATHS, *leaving.PATHS)) else self.general

    def stop(self) -> None:
        """Start nothing more."""
        for lane in (self.general, self._credentials, self._secrets):
            lane.stop()
