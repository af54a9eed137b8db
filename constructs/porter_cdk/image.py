"""A host's processor, and its machine image: Amazon Linux 2023, pinned where that can be."""

from __future__ import annotations

from aws_cdk import Stack, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

_PLATFORM = "porter:platform"
_X86_64 = ecr_assets.Platform.LINUX_AMD64
_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{}"


def amazon_linux(scope: Construct, instance_type: ec2.InstanceType) -> ec2.IMachineImage:
    """Amazon Linux 2023 for the processor of `instance_type`.

    Where account and region are known, the image's id is looked up once and kept in
    `cdk.context.json`: CloudFormation resolves an SSM parameter again on every stack operation and
    would replace the hosts on a deployment that has nothing to do with them.
    """
    stack = Stack.of(scope)
    processor = "arm64" if _is_arm(instance_type) else "x86_64"
    known = not (Token.is_unresolved(stack.account) or Token.is_unresolved(stack.region))
    return ec2.MachineImage.from_ssm_parameter(
        _PARAMETER.format(processor), cached_in_context=known
    )


def note_platform(host: Construct, instance_type: ec2.InstanceType) -> None:
    """Let what is made below `host`, which has no children yet, know its processor."""
    platform = ecr_assets.Platform.LINUX_ARM64 if _is_arm(instance_type) else _X86_64
    host.node.set_context(_PLATFORM, platform.platform)


def platform(scope: Construct) -> ecr_assets.Platform:
    """What container images of the host around `scope` are built for."""
    noted = scope.node.try_get_context(_PLATFORM)
    return ecr_assets.Platform.custom(noted) if noted else _X86_64


def _is_arm(instance_type: ec2.InstanceType) -> bool:
    return instance_type.architecture == ec2.InstanceArchitecture.ARM_64
