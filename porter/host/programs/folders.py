"""The folders that a process may write, which its check and its other slot may share."""

from __future__ import annotations

import hashlib

from porter.host.core.goal import Goal
from porter.host.core.unit_file import Lines
from porter.host.environment.home import home_name
from porter.spec import ProcessWorkload

_LONGEST_USER = 31
"""Characters of a user's name at most (systemd, "User/Group Name Syntax")."""


def folders(goal: Goal, workload: ProcessWorkload) -> Lines:
    """Return the lines of the home, of `$STATE_DIRECTORY`, and of the user who shares them.

    A worker and its check have one user, and so have both slots of a process with state: systemd
    gives a dynamic user's folders to the user of the unit that started last.
    """
    home = (f"CacheDirectory={home_name(goal.spec.running_name(workload))}",)
    state = (f"StateDirectory={home_name(workload.name)}",) if workload.state else ()
    shared = workload.check is not None or workload.state
    return (*home, *state, *((f"User={_user(workload.name)}",) if shared else ()))


def _user(workload: str) -> str:
    name = f"porter-{workload}"
    if len(name) > _LONGEST_USER:
        return f"porter-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return name
