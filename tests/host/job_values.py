"""A job as an app declares it."""

from __future__ import annotations

from porter.spec import Job

REPORT = Job(
    name="report",
    command=("./report", "--month"),
    schedule="Mon..Fri 08:30",
    time_zone="Europe/Berlin",
    timeout_seconds=600,
    missed="run",
    environment={"TO": "all"},
)
