"""Threads that answer requests, one user after the other."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from porter.daemon.connection import Connection

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
