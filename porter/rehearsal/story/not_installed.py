"""Recognize a program of a package that a played machine does not install."""

from __future__ import annotations

import re
from collections.abc import Iterable

from porter.rehearsal.fleet.host import Host
from porter.rehearsal.machines.packages import equivalent

_MISSING = re.compile(r"(\S+) is not installed")
"""The words of a played machine."""


def explanation(reason: str, hosts: Iterable[Host]) -> str:
    """Return why `reason` is the rehearsal's doing, as the end of a sentence; else nothing."""
    packages = dict.fromkeys(name for host in hosts for name in host.packages)
    missing = _MISSING.search(reason)
    if not missing or not packages:
        return ""
    names = ", ".join(
        f"{name} ({other} on Debian)" if (other := equivalent(name)) != name else name
        for name in packages
    )
    return (
        f". This rehearsal installs no packages, and hosts have {names}. "
        f"Install {missing[1]} on this computer, or rehearse with --machine systemd"
    )
