"""Stacks with resources that the embedded AWS does not implement."""

from __future__ import annotations

import json
import re

import pytest

from tests.rehearsal.stacks import Stacks


def test_a_type_that_the_embedded_aws_lacks_exists_in_name_with_ids_as_aws_makes_them(
    stacks: Stacks,
) -> None:
    outputs = stacks.create(
        "Names",
        {
            "Address": {"Type": "AWS::EC2::EIP", "Properties": {"Domain": "vpc"}},
            "Firewall": {
                "Type": "AWS::WAFv2::WebACLAssociation",
                "Properties": {"ResourceArn": "arn:lb", "WebACLArn": "arn:acl"},
            },
            "Proxy": {
                "Type": "AWS::RDS::DBProxy",
                "Properties": {
                    "DBProxyName": "front",
                    "EngineFamily": "MYSQL",
                    "RoleArn": "arn:role",
                    "VpcSubnetIds": ["subnet-1"],
                },
            },
        },
        {
            "Address": {"Ref": "Address"},
            "Allocation": {"Fn::GetAtt": ["Address", "AllocationId"]},
            "Firewall": {"Ref": "Firewall"},
            "Proxy": {"Ref": "Proxy"},
            "Arn": {"Fn::GetAtt": ["Proxy", "DBProxyArn"]},
            "Endpoint": {"Fn::GetAtt": ["Proxy", "Endpoint"]},
        },
    )
    assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", outputs["Address"])
    assert re.fullmatch(r"eipalloc-0[0-9a-f]{16}", outputs["Allocation"])
    assert outputs["Firewall"] == "arn:lb|arn:acl"
    assert outputs["Proxy"] == "front"
    assert outputs["Arn"].startswith("arn:aws:rds:eu-west-1:123456789012:db-proxy:")
    assert outputs["Endpoint"].endswith(".invalid")
    assert set(stacks.inert("Names")) == {"Address", "Firewall", "Proxy"}


def test_a_property_that_is_missing_fails_as_in_cloudformation(stacks: Stacks) -> None:
    resources = {"Flow": {"Type": "AWS::EC2::FlowLog", "Properties": {"ResourceId": "vpc-1"}}}
    reasons = stacks.failure("Missing", resources, {})
    assert "Properties validation failed for resource Flow with message:" in reasons
    assert "#: required key [ResourceType] not found" in reasons


def test_an_attribute_that_the_type_does_not_have_fails_as_in_cloudformation(
    stacks: Stacks,
) -> None:
    resources = {"Address": {"Type": "AWS::EC2::EIP"}}
    reasons = stacks.failure("Attribute", resources, {"X": {"Fn::GetAtt": ["Address", "Arn"]}})
    assert "Requested attribute Arn does not exist in schema for AWS::EC2::EIP" in reasons


def test_a_type_that_aws_does_not_have_is_refused(stacks: Stacks) -> None:
    cloudformation = stacks.aws["cloudformation"]
    body = json.dumps({"Resources": {"A": {"Type": "AWS::EC2::ElasticIp"}}})
    with pytest.raises(cloudformation.exceptions.ClientError, match="Unrecognized resource types"):
        cloudformation.create_stack(StackName="Typo", TemplateBody=body)


def test_an_update_keeps_an_inert_resource_unless_its_change_replaces_it(stacks: Stacks) -> None:
    def template(domain: str, tag: str) -> str:
        tags = [{"Key": "a", "Value": tag}]
        address = {"Type": "AWS::EC2::EIP", "Properties": {"Domain": domain, "Tags": tags}}
        allocation = {"Value": {"Fn::GetAtt": ["Address", "AllocationId"]}}
        return json.dumps({"Resources": {"Address": address}, "Outputs": {"Id": allocation}})

    def deployed(verb: str, domain: str, tag: str) -> str:
        cloudformation = stacks.aws["cloudformation"]
        getattr(cloudformation, f"{verb}_stack")(
            StackName="Kept", TemplateBody=template(domain, tag)
        )
        cloudformation.get_waiter(f"stack_{verb}_complete").wait(
            StackName="Kept", WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
        )
        [stack] = cloudformation.describe_stacks(StackName="Kept")["Stacks"]
        return str(stack["Outputs"][0]["OutputValue"])

    first = deployed("create", "vpc", "1")
    assert deployed("update", "vpc", "2") == first
    assert deployed("update", "standard", "2") != first


