"""A scheduled job, which one host of the group runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter import spec
from porter.packing.build import Built
from porter.spec.job import EVENT_SOURCE, Missed
from porter_cdk.build import Build, check_build, with_search_path
from porter_cdk.program import check_list, source_folder
from porter_cdk.secret import Secret, check_secrets, grant_all, specified
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True)
class Job:
    """A command that one host of the Auto Scaling group runs on a schedule.

    command, source, build, environment, secrets, exclude: as in `Process`. Each run also finds
        its number in `PORTER_FENCING_TOKEN` and its scheduled time in `PORTER_OCCURRENCE`.
    schedule: a systemd calendar expression such as `daily`, `Mon..Fri 08:30` or `*:0/15`
        (systemd.time(7), "Calendar Events").
    time_zone: the time zone of `schedule`, by its name in the tz database. Default: UTC.
    timeout_seconds: the time after which a run is killed and fails, 1-86400. Default: 300.
    missed: `skip` a run that no host started or finished, or `run` it later. Default: `skip`.

    Raises `SpecError`, which names the field, for values that no host accepts.
    """

    command: Sequence[str]
    schedule: str = field(kw_only=True)
    source: str | os.PathLike[str] = field(kw_only=True)
    build: Build | None = field(default=None, kw_only=True)
    time_zone: str = field(default="UTC", kw_only=True)
    timeout_seconds: int = field(default=300, kw_only=True)
    missed: Missed = field(default="skip", kw_only=True)
    environment: Mapping[str, str] | None = field(default=None, kw_only=True)
    secrets: Mapping[str, Secret] | None = field(default=None, kw_only=True)
    exclude: Sequence[str] = field(default=(), kw_only=True)
    built: Built | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        check_build(self.build)
        check_secrets(self.secrets)
        self.job("any", DeployTimeValues())
        check_list("exclude", self.exclude)
        object.__setattr__(self, "source", source_folder(self.source))

    @property
    def folder(self) -> Path:
        """The absolute path of `source`."""
        return Path(self.source)

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:
        """Let the host's `role` fetch the secrets of the job `name`; run the build."""
        grant_all(self.secrets, scope, spec.job_owner(name), role)
        if self.build is None:
            return self
        done = replace(self)
        object.__setattr__(done, "built", self.build.run(self.folder, scope, f"jobs/{name}/"))
        return done

    def job(self, name: str, values: DeployTimeValues, below: str = "") -> spec.Job:
        """Return the host's form of this job; `below` is its path in errors, with a slash."""
        return spec.Job(
            name=name,
            command=values.arguments(self.command, below),
            schedule=self.schedule,
            time_zone=self.time_zone,
            timeout_seconds=self.timeout_seconds,
            missed=self.missed,
            environment=values.variables(with_search_path(self.environment, self.build), below),
            secrets=specified(self.secrets, values, below, files=False),
            secret_files=specified(self.secrets, values, below, files=True),
        )


def grant_events(role: iam.Role) -> None:
    """Let `role` put porter's events of jobs on the default event bus."""
    bus = Stack.of(role).format_arn(service="events", resource="event-bus", resource_name="default")
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["events:PutEvents"],
            resources=[bus],
            conditions={"ForAllValues:StringEquals": {"events:source": EVENT_SOURCE}},
        )
    )
