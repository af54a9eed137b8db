"""The network of hosts: a default VPC, subnets and security groups."""

from __future__ import annotations

import inspect
from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

_SHARED_VPC = "PorterVpc"
_EGRESS = (
    (ec2.Port.udp(53), "DNS"),
    (ec2.Port.udp(123), "NTP"),
    (ec2.Port.tcp(80), "HTTP: package mirrors"),
    (ec2.Port.tcp(443), "HTTPS"),
)


def shared_vpc(scope: Construct) -> ec2.IVpc:
    """Return the stack's public VPC, made once: two zones and no NAT gateway."""
    stack = Stack.of(scope)
    existing = stack.node.try_find_child(_SHARED_VPC)
    if existing is not None:
        return cast("ec2.IVpc", existing)
    return ec2.Vpc(
        stack,
        _SHARED_VPC,
        max_azs=2,
        nat_gateways=0,
        restrict_default_security_group=False,  # true would bring a Lambda function along
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
        ],
    )


def host_subnets(vpc: ec2.IVpc) -> ec2.SubnetSelection:
    """Return the private subnets with egress of `vpc`, or its public subnets without any."""
    private = bool(vpc.private_subnets)
    kind = ec2.SubnetType.PRIVATE_WITH_EGRESS if private else ec2.SubnetType.PUBLIC
    return ec2.SubnetSelection(subnet_type=kind)


def selected(vpc: ec2.IVpc, selection: ec2.SubnetSelection) -> ec2.SelectedSubnets:
    """Return the subnets of `vpc` in `selection`."""
    names = inspect.signature(ec2.SubnetSelection.__init__).parameters
    given = {name: getattr(selection, name) for name in names if name != "self"}
    return vpc.select_subnets(**given)


def host_security_group(scope: Construct, vpc: ec2.IVpc) -> ec2.SecurityGroup:
    """Make a group without ingress, and with the egress that hosts need to boot and signal."""
    group = ec2.SecurityGroup(
        scope, "SecurityGroup", vpc=vpc, description="porter hosts", allow_all_outbound=False
    )
    for port, purpose in _EGRESS:
        group.add_egress_rule(ec2.Peer.any_ipv4(), port, purpose)
    return group


def load_balancer_security_group(
    scope: Construct, vpc: ec2.IVpc, target_port: int
) -> ec2.SecurityGroup:
    """Make a group with egress to `target_port`; the listener adds the ingress.

    The egress rule names no security group. Two groups whose inline rules name each other are a
    cycle for CloudFormation, and separate rules could be created after the first hosts.
    """
    group = ec2.SecurityGroup(
        scope,
        "LoadBalancerSecurityGroup",
        vpc=vpc,
        description="porter load balancer",
        allow_all_outbound=False,
    )
    group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(target_port), "HAProxy on the hosts")
    return group


def admit(hosts: ec2.SecurityGroup, listener: elbv2.IApplicationListener, port: int) -> None:
    """Let the load balancer of an existing `listener` connect to `port` of the hosts.

    The rules of its security groups name no hosts, as in `load_balancer_security_group`. Those of
    imported groups do: they are resources, and a group has each rule once, whichever stack made it.
    """
    for group in listener.connections.security_groups:
        if not group.allow_all_outbound:
            own = isinstance(group, ec2.SecurityGroup)
            peer: ec2.IPeer = ec2.Peer.any_ipv4() if own else hosts
            group.add_egress_rule(peer, ec2.Port.tcp(port), "HAProxy on the hosts", not own)
        allow(hosts, group, port)


def allow(hosts: ec2.SecurityGroup, load_balancer: ec2.ISecurityGroup, port: int) -> None:
    """Let the load balancer connect to `port` of the hosts, with an inline rule."""
    peer = ec2.Peer.security_group_id(load_balancer.security_group_id)
    hosts.add_ingress_rule(peer, ec2.Port.tcp(port), "load balancer to HAProxy")
