"""What stands behind a reference: a resource that is replaced changes whatever refers to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aws_cdk import CfnResource, Stack, TreeInspector

CREATE_ONLY = {
    "AWS::DynamoDB::Table": ("importSourceSpecification", "keySchema", "tableName"),
    "AWS::EC2::LaunchTemplate": ("launchTemplateName",),
    "AWS::EC2::SecurityGroup": ("groupDescription", "groupName", "vpcId"),
    "AWS::EC2::Subnet": (
        *("availabilityZone", "availabilityZoneId", "cidrBlock", "outpostArn", "vpcId"),
        *("ipv4IpamPoolId", "ipv4NetmaskLength", "ipv6IpamPoolId", "ipv6NetmaskLength"),
        "ipv6Native",
    ),
    "AWS::EC2::VPC": (
        *("cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength", "vpcEncryptionControl"),
    ),
    "AWS::IAM::InstanceProfile": ("instanceProfileName", "path"),
    "AWS::IAM::Role": ("path", "roleName"),
    "AWS::Logs::LogGroup": ("logGroupName",),
    "AWS::S3::Bucket": (
        *("bucketName", "bucketNamePrefix", "bucketNamespace", "objectLockEnabled"),
    ),
    "AWS::SNS::Topic": ("fifoTopic", "topicName"),
    "AWS::SQS::Queue": ("fifoQueue", "queueName"),
    "AWS::SSM::Parameter": ("name",),
    "AWS::SecretsManager::Secret": ("name",),
}
"""By type, what replaces a resource when it changes, as the CDK names it."""

_NEVER = {"tags", "tagsRaw"}


def behind(stack: Stack, expression: object) -> dict[str, Any]:
    """All resources of `stack` that `expression` refers to, and those they are bound to in turn.

    `expression` is resolved. Each logical id comes with the resource's create-only properties; with
    all but its tags where `CREATE_ONLY` does not know the type.
    """
    resources = _by_logical_id(stack)
    found: dict[str, Any] = {}
    queue = list(_references(expression))
    while queue:
        name = queue.pop()
        if name in resources and name not in found:
            found[name] = stack.resolve(_identity(resources[name]))
            queue.extend(_references(found[name]))
    return found


def _by_logical_id(stack: Stack) -> dict[str, CfnResource]:
    resources = [node for node in stack.node.find_all() if isinstance(node, CfnResource)]
    ids = stack.resolve([resource.logical_id for resource in resources])
    return dict(zip(ids, resources, strict=True))


def _identity(resource: CfnResource) -> dict[str, Any]:
    """The type of `resource` and, as far as the CDK tells them, the properties that bind it."""
    kind = resource.cfn_resource_type
    if not hasattr(resource, "inspect"):  # a bare CfnResource
        return {"type": kind}
    inspector = TreeInspector()
    resource.inspect(inspector)
    properties = inspector.attributes["aws:cdk:cloudformation:props"]
    names = CREATE_ONLY.get(kind, properties.keys() - _NEVER)
    return {"type": kind, **{key: properties[key] for key in names if key in properties}}


def _references(expression: object) -> Iterator[str]:
    """The logical ids in `expression`."""
    match expression:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            for value in expression.values():
                yield from _references(value)
        case list():
            for value in expression:
                yield from _references(value)
