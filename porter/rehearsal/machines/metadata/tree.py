"""The content of a machine's metadata service, as a tree.

Source: "Instance metadata categories" and "Instance identity documents" in the EC2 User Guide.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porter.rehearsal.machines.api import Launch

Tree = dict[str, Any]
"""Maps names to folders (`Tree`), values (str or bytes), or functions that return a value."""

VERSIONS = ("2009-04-04", "2016-09-02", "2018-09-24", "2021-03-23", "latest")
"""The versions that cloud-init, the SDKs and porter request; all have the same content."""

_SECURITY_GROUP = "rehearsal"
_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """The network interface in the metadata; `subnet` in CIDR notation."""

    address: str
    mac: str
    hostname: str
    subnet: str


LOOPBACK = Nic(
    address="127.0.0.1", mac="02:00:00:00:00:01", hostname="localhost", subnet="127.0.0.0/8"
)
"""The interface of a machine without a network of its own."""


def tree(launch: Launch, nic: Nic = LOOPBACK) -> Tree:
    """Return the whole tree of one instance."""
    now = _timestamp()
    content = {
        "dynamic": {
            "instance-identity": {"document": json.dumps(_identity(launch, nic, now), indent=2)}
        },
        "meta-data": _metadata(launch, nic, now),
        "user-data": launch.user_data,
    }
    return dict.fromkeys(VERSIONS, content)


def noticed(tree: Tree, notices: Path) -> Tree:
    """Return `tree` with the files in `notices`, which add or replace metadata.

    Names that begin with a dot are ignored: write there, and rename.
    """
    content = tree["latest"]
    overlaid = content | {"meta-data": _overlay(content["meta-data"], notices)}
    return dict.fromkeys(VERSIONS, overlaid)


def _overlay(node: Tree, folder: Path) -> Tree:
    overlaid = dict(node)
    for path in folder.glob("[!.]*"):
        if path.is_dir():
            overlaid[path.name] = _overlay(node.get(path.name, {}), path)
        else:
            with suppress(FileNotFoundError):  # removed meanwhile
                overlaid[path.name] = path.read_bytes()
    return overlaid


def _metadata(launch: Launch, nic: Nic, now: str) -> Tree:
    profile = f"arn:aws:iam::{launch.account}:instance-profile/{launch.role_name}"
    info = {
        "Code": "Success",
        "LastUpdated": now,
        "InstanceProfileArn": profile,
        "InstanceProfileId": "AIPAREHEARSAL",
    }
    return {
        "ami-id": launch.image_id,
        "ami-launch-index": "0",
        "autoscaling": {"target-lifecycle-state": "InService"},
        "hostname": nic.hostname,
        "iam": {
            "info": json.dumps(info, indent=2),
            "security-credentials": {launch.role_name: lambda: _credentials(launch.credentials)},
        },
        "instance-id": launch.instance_id,
        "instance-life-cycle": launch.life_cycle,
        "instance-type": launch.instance_type,
        "local-hostname": nic.hostname,
        "local-ipv4": nic.address,
        "mac": nic.mac,
        "network": {"interfaces": {"macs": {nic.mac: _interface(launch, nic)}}},
        "placement": {"availability-zone": launch.availability_zone, "region": launch.region},
        "security-groups": _SECURITY_GROUP,
        "services": {"domain": "amazonaws.com", "partition": "aws"},
        "tags": {"instance": dict(launch.tags)},
    }


def _interface(launch: Launch, nic: Nic) -> Tree:
    """Return the interface's metadata; without `vpc-id` cloud-init assumes EC2 Classic."""
    return {
        "device-number": "0",
        "local-hostname": nic.hostname,
        "local-ipv4s": nic.address,
        "mac": nic.mac,
        "owner-id": launch.account,
        "security-groups": _SECURITY_GROUP,
        "subnet-ipv4-cidr-block": nic.subnet,
        "vpc-id": "vpc-rehearsal",
        "vpc-ipv4-cidr-block": nic.subnet,
        "vpc-ipv4-cidr-blocks": nic.subnet,
    }


def _identity(launch: Launch, nic: Nic, now: str) -> dict[str, Any]:
    machine = platform.machine()
    unset = ("billingProducts", "devpayProductCodes", "kernelId", "marketplaceProductCodes")
    absent = dict.fromkeys((*unset, "ramdiskId"))
    return absent | {
        "accountId": launch.account,
        "architecture": _ARCHITECTURES.get(machine, machine),
        "availabilityZone": launch.availability_zone,
        "imageId": launch.image_id,
        "instanceId": launch.instance_id,
        "instanceType": launch.instance_type,
        "pendingTime": now,
        "privateIp": nic.address,
        "region": launch.region,
        "version": "2017-09-30",
    }


def _credentials(current: Callable[[], Mapping[str, str]]) -> str:
    document = {"Code": "Success", "LastUpdated": _timestamp(), "Type": "AWS-HMAC", **current()}
    return json.dumps(document, indent=2)


def _timestamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
