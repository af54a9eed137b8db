"""A rehearsal fails if network ACLs would refuse what a service's hosts need on AWS."""

from __future__ import annotations

from typing import Any

import pytest

from porter.rehearsal.fleet.network_acls import refused
from tests.harness.sandbox import Sandbox
from tests.rehearsal.stacks import Stacks

ANYWHERE = "0.0.0.0/0"
INTERNET = (
    ("in", 100, "allow", ANYWHERE, 80, 80),
    ("in", 140, "allow", ANYWHERE, 32768, 65535),
    ("out", 100, "allow", ANYWHERE, 80, 80),
    ("out", 110, "allow", ANYWHERE, 443, 443),
    ("out", 140, "allow", ANYWHERE, 32768, 65535),
)
"""What AWS's example has ("Example: Control access to instances in a subnet"), without SSH."""

BALANCER = ("out", 150, "allow", "10.0.0.0/16", 1024, 65535)

Rule = tuple[str, int, str, str, int, int]
"""Direction, number, action, addresses, the first and the last port."""

APP = """\
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Hello")
vpc = ec2.Vpc(stack, "Vpc", nat_gateways=1, restrict_default_security_group=False)
private = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
acl = ec2.NetworkAcl(stack, "Acl", vpc=vpc, subnet_selection=private)
any_ipv4, out = ec2.AclCidr.any_ipv4(), ec2.TrafficDirection.EGRESS
acl.add_entry(
    "In", cidr=any_ipv4, rule_number=100, traffic=ec2.AclTraffic.tcp_port_range(1, 65535)
)
acl.add_entry(
    "Out", cidr=any_ipv4, rule_number=100, traffic=ec2.AclTraffic.tcp_port_range(1, LAST),
    direction=out,
)
PorterService(
    stack, "Service", vpc=vpc,
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
app.synth()
"""


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def subnet(number: int) -> dict[str, Any]:
    properties = {
        "VpcId": ref("Vpc"),
        "CidrBlock": f"10.0.{number}.0/24",
        "AvailabilityZone": "eu-west-1a",
    }
    return {"Type": "AWS::EC2::Subnet", "Properties": properties}


def network() -> dict[str, Any]:
    """Hosts in one subnet, and in another their load balancer, which asks port 80."""
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Hosts": subnet(1),
        "Balancers": subnet(2),
        "Balancer": {
            "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Properties": {"Subnets": [ref("Balancers")]},
        },
        "Targets": {
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "Properties": {"Port": 80, "Protocol": "HTTP", "VpcId": ref("Vpc")},
        },
        "Listener": {
            "Type": "AWS::ElasticLoadBalancingV2::Listener",
            "Properties": {
                "LoadBalancerArn": ref("Balancer"),
                "Port": 80,
                "Protocol": "HTTP",
                "DefaultActions": [{"Type": "forward", "TargetGroupArn": ref("Targets")}],
            },
        },
        "Template": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {"LaunchTemplateData": {"ImageId": "ami-0123456789abcdef0"}},
        },
        "Group": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "Properties": {
                "MinSize": "0",
                "MaxSize": "0",
                "VPCZoneIdentifier": [ref("Hosts")],
                "TargetGroupARNs": [ref("Targets")],
                "LaunchTemplate": {
                    "LaunchTemplateId": ref("Template"),
                    "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]},
                },
            },
        },
    }


def guarded(subnet: str, *rules: Rule) -> dict[str, Any]:
    """Return a network ACL for `subnet` with `rules`."""
    made: dict[str, Any] = {
        "Acl": {"Type": "AWS::EC2::NetworkAcl", "Properties": {"VpcId": ref("Vpc")}},
        "Association": {
            "Type": "AWS::EC2::SubnetNetworkAclAssociation",
            "Properties": {"NetworkAclId": ref("Acl"), "SubnetId": ref(subnet)},
        },
    }
    for number, (way, order, action, addresses, first, last) in enumerate(rules):
        made[f"Rule{number}"] = {
            "Type": "AWS::EC2::NetworkAclEntry",
            "Properties": {
                "NetworkAclId": ref("Acl"),
                "RuleNumber": order,
                "RuleAction": action,
                "Protocol": 6,
                "CidrBlock": addresses,
                "Egress": way == "out",
                "PortRange": {"From": first, "To": last},
            },
        }
    return made


def judged(stacks: Stacks, name: str, *parts: dict[str, Any]) -> str:
    """Create a stack of the network and `parts`; return what its ACLs refuse, and delete it."""
    resources = {key: value for part in (network(), *parts) for key, value in part.items()}
    stacks.create(name, resources)
    assert stacks.inert(name).keys() <= {"Endpoint"}
    said = refused([stacks.aws])
    stacks.aws["cloudformation"].delete_stack(StackName=name)
    stacks.aws["cloudformation"].get_waiter("stack_delete_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100}
    )
    return said


def test_a_network_without_acls_of_its_own_refuses_nothing(stacks: Stacks) -> None:
    assert judged(stacks, "Without") == ""


def test_amazons_example_needs_the_load_balancers_ports(stacks: Stacks) -> None:
    """Elastic Load Balancing connects from 1024-65535 (VPC User Guide, "Ephemeral ports")."""
    example = judged(stacks, "Example", guarded("Hosts", *INTERNET))
    assert "refuses answers to the load balancer (subnet-" in example
    assert "to 10.0.2.0/24, TCP 1024-32767)" in example
    assert judged(stacks, "ExampleAndBalancer", guarded("Hosts", *INTERNET, BALANCER)) == ""


