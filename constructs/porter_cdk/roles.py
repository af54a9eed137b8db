"""The two roles of a host: its own, and the one its workloads act with."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct


def host_role(scope: Construct, asset_reads: iam.PolicyDocument) -> iam.Role:
    """A role for the host: Session Manager instead of SSH, and the two assets.

    What else the app names (secrets, images, packages) each part grants it by itself.

    `asset_reads` is filled at the end of synthesis. It is an inline policy of the role: a policy
    resource of its own might be attached only after the first host has asked for its assets.
    """
    session_manager = iam.ManagedPolicy.from_aws_managed_policy_name("AmazonSSMManagedInstanceCore")
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
        managed_policies=[session_manager],
        inline_policies={"Assets": asset_reads},
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
