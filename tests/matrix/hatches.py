"""Changes that users make to the parts of a service."""

from typing import Any

from tests.matrix.app import Customize

import aws_cdk as cdk  # isort: skip  (after porter_cdk, which chooses the node)
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from porter_cdk import Alarms, PorterService

IMAGE = ec2.MachineImage.from_ssm_parameter("/images/mine")
FIXED = ec2.GenericLinuxImage({"us-east-1": "ami-0123456789abcdef0"})
ADDRESSES = ec2.IpAddresses.cidr("10.7.0.0/16")
TYPES = [ec2.InstanceType("t3.small"), ec2.InstanceType("t3a.small")]
HALF_SPOT, ALL_SPOT = (
    autoscaling.InstancesDistribution(on_demand_percentage_above_base_capacity=percentage)
    for percentage in (50, 0)
)
TOPIC = sns.Topic.from_topic_arn(cdk.Stack(), "Topic", "arn:aws:sns:eu-west-1:123456789012:alarms")
ALARMS = Alarms(TOPIC)
ISOLATED = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)


def cfn(construct: Any) -> Any:
    """Return the CloudFormation resource of a construct."""
    return construct.node.default_child


def scaling(service: PorterService) -> None:
    group = service.host.auto_scaling_group
    group.scale_on_cpu_utilization("Cpu", target_utilization_percent=50)


def live_capacity(service: PorterService) -> None:
    """Change the parameter's default, which has the effect of another value."""
    parameter = service.host.node.find_child("LiveCapacity")
    assert isinstance(parameter, cdk.CfnParameter)
    parameter.default = "3"


def tag(service: PorterService) -> None:
    cdk.Tags.of(service.host.auto_scaling_group).add("role", "web")


def stack_tag(service: PorterService) -> None:
    cdk.Tags.of(cdk.Stack.of(service)).add("team", "blue")


def grant(service: PorterService) -> None:
    queue = cdk.Stack.of(service).node.find_child("Queue")
    assert isinstance(queue, sqs.Queue)
    queue.grant_send_messages(service.host.role)


def second_listener(service: PorterService) -> None:
    http = elbv2.ApplicationProtocol.HTTP
    targets = [service.target_group]
    service.load_balancer.add_listener("B", port=81, protocol=http, default_target_groups=targets)


def http2_targets(service: PorterService) -> None:
    cfn(service.target_group).protocol_version = "HTTP2"


def egress(service: PorterService) -> None:
    service.host.security_group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(5432))


def description(service: PorterService) -> None:
    cfn(service.host.security_group).group_description = "others"


def monitoring(service: PorterService) -> None:
    template = service.host.launch_template
    template.add_property_override("LaunchTemplateData.Monitoring", {"Enabled": True})


def dynamic_image(service: PorterService) -> None:
    template = service.host.launch_template
    template.add_property_override("LaunchTemplateData.ImageId", "{{resolve:ssm:/images/mine}}")


def dynamic_subnets(service: PorterService) -> None:
    cfn(service.host.auto_scaling_group).add_property_override(
        "VPCZoneIdentifier", ["{{resolve:ssm:/subnets/mine}}"]
    )


def dynamic_placement(service: PorterService) -> None:
    cfn(service.host.auto_scaling_group).add_property_override(
        "PlacementGroup", "{{resolve:ssm:/placement}}"
    )


def placement(service: PorterService) -> None:
    cfn(service.host.auto_scaling_group).placement_group = "x"


def group(name: str, value: Any) -> Customize:
    """Override one property of the AutoScalingGroup."""

    def override(service: PorterService) -> None:
        cfn(service.host.auto_scaling_group).add_property_override(name, value)

    return override


def output(service: PorterService) -> None:
    cdk.CfnOutput(cdk.Stack.of(service), "Note", value=service.url)
