"""The launch template of hosts, with a record of later overrides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsii
from aws_cdk import Fn, IStableStringProducer, Lazy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from porter.spec import SpecError
from porter_cdk.overrides import sets

_NAMING = "Properties.LaunchTemplateName"
_TAGS = "Properties.LaunchTemplateData.MetadataOptions.InstanceMetadataTags"
_GROUPS = "Properties.LaunchTemplateData.SecurityGroup"
Data = ec2.CfnLaunchTemplate.LaunchTemplateDataProperty


class LaunchTemplate(ec2.CfnLaunchTemplate):
    """A `CfnLaunchTemplate` that records the overrides of escape hatches.

    The CDK has no way to ask for overrides. All of them call `add_override`, and the release's name
    must cover them (ADR 0007).
    """

    def __init__(self, scope: Construct, id: str, *, launch_template_data: Data) -> None:  # noqa: A002
        self.overrides: list[tuple[str, Any]] = []
        super().__init__(scope, id, launch_template_data=launch_template_data)

    def add_override(self, path: str, value: Any) -> None:  # noqa: ANN401 - the CDK's signature
        """Put `value` at `path` of the synthesized resource, and record both."""
        self.overrides.append((path, value))
        super().add_override(path, value)

    @property
    def shows_tags(self) -> bool:
        """Whether instance metadata shows tags, after all overrides."""
        # Not all of the data: the CDK resolves the user data once, and it is made later.
        options = getattr(self.launch_template_data, "metadata_options", None)
        shown = (Stack.of(self).resolve(options) or {}).get("instanceMetadataTags")
        for path, value in self.overrides:
            if _TAGS.startswith(path):  # the property itself, or what it is in
                shown = value
                for name in filter(None, _TAGS.removeprefix(path).split(".")):
                    shown = shown.get(name) if isinstance(shown, dict) else None
        return shown not in (None, "disabled")

    def check(self) -> None:
        """Raise `SpecError` for a fixed name, as a release makes a second template (ADR 0024).

        Also for security groups outside the network interface.
        """
        if sets(self.overrides, _NAMING) or self.launch_template_name is not None:
            raise SpecError(
                "must not be set: a release creates a second launch template beside this one",
                where=f"{self.node.path}/LaunchTemplateName",
                cure="let CloudFormation choose the name",
            )
        if sets(self.overrides, _GROUPS):
            raise SpecError(
                "cannot be combined with network interfaces: EC2 would launch no hosts",
                where=f"{self.node.path}/SecurityGroupIds",
                cure='override "LaunchTemplateData.NetworkInterfaces.0.Groups"',
            )


def launch_template(  # noqa: PLR0913 - what the resource is made of
    scope: Construct,
    *,
    image: ec2.IMachineImage,
    instance_type: ec2.InstanceType,
    profile: iam.IInstanceProfile,
    security_group: ec2.ISecurityGroup,
    public: bool,
    root_device_name: str,
    user_data: Callable[[], str],
) -> LaunchTemplate:
    """Make a template for hosts with IMDSv2, tags in metadata and an encrypted gp3 root disk.

    `public` hosts get a public address, even in a subnet that assigns none: without it they would
    have no way out. `user_data` is called at the end of synthesis. The template has no tags,
    because a changed tag would replace every host: instances get the tags of the group.
    """
    part = ec2.CfnLaunchTemplate
    data = Data(
        image_id=image.get_image(scope).image_id,
        instance_type=instance_type.to_string(),
        iam_instance_profile=part.IamInstanceProfileProperty(arn=profile.instance_profile_arn),
        # EC2 refuses security groups beside network interfaces.
        network_interfaces=[
            part.NetworkInterfaceProperty(
                device_index=0,
                associate_public_ip_address=True if public else None,
                groups=[security_group.security_group_id],
            )
        ],
        metadata_options=part.MetadataOptionsProperty(
            http_tokens="required",
            http_put_response_hop_limit=1,  # no container gets at it
            instance_metadata_tags="enabled",  # porterd needs no ec2:DescribeTags
        ),
        block_device_mappings=[
            part.BlockDeviceMappingProperty(
                device_name=root_device_name,
                ebs=part.EbsProperty(encrypted=True, volume_type="gp3"),
            )
        ],
        user_data=Fn.base64(Lazy.string(_Producer(user_data))),
    )
    return LaunchTemplate(scope, "LaunchTemplate", launch_template_data=data)


@jsii.implements(IStableStringProducer)
class _Producer:
    """A Python function as the CDK wants it."""

    def __init__(self, produce: Callable[[], str]) -> None:
        self._produce = produce

    def produce(self) -> str:
        return self._produce()
