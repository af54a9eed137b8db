"""The network of hosts: addresses, security groups, and the target groups of other balancers."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from porter_cdk import PorterService, Process


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r for r in template["Resources"].values() if r["Type"] == f"AWS::{kind}"]


def one(template: dict[str, Any], kind: str) -> dict[str, Any]:
    (resource,) = of_type(template, kind)
    return resource


def test_hosts_in_public_subnets_ask_for_an_address(
    stack: cdk.Stack, run: Process, template: dict[str, Any], template_of: Any
) -> None:
    """A public subnet may assign none, and hosts without an address have no way out."""
    PorterService(stack, "Service", run=run, vpc=ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1))
    found = []
    for each in (template, template_of(stack)):
        data = one(each, "EC2::LaunchTemplate")["Properties"]["LaunchTemplateData"]
        assert "SecurityGroupIds" not in data, "EC2 refuses groups beside network interfaces"
        (interface,) = data["NetworkInterfaces"]
        assert len(interface["Groups"]) == 1
        found.append(interface.get("AssociatePublicIpAddress"))
    assert found == [True, None]


def test_security_groups_beside_the_network_interface_are_refused(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    service = PorterService(stack, "Service", run=run)
    path = "LaunchTemplateData.SecurityGroupIds"
    service.host.launch_template.add_property_override(path, ["sg-1"])
    with pytest.raises(RuntimeError, match="SecurityGroupIds: cannot be combined with network"):
        template_of(stack)


def test_hosts_are_in_every_target_group_that_they_are_added_to(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    service = PorterService(stack, "Service", run=run)
    targets = [service.host.auto_scaling_group]
    other = elbv2.NetworkLoadBalancer(stack, "Other", vpc=service.host.vpc)
    other.add_listener("Listener", port=80).add_targets("Tcp", port=80, targets=targets)
    third = elbv2.ApplicationLoadBalancer(stack, "Third", vpc=service.host.vpc)
    third.add_listener("Listener", port=80).add_targets("Http", port=80, targets=targets)
    template = template_of(stack)
    arns = one(template, "AutoScaling::AutoScalingGroup")["Properties"]["TargetGroupARNs"]
    assert [arn["Ref"][:5] for arn in arns] == ["Servi", "Other", "Third"]
    (rule,) = of_type(template, "EC2::SecurityGroupIngress")
    hosts = stack.resolve(service.host.security_group.security_group_id)
    assert rule["Properties"]["GroupId"] == hosts


def test_hosts_scale_on_requests(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    service = PorterService(stack, "Service", run=run, max_capacity=3)
    service.host.auto_scaling_group.scale_on_request_count("R", target_requests_per_minute=100)
    policy = one(template_of(stack), "AutoScaling::ScalingPolicy")["Properties"]
    label = policy["TargetTrackingConfiguration"]["PredefinedMetricSpecification"]["ResourceLabel"]
    assert stack.resolve(service.target_group.target_group_full_name) in label["Fn::Join"][1]
