"""What a user asks a host to run."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from porter.spec import ProcessWorkload, SpecError, Text
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True)
class Process:
    """A process: `command`, started in a copy of the folder `source`, listening on `port`.

    `command` is an argument list, never a shell line. `environment` is added to what porter sets
    (`PORT`, `PORTERD_URL`, `AWS_REGION`). Both may hold CDK tokens (`{"TABLE": table.table_name}`).
    `source` is relative to the working directory, as everywhere in the CDK. `exclude` holds globs,
    matched against a file's name and against its path below `source`.

    Raises `SpecError`, naming the field, for what no host could run.
    """

    command: Sequence[str]
    source: str | os.PathLike[str] = field(kw_only=True)
    port: int = field(kw_only=True)
    environment: Mapping[str, str] | None = field(default=None, kw_only=True)
    exclude: Sequence[str] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        self.workload("web", DeployTimeValues())
        if isinstance(self.exclude, str):
            raise SpecError("must be a list of globs", where="exclude", cure='write ["*.log"]')
        folder = Path(self.source).absolute()  # the working directory may be another at synthesis
        if not folder.is_dir():
            raise SpecError(f"{str(folder)!r} is not a folder", where="source")
        object.__setattr__(self, "source", folder)

    @property
    def folder(self) -> Path:
        """`source`, absolute."""
        return Path(self.source)

    def workload(self, name: str, values: DeployTimeValues) -> ProcessWorkload:
        """This process as the host will know it; its tokens are added to `values`."""
        # Sorted, so that reordering a dict in the app replaces no host.
        environment = sorted((self.environment or {}).items())
        return ProcessWorkload(
            name=name,
            command=self._arguments(values),
            port=self.port,
            environment={key: values.text(f"environment/{key}", text) for key, text in environment},
        )

    def _arguments(self, values: DeployTimeValues) -> tuple[Text, ...]:
        if isinstance(self.command, str):
            raise SpecError(
                f"must be a list of arguments, got {self.command!r}",
                where="command",
                cure='write ["python3", "main.py"]',
            )
        return tuple(values.text(f"command/{i}", text) for i, text in enumerate(self.command))
