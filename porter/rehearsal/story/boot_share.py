"""How much of a booted machine's boot was porter's own work, from the machine's own logs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

_CLOUD_INIT = "var/log/cloud-init.log"
_APPLY = "var/log/porter/apply.log"
_BOOTSTRAP = re.compile(
    r"^(?P<at>\S+ \S+) - .* start: modules-final/config-scripts[-_]user:", re.MULTILINE
)
"""When cloud-init begins to run what is in runcmd: the bootstrap."""

_STEP = re.compile(r"^(?P<at>\S+Z) (?P<what>.*)$", re.MULTILINE)
_PACKAGE = re.compile(r"\w+: install .+ with \S+$")


def boot_share(root: Path) -> float | None:
    """Seconds from the bootstrap's start to porterd serving, less the installation of packages.

    `root` is the machine's `/`; `None` where it did not boot, or has not got there.
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
    # The last step is the start of porterd, which returns when it serves (Type=notify).
    return steps[-1][0] - _utc(begun["at"].replace(",", ".")) - packages


def _utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
