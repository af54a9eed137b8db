"""What the values of lookups in an app's context name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.existing import Existing
from porter.rehearsal.cloud.lookups import PUBLIC

_KEY = re.compile(r"(?P<provider>[\w-]+):account=(?P<account>\d{12})\b.*:region=(?P<region>[\w-]+)")


def known(context: Mapping[str, Any]) -> list[Existing]:
    """Return what the values of lookups in `context` name; other values are ignored."""
    found = []
    for key, value in context.items():
        if match := _KEY.match(key):
            where = Environment(account=match["account"], region=match["region"])
            found += list(_known(match["provider"], key, value, where))
    return found


def _known(provider: str, key: str, value: Any, where: Environment) -> Iterator[Existing]:  # noqa: ANN401 - as the context has it
    def existing(kind: str, identifier: str, **fields: str) -> Existing:
        return Existing(kind=kind, id=identifier, environment=where, fields=fields)

    match provider, value:
        case "vpc-provider", {"vpcId": vpc}:
            yield existing("vpc", vpc, cidr=value.get("vpcCidrBlock", "10.0.0.0/16"))
            for group in value.get("subnetGroups", ()):
                yield from _subnets(group["subnets"], vpc, where)
        case "security-group", {"securityGroupId": group}:
            yield existing("security-group", group)
        case "hosted-zone", {"Id": zone, "Name": name}:
            yield existing("hosted-zone", zone.rpartition("/")[2], name=name)
        case "ssm", str():
            name = key.partition(":parameterName=")[2].partition(":region=")[0]
            if not name.startswith(PUBLIC):
                yield existing("parameter", name, value=value)
        case "load-balancer" | "load-balancer-listener", dict():
            yield from _balancing(value, where)


def _balancing(value: Mapping[str, Any], where: Environment) -> Iterator[Existing]:
    """Yield a load balancer with its VPC, or a listener, and the security groups of either."""
    vpc = {"vpc": value["vpcId"]} if "vpcId" in value else {}
    if vpc:
        yield Existing(kind="vpc", id=value["vpcId"], environment=where)
        arn = value["loadBalancerArn"]
        yield Existing(kind="load-balancer", id=arn, environment=where, fields=vpc)
    else:
        port = {"port": str(value["listenerPort"])}
        yield Existing(kind="listener", id=value["listenerArn"], environment=where, fields=port)
    for group in value.get("securityGroupIds", ()):
        yield Existing(kind="security-group", id=group, environment=where, fields=vpc)


def _subnets(
    subnets: Sequence[Mapping[str, str]], vpc: str, where: Environment
) -> Iterator[Existing]:
    for one in subnets:
        table = one.get("routeTableId", "")
        if table:
            yield Existing(kind="route-table", id=table, environment=where, fields={"vpc": vpc})
        fields = {
            "vpc": vpc,
            "zone": one["availabilityZone"],
            "cidr": one.get("cidr", "10.0.0.0/24"),
            "table": table,
        }
        yield Existing(kind="subnet", id=one["subnetId"], environment=where, fields=fields)
