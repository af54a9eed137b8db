"""The ports of both slots of the workload behind the proxy (ADR 0016)."""

from __future__ import annotations

CANDIDATES = 50
"""Ports that are tried for a newer workload."""


_LAST = 65_535


def beside(own: int) -> range:
    """Return the ports for a newer workload beside the one on port `own`, in the order of trial."""
    first = min(own + 1, _LAST + 1 - CANDIDATES)
    return range(first, first + CANDIDATES)