def test_records_without_a_service_behind_them_are_listed(stacks: Stacks) -> None:
    zone = {"Type": "AWS::Route53::HostedZone", "Properties": {"Name": "example.com."}}
    stacks.create("Records", {"Zone": zone, "Queue": {"Type": "AWS::SQS::Queue"}})
    assert stacks.inert("Records") == {"Zone": "no name server answers"}


def test_nat_gateways_and_certificates_are_on_the_path_and_so_are_not_inert(stacks: Stacks) -> None:
    subnet = {"SubnetId": {"Ref": "Subnet"}}
    gateway = {"AllocationId": {"Fn::GetAtt": ["Address", "AllocationId"]}, **subnet}
    certificate = {
        "ListenerArn": {"Ref": "Listener"},
        "Certificates": [{"CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/b"}],
    }
    listener = {
        "LoadBalancerArn": {"Ref": "Balancer"},
        "Port": 443,
        "Protocol": "HTTPS",
        "Certificates": [{"CertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/a"}],
        "DefaultActions": [
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
        ],
    }
    route = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": {"Ref": "Gateway"}}
    vpc = {"VpcId": {"Ref": "Vpc"}}
    balancing = "AWS::ElasticLoadBalancingV2::"
    outputs = stacks.create(
        "Path",
        {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "Subnet": {
                "Type": "AWS::EC2::Subnet",
                "Properties": {"CidrBlock": "10.0.0.0/24", **vpc},
            },
            "Address": {"Type": "AWS::EC2::EIP"},
            "Gateway": {"Type": "AWS::EC2::NatGateway", "Properties": gateway},
            "Table": {"Type": "AWS::EC2::RouteTable", "Properties": vpc},
            "Route": {
                "Type": "AWS::EC2::Route",
                "Properties": {"RouteTableId": {"Ref": "Table"}, **route},
            },
            "Balancer": {
                "Type": f"{balancing}LoadBalancer",
                "Properties": {"Subnets": [{"Ref": "Subnet"}]},
            },
            "Listener": {"Type": f"{balancing}Listener", "Properties": listener},
            "Certificate": {
                "Type": f"{balancing}ListenerCertificate",
                "Properties": certificate,
            },
        },
        {"Gateway": {"Ref": "Gateway"}, "Table": {"Ref": "Table"}},
    )
    ec2 = stacks.aws["ec2"]
    [found] = ec2.describe_nat_gateways(NatGatewayIds=[outputs["Gateway"]])["NatGateways"]
    [table] = ec2.describe_route_tables(RouteTableIds=[outputs["Table"]])["RouteTables"]
    assert found["State"] == "available"
    assert outputs["Gateway"] in [route.get("NatGatewayId") for route in table["Routes"]]
    assert set(stacks.inert("Path")) == {"Address"}


def test_a_group_of_iam_gets_its_policy(stacks: Stacks) -> None:
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    properties = {
        "PolicyName": "p",
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "Groups": [{"Ref": "Ops"}],
    }
    resources = {
        "Ops": {"Type": "AWS::IAM::Group"},
        "Policy": {"Type": "AWS::IAM::Policy", "Properties": properties},
    }
    outputs = stacks.create("Groups", resources, {"Arn": {"Fn::GetAtt": ["Ops", "Arn"]}})
    assert ":group/Groups-Ops-" in outputs["Arn"]
    assert not stacks.inert("Groups")
