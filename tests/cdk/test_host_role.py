"""The permissions of a host's own role."""

from typing import Any

import aws_cdk as cdk

from porter.spec import Deployment, loads


def test_a_hosts_role_allows_its_two_assets_and_sessions_only(
    hello: cdk.Stack, template: dict[str, Any], deployed_hosts: Any
) -> None:
    roles = [r for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    (role,) = [role for role in roles if "Policies" in role["Properties"]]
    assert "ManagedPolicyArns" not in role["Properties"]
    assets, sessions = role["Properties"]["Policies"]
    (statement,) = assets["PolicyDocument"]["Statement"]
    assert statement["Action"] == "s3:GetObject"
    (host,) = deployed_hosts(hello)
    deployment = loads(Deployment, host.deployment_json())
    keys = [f"/{deployment.bundle.key}", f"/{deployment.payload.key}"]
    assert [arn["Fn::Join"][1][-1] for arn in statement["Resource"]] == keys
    (statement,) = sessions["PolicyDocument"]["Statement"]
    assert statement["Action"] == [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
