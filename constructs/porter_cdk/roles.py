"""The two IAM roles of a host: the host's own role, and the role of its programs."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct


def host_role(scope: Construct, asset_reads: iam.PolicyDocument) -> iam.Role:
    """Make the host's role, which allows Session Manager sessions and reads the two assets.

    AWS's managed policy `AmazonSSMManagedInstanceCore` would allow every parameter of the account.
    Add it for Run Command or Patch Manager: `host.role.add_managed_policy(...)`. Secrets, images
    and packages grant their own permissions.

    `asset_reads` is filled at the end of synthesis. It is inline, because CloudFormation might
    attach a separate policy after the first host has asked for its assets.
    """
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        inline_policies={"Assets": asset_reads, "SessionManager": _session_manager()},
    )


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
