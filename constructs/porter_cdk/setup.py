"""What a user has done to a host before its service starts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from porter.spec import SetupStep
from porter_cdk.source import check_exclude, source_folder
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True)
class Setup:
    """A setup step: `command`, run once on every new host, as root, before the service starts.

    It must exit 0 within `timeout_seconds` (1-3600), or the deployment fails and says why.
    `command` is an argument list, never a shell line. It is started in a folder `setup/NAME`, a
    copy of `source` where there is one. `environment` is added to the system's own, to `HOME` and
    `AWS_REGION`. `command` and `environment` may hold CDK tokens; `source` and `exclude` are those
    of `Process`.

    Raises `SpecError`, naming the field, for what no host could run.
    """

    name: str
    command: Sequence[str] = field(kw_only=True)
    source: str | os.PathLike[str] | None = field(default=None, kw_only=True)
    environment: Mapping[str, str] | None = field(default=None, kw_only=True)
    timeout_seconds: int = field(default=300, kw_only=True)
    exclude: Sequence[str] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        self.step(DeployTimeValues())
        check_exclude(self.exclude)
        if self.source is not None:
            object.__setattr__(self, "source", source_folder(self.source))

    @property
    def folder(self) -> Path | None:
        """`source`, absolute."""
        return None if self.source is None else Path(self.source)

    def step(self, values: DeployTimeValues, below: str = "") -> SetupStep:
        """This step as the host will know it; its tokens are added to `values`.

        `below` begins the names of its fields.
        """
        return SetupStep(
            name=self.name,
            command=values.arguments(self.command, below),
            timeout_seconds=self.timeout_seconds,
            environment=values.variables(self.environment, below),
        )
