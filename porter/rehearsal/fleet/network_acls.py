"""Judge the network ACLs around a group's hosts: a rehearsal sends no packet through them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses
from typing import Any

from porter.aws.clients import Clients
from porter.rehearsal.fleet.auto_scaling import AutoScalingGroup, read_auto_scaling_groups

Ports = tuple[int, int]
"""The first and the last port of a range."""

ANYWHERE = IPv4Network("0.0.0.0/0")
_PRIVATE = tuple(
    IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
"""Not the addresses of AWS's services on the Internet (RFC 1918, RFC 6598)."""

HTTPS = (443, 443)
HOSTS_PORTS = (32768, 60999)
"""From which hosts connect: Linux's default of `net.ipv4.ip_local_port_range`."""

BALANCERS_PORTS = (1024, 65535)
"""From which Elastic Load Balancing connects (Amazon VPC User Guide, "Ephemeral ports")."""

_TCP = ("6", "-1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets:
    """TCP packets of one direction through the network ACL of a subnet, and what they carry."""

    subnet: str
    egress: bool
    peer: IPv4Network
    ports: Ports
    what: str


def refused(environments: Iterable[Clients]) -> str:
    """Return which packets network ACLs refuse to the groups of `environments`; else empty.

    Judged are the hosts' requests to AWS and the load balancers' to the hosts, and the answers.
    An entry for a part of the addresses that allows packets counts, one that denies does not:
    whether a peer is in that part is unknown. Entries that deny all parts together count. A network
    with interface endpoints may do without the Internet.
    """
    for aws in environments:
        network = _Network(aws)
        for scaling_group in read_auto_scaling_groups(aws):
            for packets in _needed(network, scaling_group):
                acl = network.acl(packets.subnet)
                if ports := _refused_ports(acl["Entries"], packets):
                    way = "to" if packets.egress else "from"
                    return (
                        f"the network ACL {acl['NetworkAclId']} refuses {packets.what} "
                        f"({packets.subnet}, {way} {packets.peer}, TCP {_range(ports)})"
                    )
    return ""


class _Network:
    """The subnets and network ACLs of an environment, as they are now."""

    def __init__(self, aws: Clients) -> None:
        ec2 = aws["ec2"]
        self._acls = ec2.describe_network_acls()["NetworkAcls"]
        self._subnets = {one["SubnetId"]: one for one in ec2.describe_subnets()["Subnets"]}
        self._endpoints = {
            one["VpcId"]
            for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]
            if one.get("VpcEndpointType") == "Interface"  # a gateway's addresses are public
        }
        self._balancing = aws["elbv2"]

    def acl(self, subnet: str) -> Mapping[str, Any]:
        """Return the ACL that is associated with `subnet`, else its VPC's default one."""
        vpc = self._subnets[subnet]["VpcId"]
        inside = [one for one in self._acls if one["VpcId"] == vpc]
        own = [one for one in inside if subnet in {a["SubnetId"] for a in one["Associations"]}]
        default = [one for one in inside if one["IsDefault"]]
        found: Mapping[str, Any] = (own or default)[0]
        return found

    def cidr(self, subnet: str) -> IPv4Network:
        return IPv4Network(self._subnets[subnet]["CidrBlock"])

    def has_endpoints(self, subnet: str) -> bool:
        return self._subnets[subnet]["VpcId"] in self._endpoints

    def balancers(self, target_groups: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield the subnets of the load balancers, with the port of the hosts that they ask."""
        for arn in target_groups:
            found = self._balancing.describe_target_groups(TargetGroupArns=[arn])
            [group] = found["TargetGroups"]
            for balancer in self._balancing.describe_load_balancers()["LoadBalancers"]:
                if arn not in self._forwarded(balancer["LoadBalancerArn"]):
                    continue
                for zone in balancer["AvailabilityZones"]:
                    if zone.get("SubnetId") in self._subnets:
                        yield zone["SubnetId"], group["Port"]

    def _forwarded(self, balancer: str) -> set[str]:
        """Return the target groups that get requests of `balancer`.

        The embedded AWS writes `LoadBalancerArns` for default actions, but for no other rule.
        """
        listeners = self._balancing.describe_listeners(LoadBalancerArn=balancer)["Listeners"]
        return {
            action.get("TargetGroupArn", "")
            for one in listeners
            for rule in self._balancing.describe_rules(ListenerArn=one["ListenerArn"])["Rules"]
            for action in rule["Actions"]
        }


def _needed(network: _Network, scaling_group: AutoScalingGroup) -> Iterator[Packets]:
    for subnet in scaling_group.subnets:
        if not network.has_endpoints(subnet):
            out = "requests of hosts to AWS"
            yield Packets(subnet=subnet, egress=True, peer=ANYWHERE, ports=HTTPS, what=out)
            back = "answers of AWS to hosts"
            yield Packets(subnet=subnet, egress=False, peer=ANYWHERE, ports=HOSTS_PORTS, what=back)
    for balancer, port in network.balancers(scaling_group.target_group_arns):
        for host in scaling_group.subnets:
            if host != balancer:  # no ACL is between hosts of one subnet
                yield from _between(network, balancer, host, port)


def _between(network: _Network, balancer: str, host: str, port: int) -> Iterator[Packets]:
    """Yield what passes the ACLs of a load balancer's subnet and of a host's."""
    asked, answered = "requests of the load balancer to hosts", "answers to the load balancer"
    for what, source, target, ports in (
        (asked, balancer, host, (port, port)),
        (answered, host, balancer, BALANCERS_PORTS),
    ):
        for subnet, peer, egress in ((source, target, True), (target, source, False)):
            peers = network.cidr(peer)
            yield Packets(subnet=subnet, egress=egress, peer=peers, ports=ports, what=what)


def _refused_ports(entries: Iterable[Mapping[str, Any]], packets: Packets) -> Ports | None:
    """Return the first refused range of `packets`: for each port, the first fitting entry counts.

    Amazon VPC User Guide, "Network ACL rules": in the order of their numbers.
    """
    rules = sorted(
        (one for one in entries if one["Egress"] is packets.egress and "CidrBlock" in one),
        key=lambda one: int(one["RuleNumber"]),
    )
    first, last = packets.ports
    starts = {first}
    for rule in rules:
        low, high = _ports(rule)
        starts |= {port for port in (low, high + 1) if first < port <= last}
    ends = [*(start - 1 for start in sorted(starts)[1:]), last]
    for start, end in zip(sorted(starts), ends, strict=True):
        if not _allowed(rules, start, packets.peer):
            return start, end
    return None


def _allowed(rules: Iterable[Mapping[str, Any]], port: int, peer: IPv4Network) -> bool:
    denied = list(_PRIVATE) if peer == ANYWHERE else []
    for rule in rules:
        low, high = _ports(rule)
        network = IPv4Network(rule["CidrBlock"], strict=False)
        if rule["Protocol"] not in _TCP or not low <= port <= high or not network.overlaps(peer):
            continue
        if rule["RuleAction"] == "deny":
            denied = list(collapse_addresses([*denied, network]))
        else:
            part = network if network.subnet_of(peer) else peer
            if not any(part.subnet_of(one) for one in denied):
                return True
    return False


def _ports(rule: Mapping[str, Any]) -> Ports:
    # Entries for all protocols have no ports (EC2 API Reference, "CreateNetworkAclEntry").
    ports = {} if rule["Protocol"] == "-1" else rule.get("PortRange", {})
    return ports.get("From", 0), ports.get("To", 65535)


def _range(ports: Ports) -> str:
    first, last = ports
    return str(first) if first == last else f"{first}-{last}"
