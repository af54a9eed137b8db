"""Commands that make a program's payload from its folder, at synthesis."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Token
from constructs import Construct

from porter.packing.build import Built, build
from porter.packing.tools import Commands, PackageLock, Requirements, Tool
from porter.spec import SpecError
from porter_cdk.build_target import target_of


@dataclass(frozen=True, slots=True)
class Build:
    """Commands that run at synthesis, in a copy of `source`. The payload has what they leave.

    The result is kept in the user's cache, by the contents of what the commands read, by the
    processor of the hosts, and for Python by its version. The same inputs do not run them again.
    """

    tool: Tool

    @classmethod
    def from_requirements(cls, file: str = "requirements.txt") -> Build:
        """Install a requirements file with uv, into the folder `vendor` on `$PYTHONPATH`.

        file: the path below `source`. Pin each version in it: another version is another release.

        The libraries are for the Python and the processor of the hosts. Only wheels are installed:
        a library without one fails the synthesis, and is named.
        """
        return cls(Requirements(file))

    @classmethod
    def from_package_lock(cls) -> Build:
        """Install `package-lock.json` with `npm ci --omit=dev`, into the folder `node_modules`."""
        return cls(PackageLock())

    @classmethod
    def from_commands(
        cls, commands: Sequence[Sequence[str]], *, inputs: Sequence[str] | None = None
    ) -> Build:
        """Run commands, one after the other.

        commands: argument lists without a shell, without CDK tokens. `$PORTER_PROCESSOR` is the
            processor of the hosts (`x86_64` or `aarch64`), `$PORTER_PYTHON` their Python.
        inputs: globs of the files and folders below `source` that the commands read; the copy has
            no others. Default: all of `source`.

        Raises `SpecError` for anything else.
        """
        if isinstance(commands, str) or not commands or not all(map(_is_command, commands)):
            raise SpecError(
                f"must be a list of argument lists without CDK tokens, got {commands!r}",
                where="commands",
                cure='write [["make", "dist"]]',
            )
        if isinstance(inputs, str):
            raise SpecError(f"must be a list, got {inputs!r}", where="inputs")
        globs = None if inputs is None else tuple(inputs)
        return cls(Commands(tuple(map(tuple, commands)), globs))

    def run(self, source: Path, scope: Construct, below_: str) -> Built:
        """Return the result for the hosts of `scope`: from the cache, or from the commands.

        `below_` is the path of the program in error messages. Raises `SpecError`.
        """
        place = f"{below_}build"

        def begins() -> None:
            sys.stderr.write(f"porter: {scope.node.path}: running {place}, once\n")

        try:
            return build(self.tool, source, target_of(scope), begins)
        except SpecError as error:
            raise error.below(place) from None


def check_build(build: object) -> None:
    """Raise `SpecError` unless `build` is a `Build` or None."""
    if not (build is None or isinstance(build, Build)):
        raise SpecError(
            f"must be a Build, got {build!r}",
            where="build",
            cure="write build=Build.from_requirements()",
        )


def with_search_path(
    environment: Mapping[str, str] | None, build: Build | None
) -> Mapping[str, str] | None:
    """Return `environment` with the variables that the result needs, after the user's values."""
    needed = build.tool.variables if build else {}
    if not needed or not isinstance(environment, Mapping | None):
        return environment  # what is no mapping is refused where it is used
    given = dict(environment or {})
    for name, value in needed.items():
        given[name] = f"{given[name]}:{value}" if given.get(name) else value
    return given


def _is_command(argv: object) -> bool:
    return (
        isinstance(argv, Sequence)
        and not isinstance(argv, str)
        and bool(argv)
        and all(isinstance(one, str) and not Token.is_unresolved(one) for one in argv)
    )
