"""What a user has run on a schedule, by one host of the group."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import aws_iam as iam
from constructs import Construct

from porter import spec
from porter.spec.job import Missed
from porter_cdk.secret import Secret, check_secrets, grant_all, specified
from porter_cdk.source import check_exclude, source_folder
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True)
class Job:
    """A scheduled job: `command`, run by one host of the group each time it is due.

    `schedule` is a calendar expression of systemd's (systemd.time(7), "Calendar Events"), such as
    `daily`, `Mon..Fri 08:30` or `*:0/15`, in `time_zone`, a name of the tz database. A run must
    exit 0 within `timeout_seconds` (1-86400), or it is killed and has failed. `missed` says what
    becomes of a run for which no host was there, or whose host did not end it: `skip` it, or `run`
    it as soon as a host can. `command`, `source`, `environment`, `secrets` and `exclude` are
    those of `Process`; the run's own number is in `PORTER_FENCING_TOKEN`, and when it was due in
    `PORTER_OCCURRENCE`.

    Raises `SpecError`, naming the field, for what no host could run.
    """

    command: Sequence[str]
    schedule: str = field(kw_only=True)
    source: str | os.PathLike[str] = field(kw_only=True)
    time_zone: str = field(default="UTC", kw_only=True)
    timeout_seconds: int = field(default=300, kw_only=True)
    missed: Missed = field(default="skip", kw_only=True)
    environment: Mapping[str, str] | None = field(default=None, kw_only=True)
    secrets: Mapping[str, Secret] | None = field(default=None, kw_only=True)
    exclude: Sequence[str] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        check_secrets(self.secrets)
        self.job("any", DeployTimeValues())
        check_exclude(self.exclude)
        object.__setattr__(self, "source", source_folder(self.source))

    @property
    def folder(self) -> Path:
        """`source`, absolute."""
        return Path(self.source)

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> None:
        """Let the host's `role` fetch what the job `name` is to have."""
        grant_all(self.secrets, scope, spec.job_owner(name), role)

    def job(self, name: str, values: DeployTimeValues, below: str = "") -> spec.Job:
        """This job as the host will know it; its tokens are added to `values`.

        `below` begins the names of its fields.
        """
        return spec.Job(
            name=name,
            command=values.arguments(self.command, below),
            schedule=self.schedule,
            time_zone=self.time_zone,
            timeout_seconds=self.timeout_seconds,
            missed=self.missed,
            environment=values.variables(self.environment, below),
            secrets=specified(self.secrets, values, below, files=False),
            secret_files=specified(self.secrets, values, below, files=True),
        )
