"""porterd's user and group, which HAProxy's statistics need before porterd starts."""

from __future__ import annotations

from pathlib import PurePath

from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.steps import Run, Steps

USER = "porterd"
"""The name of both."""


def plan_user(goal: Goal, facts: Facts) -> Steps:
    """Plan to create a permanent user, which systemd then uses as the unit's dynamic one.

    porterd asks systemd by D-Bus. Debian's dbus-daemon refuses users that it cannot look up, and it
    cannot look up dynamic ones (SYSTEMD_NSS_DYNAMIC_BYPASS). `facts` must hold `users(goal)`.
    """
    passwd = facts.content(users(goal)) or b""
    if not goal.layout.is_machine or f"\n{USER}:".encode() in passwd:
        return ()
    return (Run(("systemd-sysusers", "--inline", f"u {USER} -")),)


def users(goal: Goal) -> PurePath:
    """Return the file of the system's users."""
    return goal.layout.root / "etc/passwd"
