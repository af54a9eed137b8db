"""DescribeTargetHealth says what the played load balancer sees."""

from __future__ import annotations

import json
import time

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.fleet.targets import Target, Targets
from tests.daemon.loopback import Service, running
from tests.harness.traces import until

KIND = "AWS::ElasticLoadBalancingV2"


@pytest.fixture(scope="module")
def arns(aws: Clients) -> dict[str, str]:
    """The ARNs of two target groups, of which a listener uses the first."""
    group = {
        "Protocol": "HTTP",
        "Port": 80,
        "VpcId": "vpc-1",
        "HealthCheckPath": "/health",
        "HealthCheckIntervalSeconds": 5,
        "UnhealthyThresholdCount": 2,
    }
    forward = {"Type": "forward", "TargetGroupArn": {"Ref": "Used"}}
    listener = {"LoadBalancerArn": {"Ref": "Home"}, "Protocol": "HTTP", "Port": 80}
    resources = {
        "Home": {
            "Type": f"{KIND}::LoadBalancer",
            "Properties": {"Subnets": ["subnet-1", "subnet-2"]},
        },
        "Used": {"Type": f"{KIND}::TargetGroup", "Properties": group},
        "Spare": {"Type": f"{KIND}::TargetGroup", "Properties": group},
        "Listener": {
            "Type": f"{KIND}::Listener",
            "Properties": {**listener, "DefaultActions": [forward]},
        },
    }
    cloudformation = aws["cloudformation"]
    cloudformation.create_stack(
        StackName="Health", TemplateBody=json.dumps({"Resources": resources})
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="Health", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    found = cloudformation.describe_stack_resources(StackName="Health")["StackResources"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}


def test_a_target_is_what_its_load_balancer_sees(
    aws: Clients, arns: dict[str, str], targets: Targets
) -> None:
    elbv2 = aws["elbv2"]

    def health(group: str, instance: str) -> tuple[str, str]:
        targets.look()
        [one] = elbv2.describe_target_health(
            TargetGroupArn=arns[group], Targets=[{"Id": instance}]
        )["TargetHealthDescriptions"]
        found = one["TargetHealth"]
        return found["State"], found.get("Reason", "")

    def is_(state: str, reason: str = "") -> None:
        assert until(lambda: health("Used", "i-1") == (state, reason), 20), state

    with running(service := Service(status=503)):
        used = Target(
            instance_id="i-1",
            address="127.0.0.1",
            port=service.port,
            aws=aws,
            target_group_arns=[arns["Used"], arns["Spare"]],
        )
        assert health("Used", "i-1") == ("unused", "Target.NotRegistered")
        targets.register(used)
        is_("unhealthy", "Target.ResponseCodeMismatch")
        assert health("Spare", "i-1") == ("unused", "Target.NotInUse")
        service.status = 200
        is_("healthy")
        targets.drain("i-1")
        is_("draining", "Target.DeregistrationInProgress")
        targets.deregister("i-1")
        is_("unused", "Target.NotRegistered")


def test_a_target_stays_what_it_was_while_it_is_checked(
    arns: dict[str, str], aws: Clients, targets: Targets
) -> None:
    """A slow answer keeps a check under way for most of the time."""
    elbv2 = aws["elbv2"]

    def health() -> tuple[str, str]:
        targets.look()
        [one] = elbv2.describe_target_health(TargetGroupArn=arns["Used"], Targets=[{"Id": "i-3"}])[
            "TargetHealthDescriptions"
        ]
        return one["TargetHealth"]["State"], one["TargetHealth"].get("Description", "")

    with running(service := Service(status=503)):
        service.seconds = 0.4
        targets.register(
            Target(
                instance_id="i-3",
                address="127.0.0.1",
                port=service.port,
                aws=aws,
                target_group_arns=[arns["Used"]],
            )
        )
        assert until(lambda: "503" in health()[1], 20)
        end, seen = time.monotonic() + 2, set()
        while time.monotonic() < end:
            seen.add(health())
        targets.deregister("i-3")
    assert len(seen) == 1, seen
    [(state, said)] = seen
    assert state == "unhealthy"
    assert "503" in said


def test_a_new_target_is_initial_and_an_unknown_group_an_error(
    aws: Clients, arns: dict[str, str]
) -> None:
    elbv2 = aws["elbv2"]
    elbv2.register_targets(TargetGroupArn=arns["Used"], Targets=[{"Id": "i-2"}])
    [one] = elbv2.describe_target_health(TargetGroupArn=arns["Used"])["TargetHealthDescriptions"]
    assert one["TargetHealth"]["Reason"] == "Elb.RegistrationInProgress"
    with pytest.raises(elbv2.exceptions.TargetGroupNotFoundException):
        elbv2.describe_target_health(TargetGroupArn=arns["Used"][:-1])
