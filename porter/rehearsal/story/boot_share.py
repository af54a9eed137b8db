"""Compute from a booted machine's logs how many seconds of its boot porter took."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

_CLOUD_INIT = "var/log/cloud-init.log"
_APPLY = "var/log/porter/apply.log"
_BOOTSTRAP = re.compile(
    r"^(?P<at>\S+ \S+) - .* start: modules-final/config-scripts[-_]user:", re.MULTILINE
)
"""The line that cloud-init logs when it starts `runcmd`, which is porter's bootstrap."""

_STEP = re.compile(r"^(?P<at>\S+Z) (?P<what>.*)$", re.MULTILINE)
_PACKAGE = re.compile(r"\w+: install .+ with \S+$")


def largest(roots: Iterable[Path]) -> float | None:
    """Return the largest `boot_share` that is known of machines whose `/` are `roots`."""
    return max((share for share in map(boot_share, roots) if share is not None), default=None)


def boot_share(root: Path) -> float | None:
    """Return the seconds from the bootstrap's start until porterd serves, without installations.

    `root` is the machine's `/`. Returns `None` for a played machine, or before porterd serves.
    """
    try:
        cloud_init, apply = (root / _CLOUD_INIT).read_text(), (root / _APPLY).read_text()
    except OSError:
        return None
    begun = _BOOTSTRAP.search(cloud_init)
    steps = [(_utc(step["at"]), step["what"]) for step in _STEP.finditer(apply)]
    if begun is None or not steps or not steps[-1][1].startswith("applied"):
        return None
    packages = sum(after - at for (at, what), (after, _) in pairwise(steps) if _PACKAGE.match(what))
    # The last step starts porterd; systemctl returns once porterd serves (Type=notify).
    return steps[-1][0] - _utc(begun["at"].replace(",", ".")) - packages


def _utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
