"""Reserve ports, so that two rehearsals at once never use each other's service."""

from __future__ import annotations

import socket
from collections.abc import Iterable


class Claims:
    """Ports that this rehearsal reserves for as long as it runs.

    A free port is not enough: while a service does not listen yet, another rehearsal's service
    could answer on its port. A claim is an abstract socket (unix(7)), so it ends with the process.
    """

    def __init__(self) -> None:
        self._held: dict[int, socket.socket] = {}

    def claim(self, port: int) -> bool:
        """Reserve `port`; return False if another rehearsal holds it."""
        if port not in self._held:
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                claim.bind(f"\0porter-rehearsal-{port}")
            except OSError:
                claim.close()
                return False
            self._held[port] = claim
        return True

    def release(self, ports: Iterable[int]) -> None:
        """Release those of `ports` that are held."""
        for port in ports:
            if claim := self._held.pop(port, None):
                claim.close()

    def close(self) -> None:
        """Release every port."""
        self.release([*self._held])
