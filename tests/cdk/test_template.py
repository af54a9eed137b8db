"""Properties of the template that CloudFormation, IAM and EC2 require."""

import json
import re
from pathlib import Path
from typing import Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk.aws_autoscaling import CfnAutoScalingGroup

from porter_cdk import HealthCheck, PorterHost, PorterService, Process
from porter_cdk.replacement import references
from porter_cdk.tokens import DeployTimeValues

GOLDEN = Path(__file__).parent / "golden"


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [r for r in template["Resources"].values() if r["Type"] == f"AWS::{kind}"]


def one(template: dict[str, Any], kind: str) -> dict[str, Any]:
    (resource,) = of_type(template, kind)
    return resource


def test_logical_ids_are_a_contract(template: dict[str, Any]) -> None:
    """Changing an id replaces a resource of every user, so it needs a line in the changelog."""
    found = {
        re.sub(r"[0-9a-f]{12}$", "-RELEASE", name): resource["Type"]
        for name, resource in template["Resources"].items()
    }
    assert found == json.loads((GOLDEN / "ids.json").read_text())


def test_rules_and_policies_are_inline(template: dict[str, Any]) -> None:
    """CloudFormation would create separate resources only after the first hosts.

    The exception is the policy of a release, on which the group depends: a rule of the role would
    change in place, and the old group could not launch a host any more.
    """
    for kind in ("EC2::SecurityGroupIngress", "EC2::SecurityGroupEgress"):
        assert of_type(template, kind) == []
    (policy,) = of_type(template, "IAM::Policy")
    assert policy["Properties"]["PolicyName"].startswith("Assets-")


def test_a_default_vpc_brings_no_function_and_no_nat_gateway(template: dict[str, Any]) -> None:
    for kind in ("Lambda::Function", "EC2::NatGateway", "EC2::EIP"):
        assert of_type(template, kind) == []


def test_hosts_reach_only_dns_ntp_http_and_https(template: dict[str, Any]) -> None:
    groups = of_type(template, "EC2::SecurityGroup")
    (hosts,) = [g for g in groups if g["Properties"]["GroupDescription"] == "porter hosts"]
    ways = [(r["IpProtocol"], r["ToPort"]) for r in hosts["Properties"]["SecurityGroupEgress"]]
    assert ways == [("udp", 53), ("udp", 123), ("tcp", 80), ("tcp", 443)]
    (way_in,) = hosts["Properties"]["SecurityGroupIngress"]
    assert way_in["ToPort"] == 80
    assert "SourceSecurityGroupId" in way_in


def test_metadata_is_version_2_one_hop_with_tags(template: dict[str, Any]) -> None:
    data = one(template, "EC2::LaunchTemplate")["Properties"]["LaunchTemplateData"]
    assert data["MetadataOptions"] == {
        "HttpTokens": "required",
        "HttpPutResponseHopLimit": 1,
        "InstanceMetadataTags": "enabled",
    }
    (disk,) = data["BlockDeviceMappings"]
    assert disk["Ebs"] == {"Encrypted": True, "VolumeType": "gp3"}


def test_a_group_has_its_hooks_from_the_first_host_on(template: dict[str, Any]) -> None:
    """A hook of its own resource would be made after the first hosts."""
    assert of_type(template, "AutoScaling::LifecycleHook") == []
    group = one(template, "AutoScaling::AutoScalingGroup")
    assert group["Properties"]["LifecycleHookSpecificationList"] == [
        {
            "LifecycleHookName": "porter-launch",
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
            "HeartbeatTimeout": 900,
            "DefaultResult": "ABANDON",
        },
        {
            "LifecycleHookName": "porter-drain",
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
            "HeartbeatTimeout": 60,
            "DefaultResult": "CONTINUE",
        },
    ]


