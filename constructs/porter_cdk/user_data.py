"""Render the user data: a cloud-config in JSON with one file and one command (ADR 0003)."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from importlib import resources

from porter.spec import Deployment
from porter_cdk.shorten import shorten

DEPLOYMENT_PATH = "/etc/porter/deployment.json"


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
