"""The two IAM roles of a host: the host's own role, and the role of its programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import SpecError
from porter_cdk.user_data import longest

_INLINE_CHARACTERS = 10_240
"""The inline policies of a role, without spaces (IAM User Guide, "IAM and AWS STS quotas")."""


def host_role(scope: Construct) -> iam.Role:
    """Make the host's role, which allows Session Manager sessions.

    AWS's managed policy `AmazonSSMManagedInstanceCore` would allow every parameter of the account.
    Add it for Run Command or Patch Manager: `host.role.add_managed_policy(...)`. Secrets and
    images grant their own permissions; `asset_policy` has those of a release.
    """
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        inline_policies={"SessionManager": _session_manager()},
    )


def asset_policy(scope: Construct, role: iam.Role, reads: iam.PolicyDocument) -> iam.CfnPolicy:
    """Give `role` the policy `reads`: the objects of one release, and what its hosts ask of AWS.

    It is a resource of its own, named after the release: the group of the release before keeps the
    policy with which it launches hosts (ADR 0024). The group must depend on it.
    """
    return iam.CfnPolicy(
        scope,
        "AssetPolicy",
        policy_name="Assets",
        policy_document=reads,
        roles=[role.role_name],
    )


def lifecycle_permissions(target_groups: Sequence[str]) -> Iterator[iam.PolicyStatement]:
    """Allow a host to start, be replaced and end, and to leave and look at `target_groups`.

    The scaling group's ARN would be a circle, so a tag that CloudFormation adds narrows the first
    to the stack (Service Authorization Reference, "Amazon EC2 Auto Scaling"). The second also
    allows the way back, of all hosts in these groups (the same, "AWS Elastic Load Balancing V2").
    That reference has no resource and no condition for the last one.
    """
    yield iam.PolicyStatement(
        actions=[
            "autoscaling:CompleteLifecycleAction",
            "autoscaling:RecordLifecycleActionHeartbeat",
            "autoscaling:SetInstanceHealth",
        ],
        resources=["*"],
        conditions={"StringEquals": {"aws:ResourceTag/aws:cloudformation:stack-id": Aws.STACK_ID}},
    )
    if target_groups:
        yield iam.PolicyStatement(
            actions=[
                "elasticloadbalancing:DeregisterTargets",
                "elasticloadbalancing:RegisterTargets",
            ],
            resources=list(target_groups),
        )
        yield iam.PolicyStatement(
            actions=["elasticloadbalancing:DescribeTargetHealth"], resources=["*"]
        )


def check_policies(role: iam.Role, assets: iam.CfnPolicy) -> None:
    """Raise `SpecError` if the inline policies of `role` are too long while two releases run.

    The CDK moves permissions to managed policies only if one policy alone is too long.
    """
    documents = [assets.policy_document] * 2
    for node in role.node.find_all():
        if isinstance(node, iam.CfnPolicy):
            documents.append(node.policy_document)
        elif isinstance(node, iam.CfnRole):
            documents.append(node.policies)
    total = _characters(Stack.of(role).resolve(documents))
    if total > _INLINE_CHARACTERS:
        raise SpecError(
            f"may reach {total:,} characters, IAM allows {_INLINE_CHARACTERS:,} for each role",
            where=f"{role.node.path}/inline policies",
            cure="grant to the programs' role (grant_* of the service), or add a managed policy: "
            "host.role.add_managed_policy(...)",
        )


def _characters(expression: Any) -> int:  # noqa: ANN401 - JSON
    """Return the characters of a policy in JSON without spaces; unknown values count as 256."""
    match expression:
        case {"Ref": _} | {"Fn::Join": _} | {"Fn::Sub": _} | {"Fn::GetAtt": _} | {"Fn::If": _}:
            return longest(expression, {}) + 2
        case dict():
            return 1 + sum(len(key) + 4 + _characters(value) for key, value in expression.items())
        case list():
            return 1 + sum(_characters(value) + 1 for value in expression)
        case _:
            return len(json.dumps(expression))


def _session_manager() -> iam.PolicyDocument:
    """Return the permissions that the SSM agent needs for sessions.

    Source: Systems Manager User Guide, "Create a custom IAM role for Session Manager". None of the
    actions can be limited to a resource that is known before the host exists.
    """
    actions = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    ]
    return iam.PolicyDocument(
        statements=[iam.PolicyStatement(actions=actions, resources=["*"])],
    )


def service_role(scope: Construct, host: iam.Role) -> iam.Role:
    """Make the role of the programs, which only the hosts of `scope` can assume.

    A trust policy that names a role of the same account is enough: the host's own policy need not
    allow the call (IAM User Guide, "Policy evaluation logic").
    """
    return iam.Role(
        scope,
        "ServiceRole",
        assumed_by=iam.ArnPrincipal(host.role_arn),
        description="What the workloads of porter hosts may do",
    )
