"""A job: a process that one host of the group runs whenever it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from porter.spec.calendar import check_schedule, check_time_zone
from porter.spec.check import check_integer, check_name, refuse
from porter.spec.command import (
    check_command,
    check_environment,
    check_program,
    check_secrets,
)
from porter.spec.deployment import Text
from porter.spec.secret import Secret

MAX_SECONDS = 86_400
"""Longest time-out of a job: a day."""

JOB_VARIABLES = ("PORTER_FENCING_TOKEN", "PORTER_OCCURRENCE")
"""Environment variables that porter sets when it runs a job."""

OUTCOMES_VARIABLE = "PORTER_JOBS_DIRECTORY"
"""Tells porterd the folder with the outcome of each job's last run."""

EVENT_SOURCE = "porter"
"""Whose events EventBridge takes those about jobs for."""

JOB_SUCCEEDED, JOB_FAILED = "Porter Job Succeeded", "Porter Job Failed"
"""The detail types of these events."""


def job_owner(name: str) -> str:
    """The owner of the job `name` among workloads, whose names cannot look like it."""
    return f"job-{name}"


Missed = Literal["skip", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A process that must exit 0, started in its own folder of the payload (`jobs/NAME`).

    `schedule`, a calendar expression (systemd.time(7)) in `time_zone`, says when it is due. It is
    killed after `timeout_seconds`. A run is missed when no host started it in time, or when its
    host did not end it; `missed` says whether another run replaces it. `command` is an argument
    list. `secrets` and `secret_files` are those of a process.
    """

    name: str
    command: tuple[Text, ...]
    schedule: str
    time_zone: str = "UTC"
    timeout_seconds: int = 300
    missed: Missed = "skip"
    environment: Mapping[str, Text] = field(default_factory=dict)
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    secret_files: Mapping[str, Secret] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name("name", self.name)
        check_command(self.command)
        check_program("command/0", self.command[0])
        check_schedule("schedule", self.schedule)
        check_time_zone("time_zone", self.time_zone)
        check_integer("timeout_seconds", self.timeout_seconds, 1, MAX_SECONDS)
        if self.missed not in ("skip", "run"):
            raise refuse("missed", f"must be 'skip' or 'run', got {self.missed!r}")
        check_environment(self.environment)
        check_secrets(self.environment, self.secrets, self.secret_files)
        for part in ("environment", "secrets"):
            for variable in JOB_VARIABLES:
                if variable in getattr(self, part):
                    raise refuse(f"{part}/{variable}", "is set by porter", cure="remove it")

    @property
    def calendar(self) -> str:
        """The expression with its time zone, as systemd reads it."""
        return f"{self.schedule} {self.time_zone}"
