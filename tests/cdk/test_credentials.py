"""A grant to a service or a host goes to the role of its programs, and to no other role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from porter.spec import Deployment, HostSpec, loads, resolve
from porter_cdk import PorterHost, PorterService, Process


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    found = template["Resources"].items()
    return {name: r for name, r in found if r["Type"] == f"AWS::{kind}"}


def test_a_grant_goes_to_the_service_role_before_hosts_start(
    stack: cdk.Stack, source: Path, template_of: Any
) -> None:
    service = PorterService(stack, "Service", run=Process(["./main"], source=source, port=8000))
    bucket = s3.Bucket(stack, "Bucket")
    bucket.grant_read(service)
    template = template_of(stack)
    (_, (name, policy)) = of_type(template, "IAM::Policy").items()
    (role,) = policy["Properties"]["Roles"]
    assert role["Ref"] == stack.resolve(service.host.service_role.role_name)["Ref"]
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert "s3:GetObject*" in statement["Action"]
    (group,) = of_type(template, "AutoScaling::AutoScalingGroup").values()
    assert {name, role["Ref"]} <= set(group["DependsOn"])


def test_a_grant_to_a_host_is_the_same(stack: cdk.Stack, template_of: Any) -> None:
    host = PorterHost(stack, "Host")
    s3.Bucket(stack, "Bucket").grant_read(host)
    (_, policy) = of_type(template_of(stack), "IAM::Policy").values()
    (role,) = policy["Properties"]["Roles"]
    assert role == stack.resolve(host.service_role.role_name)


def test_only_the_role_of_its_hosts_may_assume_it(stack: cdk.Stack, template_of: Any) -> None:
    host = PorterHost(stack, "Host")
    roles = of_type(template_of(stack), "IAM::Role")
    role = roles[stack.resolve(host.service_role.role_name)["Ref"]]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Action": "sts:AssumeRole",
        "Effect": "Allow",
        "Principal": {"AWS": stack.resolve(host.role.role_arn)},
    }
    assert role.keys() == {"AssumeRolePolicyDocument", "Description"}


def in_a_stage(source: Path, **properties: Any) -> cdk.Stack:
    stack = cdk.Stack(cdk.Stage(cdk.App(), "Prod"), "Hello")
    run = Process(["./main"], source=source, port=8000)
    PorterService(stack, "Service", run=run, **properties)
    return stack


@pytest.mark.parametrize(
    ("properties", "expected"),
    [({}, "Prod"), ({"environment_name": "production"}, "production")],
    ids=["the stage's", "its own"],
)
def test_a_host_learns_the_name_of_its_environment(
    properties: dict[str, str], expected: str, source: Path, deployed_hosts: Any, unpacked: Any
) -> None:
    """Outside a stage, the stack's name is the environment's name: `test_contract`."""
    (host,) = deployed_hosts(in_a_stage(source, **properties))
    deployment = loads(Deployment, host.deployment_json())
    told = loads(HostSpec, unpacked(host.fetch(deployment.payload))["host.json"])
    assert resolve(told, deployment).environment_name == expected