@pytest.mark.parametrize(
    ("timeout", "hooks", "checks"),
    [
        (cdk.Duration.seconds(20), {"porter-launch": 30, "porter-drain": 60}, ("EC2", 60)),
        (cdk.Duration.hours(1), {"porter-launch": 3600, "porter-drain": 60}, ("EC2", 60)),
        (cdk.Duration.hours(2), {"porter-drain": 60}, ("ELB", 7200)),
    ],
)
def test_a_time_out_that_cloudformation_would_not_wait_for_has_no_launching_hook(
    stack: cdk.Stack,
    template_of: Any,
    timeout: cdk.Duration,
    hooks: dict[str, int],
    checks: tuple[str, int],
) -> None:
    """CloudFormation fails a group whose hosts are not in service within an hour.

    Without the hook, the load balancer's checks replace a host that never became healthy.
    """
    PorterHost(stack, "Host", timeout=timeout)
    group = one(template_of(stack), "AutoScaling::AutoScalingGroup")["Properties"]
    found = group["LifecycleHookSpecificationList"]
    assert {one["LifecycleHookName"]: one["HeartbeatTimeout"] for one in found} == hooks
    assert (group["HealthCheckType"], group["HealthCheckGracePeriod"]) == checks


def test_hosts_that_cannot_see_their_group_have_no_hook_to_complete(
    stack: cdk.Stack, template_of: Any
) -> None:
    host = PorterHost(stack, "Host")
    path = "LaunchTemplateData.MetadataOptions.InstanceMetadataTags"
    host.launch_template.add_property_override(path, "disabled")
    group = one(template_of(stack), "AutoScaling::AutoScalingGroup")["Properties"]
    assert "LifecycleHookSpecificationList" not in group
    assert (group["HealthCheckType"], group["HealthCheckGracePeriod"]) == ("ELB", 900)


def test_hosts_that_cannot_see_their_group_keep_the_hooks_of_the_app(
    stack: cdk.Stack, template_of: Any
) -> None:
    host = PorterHost(stack, "Host")
    path = "LaunchTemplateData.MetadataOptions.InstanceMetadataTags"
    host.launch_template.add_property_override(path, "disabled")
    made = cast("CfnAutoScalingGroup", host.auto_scaling_group.node.default_child)
    mine = CfnAutoScalingGroup.LifecycleHookSpecificationProperty(
        lifecycle_hook_name="mine",
        lifecycle_transition="autoscaling:EC2_INSTANCE_TERMINATING",
        heartbeat_timeout=300,
    )
    made.lifecycle_hook_specification_list = [
        *cast("list[Any]", made.lifecycle_hook_specification_list),
        mine,
    ]
    group = one(template_of(stack), "AutoScaling::AutoScalingGroup")
    assert group["Properties"]["LifecycleHookSpecificationList"] == [
        {
            "LifecycleHookName": "mine",
            "LifecycleTransition": "autoscaling:EC2_INSTANCE_TERMINATING",
            "HeartbeatTimeout": 300,
        }
    ]


def test_the_load_balancer_does_not_replace_a_host_before_its_programs_are_restarted(
    template: dict[str, Any],
) -> None:
    """EC2's status checks do; a host that is beyond help asks for its replacement (ADR 0040)."""
    group = one(template, "AutoScaling::AutoScalingGroup")
    assert group["Properties"]["HealthCheckType"] == "EC2"
    assert group["Properties"]["HealthCheckGracePeriod"] == 60


@pytest.mark.parametrize(("chosen", "grace"), [(None, 900), (300, 300)])
def test_a_group_whose_launching_hook_the_app_removes_has_the_load_balancers_checks(
    stack: cdk.Stack, template_of: Any, chosen: int | None, grace: int
) -> None:
    """Nothing else would replace a host that never became healthy. A chosen period stays."""
    host = PorterHost(stack, "Host")
    made = cast("CfnAutoScalingGroup", host.auto_scaling_group.node.default_child)
    made.lifecycle_hook_specification_list = None
    if chosen:
        made.health_check_grace_period = chosen
    group = one(template_of(stack), "AutoScaling::AutoScalingGroup")["Properties"]
    assert (group["HealthCheckType"], group["HealthCheckGracePeriod"]) == ("ELB", grace)


def test_unhealthy_hosts_are_replaced_before_they_are_terminated(template: dict[str, Any]) -> None:
    """Else a failure that all hosts share would empty the group."""
    group = one(template, "AutoScaling::AutoScalingGroup")
    policy = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}
    assert group["Properties"]["InstanceMaintenancePolicy"] == policy


def test_only_a_release_replaces_the_group(template: dict[str, Any]) -> None:
    """A moved AMI parameter makes another version of the template, which no group uses."""
    group = one(template, "AutoScaling::AutoScalingGroup")
    assert "UpdatePolicy" not in group
    assert group["Properties"]["LaunchTemplate"]["Version"] == "1"


