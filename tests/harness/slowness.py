"""Measure how many times slower than the reference this machine is now."""

import os
import time
from functools import cache

REFERENCE_SECONDS = 0.0045
"""CPU seconds of `_work` on the reference machine: an idle core, Python 3.11."""

_SAMPLES = 12


def slowness() -> float:
    """Return the factor, at least 1, by which to stretch a bound; measuring takes 0.1 s.

    The factor has two parts: how slow a core is, and how long a process waits for a core.
    """
    return max(1.0, _core()) * max(1.0, _contention())


def _work() -> int:
    total = 0
    for number in range(100_000):
        total += number * number % 7
    return total


@cache
def _core() -> float:
    """Return the slowness of a core, by the best of several tries."""
    tries = []
    for _ in range(_SAMPLES):
        began = time.process_time()
        _work()
        tries.append(time.process_time() - began)
    return min(tries) / REFERENCE_SECONDS


def _contention() -> float:
    """Return the seconds that pass for a CPU second, or the load of each core if that is more."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(_SAMPLES):
        _work()
    waited = (time.perf_counter() - wall) / (time.process_time() - cpu)
    return max(waited, os.getloadavg()[0] / (os.cpu_count() or 1))


if __name__ == "__main__":
    print(f"{slowness():.2f}")  # noqa: T201 - for `.ci/run`
