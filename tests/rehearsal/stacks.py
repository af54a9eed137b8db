"""Stacks that tests create in the embedded AWS, without a rehearsal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from porter.aws.clients import Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator

Resources = dict[str, Any]


class Stacks:
    """Creates stacks in the embedded AWS, and reads how they ended."""

    def __init__(self, emulator: Emulator) -> None:
        environment = Environment(account="123456789012", region="eu-west-1")
        self.aws: Clients = account.clients(environment, emulator.endpoint)
        self.emulator = emulator

    def create(
        self, name: str, resources: Resources, outputs: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        """Create a stack, and return its outputs; raises `AssertionError` with the reasons."""
        template = {
            "Resources": resources,
            "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()},
        }
        cloudformation = self.aws["cloudformation"]
        cloudformation.create_stack(
            StackName=name, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM"]
        )
        try:
            cloudformation.get_waiter("stack_create_complete").wait(
                StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300}
            )
        except WaiterError:
            events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            reasons = [event.get("ResourceStatusReason", "") for event in events]
            raise AssertionError("\n".join(reasons)) from None
        [stack] = cloudformation.describe_stacks(StackName=name)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}

    def failure(self, name: str, resources: Resources, outputs: Mapping[str, Any]) -> str:
        """Create a stack that must fail, and return the reasons of its events."""
        with pytest.raises(AssertionError) as failed:
            self.create(name, resources, outputs)
        return str(failed.value)

    def inert(self, name: str) -> dict[str, str]:
        """Return why resources of the stack are inert, by logical id."""
        return {one.logical_id: one.why for one in self.emulator.inert() if one.stack == name}
