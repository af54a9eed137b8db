"""Claims on ports: of two rehearsals at once, none takes the other's service for its own."""

from __future__ import annotations

import socket
from collections.abc import Iterable


class Claims:
    """Ports this rehearsal keeps from others, from the moment it chose them.

    A free port is not enough: a service that never starts leaves it free, and another rehearsal's
    would answer in its place. A claim is an abstract socket (unix(7)), so it ends with the process.
    """

    def __init__(self) -> None:
        self._held: dict[int, socket.socket] = {}

    def refused(self, ports: Iterable[int]) -> set[int]:
        """Claim `ports`; those that another rehearsal holds."""
        return {port for port in ports if not self._claim(port)}

    def close(self) -> None:
        """Give every port back."""
        for claim in self._held.values():
            claim.close()
        self._held.clear()

    def _claim(self, port: int) -> bool:
        if port not in self._held:
            claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                claim.bind(f"\0porter-rehearsal-{port}")
            except OSError:
                claim.close()
                return False
            self._held[port] = claim
        return True
