"""Find this computer's limit on open files, if no unit can raise it."""

from __future__ import annotations

import resource

_AS_ON_EC2 = 524_288
"""The limit that systemd allows a unit by default (systemd-system.conf(5))."""


def most_files() -> int | None:
    """Return the hard limit that no unit can exceed; `None` if units get what they ask for.

    Raising it needs CAP_SYS_RESOURCE, which containers lack. systemd then lowers a unit's limit
    without a message, so this function tries to raise it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= _AS_ON_EC2:
        return None
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard + 1))
    except (ValueError, OSError):
        return hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return None
