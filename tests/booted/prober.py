"""Asks for the page again and again, meanwhile."""

from __future__ import annotations

import threading
from typing import Self

from tests.booted.stage import Staying


class Prober:
    """Requests through the load balancer, 50 times a second, from a second before the block on."""

    def __init__(self, there: Staying) -> None:
        self.asked = self.failed = 0
        self._there = there
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        self._over.wait(1)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.wait(1)
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.wait(0.02):
            self.asked += 1
            self.failed += not self._there.page()
