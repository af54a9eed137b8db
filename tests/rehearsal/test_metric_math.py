"""The embedded AWS keeps alarms on metric math.

CloudWatch API Reference, "PutMetricAlarm".
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from porter.aws.clients import Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator

REQUESTS = {
    "Id": "requests",
    "MetricStat": {
        "Metric": {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount"},
        "Period": 300,
        "Stat": "Sum",
    },
    "ReturnData": False,
}
HALF = {"Id": "half", "Expression": "requests / 2"}


def deploy(emulator: Emulator, name: str, **properties: Any) -> Clients:
    """Deploy one alarm; return AWS. Raises `WaiterError` if the stack fails."""
    aws = account.clients(Environment(account="109876543210"), emulator.endpoint)
    alarm = {
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 5,
        "EvaluationPeriods": 1,
        **properties,
    }
    template = {"Resources": {"Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm}}}
    cloudformation = aws["cloudformation"]
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 200})
    return aws


def test_an_alarm_on_metric_math_is_kept(emulator: Emulator) -> None:
    aws = deploy(emulator, "Math", Metrics=[REQUESTS, HALF])
    cloudformation = aws["cloudformation"]
    [resource] = cloudformation.describe_stack_resources(StackName="Math")["StackResources"]
    assert resource["ResourceStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("name", "properties"),
    [
        ("Both", {"Metrics": [REQUESTS, HALF], "MetricName": "RequestCount"}),
        ("Many", {"Metrics": [{**REQUESTS, "ReturnData": True}, HALF]}),
    ],
)
def test_what_cloudwatch_refuses_is_refused(
    emulator: Emulator, name: str, properties: dict[str, Any]
) -> None:
    with pytest.raises(WaiterError):
        deploy(emulator, name, **properties)
