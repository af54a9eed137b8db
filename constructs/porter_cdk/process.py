"""What a user asks a host to run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import ProcessWorkload
from porter_cdk.check import Check, specified_check
from porter_cdk.secret import Secret, check_secrets, grant_all, specified
from porter_cdk.source import check_exclude, source_folder
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True)
class Process:
    """A process: `command`, started in a copy of the folder `source`, listening on `port`.

    A worker has no port. `command` is an argument list, never a shell line. `environment` is added
    to what porter sets (`PORT`, `PORTERD_URL`, `AWS_REGION` and more). Both may hold CDK tokens
    (`{"TABLE": table.table_name}`). `source` is relative to the working directory, as everywhere in
    the CDK. `secrets` are fetched by the host and handed over as variables, or as files whose paths
    are in `NAME_FILE`. `exclude` holds globs, matched against a file's name and its
    path below `source`.
    `check` is how a worker's health is told, by default that it stays up: a command alone stands
    for a `Check` of it.

    Raises `SpecError`, naming the field, for what no host could run.
    """

    command: Sequence[str]
    source: str | os.PathLike[str] = field(kw_only=True)
    port: int | None = field(default=None, kw_only=True)
    environment: Mapping[str, str] | None = field(default=None, kw_only=True)
    secrets: Mapping[str, Secret] | None = field(default=None, kw_only=True)
    exclude: Sequence[str] = field(default=(), kw_only=True)
    check: Check | Sequence[str] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        check_secrets(self.secrets)
        self.workload("any", DeployTimeValues())
        check_exclude(self.exclude)
        object.__setattr__(self, "source", source_folder(self.source))

    @property
    def folder(self) -> Path:
        """`source`, absolute."""
        return Path(self.source)

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:
        """Beside its payload it needs its secrets, which the host's `role` fetches."""
        grant_all(self.secrets, scope, name, role)
        return self

    def workload(self, name: str, values: DeployTimeValues, below: str = "") -> ProcessWorkload:
        """This process as the host will know it; its tokens are added to `values`.

        `below` begins the names of its fields.
        """
        return ProcessWorkload(
            name=name,
            command=values.arguments(self.command, below),
            port=self.port,
            environment=values.variables(self.environment, below),
            secrets=specified(self.secrets, values, below, files=False),
            secret_files=specified(self.secrets, values, below, files=True),
            check=specified_check(self.check, values, below),
        )
