"""Request a page repeatedly while a test changes what serves the page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Self


class Prober:
    """Calls `page` from a second before the block until one second after it.

    Each of its `clients` asks up to 50 times a second. `failures` are the answers that are not
    `good` (by default, the empty ones) and the errors that `page` raises.
    """

    def __init__(
        self, page: Callable[[], str], clients: int = 1, good: Callable[[str], bool] = bool
    ) -> None:
        self.failures: list[str] = []
        self._page = page
        self._good = good
        self._counts = [0] * clients
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(clients)]

    @property
    def asked(self) -> int:
        """Return the number of requests."""
        return sum(self._counts)

    @property
    def failed(self) -> int:
        """Return the number of failed requests."""
        return len(self.failures)

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

    def _ask(self, client: int) -> None:
        while not self._over.wait(0.02):
            try:
                answer = self._page()
                failure = None if self._good(answer) else answer
            except OSError as error:
                failure = repr(error)
            if failure is not None:
                self.failures.append(failure)
            self._counts[client] += 1
