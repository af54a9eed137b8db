"""Find out whether a host in a subnet could reach AWS: the network of a rehearsal is a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from porter.aws.clients import Clients
from porter.rehearsal.cloud.emulator.given import EXISTING

_ANYWHERE = "0.0.0.0/0"


def no_way_out(aws: Clients, subnet_id: str, *, assigns_address: bool | None) -> str:
    """Return why a host that starts now in `subnet_id` reaches nothing; empty if it does.

    A route to an internet gateway needs a public address ("Enable internet access for a VPC using
    an internet gateway" in the Amazon VPC User Guide): `assigns_address` is what the launch
    template says, None if it leaves that to the subnet. Judged are the networks that a template
    makes. One with endpoints of its own may do without the Internet.
    """
    ec2 = aws["ec2"]
    [subnet] = ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"]
    [vpc] = ec2.describe_vpcs(VpcIds=[subnet["VpcId"]])["Vpcs"]
    inside = [{"Name": "vpc-id", "Values": [subnet["VpcId"]]}]
    if vpc.get("IsDefault") or EXISTING in {tag["Key"] for tag in vpc.get("Tags", ())}:
        return ""
    if ec2.describe_vpc_endpoints(Filters=inside)["VpcEndpoints"]:
        return ""
    tables = ec2.describe_route_tables(Filters=inside)["RouteTables"]
    route = _default_route(tables, subnet_id)
    if route is None:
        return f"{subnet_id} has no route to {_ANYWHERE} when the host starts"
    if not str(route.get("GatewayId", "")).startswith("igw-"):
        return ""
    assigned = subnet["MapPublicIpOnLaunch"] if assigns_address is None else assigns_address
    missing = "has a route to an internet gateway, but the host gets no public address"
    return "" if assigned else f"{subnet_id} {missing}"


def _default_route(tables: list[Any], subnet_id: str) -> Mapping[str, Any] | None:
    """Return the route to anywhere of the subnet's own table, else of the VPC's main one."""
    own = [one for one in tables if subnet_id in _all(one, "SubnetId")]
    main = [one for one in tables if True in _all(one, "Main")]
    for table in (own or main)[:1]:
        for route in table["Routes"]:
            if route.get("DestinationCidrBlock") == _ANYWHERE:
                found: Mapping[str, Any] = route
                return found
    return None


def _all(table: Mapping[str, Any], key: str) -> list[object]:
    return [association.get(key) for association in table["Associations"]]
