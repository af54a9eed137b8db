"""Phase jobs: for each job a timer, the unit that claims its lease, and the unit that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import plan_files, plan_removal, plan_unit
from porter.host.core.steps import DaemonReload, InstallPackages, Run, Step, Steps, WriteFile
from porter.host.core.systems import manager_of
from porter.host.core.unit_file import HEADER
from porter.host.core.view import View
from porter.host.jobs import files as job_files
from porter.host.jobs import units
from porter.spec import Job, job_owner, job_timer, job_unit, lease_unit

MARK = HEADER.encode()


@dataclass(frozen=True, slots=True)
class JobFacts:
    """The jobs' files and timers, the names of former jobs, and the known time zones."""

    common: Facts
    gone: tuple[str, ...]
    zones: frozenset[str]


def look(goal: Goal, view: View) -> JobFacts:
    """Read the files and timers of the jobs, and of former ones."""
    layout = goal.layout
    names = [job.name for job in goal.spec.jobs]
    gone = tuple(name for name in _written(view, layout.units) if name not in names)
    files = [path for job in goal.spec.jobs for path in units.timer(goal, job).files(layout)]
    files += [path for name in gone for paths in _files_of(goal, name).values() for path in paths]
    timers = [*map(job_timer, names), *(unit for name in gone for unit in _files_of(goal, name))]
    zones = {job.time_zone for job in goal.spec.jobs}
    there = frozenset(
        zone for zone in zones if view.read(layout.root / "usr/share/zoneinfo" / zone)
    )
    return JobFacts(look_at(view, files, timers), gone, there)


def plan(goal: Goal, facts: JobFacts) -> Steps:
    """Remove the units of former jobs; write what differs and start timers.

    A job that runs is not interrupted: systemd reads its unit again without a restart.
    """
    steps: list[Step] = []
    for name in facts.gone:
        for unit, files in _files_of(goal, name).items():
            steps += plan_removal(unit, files, facts.common)
    if not goal.layout.is_machine:
        return tuple(steps)
    steps += _plan_zones(goal, facts)
    for job in goal.spec.jobs:
        steps += _plan_job(goal, job, facts.common)
    return tuple(steps)


def notes(goal: Goal, _facts: JobFacts) -> tuple[str, ...]:
    """Say that a played host has no timers."""
    if goal.layout.is_machine or not goal.spec.jobs:
        return ()
    names = ", ".join(job.name for job in goal.spec.jobs)
    return (f"jobs are left out below a root other than /: {names}",)


def _plan_zones(goal: Goal, facts: JobFacts) -> Steps:
    missing = {job.time_zone for job in goal.spec.jobs} - facts.zones - {"UTC"}
    return (InstallPackages(("tzdata",), manager_of(goal.system)),) if missing else ()


def _plan_job(goal: Goal, job: Job, facts: Facts) -> Steps:
    timer = units.timer(goal, job)
    files = plan_files((timer.unit, *timer.reads), facts)
    changes = plan_unit(timer, facts, goal.layout)
    state = facts.units.get(timer.name)
    stale = bool(changes) and state is not None and state.loaded and DaemonReload() not in changes
    # systemd checks the expression and the time zone.
    check = any(isinstance(step, WriteFile) and step.path == timer.unit.path for step in files)
    return (
        *((Run(("systemd-analyze", "calendar", job.calendar)),) if check and facts.systemd else ()),
        *files,
        *((DaemonReload(),) if stale else ()),
        *changes,
    )


def _written(view: View, folder: PurePath) -> list[str]:
    """Return the names of jobs whose timers an earlier apply wrote."""
    prefix, suffix = job_timer("NAME").split("NAME")
    names = [
        unit.removeprefix(prefix).removesuffix(suffix)
        for unit in view.names(folder)
        if unit.startswith(prefix) and unit.endswith(suffix)
    ]
    found = {name: view.read(folder / job_timer(name)) for name in names}
    return [name for name, file in found.items() if file and file.content.startswith(MARK)]


def _files_of(goal: Goal, name: str) -> dict[str, tuple[PurePath, ...]]:
    """Return the units of the job `name` with their files, in the order of their removal."""
    layout = goal.layout
    timer, lease, unit = job_timer(name), lease_unit(name), job_unit(name)
    owner = job_owner(name)
    kept = (layout.environment(owner), layout.token(owner), job_files.outcome(layout, name))
    return {
        timer: (layout.unit(timer), layout.started(timer)),
        lease: (layout.unit(lease),),
        unit: (layout.unit(unit), *kept),
    }
