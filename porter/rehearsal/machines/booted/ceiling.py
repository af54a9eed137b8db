"""How many files a process on an instance can have open, where this machine bounds that."""

from __future__ import annotations

import resource

_AS_ON_EC2 = 524_288
"""What systemd lets a unit ask for without any setting (systemd-system.conf(5))."""


def most_files() -> int | None:
    """The hard limit that no unit gets beyond; `None` where units get what they ask for.

    Raising it takes CAP_SYS_RESOURCE, which containers withhold. systemd then settles for what
    there is, without a word: so it is tried here.
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
