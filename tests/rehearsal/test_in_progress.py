"""A stack in progress: the embedded AWS refuses to update it, and a rehearsal ends it."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from porter.rehearsal.story.unfinished import end_unfinished
from tests.rehearsal.stacks import Stacks

QUEUE = {"Type": "AWS::SQS::Queue"}
WAITS: dict[str, Any] = {
    "Queue": QUEUE,
    "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Host": {
        "Type": "AWS::CloudFormation::WaitCondition",
        "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "900", "Count": 1},
    },
}


def _template(resources: dict[str, Any]) -> str:
    return json.dumps({"Resources": resources})


def _waits(stacks: Stacks, name: str) -> str:
    """Wait until the stack waits for its host; return the stack's id."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        [stack] = stacks.aws["cloudformation"].describe_stacks(StackName=name)["Stacks"]
        found = stacks.aws["cloudformation"].describe_stack_events(StackName=name)["StackEvents"]
        if any(one["LogicalResourceId"] == "Host" for one in found):
            return str(stack["StackId"])
        time.sleep(0.05)
    raise AssertionError(found)


def _status(stacks: Stacks, name: str) -> str:
    [stack] = stacks.aws["cloudformation"].describe_stacks(StackName=name)["Stacks"]
    return str(stack["StackStatus"])


def _end(stacks: Stacks) -> list[str]:
    """End what is in progress; return the lines that are said."""
    said: list[str] = []
    end = time.monotonic() + 20

    def look() -> None:
        assert time.monotonic() < end

    end_unfinished([stacks.aws], look, said.append)
    return said


def test_an_update_in_progress_refuses_another_one_and_is_rolled_back(stacks: Stacks) -> None:
    cloudformation = stacks.aws["cloudformation"]
    stacks.create("Updated", {"Queue": QUEUE})
    cloudformation.update_stack(StackName="Updated", TemplateBody=_template(WAITS))
    stack_id = _waits(stacks, "Updated")
    refused = f"Stack:{stack_id} is in UPDATE_IN_PROGRESS state and can not be updated."
    with pytest.raises(ClientError, match="ValidationError") as failure:
        cloudformation.update_stack(StackName="Updated", TemplateBody=_template(WAITS))
    assert failure.value.response["Error"]["Message"] == refused
    with pytest.raises(ClientError, match="ValidationError") as failure:
        cloudformation.create_change_set(
            StackName="Updated", ChangeSetName="cdk", TemplateBody=_template(WAITS)
        )
    assert failure.value.response["Error"]["Message"] == refused
    assert _end(stacks) == [
        "waiting until an earlier deployment has ended: Updated (UPDATE_IN_PROGRESS)"
    ]
    assert _status(stacks, "Updated") == "UPDATE_ROLLBACK_COMPLETE"
    cloudformation.update_stack(
        StackName="Updated", TemplateBody=_template({"Queue": QUEUE, "More": QUEUE})
    )
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName="Updated", WaiterConfig={"Delay": 0.2, "MaxAttempts": 300}
    )


def test_a_stack_that_is_being_created_is_rolled_back(stacks: Stacks) -> None:
    stacks.aws["cloudformation"].create_stack(StackName="Made", TemplateBody=_template(WAITS))
    _waits(stacks, "Made")
    assert len(_end(stacks)) == 1
    assert _status(stacks, "Made") == "ROLLBACK_COMPLETE"


def test_a_stack_that_a_change_set_will_create_is_not_in_progress(stacks: Stacks) -> None:
    stacks.aws["cloudformation"].create_change_set(
        StackName="New",
        ChangeSetName="cdk",
        ChangeSetType="CREATE",
        TemplateBody=_template({"Queue": QUEUE}),
    )
    assert _end(stacks) == []
    stacks.aws["cloudformation"].execute_change_set(StackName="New", ChangeSetName="cdk")
    stacks.aws["cloudformation"].get_waiter("stack_create_complete").wait(
        StackName="New", WaiterConfig={"Delay": 0.2, "MaxAttempts": 300}
    )
