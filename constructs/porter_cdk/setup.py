"""A command that prepares a new host before its programs start."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from porter.packing.build import Built
from porter.spec import SetupStep
from porter_cdk.program import check_list, source_folder
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True)
class Setup:
    """A command that runs once on every new host, as root, before programs start.

    The deployment fails, with the reason, if the command does not exit 0 in time.

    name: names the step in messages, and the folder `setup/NAME` in which the command starts.
    command: an argument list without a shell. It may contain CDK tokens.
    source: a folder to copy to `setup/NAME`. Default: an empty folder.
    environment: variables beside `PATH`, `HOME` and `AWS_REGION`. Values may contain CDK tokens.
    timeout_seconds: the time after which the command is killed, 1-3600. Default: 300.
    exclude: globs of files to leave out, as in `Process`.

    Raises `SpecError`, which names the field, for values that no host accepts.
    """

    name: str
    command: Sequence[str] = field(kw_only=True)
    source: str | os.PathLike[str] | None = field(default=None, kw_only=True)
    environment: Mapping[str, str] | None = field(default=None, kw_only=True)
    timeout_seconds: int = field(default=300, kw_only=True)
    exclude: Sequence[str] = field(default=(), kw_only=True)

    built: ClassVar[Built | None] = None

    def __post_init__(self) -> None:
        self.step(DeployTimeValues())
        check_list("exclude", self.exclude)
        if self.source is not None:
            object.__setattr__(self, "source", source_folder(self.source))

    @property
    def folder(self) -> Path | None:
        """The absolute path of `source`; None without one."""
        return None if self.source is None else Path(self.source)

    def step(self, values: DeployTimeValues, below: str = "") -> SetupStep:
        """Return the host's form of this step; `below` is its path in errors, with a slash."""
        return SetupStep(
            name=self.name,
            command=values.arguments(self.command, below),
            timeout_seconds=self.timeout_seconds,
            environment=values.variables(self.environment, below),
        )
