"""Phase firewall: confirm that systemd denies addresses here, as the sandboxes rely on it.

Without BPF in the kernel or without the unified control group hierarchy, systemd ignores
`IPAddressDeny=` and only logs a warning (systemd.resource-control(5)).
"""

from __future__ import annotations

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import File
from porter.host.core.steps import Steps, WriteFile
from porter.host.core.view import View
from porter.host.system.confirm_denied import ConfirmDenied


def look(goal: Goal, view: View) -> Facts:
    """Read the record of a confirmation."""
    return look_at(view, (_record(goal).path,), ())


def plan(goal: Goal, facts: Facts) -> Steps:
    """Confirm it once on a machine with systemd, before a program of the user starts."""
    record = _record(goal)
    if not (goal.layout.is_machine and facts.systemd) or record.path in facts.files:
        return ()
    return (ConfirmDenied(goal.python), WriteFile(record.path, record.content, record.mode))


def _record(goal: Goal) -> File:
    return File(goal.layout.root / "var/lib/porter/confirmed/IPAddressDeny", b"confirmed\n")
