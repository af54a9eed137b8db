"""A steady load beside a rehearsal, and the lines in which the rehearsal says that hosts ended."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]


@contextmanager
def steady_load(url: str, rate: float) -> Iterator[Callable[[], dict[str, Any]]]:
    """Send `rate` requests a second; yield what ends that and returns the result of `steady`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.rehearsal.steady", url, str(rate)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=_ROOT,
    )

    def result() -> dict[str, Any]:
        out, _ = process.communicate("", timeout=60)
        return dict(json.loads(out))

    try:
        yield result
    finally:
        process.kill()


def ended_hosts(process: subprocess.Popen[str], count: int) -> list[str]:
    """Return `count` lines about hosts that ended, and end the rehearsal `process`."""
    assert process.stderr is not None
    ends: list[str] = []
    while len(ends) < count and (line := process.stderr.readline()):
        ends += [line.rstrip()] if "Terminated" in line else []
    process.terminate()
    process.communicate(timeout=60)
    return ends
