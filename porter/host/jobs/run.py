"""The run of a job that this host has claimed: a file on a tmpfs, until the run is settled."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from porter.aws.leases import Lease
from porter.host.core import quoting
from porter.host.core.machine import Machine
from porter.host.jobs import files
from porter.host.jobs.occurrence import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What `settle` needs, even if a later apply has removed the job.

    `began` is in seconds of the monotonic clock.
    """

    service: str
    stack_id: str
    region: str
    table: str
    lease: Lease
    began: float


def write(machine: Machine, run: Run) -> None:
    """Write `run`, and the fencing token as a variable of the job's unit."""
    layout, lease = machine.layout, run.lease
    text = json.dumps(asdict(run))
    machine.write(files.run(layout, lease.job), text.encode(), 0o600)
    variables = {
        "PORTER_FENCING_TOKEN": str(lease.token),
        "PORTER_OCCURRENCE": iso(lease.occurrence),
    }
    content = quoting.environment_file(variables)
    machine.write(files.run_environment(layout, lease.job), content, 0o600)


def read(machine: Machine, job: str) -> Run | None:
    """Return the run of `job` that has to be settled, or None."""
    found = machine.read(files.run(machine.layout, job))
    if found is None:
        return None
    data: dict[str, Any] = json.loads(found.content)
    return Run(**{**data, "lease": Lease(**data["lease"])})


def remove(machine: Machine, job: str) -> None:
    """Remove the files of the run of `job`, last the one that `settle` needs."""
    for path in (files.run_environment, files.ended, files.run):
        machine.remove(path(machine.layout, job))
