"""Hot applies under constant load: every request succeeds."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from porter.host.apply import apply
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from tests.harness.effort import repeats
from tests.hot.host import HotHost

APPLIES = repeats(ci=20, all=100, quick=5)
REQUESTS = 3_000 * APPLIES


class Counts(threading.Thread):
    """The load generator's latest report."""

    def __init__(self, load: subprocess.Popen[str]) -> None:
        super().__init__(daemon=True)
        self._load = load
        self.last: dict[str, Any] = {"done": {}, "failed": 0, "failures": []}

    def run(self) -> None:
        """Read reports until the load generator exits."""
        for line in self._load.stdout or ():
            self.last = json.loads(line)

    @property
    def requests(self) -> int:
        """Return the number of requests made so far."""
        return sum(self.last["done"].values())


@contextmanager
def load(hot: HotHost) -> Iterator[Counts]:
    """Send requests to the service of `hot` during the block; all counts are final after it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.hot.load", str(hot.port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        counts = Counts(process)
        counts.start()
        try:
            yield counts
        finally:
            assert process.stdin
            process.stdin.close()
            counts.join(30)
            process.kill()


@pytest.mark.timeout(1200)
def test_hot_applies_under_load_lose_no_request(
    hot: HotHost, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(Layout(hot.host.root))
    applies, began = 0, time.monotonic()
    with load(hot) as counts:
        while applies < APPLIES or counts.requests < REQUESTS:
            applies += 1
            hot.release(str(applies + 1))
            report = apply(machine, ports=hot.ports, environment=hot.host.environment)
            assert "swap" in [phase.phase for phase in report.phases if phase.steps]
            assert counts.last["failed"] == 0, (applies, counts.last)
    seconds = time.monotonic() - began
    told = f"{applies} hot applies in {seconds:.0f} s, {counts.requests} requests: {counts.last}\n"
    with capsys.disabled():
        sys.stderr.write(f"\n{told}")
    assert counts.last["failed"] == 0, told
    assert counts.requests >= REQUESTS, told
    assert set(counts.last["done"]) == {"keep-alive", "close", "slow", "upload"}
    assert hot.page() == str(applies + 1)
