"""The connections whose polls wait for an event, without a thread."""

from __future__ import annotations

from collections.abc import Iterator

from porter.daemon.connection import Connection


class Parking:
    """Keeps waiting polls; each user has at most `share`. Only the worker's loop calls it."""

    def __init__(self, share: int) -> None:
        self._share = share
        self._users: dict[str, dict[Connection, None]] = {}

    def add(self, connection: Connection) -> bool:
        """Keep `connection`; return False if its user has too many already."""
        own = self._users.setdefault(connection.user, {})
        if len(own) >= self._share:
            return False
        own[connection] = None
        return True

    def remove(self, connection: Connection) -> bool:
        """Forget `connection`; return whether it was there."""
        own = self._users.get(connection.user, {})
        if connection not in own:
            return False
        del own[connection]
        if not own:
            del self._users[connection.user]
        return True

    def __iter__(self) -> Iterator[Connection]:
        """Iterate over a copy: the loop changes the parking meanwhile."""
        return iter([connection for own in self._users.values() for connection in own])
