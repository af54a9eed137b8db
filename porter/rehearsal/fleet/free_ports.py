"""Choose where ports of hosts and load balancers move: no other host or rehearsal uses them."""

from __future__ import annotations

from collections.abc import Collection

from porter.rehearsal.local import ports
from porter.rehearsal.local.claims import Claims

_LISTENER = 80
"""The load balancer's port in AWS; here it moves, like every privileged port."""


class FreePorts:
    """The ports of one fleet; with `moves`, hosts share one loopback."""

    def __init__(self, *, moves: bool) -> None:
        self._moves = moves
        self._taken: set[int] = set()
        self._claims = Claims()

    def of_host(self, wanted: Collection[int]) -> dict[int, int]:
        """Return where a new host's ports move."""
        return self._choose(wanted) if self._moves else {}

    def release(self, ports: Collection[int]) -> None:
        """Let another host or rehearsal use the ports of a host that is gone."""
        if self._moves:
            self._taken.difference_update(ports)
            self._claims.release(ports)

    def of_listener(self) -> int:
        """Return a port for a load balancer."""
        return self._choose([_LISTENER])[_LISTENER]

    def close(self) -> None:
        """Let other rehearsals use the ports."""
        self._claims.close()

    def _choose(self, wanted: Collection[int]) -> dict[int, int]:
        return ports.choose(wanted, self._taken, self._claims)