def before_hosts(template: dict[str, Any]) -> set[str]:
    """Return the types of everything that the group depends on, directly or through others."""
    resources = template["Resources"]
    queue = [*one(template, "AutoScaling::AutoScalingGroup")["DependsOn"]]
    seen: set[str] = set()
    while queue:
        name = queue.pop()
        seen.add(name)
        needed = {*references(resources[name]), *resources[name].get("DependsOn", ())}
        queue += [other for other in needed - seen if other in resources]
    return {resources[name]["Type"].removeprefix("AWS::") for name in seen}


def test_hosts_start_after_their_roles_and_their_route_to_the_internet(
    template: dict[str, Any],
) -> None:
    """At deletion, the route also outlives the hosts."""
    ways = {"EC2::Route", "EC2::SubnetRouteTableAssociation", "EC2::VPCGatewayAttachment"}
    assert {"IAM::Role", "DynamoDB::Table", *ways} <= before_hosts(template)


def test_hosts_in_private_subnets_start_after_their_nat_gateway(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    """The first hosts would boot without a way out."""
    PorterService(stack, "Service", run=run, vpc=ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=1))
    template = template_of(stack)
    assert {"EC2::NatGateway", "EC2::Route"} <= before_hosts(template)


def test_hosts_start_after_the_rules_of_their_security_group(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    service = PorterService(stack, "Service", run=run)
    database = ec2.SecurityGroup(stack, "Database", vpc=service.host.vpc)
    service.connections.allow_to(database, ec2.Port.tcp(5432))
    assert "EC2::SecurityGroupEgress" in before_hosts(template_of(stack))


def test_the_wait_begins_with_the_group_and_nothing_needs_either(template: dict[str, Any]) -> None:
    """CloudFormation waits an hour for the group's hosts, which must lack nothing meanwhile."""
    resources = template["Resources"]
    wait = one(template, "CloudFormation::WaitCondition")
    group = one(template, "AutoScaling::AutoScalingGroup")
    listener = {n for n, r in resources.items() if r["Type"].endswith("V2::Listener")}
    template_id = {n for n, r in resources.items() if r["Type"].endswith("LaunchTemplate")}
    assert listener < {*group["DependsOn"]}, "without it no target would become healthy"
    assert {*wait["DependsOn"]} == {*group["DependsOn"], *template_id}
    (name,) = [n for n, r in resources.items() if r is group]
    users = [n for n, r in resources.items() if name in json.dumps(r)]
    assert users == []
    (name,) = [n for n, r in resources.items() if r is wait]
    others = {n: r for n, r in template.items() if n != "Resources"} | {
        n: r for n, r in resources.items() if n != name
    }
    assert name not in json.dumps(others)


def test_outputs_are_url_and_release(template: dict[str, Any]) -> None:
    outputs = {
        re.sub(r"[0-9A-F]{8}$", "", name): o["Value"] for name, o in template["Outputs"].items()
    }
    assert outputs.keys() == {"ServiceUrl", "ServiceHostRelease"}
    assert outputs["ServiceUrl"]["Fn::Join"][1][0] == "http://"
    assert re.fullmatch(r"[0-9a-f]{12}", outputs["ServiceHostRelease"])


def test_two_services_share_one_vpc(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    PorterService(stack, "One", run=run)
    PorterService(stack, "Two", run=run)
    template = template_of(stack)
    assert len(of_type(template, "EC2::VPC")) == 1
    assert len(of_type(template, "CloudFormation::WaitCondition")) == 2


def test_a_host_alone_has_no_load_balancer_and_is_waited_for(
    stack: cdk.Stack, template_of: Any
) -> None:
    PorterHost(stack, "Host", min_capacity=2)
    template = template_of(stack)
    assert of_type(template, "ElasticLoadBalancingV2::LoadBalancer") == []
    assert one(template, "CloudFormation::WaitCondition")["Properties"]["Count"] == 2


def test_the_wait_counts_min_healthy_and_never_desired(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    PorterService(
        stack, "Service", run=run, min_capacity=3, max_capacity=9, desired_capacity=6, min_healthy=2
    )
    assert one(template_of(stack), "CloudFormation::WaitCondition")["Properties"]["Count"] == 2


@pytest.mark.parametrize(
    ("sizes", "spare"),
    [
        ({"min_capacity": 2}, False),
        ({"min_capacity": 2, "min_healthy": 1}, True),
        ({"min_capacity": 1, "max_capacity": 9, "desired_capacity": 6}, False),
        ({"min_capacity": 3, "max_capacity": 9, "desired_capacity": 6, "min_healthy": 5}, False),
    ],
)
def test_hosts_know_whether_some_of_them_may_fail(
    stack: cdk.Stack, run: Process, sizes: dict[str, int], *, spare: bool
) -> None:
    service = PorterService(stack, "Service", run=run, **sizes)
    assert service.host._contents.spec(DeployTimeValues()).spare_hosts is spare


def test_private_subnets_are_preferred_and_arm_gets_its_own_image(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    vpc = ec2.Vpc(stack, "Own", nat_gateways=1)
    arm = ec2.InstanceType("t4g.small")
    PorterService(stack, "Service", run=run, vpc=vpc, instance_type=arm)
    template = template_of(stack)
    group = one(template, "AutoScaling::AutoScalingGroup")["Properties"]
    assert all("Private" in subnet["Ref"] for subnet in group["VPCZoneIdentifier"])
    defaults = [p["Default"] for p in template["Parameters"].values()]
    assert any(default.endswith("al2023-ami-kernel-default-arm64") for default in defaults)


def test_a_known_environment_pins_the_image(run: Process, template_of: Any) -> None:
    env = cdk.Environment(account="123456789012", region="us-east-1")
    stack = cdk.Stack(cdk.App(), "Hello", env=env)
    PorterService(stack, "Service", run=run)
    template = template_of(stack)
    assert isinstance(
        one(template, "EC2::LaunchTemplate")["Properties"]["LaunchTemplateData"]["ImageId"], str
    )
    assert list(template["Parameters"]) == ["BootstrapVersion"]


def test_a_certificate_makes_it_https(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    arn = "arn:aws:acm:eu-west-1:123456789012:certificate/a"
    certificate = acm.Certificate.from_certificate_arn(stack, "Certificate", arn)
    service = PorterService(stack, "Service", run=run, certificate=certificate)
    listener = one(template_of(stack), "ElasticLoadBalancingV2::Listener")["Properties"]
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert service.url.startswith("https://")


def test_a_load_balancer_can_be_internal(stack: cdk.Stack, run: Process, template_of: Any) -> None:
    PorterService(stack, "Service", run=run, public_load_balancer=False)
    balancer = one(template_of(stack), "ElasticLoadBalancingV2::LoadBalancer")["Properties"]
    assert balancer["Scheme"] == "internal"


def test_the_load_balancers_check_stays_within_its_limits(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    check = HealthCheck(
        "/up", interval_seconds=0.5, timeout_seconds=6.5, healthy_threshold=1, codes="200-299"
    )
    PorterService(stack, "Service", run=run, health_check=check)
    group = one(template_of(stack), "ElasticLoadBalancingV2::TargetGroup")["Properties"]
    assert (group["HealthCheckTimeoutSeconds"], group["HealthCheckIntervalSeconds"]) == (7, 8)
    assert (group["HealthCheckPath"], group["HealthyThresholdCount"]) == ("/up", 2)
    assert group["Matcher"] == {"HttpCode": "200-299"}


def test_granted_permissions_exist_before_the_first_host(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    table = dynamodb.Table(stack, "Table", partition_key=key)
    service = PorterService(stack, "Service", run=run)
    table.grant_read_data(service.host.role)
    template = template_of(stack)
    _, name = [n for n, r in template["Resources"].items() if r["Type"] == "AWS::IAM::Policy"]
    assert name in one(template, "AutoScaling::AutoScalingGroup")["DependsOn"]


def test_the_wait_begins_after_whatever_an_app_has_the_group_wait_for(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    service = PorterService(stack, "Service", run=run)
    group = service.host.auto_scaling_group.node.default_child
    database, cache = (cdk.CfnResource(stack, name, type="AWS::X::Y") for name in ("Db", "Cache"))
    group.add_dependency(database)
    group.node.add_dependency(cache)
    wait = one(template_of(stack), "CloudFormation::WaitCondition")
    assert {"Db", "Cache"} < {*wait["DependsOn"]}
