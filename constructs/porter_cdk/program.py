"""What a host can be asked to run, whatever it is made of."""

from __future__ import annotations

from typing import Protocol

from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import Workload
from porter_cdk.source import Packed
from porter_cdk.tokens import DeployTimeValues


class Program(Packed, Protocol):
    """A workload to be: `Process` is one."""

    def bind(self, scope: Construct, name: str, role: iam.IRole) -> Program:
        """The program as the host `scope` runs it under `name`.

        What it needs in AWS is made below `scope`, and granted to the host's `role`. Raises
        `SpecError` for what cannot be.
        """

    def workload(self, name: str, values: DeployTimeValues, below: str = "") -> Workload:
        """This program as the host will know it; its tokens are added to `values`.

        `below` begins the names of its fields.
        """
