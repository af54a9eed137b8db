"""Values with the shape of AWS's own, for a resource that exists in name only."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any

from porter.rehearsal.cloud.emulator.resource_types import ResourceType

_PREFIXES = {
    "EIP": "eipalloc",
    "EIPAssociation": "eipassoc",
    "FlowLog": "fl",
    "NetworkAcl": "acl",
    "NetworkInterface": "eni",
    "EgressOnlyInternetGateway": "eigw",
    "CustomerGateway": "cgw",
    "VPNGateway": "vgw",
    "VPNConnection": "vpn",
    "VPCPeeringConnection": "pcx",
    "TransitGateway": "tgw",
    "TransitGatewayAttachment": "tgw-attach",
    "Instance": "i",
    "Volume": "vol",
    "DHCPOptions": "dopt",
    "PrefixList": "pl",
    "KeyPair": "key",
    "VPCEndpointService": "vpce-svc",
    "SubnetNetworkAclAssociation": "aclassoc",
    "FileSystem": "fs",
    "MountTarget": "fsmt",
    "AccessPoint": "fsap",
}
"""The beginnings of ids, by a type's last word (EC2 User Guide, "Resource IDs")."""

_SETTLED = ("ACTIVE", "AVAILABLE", "ENABLED", "ISSUED", "DEPLOYED", "CREATED", "CREATE_COMPLETE")
"""The states of a resource that is ready."""

Values = dict[str, Any]


def physical_id(
    kind: ResourceType, attributes: Mapping[str, Any], given: Mapping[str, Any], name: str
) -> str:
    """Return what `Ref` gives: the parts of the identifier, from properties or attributes.

    A part that the template leaves to CloudFormation is `name`, a generated one.
    """
    parts = [given.get(part) or attributes.get(part) or name for part in kind.reference]
    return "|".join(map(str, parts)) or name


def values(
    kind: ResourceType, given: Mapping[str, Any], name: str, account: str, region: str
) -> Values:
    """Return a value for each attribute of `Fn::GetAtt`; `name` is the resource's generated one."""
    found: Values = {
        attribute: given.get(attribute, _value(kind, attribute, type_, name, region))
        for attribute, type_ in kind.attributes.items()
    }
    # An ARN holds other attributes, so ARNs come last.
    known = {**found, **given}
    for attribute in found:
        if attribute.lower().endswith("arn") and attribute not in given:
            found[attribute] = _arn(kind, known, name, account, region)
    return found


def _value(
    kind: ResourceType, attribute: str, type_: Mapping[str, Any], name: str, region: str
) -> Any:  # noqa: ANN401 - as the schema says
    match type_["type"]:
        case "integer" | "number":
            return 0
        case "boolean":
            return False
        case "array":
            return [_value(kind, attribute.rstrip("s"), type_["element"], name, region)]
        case "string":
            allowed = {one.upper(): one for one in type_.get("allowedValues", ())}
            settled = next((allowed[one] for one in _SETTLED if one in allowed), None)
            return settled or next(iter(allowed.values()), _text(kind, attribute, name, region))
    return {}


def _text(kind: ResourceType, attribute: str, name: str, region: str) -> str:
    last = attribute.rpartition(".")[2]
    if re.search(r"Ip(Address)?$", last):
        return "203.0.113.10"  # RFC 5737: an address that nobody has
    if last.endswith("Port"):
        return "0"
    if re.search(r"(DomainName|DNSName|DnsName|Endpoint|Address|Host|Url|URL)$", last):
        return f"{name.lower()}.{region}.rehearsal.invalid"  # RFC 2606: a name that nobody has
    if re.search(r"(Id|ID)$", last):
        return identifier(kind.name, last)
    return name


def identifier(type_name: str, attribute: str = "Id") -> str:
    """Return a new id, like `eipalloc-0123456789abcdef0`."""
    last = type_name.rpartition("::")[2]
    if attribute not in ("Id", "ID", f"{last}Id", "AllocationId"):
        last = re.sub(r"(Id|ID)$", "", attribute)
    prefix = _PREFIXES.get(last) or {"Eni": "eni", "Vpc": "vpc", "Subnet": "subnet"}.get(last)
    return f"{prefix or last.lower()}-0{secrets.token_hex(8)}"


def _arn(kind: ResourceType, known: Mapping[str, Any], name: str, account: str, region: str) -> str:
    filled = {"Partition": "aws", "Region": region, "Account": account}
    service = kind.name.split("::")[1].lower()
    template = kind.arn or f"arn:aws:{service}:${{Region}}:${{Account}}:{name}"

    def fill(match: re.Match[str]) -> str:
        return str(filled.get(match[1]) or known.get(match[1]) or name)

    return re.sub(r"\$\{(\w+)\}", fill, template)
