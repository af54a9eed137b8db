"""The two roles of a host: its own, and the one its workloads act with."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct


def host_role(scope: Construct, asset_reads: iam.PolicyDocument) -> iam.Role:
    """A role for the host: Session Manager instead of SSH, and the two assets.

    AWS's own policy for managed instances (`AmazonSSMManagedInstanceCore`) would let it read every
    parameter of the account. Who uses more of Systems Manager (Run Command, Patch Manager) adds
    it: `host.role.add_managed_policy(...)`. What else the app names (secrets, images, packages)
    each part grants it by itself.

    `asset_reads` is filled at the end of synthesis. It is an inline policy of the role: a policy
    resource of its own might be attached only after the first host has asked for its assets.
    """
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        inline_policies={"Assets": asset_reads, "SessionManager": _session_manager()},
    )


def _session_manager() -> iam.PolicyDocument:
    """What the SSM agent needs for sessions, and no more.

    Systems Manager User Guide, "Create a custom IAM role for Session Manager"; none of these
    actions can be confined to a resource that is known before the host is.
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
    """A role for the workloads, which only the hosts of `scope` may assume, for them.

    Within one account a trust policy that names a role is enough: the host's own policy need not
    allow it too (IAM User Guide, "Policy evaluation logic").
    """
    return iam.Role(
        scope,
        "ServiceRole",
        assumed_by=iam.ArnPrincipal(host.role_arn),
        description="What the workloads of porter hosts may do",
    )
