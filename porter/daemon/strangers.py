"""Find out whether a program of another user answers in the service's or HAProxy's place."""

from __future__ import annotations

import pwd
from collections.abc import Mapping

from porter.daemon.listeners import listeners
from porter.daemon.settings import Target
from porter.daemon.systemd import NOT_RUNNING, unit_of


def stranger(target: Target, owners: Mapping[str, int | None]) -> str:
    """Name a program that listens where HAProxy or the service of `target` should; else empty.

    `owners` holds the ids of their users by name. root may listen as well: it does for a container,
    and for a socket that systemd keeps. While the service's unit is down, nobody may, and systemd
    alone on HAProxy's port. Unknown owners are not compared.
    """
    for name, port in (("HAProxy", target.port), (target.workload, target.workload_port)):
        owner = owners.get(name)
        if owner is None:
            continue
        down = owner == NOT_RUNNING
        allowed = (owner,) if down and name == target.workload else (owner, 0)
        for one in listeners(port):
            if one.on_loopback and one.user not in allowed:
                who = _named(one.user)
                if down:
                    return f"{name} is not running, but something answers on port {port}: {who}"
                return f"{who} listens on {one.address} in place of {name}"
    return ""


def _named(user: int) -> str:
    """The user, and a unit of this user: porterd may not see whose process has a socket."""
    unit = unit_of(user)
    try:
        name = pwd.getpwuid(user).pw_name
    except KeyError:
        name = str(user)
    return f"the user {name} ({unit})" if unit else f"the user {name}"
