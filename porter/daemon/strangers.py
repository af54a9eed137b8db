"""Find out whether a program of another user answers in the service's or HAProxy's place."""

from __future__ import annotations

import pwd
from collections.abc import Mapping

from porter.daemon.listeners import listeners
from porter.daemon.settings import Target


def stranger(target: Target, owners: Mapping[str, int | None]) -> str:
    """Name a program that listens where HAProxy or the service of `target` should; else empty.

    `owners` holds the ids of their users by name. root may always listen: it does for a container,
    and for a socket that systemd keeps. Unknown owners are not compared.
    """
    for name, port in (("HAProxy", target.port), (target.workload, target.workload_port)):
        owner = owners.get(name)
        if owner is None:
            continue
        for one in listeners(port):
            if one.on_loopback and one.user not in (0, owner):
                return f"{_named(one.user)} listens on {one.address} in place of {name}"
    return ""


def _named(user: int) -> str:
    try:
        return f"the user {pwd.getpwuid(user).pw_name}"
    except KeyError:
        return f"the user {user}"
