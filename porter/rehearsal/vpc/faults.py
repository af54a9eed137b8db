"""What can be broken in the private network on purpose."""

from __future__ import annotations

from enum import StrEnum


class Broken(StrEnum):
    """One part of the network that does not do its work."""

    MIRRORS = "mirrors"
    """The package mirrors' names do not exist."""

    RESOLVER = "resolver"
    """Questions to the resolver are never answered; leases are given all the same."""

    METADATA = "metadata"
    """Nothing listens where instance metadata should be: connections are refused."""

    SLOW_METADATA = "slow-metadata"
    """Each answer of the instance metadata takes half a second."""
