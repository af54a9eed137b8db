"""What a machine's metadata service tells, as a tree.

Source: "Instance metadata categories" and "Instance identity documents" in the EC2 User Guide.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Mapping
from typing import Any

from porter.rehearsal.machine.launch import Launch

Tree = dict[str, Any]
"""Names to folders (`Tree`), to values (str or bytes), or to functions that give a value."""

_ADDRESS = "127.0.0.1"
_MAC = "02:00:00:00:00:01"
_ARCHITECTURES = {"aarch64": "arm64", "arm64": "arm64"}


def tree(launch: Launch) -> Tree:
    """The whole tree for one instance, under each version porter and the SDKs ask for."""
    now = _timestamp()
    content = {
        "dynamic": {
            "instance-identity": {"document": json.dumps(_identity(launch, now), indent=2)}
        },
        "meta-data": _metadata(launch, now),
        "user-data": launch.user_data,
    }
    return {"latest": content, "2021-03-23": content}


def _metadata(launch: Launch, now: str) -> Tree:
    profile = f"arn:aws:iam::{launch.account}:instance-profile/{launch.role_name}"
    info = {
        "Code": "Success",
        "LastUpdated": now,
        "InstanceProfileArn": profile,
        "InstanceProfileId": "AIPAREHEARSAL",
    }
    return {
        "ami-id": launch.image_id,
        "hostname": "localhost",
        "iam": {
            "info": json.dumps(info, indent=2),
            "security-credentials": {launch.role_name: lambda: _credentials(launch.credentials)},
        },
        "instance-id": launch.instance_id,
        "instance-type": launch.instance_type,
        "local-hostname": "localhost",
        "local-ipv4": _ADDRESS,
        "mac": _MAC,
        "network": {
            "interfaces": {
                "macs": {_MAC: {"device-number": "0", "local-ipv4s": _ADDRESS, "mac": _MAC}}
            }
        },
        "placement": {"availability-zone": launch.availability_zone, "region": launch.region},
        "services": {"domain": "amazonaws.com", "partition": "aws"},
        "tags": {"instance": dict(launch.tags)},
    }


def _identity(launch: Launch, now: str) -> dict[str, Any]:
    machine = platform.machine()
    absent = dict.fromkeys(
        (
            "billingProducts",
            "devpayProductCodes",
            "kernelId",
            "marketplaceProductCodes",
            "ramdiskId",
        )
    )
    return absent | {
        "accountId": launch.account,
        "architecture": _ARCHITECTURES.get(machine, machine),
        "availabilityZone": launch.availability_zone,
        "imageId": launch.image_id,
        "instanceId": launch.instance_id,
        "instanceType": launch.instance_type,
        "pendingTime": now,
        "privateIp": _ADDRESS,
        "region": launch.region,
        "version": "2017-09-30",
    }


def _credentials(current: Callable[[], Mapping[str, str]]) -> str:
    document = {"Code": "Success", "LastUpdated": _timestamp(), "Type": "AWS-HMAC", **current()}
    return json.dumps(document, indent=2)


def _timestamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
