"""Render the user data (ADR 0003), a cloud-config in JSON, and check that it fits."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources
from typing import Any

from porter.spec import Deployment, SpecError
from porter_cdk.shorten import shorten

DEPLOYMENT_PATH = "/etc/porter/deployment.json"

LIMIT = 16_384
"""Bytes of user data that EC2 accepts, before Base64 (EC2 User Guide, "Instance user data")."""

HANDLE_URL = 650
"""The longest URL of a wait handle. Observed: 530-650 bytes."""

_UNKNOWN = 256
_PSEUDO_PARAMETERS = {
    "AWS::AccountId": 12,
    "AWS::Partition": 10,
    "AWS::Region": 16,
    "AWS::StackId": 228,  # an ARN with a stack name of 128 characters
    "AWS::StackName": 128,
    "AWS::URLSuffix": 24,
}
_SUB_VARIABLE = re.compile(r"\$\{([^}!][^}]*)\}")


def render(deployment: Deployment, values: Sequence[str], packages: Sequence[str]) -> str:
    """Return the user data of a host.

    The strings of `deployment` and `values` may be CDK tokens. `values` becomes
    `Deployment.values`. `packages` are names of the distribution's packages.
    """
    content = json.dumps(asdict(deployment) | {"values": values}, separators=(",", ":"))
    config = {
        "packages": list(packages),
        "write_files": [{"path": DEPLOYMENT_PATH, "permissions": "0600", "content": content}],
        "runcmd": [loader()],
    }
    return "#cloud-config\n" + json.dumps(config, separators=(",", ":"))


@cache
def loader() -> list[str]:
    """Return the argument list that runs the compressed bootstrap."""
    source = resources.files("porter_cdk").joinpath("bootstrap.py").read_text(encoding="utf-8")
    packed = base64.b85encode(zlib.compress(shorten(source).encode(), 9)).decode()
    program = f"import zlib,base64;exec(zlib.decompress(base64.b85decode('{packed}')))"
    return ["python3", "-c", program]


def check_size(user_data: object, parts: Mapping[str, object], known: Mapping[str, int]) -> None:
    """Raise `SpecError`, with a breakdown, for user data that may exceed `LIMIT`.

    `user_data` and its `parts` are resolved. `known` is the longest `Ref` of resources, in bytes.
    """
    total = longest(user_data, known)
    if total <= LIMIT:
        return
    sizes = {name: longest(part, known) for name, part in parts.items()}
    breakdown = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    rest = total - sum(sizes.values())
    raise SpecError(
        f"may reach {total:,} bytes, EC2 allows {LIMIT:,}: {breakdown}, the rest {rest:,}",
        where="user data",
        cure="pass the name of an SSM parameter or an S3 object instead of a long value",
    )


def longest(expression: Any, known: Mapping[str, int]) -> int:  # noqa: ANN401 - JSON
    """Return the largest number of bytes of `expression`; unknown values count as 256 bytes."""
    match expression:
        case str():
            return len(expression.encode())
        case {"Ref": str(name)}:
            return known.get(name, _PSEUDO_PARAMETERS.get(name, _UNKNOWN))
        case {"Fn::Base64": inner}:
            return -(-longest(inner, known) // 3) * 4
        case {"Fn::Join": [str(separator), [*parts]]}:
            joints = len(separator.encode()) * max(0, len(parts) - 1)
            return joints + sum(longest(part, known) for part in parts)
        case {"Fn::Sub": str(text)}:
            names = _SUB_VARIABLE.findall(text)
            plain = _SUB_VARIABLE.sub("", text)
            return len(plain.encode()) + sum(longest({"Ref": name}, known) for name in names)
        case _:
            return _UNKNOWN
