"""Decide whether a stream shows colours and a moving line."""

from __future__ import annotations

import os
from typing import IO


def rich(stream: IO[str]) -> bool:
    """Whether `stream` is a terminal of a person who wants colours.

    `NO_COLOR` (no-color.org), `CI`, which CI services set, and `TERM=dumb` ask for plain lines.
    """
    plain = os.environ.get("NO_COLOR") or os.environ.get("CI") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not plain
