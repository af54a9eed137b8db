"""The secrets of a specification, and their files: on a tmpfs, for root alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from porter.errors import PorterError
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.service import File
from porter.spec import (
    SECRETS_FOLDER,
    ContainerWorkload,
    HostSpec,
    Job,
    Secret,
    Workload,
    job_owner,
    job_unit,
    workload_unit,
)
from porter.spec.command import file_variable


@dataclass(frozen=True, slots=True)
class Held:
    """A secret in a specification: its owner, its name, and its path in the specification."""

    owner: str
    name: str
    where: str
    secret: Secret


def secret_files(goal: Goal, runs: Workload | Job) -> tuple[File, ...]:
    """Return the files of the secrets of `runs`, for root alone; the program gets copies.

    systemd copies them for a process or job (`LoadCredential=`), the attendant for a container.
    """
    owner = job_owner(runs.name) if isinstance(runs, Job) else goal.spec.running_name(runs)
    return tuple(
        File(goal.layout.secret(owner, name), goal.secrets[secret].encode(), 0o600)
        for name, secret in sorted(runs.secret_files.items())
    )


def secret_variables(goal: Goal, runs: Workload | Job) -> dict[str, str]:
    """Return the secrets of `runs` as variables: values, and the paths of files as `NAME_FILE`.

    Raises `PorterError` for a value that no variable can hold.
    """
    layout, spec = goal.layout, goal.spec
    variables = {
        file_variable(name): _path_of(layout, spec, runs, name) for name in runs.secret_files
    }
    for name, secret in {} if isinstance(runs, ContainerWorkload) else runs.secrets.items():
        value = goal.secrets[secret]
        if "\n" in value or "\r" in value or "\0" in value:
            raise PorterError(
                f"the value of {secret.id!r} has several lines, and a variable can hold only one",
                where=f"{_place(spec, runs)}/secrets/{name}",
                cure="pass it as a file: file=True",
            )
        variables[name] = value
    return variables


def held(spec: HostSpec) -> tuple[Held, ...]:
    """Return every secret in the resolved `spec`."""
    owners = {
        "workloads": [workload.name for workload in spec.workloads],
        "jobs": [job_owner(job.name) for job in spec.jobs],
    }

    def whose(path: tuple[str, ...], secret: Secret) -> Held:
        where = "/".join(path)
        if path[0] not in owners:
            return Held(path[0], "/".join(path[1:]), where, secret)
        # A secret that is no variable or file, such as an image's, is named by its path.
        name = path[-1] if path[2] in ("secrets", "secret_files") else "/".join(path[2:])
        return Held(owners[path[0]][int(path[1])], name, where, secret)

    return tuple(whose(path, secret) for path, secret in _secrets((), spec))


def held_file(goal: Goal) -> File | None:
    """Return the file of all secrets with their values; None without secrets."""
    found: dict[str, dict[str, str]] = {}
    for one in held(goal.spec):
        found.setdefault(one.owner, {})[one.name] = goal.secrets[one.secret]
    if not found:
        return None
    return File(goal.layout.held_secrets, json.dumps(found, sort_keys=True).encode(), 0o600)


def _place(spec: HostSpec, runs: Workload | Job) -> str:
    """Return the path of `runs` in `spec`."""
    part, ones = ("jobs", spec.jobs) if isinstance(runs, Job) else ("workloads", spec.workloads)
    return f"{part}/{[one.name for one in ones].index(runs.name)}"


def _path_of(layout: Layout, spec: HostSpec, runs: Workload | Job, name: str) -> str:
    """Return the path at which `runs` itself finds the file of its secret `name`."""
    if isinstance(runs, ContainerWorkload):
        return f"{SECRETS_FOLDER}/{name}"
    unit = job_unit(runs.name) if isinstance(runs, Job) else workload_unit(spec.running_name(runs))
    return str(layout.credential(unit, name))


def _secrets(path: tuple[str, ...], node: Any) -> Iterator[tuple[tuple[str, ...], Secret]]:  # noqa: ANN401 - any part of a spec
    if isinstance(node, Secret):
        yield path, node
    elif isinstance(node, tuple):
        for index, item in enumerate(node):
            yield from _secrets((*path, str(index)), item)
    elif isinstance(node, Mapping):
        for name, item in sorted(node.items()):
            yield from _secrets((*path, name), item)
    elif is_dataclass(node) and not isinstance(node, type):
        for part in fields(node):
            yield from _secrets((*path, part.name), getattr(node, part.name))
