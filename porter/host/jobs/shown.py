"""The jobs in `porter host show`: from systemd and this host's files, not from AWS."""

from __future__ import annotations

import json
from typing import Any

from porter.host.core.view import View
from porter.host.jobs import files
from porter.spec import HostSpec, job_timer


def jobs_shown(view: View, spec: HostSpec) -> list[dict[str, Any]]:
    """Return each job's schedule, its `next` time (empty without systemd), and its `last` outcome.

    `last` is this host's `porter.host.jobs.settle.Outcome`, or null.
    """
    return [
        {
            "name": job.name,
            "schedule": job.calendar,
            "timer": job_timer(job.name),
            "next": _next(view, job_timer(job.name)),
            "last": _last(view, job.name),
        }
        for job in spec.jobs
    ]


def _next(view: View, timer: str) -> str:
    return view.next_elapse(timer) if view.read(view.layout.unit(timer)) else ""


def _last(view: View, name: str) -> Any:  # noqa: ANN401 - what settle wrote
    found = view.read(files.outcome(view.layout, name))
    return json.loads(found.content) if found else None
