"""The target of a reference matters: a change counts if CloudFormation replaces that resource."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ssm as ssm

from porter_cdk.replacement import behind, create_only


def found(tag: str = "red", vpc: str = "10.0.0.0/16", value: str = "a") -> dict[str, Any]:
    stack = cdk.Stack(cdk.App(), "Hello")
    network = ec2.CfnVPC(stack, "Vpc", cidr_block=vpc, tags=[cdk.CfnTag(key="color", value=tag)])
    subnet = ec2.CfnSubnet(stack, "Subnet", vpc_id=network.ref, cidr_block="10.0.0.0/24")
    address = ec2.CfnEIP(stack, "Address", tags=[cdk.CfnTag(key="color", value=tag)])
    parameter = ssm.CfnParameter(stack, "Parameter", type="String", value=value)
    cdk.CfnResource(stack, "Unseen", type="AWS::Test::Unseen")
    bare = cdk.CfnResource(stack, "Bare", type="AWS::Test::Bare", properties={"Value": value})
    told = [subnet.ref, address.ref, bare.ref, {"Fn::GetAtt": [parameter.logical_id, "Value"]}]
    return behind(stack, stack.resolve(told))


def test_it_is_found_with_whatever_it_is_bound_to_in_turn() -> None:
    assert found().keys() == {"Subnet", "Vpc", "Parameter", "Address", "Bare"}
    assert found()["Vpc"]["type"] == "AWS::EC2::VPC"
    assert found()["Bare"] == {"type": "AWS::Test::Bare"}
    assert found(vpc="10.0.0.0/20") != found()


def test_the_tags_of_a_type_that_is_not_known_count_for_nothing() -> None:
    assert "AWS::EC2::EIP" not in create_only(), "else another type must stand here"
    assert found(tag="blue") == found()


def test_of_a_known_type_only_what_cannot_change_in_place_counts() -> None:
    assert found(value="b") == found()
    assert "tablename" in create_only()["AWS::DynamoDB::Table"]
    assert "tags" not in create_only()["AWS::DynamoDB::Table"]
