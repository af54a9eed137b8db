"""Create network ACLs, their entries and associations as records, which the fleet judges."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

Properties = Mapping[str, Any]
Created = tuple[str, dict[str, str]]
_LAST_RULE = 32767


def know_network_acls(provisioners: ModuleType, ec2: ModuleType) -> None:
    """Let stacks have network ACLs; ministack has them in EC2's API alone, without ports."""
    acls = _NetworkAcls(ec2)
    kinds = {
        "AWS::EC2::NetworkAcl": (acls.create, acls.delete),
        "AWS::EC2::NetworkAclEntry": (acls.add_entry, acls.remove_entry),
        "AWS::EC2::SubnetNetworkAclAssociation": (acls.associate, acls.dissociate),
    }
    for kind, (create, delete) in kinds.items():
        handler = {
            "create": create,
            "update": _replacing(create, delete),
            "update_with_logical_id": True,
            "delete": delete,
        }
        provisioners._RESOURCE_HANDLERS.setdefault(kind, handler)  # noqa: SLF001
    _describe_ports(ec2)


class _NetworkAcls:
    """The handlers: `create` and its like return a physical id and attributes."""

    def __init__(self, ec2: ModuleType) -> None:
        self._acls = ec2._network_acls  # noqa: SLF001
        self._vpcs = ec2._vpcs  # noqa: SLF001

    def create(self, _logical_id: str, properties: Properties, _stack: str) -> Created:
        vpc = properties.get("VpcId", "")
        if vpc not in self._vpcs:
            raise ValueError(f"The vpc ID '{vpc}' does not exist")
        acl = f"acl-0{secrets.token_hex(8)}"
        last = {"RuleNumber": _LAST_RULE, "Protocol": "-1", "RuleAction": "deny"}
        self._acls[acl] = {
            "NetworkAclId": acl,
            "VpcId": vpc,
            "IsDefault": False,
            "Entries": [
                {**last, "Egress": egress, "CidrBlock": "0.0.0.0/0"} for egress in (False, True)
            ],
            "Associations": [],
            "Tags": properties.get("Tags", []),
            "OwnerId": self._vpcs[vpc].get("OwnerId", ""),
        }
        return acl, {"Id": acl}

    def delete(self, physical_id: str, _properties: Properties) -> None:
        self._acls.pop(physical_id, None)

    def add_entry(self, _logical_id: str, properties: Properties, _stack: str) -> Created:
        acl = self._acl(properties)
        entry = {
            "RuleNumber": int(properties["RuleNumber"]),
            "Protocol": str(properties["Protocol"]),
            "RuleAction": properties["RuleAction"],
            "Egress": str(properties.get("Egress", False)).lower() == "true",
            **{
                name: properties[name]
                for name in ("CidrBlock", "Ipv6CidrBlock", "PortRange")
                if properties.get(name)
            },
        }
        if _find(acl, entry):
            number = entry["RuleNumber"]
            raise ValueError(f"The network acl entry identified by {number} already exists.")
        acl["Entries"].append(entry)
        added = f"{acl['NetworkAclId']}|{entry['RuleNumber']}|{entry['Egress']}"
        return added, {"Id": added}

    def remove_entry(self, physical_id: str, _properties: Properties) -> None:
        name, number, egress = physical_id.split("|")
        if acl := self._acls.get(name):
            key = {"RuleNumber": int(number), "Egress": egress == "True"}
            for entry in _find(acl, key):
                acl["Entries"].remove(entry)

    def associate(self, _logical_id: str, properties: Properties, _stack: str) -> Created:
        acl, subnet = self._acl(properties), properties.get("SubnetId", "")
        for other in self._acls.values():  # a subnet has one ACL at a time
            other["Associations"] = [
                one for one in other["Associations"] if one["SubnetId"] != subnet
            ]
        made = f"aclassoc-0{secrets.token_hex(8)}"
        acl["Associations"].append({"NetworkAclAssociationId": made, "SubnetId": subnet})
        return made, {"AssociationId": made}

    def dissociate(self, physical_id: str, _properties: Properties) -> None:
        for acl in self._acls.values():
            acl["Associations"] = [
                one for one in acl["Associations"] if one["NetworkAclAssociationId"] != physical_id
            ]

    def _acl(self, properties: Properties) -> dict[str, Any]:
        """Return the ACL's record; of one outside the app, whose rules are unknown, a blank."""
        name = properties.get("NetworkAclId", "")
        found: dict[str, Any] = self._acls.get(name) or {
            "NetworkAclId": name,
            "Entries": [],
            "Associations": [],
        }
        return found


def _find(acl: Mapping[str, Any], key: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the entries with the key's rule number and direction."""
    same = ("RuleNumber", "Egress")
    return [one for one in acl["Entries"] if all(one[name] == key[name] for name in same)]


def _replacing(
    create: Callable[[str, Properties, str], Created], delete: Callable[[str, Properties], None]
) -> Callable[[str, Properties, Properties, str, str], Created]:
    """Return an update: an ACL keeps its id unless its VPC changes, all else is made anew."""

    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> Created:
        if "SubnetId" not in new and "RuleNumber" not in new and old["VpcId"] == new["VpcId"]:
            return physical_id, {"Id": physical_id}
        delete(physical_id, old)
        return create(logical_id, new, stack)

    return update


def _describe_ports(ec2: ModuleType) -> None:
    """Return an entry's ports when its ACL is described."""
    original = ec2._network_acl_entry_xml  # noqa: SLF001

    @functools.wraps(original)
    def describe(entry: Mapping[str, Any]) -> str:
        text: str = original(entry)
        ports = entry.get("PortRange")
        if not ports:
            return text
        ends = f"<from>{ports['From']}</from><to>{ports['To']}</to>"
        return text.replace("</item>", f"<portRange>{ends}</portRange></item>")

    setattr(ec2, "_network_acl_entry_xml", describe)  # noqa: B010 - private, and so untyped
