"""Asks for the page again and again, meanwhile."""

from __future__ import annotations

import threading
from typing import Self

from tests.booted.stage import Staying


class Prober:
    """Requests through the load balancer, from a second before the block on until one after it.

    Each of its `clients` asks up to 50 times a second.
    """

    def __init__(self, there: Staying, clients: int = 1) -> None:
        self._counts = [[0, 0] for _ in range(clients)]
        self._there = there
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(count,)) for count in self._counts
        ]

    @property
    def asked(self) -> int:
        """How many requests there were."""
        return sum(asked for asked, _ in self._counts)

    @property
    def failed(self) -> int:
        """How many of them were not answered 200."""
        return sum(failed for _, failed in self._counts)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        self._over.wait(1)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.wait(1)
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, count: list[int]) -> None:
        while not self._over.wait(0.02):
            count[0] += 1
            count[1] += not self._there.page()
