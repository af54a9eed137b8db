"""The role a host itself acts with."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct


def host_role(scope: Construct, asset_reads: iam.PolicyDocument) -> iam.Role:
    """A role for the host: Session Manager instead of SSH, and the two assets.

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
