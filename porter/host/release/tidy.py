"""Phase tidy: remove containers, images, secrets and payloads of earlier releases."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.goal import Goal
from porter.host.core.steps import RemoveFile, RemoveFolder, Steps
from porter.host.core.view import View
from porter.host.docker.images import containers, images, record
from porter.host.docker.inspection import containers_of
from porter.host.docker.steps import RemoveOld
from porter.host.secrets.files import held, secret_files
from porter.spec import job_unit, workload_unit


@dataclass(frozen=True, slots=True)
class OldFacts:
    """Porter's containers by name, and its images by the path of their record.

    `secrets` are files of secrets that no program uses, `payloads` folders that no program runs in.
    """

    containers: tuple[str, ...]
    images: dict[PurePath, str]
    secrets: tuple[PurePath, ...] = ()
    payloads: tuple[PurePath, ...] = ()


def look(goal: Goal, view: View) -> OldFacts:
    """Read what the releases on this host left; no containers without Docker."""
    folder = images(goal)
    found = {folder / name: view.read(folder / name) for name in view.names(folder)}
    fetched = {path: file.content.decode().strip() for path, file in found.items() if file}
    names = containers_of(view) if fetched else ()
    return OldFacts(names, fetched, _secrets(goal, view), _payloads(goal, view))


def plan(goal: Goal, facts: OldFacts) -> Steps:
    """Remove what this release does not use: containers first, since they hold their images."""
    wanted = containers(goal.spec)
    units = {workload_unit(goal.spec.running_name(one)) for one in wanted}
    records = {record(goal, one.image).path for one in wanted}
    return (
        *(
            RemoveOld("container", name)
            for name in facts.containers
            if f"{name}.service" not in units
        ),
        *(
            RemoveOld("image", reference, path)
            for path, reference in sorted(facts.images.items())
            if path not in records
        ),
        *(RemoveFile(path) for path in facts.secrets),
        *(RemoveFolder(path) for path in facts.payloads),
    )


def _secrets(goal: Goal, view: View) -> tuple[PurePath, ...]:
    layout, spec = goal.layout, goal.spec
    folder = layout.held_secrets.parent
    runs = (*spec.workloads, *spec.jobs)
    files = [file for one in runs for file in secret_files(goal, one)]
    wanted = {layout.held_secrets, *(file.path for file in files)} if held(spec) else set()
    names = view.names(folder)
    found = [folder / owner / name for owner in names for name in view.names(folder / owner)]
    found += [layout.held_secrets] if layout.held_secrets.name in names else []
    return tuple(path for path in found if path not in wanted)


def _payloads(goal: Goal, view: View) -> tuple[PurePath, ...]:
    """Return all payloads but the current one, and folders that a killed apply left.

    None while a job runs, since it may run in an older payload: the next apply removes them.
    """
    units = view.units(*(job_unit(job.name) for job in goal.spec.jobs))
    if any(state.runs for state in units.values()):
        return ()
    folder, current = goal.layout.payloads, goal.layout.payload(goal.deployment.payload)
    old = [name for name in view.names(folder) if name.startswith(("payload-", ".payload-"))]
    return tuple(folder / name for name in old if folder / name != current)
