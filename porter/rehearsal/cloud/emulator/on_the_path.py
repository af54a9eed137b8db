"""Create what a service's own path may lead through, and ministack's CloudFormation lacks.

These are records, as all of the emulator's network is: hosts use the network of this machine, and
the fleet's load balancers end TLS nowhere.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from porter.rehearsal.cloud.emulator.forwards import keep_weights

Properties = Mapping[str, Any]
Created = tuple[str, dict[str, str]]


def complete_the_path(modules: Mapping[str, ModuleType]) -> None:
    """Add NAT gateways, further certificates and weights of listeners, and groups of IAM."""
    keep_weights(modules["provisioners"], modules["load_balancing"])
    _create_nat_gateways(modules["provisioners"], modules["ec2"])
    _add_certificates(modules["provisioners"], modules["load_balancing"])
    _create_groups(modules["provisioners"], modules["iam"])


def _create_nat_gateways(provisioners: ModuleType, ec2: ModuleType) -> None:
    """Create `AWS::EC2::NatGateway`, to which routes point."""
    gateways, subnets = ec2._nat_gateways, ec2._subnets  # noqa: SLF001

    def create(_logical_id: str, properties: Properties, _stack: str) -> Created:
        kind = properties.get("ConnectivityType", "public")
        subnet = subnets.get(properties.get("SubnetId", ""))
        if subnet is None:
            raise ValueError(f"The subnet ID '{properties.get('SubnetId')}' does not exist")
        if kind == "public" and not properties.get("AllocationId"):
            raise ValueError("The request must contain the parameter AllocationId")
        gateway = f"nat-0{secrets.token_hex(8)}"
        gateways[gateway] = {
            "NatGatewayId": gateway,
            "SubnetId": properties["SubnetId"],
            "VpcId": subnet["VpcId"],
            "AllocationId": properties.get("AllocationId"),
            "ConnectivityType": kind,
            "State": "available",
            "CreateTime": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            "Tags": properties.get("Tags", []),
        }
        eni = f"eni-0{secrets.token_hex(8)}"
        return gateway, {"NatGatewayId": gateway, "EniId": eni}

    def delete(physical_id: str, _properties: Properties) -> None:
        gateways.pop(physical_id, None)

    handler = {"create": create, "delete": delete}
    provisioners._RESOURCE_HANDLERS.setdefault("AWS::EC2::NatGateway", handler)  # noqa: SLF001


def _add_certificates(provisioners: ModuleType, load_balancing: ModuleType) -> None:
    """Create `AWS::ElasticLoadBalancingV2::ListenerCertificate`, for a listener that exists."""
    listeners = load_balancing._listeners  # noqa: SLF001

    def create(_logical_id: str, properties: Properties, _stack: str) -> Created:
        arn = properties.get("ListenerArn", "")
        if arn not in listeners:
            raise ValueError(f"Listener '{arn}' not found (HandlerErrorCode: NotFound)")
        if listeners[arn]["Protocol"] not in ("HTTPS", "TLS"):
            raise ValueError(
                f"Certificates cannot be specified for {listeners[arn]['Protocol']} listeners"
            )
        given = properties.get("Certificates") or [{}]
        added = f"{arn}|{given[0].get('CertificateArn', '')}"
        return added, {"Id": added}

    def delete(_physical_id: str, _properties: Properties) -> None:
        return None

    handler = {"create": create, "delete": delete}
    kind = "AWS::ElasticLoadBalancingV2::ListenerCertificate"
    provisioners._RESOURCE_HANDLERS.setdefault(kind, handler)  # noqa: SLF001


def _create_groups(provisioners: ModuleType, iam: ModuleType) -> None:
    """Create `AWS::IAM::Group`: a policy of a group that does not exist fails its stack."""
    groups = iam._groups  # noqa: SLF001

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        made_up = f"{stack}-{logical_id}-{secrets.token_hex(6).upper()}"
        name = properties.get("GroupName") or made_up
        if name in groups:
            raise ValueError(f"Group with name {name} already exists.")
        iam._create_group({"GroupName": name, "Path": properties.get("Path", "/")})  # noqa: SLF001
        return name, {"Arn": groups[name]["Arn"]}

    def delete(physical_id: str, _properties: Properties) -> None:
        groups.pop(physical_id, None)

    handler = {"create": create, "delete": delete}
    provisioners._RESOURCE_HANDLERS.setdefault("AWS::IAM::Group", handler)  # noqa: SLF001
