"""Phase logs: a journal that survives a reboot, has a maximum size, and keeps bursts of lines."""

from __future__ import annotations

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.layout import JOURNALD_UNIT
from porter.host.core.service import File, Service, plan_files
from porter.host.core.steps import ChangeUnit, Steps
from porter.host.core.unit_file import HEADER
from porter.host.core.view import View

_CONFIGURATION = """\
[Journal]
# What a service said before a reboot explains the reboot.
Storage=persistent
# Without a size the journal takes a tenth of the disk; a day of access logs must fit.
SystemMaxUse=1G
# HAProxy writes a line for each request: 10,000 a second, where 333 is the default.
RateLimitIntervalSec=30s
RateLimitBurst=300000
"""


def look(goal: Goal, view: View) -> Facts:
    """Read the journal's configuration and the record of its last restart."""
    return look_at(view, _journal(goal).files(goal.layout), (JOURNALD_UNIT,))


def plan(goal: Goal, facts: Facts) -> Steps:
    """Write the configuration and restart the journal, which loses no line."""
    journal = _journal(goal)
    steps = plan_files((journal.unit,), facts)
    state = facts.units.get(JOURNALD_UNIT)
    record = plan_files((journal.record(goal.layout),), facts)
    if state and state.loaded and record:
        return (*steps, ChangeUnit("restart", JOURNALD_UNIT), *record)
    return steps


def _journal(goal: Goal) -> Service:
    """Return the distribution's journal service with porter's drop-in configuration."""
    content = (HEADER + _CONFIGURATION).encode()
    return Service(
        JOURNALD_UNIT,
        File(goal.layout.root / "etc/systemd/journald.conf.d/60-porter.conf", content),
    )
