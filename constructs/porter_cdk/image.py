"""The processor of a host, and its default machine image: Amazon Linux 2023."""

from __future__ import annotations

from aws_cdk import Stack, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

_PLATFORM = "porter:platform"
_X86_64 = ecr_assets.Platform.LINUX_AMD64
_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{}"


def amazon_linux(scope: Construct, instance_type: ec2.InstanceType) -> ec2.IMachineImage:
    """Return Amazon Linux 2023 for the processor of `instance_type`.

    If account and region are known, cdk looks up the image id once and keeps it in
    `cdk.context.json`. Otherwise CloudFormation resolves an SSM parameter on every deployment, and
    the next release uses the newest image (ADR 0024).
    """
    stack = Stack.of(scope)
    known = not (Token.is_unresolved(stack.account) or Token.is_unresolved(stack.region))
    return ec2.MachineImage.from_ssm_parameter(
        _PARAMETER.format(processor(instance_type)), cached_in_context=known
    )


def note_platform(host: Construct, instance_type: ec2.InstanceType) -> None:
    """Record the processor in the context of `host`, which must not have children yet."""
    arm = processor(instance_type) == "arm64"
    platform = ecr_assets.Platform.LINUX_ARM64 if arm else _X86_64
    host.node.set_context(_PLATFORM, platform.platform)


def platform(scope: Construct) -> ecr_assets.Platform:
    """Return the platform of container images for the host around `scope`."""
    noted = scope.node.try_get_context(_PLATFORM)
    return ecr_assets.Platform.custom(noted) if noted else _X86_64


def processor(instance_type: ec2.InstanceType) -> str:
    """Return `arm64` or `x86_64`, as the names of machine images have it."""
    arm = instance_type.architecture == ec2.InstanceArchitecture.ARM_64
    return "arm64" if arm else "x86_64"
