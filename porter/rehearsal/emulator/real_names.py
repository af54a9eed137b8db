"""Hand out AWS's own URLs, for machines that reach the embedded AWS by them."""

from __future__ import annotations

OPTION = "--real-names"


def install() -> None:
    """Patch ministack in this process."""
