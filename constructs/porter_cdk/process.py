"""A program that runs as an ordinary process."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from aws_cdk import Annotations
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.packing.build import Built
from porter.spec import ProcessWorkload
from porter_cdk.build import Build, check_build, with_search_path
from porter_cdk.check import Check, specified_check
from porter_cdk.program import WEB, check_list, source_folder
from porter_cdk.secret import Secret, check_secrets, grant_all, specified
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True)
class Process:
    """A process on a host, started in a copy of a folder.

    command: an argument list without a shell. It may contain CDK tokens.
    source: the folder to copy, relative to the working directory, as everywhere in the CDK.
    build: commands that run at synthesis in a copy of `source`, such as an installation of
        libraries: `Build.from_requirements()`. The payload has their result. Default: none.
    port: the port on which the process listens; it is also in `$PORT`. A worker has none.
    environment: variables beside those of porter (`PORT`, `PORTERD_URL`, `AWS_REGION` and more).
        Values may contain CDK tokens (`{"TABLE": table.table_name}`).
    secrets: variables whose values the host fetches. With `file=True`, the variable `NAME_FILE`
        is the path of a file with the value.
    exclude: globs of files to leave out, matched against the name and the path below `source`.
    state: give the process a folder, in `$STATE_DIRECTORY`, that outlives restarts, hot applies
        and reboots. New hosts begin with an empty one.
    check: the health check of a worker, a `Check` or its command. Default: healthy while it runs.

    Raises `SpecError`, which names the field, for values that no host accepts.
    """

    command: Sequence[str]
    source: str | os.PathLike[str] = field(kw_only=True)
    build: Build | None = field(default=None, kw_only=True)
    port: int | None = field(default=None, kw_only=True)
    environment: Mapping[str, str] | None = field(default=None, kw_only=True)
    secrets: Mapping[str, Secret] | None = field(default=None, kw_only=True)
    exclude: Sequence[str] = field(default=(), kw_only=True)
    check: Check | Sequence[str] | None = field(default=None, kw_only=True)
    state: bool = field(default=False, kw_only=True)
    built: Built | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        check_build(self.build)
        check_secrets(self.secrets)
        self.workload("any", DeployTimeValues())
        check_list("exclude", self.exclude)
        object.__setattr__(self, "source", source_folder(self.source))

    @property
    def folder(self) -> Path:
        """The absolute path of `source`."""
        return Path(self.source)

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Self:
        """Let the host's `role` fetch the secrets, note a port in the command, run the build."""
        grant_all(self.secrets, scope, name, role)
        if self.port is not None:
            _note_port(scope, self.command, self.port)
        if self.build is None:
            return self
        done = replace(self)
        place = "workloads/0/" if name == WEB else f"workers/{name}/"
        object.__setattr__(done, "built", self.build.run(self.folder, scope, place))
        return done

    def workload(self, name: str, values: DeployTimeValues, below: str = "") -> ProcessWorkload:
        """Return the host's form of this process; `below` is its path in errors, with a slash."""
        return ProcessWorkload(
            name=name,
            command=values.arguments(self.command, below),
            port=self.port,
            environment=values.variables(with_search_path(self.environment, self.build), below),
            secrets=specified(self.secrets, values, below, files=False),
            secret_files=specified(self.secrets, values, below, files=True),
            check=specified_check(self.check, values, below),
            state=self.state,
        )


def _note_port(scope: Construct, command: Sequence[str], port: int) -> None:
    """Add a note if `command` names `port`: a hot apply starts the new program on another one."""
    number = re.compile(rf"(?<!\d){port}(?!\d)")
    named = [one for one in command if number.search(one) and "PORT" not in one]
    if named:
        Annotations.of(scope).add_info_v2(
            "porter-cdk:literal-port",
            f"command: {named[0]!r} names port {port}. A hot apply starts the new program beside "
            "the old one, on another port, and then fails. Let the program listen on $PORT: "
            '["sh", "-c", "exec my-server --port $PORT"]',
        )
