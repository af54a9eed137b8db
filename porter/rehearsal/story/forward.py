"""Forward a loopback port of this computer to a server that only a machine can reach."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

LOOPBACK = "127.0.0.1"

MOST = 32
"""Connections at a time; a browser opens six."""

_QUIET_SECONDS = 90.0
"""Longer than porterd's longest poll."""

_PIECE = 65_536


@contextmanager
def forwarded(connect: Callable[[], socket.socket]) -> Iterator[int]:
    """Listen on a free port, and connect each client to what `connect` returns; yield the port.

    `connect` may raise `OSError`: the client's connection is then closed. The forward ends with the
    block, and with it every connection.
    """
    places = threading.BoundedSemaphore(MOST)
    there: set[socket.socket] = set()

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # the block has ended
                return
            there.add(client)
            if places.acquire(blocking=False):
                threading.Thread(target=carry, args=(client,), daemon=True).start()
            else:
                _close(client, there)

    def carry(client: socket.socket) -> None:
        try:
            server = connect()
        except OSError:
            pass
        else:
            there.add(server)
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()
            _close(server, there)
        finally:
            _close(client, there)
            places.release()

    with socket.create_server((LOOPBACK, 0)) as listener:
        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()  # what it has just accepted is closed, too
            for one in list(there):
                _close(one, there)


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Copy until `source` says that it is done; tell `target`."""
    with suppress(OSError):
        source.settimeout(_QUIET_SECONDS)
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _close(one: socket.socket, there: set[socket.socket]) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
    there.discard(one)
