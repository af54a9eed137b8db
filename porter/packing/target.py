"""What a payload is built for: the processor and the Python of its hosts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """The `processor` as `uname -m` names it on Linux, and the version of `python3`, or empty."""

    processor: str
    python: str
