"""gunicorn's worker for porterd: a loop reads requests and writes answers, threads make answers.

gunicorn's own threads wait for a client until its request is complete (ADR 0026).
"""

from __future__ import annotations

import logging
import math
import os
import resource
import selectors
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial

from gunicorn.workers.base import Worker

from porter.daemon.access_log import log_answer
from porter.daemon.answer import answer
from porter.daemon.connection import Connection, Refusal
from porter.daemon.events import Events
from porter.daemon.lane import Lane, Lanes
from porter.daemon.parking import Parking
from porter.daemon.peers import Peers
from porter.daemon.polls import EVENTS
from porter.daemon.rates import Rates

_log = logging.getLogger(__name__)

PLACES = 1024
"""Connections at a time. When all are taken, the user who has most of them loses the oldest."""

_BATCH = 64
"""Connections that are accepted in a row."""

_TURN_SECONDS = 0.5
"""Between looks at the deadlines, and at gunicorn's arbiter."""

_QUIET_SECONDS = 60.0
"""Between warnings."""


class HttpWorker(Worker):  # type: ignore[misc]  # gunicorn has no types
    """Serves porterd's application. Whatever a client sends or does not, no other one waits."""

    def init_process(self) -> None:
        """Prepare the loop in the worker's process; gunicorn then calls `run`."""
        self._selector = selectors.DefaultSelector()
        self._peers = Peers()
        self._rates = Rates()
        self._open: dict[Connection, None] = {}
        self._lanes = Lanes(self._work)
        self._answered: deque[tuple[Lane, Connection, bytes | None]] = deque()
        self._stopping = False
        self._swept_at = 0.0
        self._warned_at = float("-inf")
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._places = min(PLACES, files // 2)
        self._parking = Parking(self._places // 2)
        super().init_process()

    def run(self) -> None:
        """Serve until a signal, then finish the requests at hand within the graceful time-out."""
        self._selector.register(self.PIPE[0], selectors.EVENT_READ, self._wake)
        for listener in self.sockets:
            listener.settimeout(0)
            accept = partial(self._accept, listener)
            self._selector.register(listener, selectors.EVENT_READ, accept)
        self._events: Events = self.wsgi.extensions[EVENTS]
        self._told = self._events.newest
        self._events.changed = self._poke
        while self.alive and self.ppid == os.getppid():
            self._turn()
        self._finish()

    def _finish(self) -> None:
        self._stopping = True
        self._resume(self._parking)
        for listener in self.sockets:
            self._selector.unregister(listener)
            listener.close()
        for connection in list(self._open):
            if connection.request is None:
                self._drop(connection)
        expires = time.monotonic() + self.cfg.graceful_timeout
        while self._open and time.monotonic() < expires:
            self._turn()
        self._lanes.stop()

    def _turn(self) -> None:
        self.notify()
        for key, _ in self._selector.select(_TURN_SECONDS):
            key.data()
        while self._answered:
            lane, connection, text = self._answered.popleft()
            lane.done(connection)
            if text is None:
                self._park(connection)
            else:
                self._reply(connection, text)
        if self._told != self._events.newest:
            self._told = self._events.newest
            self._resume(self._parking)
        if time.monotonic() - self._swept_at >= _TURN_SECONDS:
            self._sweep()

    def _wake(self) -> None:
        """Empty the pipe by which threads and signals end the wait for events."""
        with suppress(BlockingIOError):
            os.read(self.PIPE[0], 4096)

    def _accept(self, listener: socket.socket) -> None:
        for _ in range(_BATCH):
            try:
                connected, client = listener.accept()
                server = connected.getsockname()
            except OSError:  # nobody waits any more
                break
            connection = Connection(connected, self._peers.user(client, server), client, server)
            self._open[connection] = None
            self._watch(connection, selectors.EVENT_READ, self._read)
        self._make_room()

    def _make_room(self) -> None:
        """Close connections of the users who have most, until there are as many as places."""
        places = Counter(connection.user for connection in self._open)
        while len(self._open) > self._places:
            (user, count), *_ = places.most_common(1)
            own = (one for one in self._open if one.user == user and not one.busy)
            if (oldest := next(own, None)) is None:
                return
            self._drop(oldest)
            places[user] -= 1
            if time.monotonic() - self._warned_at > _QUIET_SECONDS:
                self._warned_at = time.monotonic()
                _log.warning("no free connection: closing some of the %d of %s", count, user)

    def _read(self, connection: Connection) -> None:
        try:
            if not connection.read(self.cfg):
                return
        except Refusal as refusal:
            self._refuse(connection, self._rates.refusal(connection.user) or refusal)
        except OSError:
            self._drop(connection)
        else:
            if too_many := self._rates.refusal(connection.user):
                self._refuse(connection, too_many)
                return
            self._selector.unregister(connection.socket)
            self._lanes.of(connection.request.path).add(connection)

    def _work(self, lane: Lane, connection: Connection) -> None:
        """Make the answer, in a thread of `lane`."""
        try:
            text = answer(self.wsgi, self.cfg, connection)
        except Exception:  # noqa: BLE001 - the thread must report back
            _log.exception("cannot answer a request")
            text = Refusal(500).answer(connection.request_id)
        self._answered.append((lane, connection, text))
        self._poke()

    def _poke(self) -> None:
        """Wake the loop up, from any thread."""
        with suppress(OSError):  # full: the loop wakes up anyway
            os.write(self.PIPE[1], b".")

    def _park(self, connection: Connection) -> None:
        """Keep a poll that has nothing to report, until an event, its end, or its client's."""
        connection.busy = False
        if connection.closed:
            return
        if not self._parking.add(connection):
            self._refuse(connection, Refusal(429))
            return
        connection.expires = connection.poll.until or 0.0
        self._watch(connection, selectors.EVENT_READ, self._discard)
        if self._stopping or connection.poll.seen != self._events.newest:
            self._resume((connection,))

    def _resume(self, connections: Iterable[Connection], *, over: bool = False) -> None:
        """Have polls answered, or found waiting again; `over` says that their time is up."""
        for connection in connections:
            self._parking.remove(connection)
            self._selector.unregister(connection.socket)
            connection.expires = math.inf
            connection.poll.over = over or self._stopping
            self._lanes.general.add(connection)

    def _refuse(self, connection: Connection, refusal: Refusal) -> None:
        self._reply(connection, refusal.answer(connection.request_id), refused=True)

    def _reply(self, connection: Connection, text: bytes, *, refused: bool = False) -> None:
        log_answer(connection, text)
        connection.begin_answer(text, refused=refused)
        self._write(connection)

    def _write(self, connection: Connection) -> None:
        try:
            if not connection.write():
                self._watch(connection, selectors.EVENT_WRITE, self._write)
            elif connection.refused:
                connection.linger()
                self._watch(connection, selectors.EVENT_READ, self._discard)
            else:
                self._drop(connection)
        except OSError:
            self._drop(connection)

    def _discard(self, connection: Connection) -> None:
        try:
            connection.discard()
        except OSError:
            self._drop(connection)

    def _sweep(self) -> None:
        """Close the connections whose time is up."""
        self._swept_at = time.monotonic()
        for connection in list(self._open):
            if connection.expires > self._swept_at:
                continue
            if connection.poll.until is not None:
                self._resume((connection,), over=True)
            elif connection.late:
                self._refuse(connection, self._rates.refusal(connection.user) or Refusal(408))
            else:
                self._drop(connection)

    def _watch(
        self, connection: Connection, event: int, handler: Callable[[Connection], None]
    ) -> None:
        call = partial(handler, connection)
        try:
            self._selector.modify(connection.socket, event, call)
        except KeyError:
            self._selector.register(connection.socket, event, call)

    def _drop(self, connection: Connection) -> None:
        if connection.closed:
            return
        with suppress(KeyError):
            self._selector.unregister(connection.socket)
        connection.socket.close()
        self._parking.remove(connection)
        del self._open[connection]
