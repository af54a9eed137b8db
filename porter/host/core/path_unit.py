"""Units by which porterd, which has no privileges, starts a program of root: by a file (ADR 0037).

systemd starts the program once porterd has written the file; until then neither unit costs memory.
"""

from __future__ import annotations

from pathlib import PurePath

from porter.host.core import quoting
from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import File, Service, plan_files, plan_unit
from porter.host.core.steps import DaemonReload, Steps
from porter.host.core.unit_file import HEADER
from porter.host.core.view import View


def path_unit(  # noqa: PLR0913 - what a unit is made of
    goal: Goal,
    name: str,
    *,
    description: str,
    file: PurePath,
    starts: File,
    beside: tuple[File, ...] = (),
) -> Service:
    """Return the unit `name`, which starts the service of the unit file `starts` for `file`.

    The services of `beside` are started with it; who starts the unit does not wait for them.
    """
    lines = (
        "[Unit]",
        f"Description={description}",
        *(f"Wants={other.path.name}" for other in beside),
        "",
        "[Path]",
        f"PathExists={quoting.path(file)}",
        f"Unit={starts.path.name}",
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    )
    content = (HEADER + "\n".join(lines) + "\n").encode()
    return Service(name, File(goal.layout.unit(name), content), (starts, *beside))


def look_at_path(path: Service, goal: Goal, view: View) -> Facts:
    """Read both units and the record of their last start."""
    return look_at(view, path.files(goal.layout), (path.name,))


def plan_path(path: Service, goal: Goal, facts: Facts) -> Steps:
    """Plan to write both units and start the one that watches; what runs is not interrupted."""
    changes = plan_unit(path, facts, goal.layout)
    state = facts.units.get(path.name)
    stale = bool(changes) and state is not None and state.loaded and DaemonReload() not in changes
    return (
        *plan_files((path.unit, *path.reads), facts),
        *((DaemonReload(),) if stale else ()),
        *changes,
    )
