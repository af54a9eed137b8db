"""What `porter host show` says of jobs: asked from systemd and this host's files, not from AWS."""

from __future__ import annotations

import json
from typing import Any

from porter.host.machine import Machine
from porter.spec import HostSpec, job_timer


def jobs_shown(machine: Machine, spec: HostSpec) -> list[dict[str, Any]]:
    """Of each job its schedule, when it is due `next` (empty without systemd), and its `last` run.

    `last` is about this host alone: `porter.host.jobs.settle.Outcome`, or null.
    """
    return [
        {
            "name": job.name,
            "schedule": job.calendar,
            "timer": job_timer(job.name),
            "next": _next(machine, job_timer(job.name)),
            "last": _last(machine, job.name),
        }
        for job in spec.jobs
    ]


def _next(machine: Machine, timer: str) -> str:
    systemctl = machine.program("systemctl")
    if systemctl is None or not machine.read(machine.layout.unit(timer)):
        return ""
    argv = [str(systemctl), "show", "--property=NextElapseUSecRealtime", "--value", timer]
    return machine.run(argv).output.strip()


def _last(machine: Machine, name: str) -> Any:  # noqa: ANN401 - what settle wrote
    found = machine.read(machine.layout.job_outcome(name))
    return json.loads(found.content) if found else None
