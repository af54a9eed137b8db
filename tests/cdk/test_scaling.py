"""A service scales by the CDK's own methods."""

from __future__ import annotations

import inspect
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch

from porter_cdk import PorterService, Process, SpecError
from porter_cdk.scaling import Scaling

METHODS = [name for name in vars(Scaling) if name.startswith("scale_")]


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    found = template["Resources"].values()
    return [one["Properties"] for one in found if one["Type"] == f"AWS::AutoScaling::{kind}"]


def test_every_way_to_scale_is_a_method_of_the_service(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    service = PorterService(stack, "Service", run=run, min_capacity=2, max_capacity=8)
    metric = cloudwatch.Metric(namespace="Shop", metric_name="Carts")
    warmup = cdk.Duration.minutes(3)
    service.scale_on_cpu_utilization("Cpu", target_utilization_percent=60, cooldown=warmup)
    service.scale_on_request_count(
        "Requests", target_requests_per_minute=600, estimated_instance_warmup=warmup
    )
    service.scale_to_track_metric("Carts", metric=metric, target_value=9, disable_scale_in=True)
    service.scale_on_schedule(
        "Morning",
        schedule=autoscaling.Schedule.cron(hour="8", minute="0"),
        min_capacity=4,
        time_zone="Europe/Berlin",
    )
    template = template_of(stack)
    policies = [one["TargetTrackingConfiguration"] for one in of_type(template, "ScalingPolicy")]
    assert sorted(one["TargetValue"] for one in policies) == [9, 60, 600]
    assert [one for one in policies if one.get("DisableScaleIn")][0]["TargetValue"] == 9  # noqa: RUF015
    warmups = {one.get("EstimatedInstanceWarmup") for one in of_type(template, "ScalingPolicy")}
    assert warmups == {None, 180}
    (action,) = of_type(template, "ScheduledAction")
    assert (action["MinSize"], action["TimeZone"]) == (4, "Europe/Berlin")


@pytest.mark.parametrize("method", METHODS)
def test_a_method_has_the_arguments_of_the_cdks(method: str) -> None:
    own, theirs = (
        {
            name: (one.kind, one.default)
            for name, one in inspect.signature(getattr(kind, method)).parameters.items()
        }
        for kind in (PorterService, autoscaling.AutoScalingGroup)
    )
    assert own == theirs


def test_a_group_of_a_fixed_size_cannot_scale(stack: cdk.Stack, run: Process) -> None:
    service = PorterService(stack, "Service", run=run, min_capacity=2)
    with pytest.raises(
        SpecError, match=r"scale_on_cpu_utilization: has nothing to change: the group has 2 hosts"
    ):
        service.scale_on_cpu_utilization("Cpu", target_utilization_percent=60)
    service.scale_on_schedule(
        "Night", schedule=autoscaling.Schedule.cron(hour="0", minute="0"), max_capacity=5
    )
