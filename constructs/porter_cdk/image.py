"""The machine image of a host: Amazon Linux 2023, pinned where the environment is known."""

from __future__ import annotations

from aws_cdk import Stack, Token
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

_PARAMETER = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{}"


def amazon_linux(scope: Construct, instance_type: ec2.InstanceType) -> ec2.IMachineImage:
    """Amazon Linux 2023 for the processor of `instance_type`.

    Where account and region are known, the image's id is looked up once and kept in
    `cdk.context.json`: CloudFormation resolves an SSM parameter again on every stack operation and
    would replace the hosts on a deployment that has nothing to do with them.
    """
    stack = Stack.of(scope)
    known = not (Token.is_unresolved(stack.account) or Token.is_unresolved(stack.region))
    arm = instance_type.architecture == ec2.InstanceArchitecture.ARM_64
    return ec2.MachineImage.from_ssm_parameter(
        _PARAMETER.format("arm64" if arm else "x86_64"), cached_in_context=known
    )
