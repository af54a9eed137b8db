"""Values for an app's lookups (`Vpc.from_lookup`, ...) that its context does not have.

The shapes are those of the CLI's context providers: `aws_cdk.cx_api.*ContextResponse`, and for the
others the queries of `aws_cdk.cloud_assembly_schema`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Properties = Mapping[str, Any]

PUBLIC = "/aws/"
"""How the names of AWS's own parameters begin, which the embedded AWS has."""

_WORDS = (
    (r"vpc[-_/]?id", "vpc-0{}"),
    (r"subnet", "subnet-0{}"),
    (r"(security[-_/]?group|sg)([-_/]?id)?$", "sg-0{}"),
    (r"ami|image[-_/]?id", "ami-0{}"),
    (r"(hosted)?[-_/]?zone[-_/]?id", "Z0{}"),
)
"""What a parameter's name says about its value."""


def values(missing: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Return values by their keys in the context, of the shape that each `provider` documents.

    A key without a value stays missing; then the cdk CLI asks the embedded AWS. The same lookup
    always gets the same value.
    """
    return {
        one["key"]: PROVIDERS[one["provider"]](one["key"], one.get("props", {}))
        for one in missing
        if one["provider"] in PROVIDERS
    }


def of_the_account(keys: Iterable[str]) -> tuple[str, ...]:
    """Return the keys whose values an account decides, and that the app will ask for again.

    The CDK looks up what is in `vpc-12345`, and `sg-1234`, while it does not know the ids.
    """
    dull = re.compile(rf":parameterName={PUBLIC}|=(vpc-12345|sg-1234|sg-123456789012)(:|$)")
    return tuple(key for key in keys if not dull.search(key))


def _vpc(key: str, asked: Properties) -> object:
    filters = asked.get("filter", {})
    kinds = ("Public",) if filters.get("isDefault") == "true" else ("Public", "Private", "Isolated")
    return {
        "vpcId": filters.get("vpc-id", f"vpc-0{_hash(key)}"),
        "vpcCidrBlock": "10.0.0.0/16",
        "ownerAccountId": asked["account"],
        "availabilityZones": [],
        "subnetGroups": [
            {
                "name": kind,
                "type": kind,
                "subnets": [
                    {
                        "subnetId": f"subnet-0{_hash(key + kind + zone)}",
                        "cidr": f"10.0.{16 * number + index}.0/24",
                        "availabilityZone": zone,
                        "routeTableId": f"rtb-0{_hash(key + kind + zone)}",
                    }
                    for index, zone in enumerate(_zones(key, asked))
                ],
            }
            for number, kind in enumerate(kinds)
        ],
    }


def _zones(_key: str, asked: Properties) -> list[str]:
    return [f"{asked['region']}{letter}" for letter in "ab"]


def _hosted_zone(key: str, asked: Properties) -> object:
    name = asked["domainName"].rstrip(".")
    return {"Id": f"/hostedzone/Z0{_hash(key).upper()}", "Name": f"{name}."}


def parameter(name: str) -> str:
    """Return a value for the SSM parameter `name`, of the kind that the name suggests."""
    for pattern, shape in _WORDS:
        if re.search(pattern, name, re.IGNORECASE):
            return shape.format(_hash(name))
    return f"stand-in-for-{name}"


def _security_group(key: str, asked: Properties) -> object:
    group = asked.get("securityGroupId", f"sg-0{_hash(key)}")
    return {"securityGroupId": group, "allowAllOutbound": True}


def _load_balancer(key: str, asked: Properties) -> object:
    kind = "net" if asked.get("loadBalancerType") == "network" else "app"
    arn = _arn(asked, "elasticloadbalancing", f"loadbalancer/{kind}/stand-in/{_hash(key)}")
    return {
        "loadBalancerArn": asked.get("loadBalancerArn", arn),
        "loadBalancerCanonicalHostedZoneId": "Z0STANDIN",
        "loadBalancerDnsName": "stand-in.rehearsal.invalid",
        "vpcId": f"vpc-0{_hash(key)}",
        "securityGroupIds": [f"sg-0{_hash(key)}"],
        "ipAddressType": "ipv4",
    }


def _listener(key: str, asked: Properties) -> object:
    arn = _arn(asked, "elasticloadbalancing", f"listener/app/stand-in/{_hash(key)}/{_hash(key)}")
    return {
        "listenerArn": asked.get("listenerArn", arn),
        "listenerPort": int(asked.get("listenerPort", 80)),
        "securityGroupIds": [f"sg-0{_hash(key)}"],
    }


def _key(key: str, _asked: Properties) -> object:
    digits = _hash(key).ljust(32, "0")
    return {"keyId": "-".join((digits[:8], digits[8:12], digits[12:16], "8000", digits[:12]))}


def _resources(key: str, asked: Properties) -> object:
    """The CDK gives a value of the right shape with most of these queries."""
    if asked.get("dummyValue"):
        return asked["dummyValue"]
    identifier = asked.get("exactIdentifier", f"stand-in-{_hash(key)}")
    found = {name: f"stand-in-for-{name}" for name in asked["propertiesToReturn"]}
    return [{**found, "Identifier": identifier}]


def _arn(asked: Properties, service: str, resource: str) -> str:
    return f"arn:aws:{service}:{asked['region']}:{asked['account']}:{resource}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


PROVIDERS: Mapping[str, Callable[[str, Properties], object]] = {
    "ami": lambda key, _asked: f"ami-0{_hash(key)}",
    "availability-zones": _zones,
    "cc-api-provider": _resources,
    "endpoint-service-availability-zones": _zones,
    "hosted-zone": _hosted_zone,
    "key-provider": _key,
    "load-balancer": _load_balancer,
    "load-balancer-listener": _listener,
    "security-group": _security_group,
    "ssm": lambda _key, asked: parameter(asked["parameterName"]),
    "vpc-provider": _vpc,
}
