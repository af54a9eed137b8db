"""The protocol of programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.packing.payload import Packed
from porter.spec import SpecError, Workload
from porter_cdk.tokens import DeployTimeValues

WEB = "web"
"""The name of the program behind HAProxy."""


@runtime_checkable
class Program(Packed, Protocol):
    """A program that a host can run as its service or as a worker."""

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Program:
        """Return the program that the host `scope` runs as `name`.

        Its AWS resources are made below `scope`, and `role` gets its permissions. Raises
        `SpecError` if a secret's command fails.
        """

    def workload(self, name: str, values: DeployTimeValues, below: str = "") -> Workload:
        """Return the host's form of this program; add its CDK tokens to `values`.

        `below` is the path of the program in error messages, with a slash.
        """


def source_folder(source: str | os.PathLike[str]) -> Path:
    """Return the absolute path of `source`: the working directory may change before it is packed.

    Raises `SpecError` if there is no such folder.
    """
    folder = Path(source).absolute()
    if not folder.is_dir():
        raise SpecError(f"{str(folder)!r} is not a folder", where="source")
    return folder


def check_list(field: str, value: Sequence[object]) -> None:
    """Raise `SpecError` for a string, whose letters would each be an item of the list."""
    if isinstance(value, str):
        raise SpecError(f"must be a list, got {value!r}", where=field, cure=f'write ["{value}"]')
