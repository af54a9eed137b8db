"""The permissions of a host's own role."""

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam

from porter.spec import Deployment, loads
from porter_cdk import PorterHost


def test_a_hosts_role_allows_its_assets_its_start_and_end_its_leases_and_sessions_only(
    hello: cdk.Stack, template: dict[str, Any], deployed_hosts: Any
) -> None:
    roles = [r for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    (role,) = [role for role in roles if "Policies" in role["Properties"]]
    assert "ManagedPolicyArns" not in role["Properties"]
    (sessions,) = role["Properties"]["Policies"]
    (assets,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Policy"]
    document = assets["Properties"]["PolicyDocument"]
    statement, ending, leaving, looking, leases = document["Statement"]
    assert statement["Action"] == "s3:GetObject"
    (host,) = deployed_hosts(hello)
    deployment = loads(Deployment, host.deployment_json())
    keys = [f"/{deployment.bundle.key}", f"/{deployment.payload.key}"]
    assert [arn["Fn::Join"][1][-1] for arn in statement["Resource"]] == keys
    assert ending == {
        "Action": [
            "autoscaling:CompleteLifecycleAction",
            "autoscaling:RecordLifecycleActionHeartbeat",
            "autoscaling:SetInstanceHealth",
        ],
        "Effect": "Allow",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:ResourceTag/aws:cloudformation:stack-id": {"Ref": "AWS::StackId"}}
        },
    }
    (target_group,) = [
        name for name, r in template["Resources"].items() if r["Type"].endswith("::TargetGroup")
    ]
    assert len(deployment.target_groups) == 1
    assert leaving == {
        "Action": [
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:RegisterTargets",
        ],
        "Effect": "Allow",
        "Resource": {"Fn::Select": [0, [{"Ref": target_group}]]},
    }
    assert looking == {
        "Action": "elasticloadbalancing:DescribeTargetHealth",
        "Effect": "Allow",
        "Resource": "*",
    }
    (table,) = [n for n, r in template["Resources"].items() if r["Type"].endswith("::Table")]
    assert leases == {
        "Action": ["dynamodb:GetItem", "dynamodb:PutItem"],
        "Effect": "Allow",
        "Resource": {"Fn::GetAtt": [table, "Arn"]},
    }
    (statement,) = sessions["PolicyDocument"]["Statement"]
    assert statement["Action"] == [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]


def test_each_release_has_a_policy_for_its_assets_that_hosts_wait_for(
    template: dict[str, Any],
) -> None:
    """The group of the release before launches hosts with its own policy (ADR 0024)."""
    resources = template["Resources"]
    ((name, policy),) = [(n, r) for n, r in resources.items() if r["Type"] == "AWS::IAM::Policy"]
    (release,) = [o["Value"] for n, o in template["Outputs"].items() if "Release" in n]
    assert name.endswith(release)
    assert policy["Properties"]["PolicyName"] == f"Assets-{release}"
    (group,) = [r for r in resources.values() if r["Type"].endswith("AutoScalingGroup")]
    assert name in group["DependsOn"]


def test_policies_that_no_role_can_hold_during_a_release_are_refused(
    stack: cdk.Stack, template_of: Any
) -> None:
    """IAM counts the policies of both releases; the CDK splits one policy only if it is longer."""
    host = PorterHost(stack, "Host")
    arns = [f"arn:aws:sqs:eu-west-1:123456789012:{'queue' * 12}{number}" for number in range(96)]
    host.role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=arns))
    with pytest.raises(RuntimeError, match=r"Role/inline policies: may reach 1\d,\d{3} characters"):
        template_of(stack)
