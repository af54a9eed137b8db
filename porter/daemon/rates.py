"""Bound how many requests each user sends: a token bucket for each (ADR 0043)."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from porter.daemon.connection import Refusal

_log = logging.getLogger(__name__)

PER_SECOND = 200
"""Requests of one user, over a longer time."""

AT_ONCE = 2000
"""Requests of one user after a pause."""

USERS = 256
"""Buckets that are kept; a full one needs none."""

_QUIET_SECONDS = 60.0
"""Between warnings about one user."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float
    refused: int = 0
    warned_at: float = field(default=float("-inf"))


class Rates:
    """Says whether a user's request may be answered. Only the worker's loop calls it."""

    def __init__(self) -> None:
        self._buckets: dict[str, _Bucket] = {}

    def take(self, user: str) -> float:
        """Count a request of `user`; return 0, or after how many seconds the next one is free."""
        now = time.monotonic()
        bucket = self._buckets.get(user) or self._new(user, now)
        bucket.left = min(AT_ONCE, bucket.left + (now - bucket.at) * PER_SECOND)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= 1
            return 0.0
        bucket.refused += 1
        if now - bucket.warned_at > _QUIET_SECONDS:
            _log.warning("%s sends too many requests: refused %d", user, bucket.refused)
            bucket.warned_at, bucket.refused = now, 0
        return (1 - bucket.left) / PER_SECOND

    def refusal(self, user: str) -> Refusal | None:
        """Count a request of `user`, readable or not; return the refusal if there are too many."""
        seconds = self.take(user)
        return Refusal(429, seconds) if seconds else None

    def _new(self, user: str, now: float) -> _Bucket:
        if len(self._buckets) >= USERS:
            # The fullest bucket says least: its user sent the fewest requests of late.
            del self._buckets[max(self._buckets, key=lambda one: self._full(one, now))]
        bucket = self._buckets[user] = _Bucket(AT_ONCE, now)
        return bucket

    def _full(self, user: str, now: float) -> float:
        bucket = self._buckets[user]
        return bucket.left + (now - bucket.at) * PER_SECOND
