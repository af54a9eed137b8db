"""The protocol of programs: `Process` and `Container`."""

from __future__ import annotations

from typing import Protocol

from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import Workload
from porter_cdk.source import Packed
from porter_cdk.tokens import DeployTimeValues


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