@pytest.mark.parametrize(
    ("name", "rules", "said"),
    [
        ("Blank", (), "requests of hosts to AWS (*, to 0.0.0.0/0, TCP 443)"),
        (
            "Windows",
            (("out", 100, "allow", ANYWHERE, 1, 65535), ("in", 9, "allow", ANYWHERE, 49152, 65535)),
            "answers of AWS to hosts (*, from 0.0.0.0/0, TCP 32768-49151)",
        ),
        (
            "DeniedFirst",
            (*INTERNET, BALANCER, ("in", 90, "deny", ANYWHERE, 40000, 40000)),
            "answers of AWS to hosts (*, from 0.0.0.0/0, TCP 40000)",
        ),
        (
            "DeniedBalancer",
            (*INTERNET, BALANCER, ("in", 90, "deny", "10.0.0.0/16", 80, 80)),
            "requests of the load balancer to hosts (*, from 10.0.2.0/24, TCP 80)",
        ),
        ("DeniedOthers", (*INTERNET, BALANCER, ("in", 90, "deny", "192.0.2.0/24", 1, 65535)), ""),
        (
            "OnlyInside",
            (
                *(one for one in INTERNET if one[:2] != ("out", 110)),
                BALANCER,
                ("out", 90, "allow", "10.0.0.0/16", 443, 443),
            ),
            "requests of hosts to AWS (*, to 0.0.0.0/0, TCP 443)",
        ),
        (
            "DeniedInHalves",
            (
                *INTERNET,
                BALANCER,
                ("out", 90, "deny", "0.0.0.0/1", 443, 443),
                ("out", 91, "deny", "128.0.0.0/1", 443, 443),
            ),
            "requests of hosts to AWS (*, to 0.0.0.0/0, TCP 443)",
        ),
        ("DeniedHalf", (*INTERNET, BALANCER, ("out", 90, "deny", "0.0.0.0/1", 443, 443)), ""),
        ("DeniedLast", (*INTERNET, BALANCER, ("in", 900, "deny", ANYWHERE, 1, 65535)), ""),
    ],
)
def test_the_first_entry_that_fits_counts(
    stacks: Stacks, name: str, rules: tuple[Rule, ...], said: str
) -> None:
    found = judged(stacks, name, guarded("Hosts", *rules))
    before, _, after = said.partition("*")
    assert bool(found) == bool(said), found
    assert f"refuses {before}" in found or not said
    assert after in found


def test_the_load_balancers_subnet_is_judged_too(stacks: Stacks) -> None:
    only_in = ("in", 100, "allow", ANYWHERE, 1, 65535)
    found = judged(stacks, "Balancers", guarded("Balancers", only_in))
    assert "requests of the load balancer to hosts (subnet-" in found
    assert "to 10.0.1.0/24, TCP 80)" in found


def test_a_shared_load_balancers_subnet_is_judged_too(stacks: Stacks) -> None:
    """Its listener forwards by a rule, and answers the rest itself."""
    parts = network()
    listener = parts["Listener"]["Properties"]
    [forward] = listener["DefaultActions"]
    nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    listener["DefaultActions"] = [nothing]
    shop = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/shop"]}}
    parts["Rule"] = {
        "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
        "Properties": {
            "ListenerArn": ref("Listener"),
            "Priority": 1,
            "Conditions": [shop],
            "Actions": [forward],
        },
    }
    only_in = ("in", 100, "allow", ANYWHERE, 1, 65535)
    found = judged(stacks, "SharedBalancers", parts, guarded("Balancers", only_in))
    assert "requests of the load balancer to hosts (subnet-" in found


@pytest.mark.parametrize(
    ("kind", "said"), [("Interface", ""), ("Gateway", "refuses requests of hosts to AWS")]
)
def test_only_interface_endpoints_stand_for_the_internet(
    stacks: Stacks, kind: str, said: str
) -> None:
    """S3's addresses stay public behind a gateway."""
    endpoint = {
        "Type": "AWS::EC2::VPCEndpoint",
        "Properties": {
            "VpcId": ref("Vpc"),
            "ServiceName": "com.amazonaws.eu-west-1.s3",
            "VpcEndpointType": kind,
        },
    }
    inside = [(way, 1, "allow", "10.0.0.0/16", 1, 65535) for way in ("in", "out")]
    found = judged(stacks, f"{kind}s", {"Endpoint": endpoint}, guarded("Hosts", *inside))
    assert said in found
    assert bool(found) == bool(said), found


def test_an_entry_for_all_protocols_has_no_ports(stacks: Stacks) -> None:
    """EC2 ignores them."""
    parts = guarded("Hosts", *((way, 1, "allow", ANYWHERE, 22, 22) for way in ("in", "out")))
    for name in ("Rule0", "Rule1"):
        parts[name]["Properties"]["Protocol"] = -1
    assert judged(stacks, "AllProtocols", parts) == ""


def test_an_acl_that_exists_outside_the_app_is_not_judged(stacks: Stacks) -> None:
    parts = guarded("Hosts")
    parts.pop("Acl")
    parts["Association"]["Properties"]["NetworkAclId"] = "acl-0123456789abcdef0"
    assert judged(stacks, "Outside", parts) == ""


@pytest.mark.exhaustive
@pytest.mark.parametrize(("last", "code"), [(32767, 1), (65535, 0)])
def test_a_rehearsal_says_which_answers_do_not_arrive(
    sandbox: Sandbox, last: int, code: int
) -> None:
    app = sandbox.app(f"acl{last}", app=APP.replace("LAST", str(last)))
    ended = sandbox.rehearse(app, "--timeout", "300")
    assert ended.code == code, ended.out
    said = "refuses answers to the load balancer (subnet-"
    assert (said in ended.out) == bool(code), ended.out
