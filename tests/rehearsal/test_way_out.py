"""A rehearsal launches no host that would reach nothing on AWS: it could not even report."""

from __future__ import annotations

from typing import Any

import pytest

from porter.rehearsal.fleet.way_out import no_way_out
from tests.harness.sandbox import Sandbox
from tests.rehearsal.stacks import Stacks

ANYWHERE = "0.0.0.0/0"
VPC: dict[str, Any] = {
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
    "Subnet": {
        "Type": "AWS::EC2::Subnet",
        "Properties": {
            "VpcId": {"Ref": "Vpc"},
            "CidrBlock": "10.0.0.0/24",
            "AvailabilityZone": "eu-west-1a",
        },
    },
    "Table": {"Type": "AWS::EC2::RouteTable", "Properties": {"VpcId": {"Ref": "Vpc"}}},
    "Gateway": {"Type": "AWS::EC2::InternetGateway"},
    "Attached": {
        "Type": "AWS::EC2::VPCGatewayAttachment",
        "Properties": {"VpcId": {"Ref": "Vpc"}, "InternetGatewayId": {"Ref": "Gateway"}},
    },
}
ASSOCIATION: dict[str, Any] = {
    "Association": {
        "Type": "AWS::EC2::SubnetRouteTableAssociation",
        "Properties": {"RouteTableId": {"Ref": "Table"}, "SubnetId": {"Ref": "Subnet"}},
    }
}
ROUTE: dict[str, Any] = {
    "Route": {
        "Type": "AWS::EC2::Route",
        "Properties": {
            "RouteTableId": {"Ref": "Table"},
            "DestinationCidrBlock": ANYWHERE,
            "GatewayId": {"Ref": "Gateway"},
        },
    }
}
APP = """\
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Hello")
vpc = ec2.Vpc(
    stack, "Vpc", max_azs=2, nat_gateways=0, restrict_default_security_group=False,
    subnet_configuration=[ec2.SubnetConfiguration(
        name="Public", subnet_type=ec2.SubnetType.PUBLIC, map_public_ip_on_launch=False,
    )],
)
PorterService(
    stack, "Service", vpc=vpc,
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
app.synth()
"""


def made(stacks: Stacks, name: str, *parts: dict[str, Any]) -> str:
    """Create a stack of `parts`; return its subnet."""
    resources = {key: value for part in (VPC, *parts) for key, value in part.items()}
    return stacks.create(name, resources, {"Subnet": {"Ref": "Subnet"}})["Subnet"]


@pytest.mark.parametrize(
    ("name", "parts"),
    [("NoRoute", (ASSOCIATION,)), ("NoAssociation", (ROUTE,))],
)
def test_a_host_that_starts_before_its_route_and_association_reaches_nothing(
    stacks: Stacks, name: str, parts: tuple[dict[str, Any], ...]
) -> None:
    """So it is if the group does not depend on both."""
    subnet = made(stacks, name, *parts)
    said = f"{subnet} has no route to {ANYWHERE} when the host starts"
    assert no_way_out(stacks.aws, subnet, assigns_address=True) == said


@pytest.mark.parametrize("assigns", [False, None])
def test_a_host_in_a_public_subnet_needs_a_public_address(
    stacks: Stacks, *, assigns: bool | None
) -> None:
    subnet = made(stacks, f"Public{assigns}", ASSOCIATION, ROUTE)
    said = f"{subnet} has a route to an internet gateway, but the host gets no public address"
    assert no_way_out(stacks.aws, subnet, assigns_address=assigns) == said
    assert no_way_out(stacks.aws, subnet, assigns_address=True) == ""


def test_a_host_with_an_endpoint_may_need_no_internet(stacks: Stacks) -> None:
    endpoint = {
        "Endpoint": {
            "Type": "AWS::EC2::VPCEndpoint",
            "Properties": {
                "VpcId": {"Ref": "Vpc"},
                "ServiceName": "com.amazonaws.eu-west-1.s3",
                "RouteTableIds": [{"Ref": "Table"}],
            },
        }
    }
    assert no_way_out(stacks.aws, made(stacks, "Own", endpoint), assigns_address=False) == ""


@pytest.mark.exhaustive
def test_the_rehearsal_fails_at_once_and_names_the_subnet(sandbox: Sandbox) -> None:
    """Porter asks for an address itself; here, the app forbids it."""
    forbid = (
        "service.host.launch_template.add_override("
        '"Properties.LaunchTemplateData.NetworkInterfaces.0.AssociatePublicIpAddress", False)\n'
    )
    app = APP.replace("PorterService(\n", "service = PorterService(\n")
    app = app.replace("app.synth()", f"{forbid}app.synth()")
    ended = sandbox.rehearse(sandbox.app("forbidden", app=app), "--timeout", "300")
    assert ended.code == 1, ended.out
    assert "a host would reach nothing: subnet-" in ended.out
    assert "the host gets no public address" in ended.out


@pytest.mark.machines
def test_a_service_in_public_subnets_that_assign_no_address_is_deployed(sandbox: Sandbox) -> None:
    ended = sandbox.rehearse(sandbox.app("public", app=APP), "--timeout", "300")
    assert ended.code == 0, ended.out
