"""The examples in the documentation that are for an app, and what they assume."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

import porter_cdk

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "docs" / "how-to" / "run-your-framework.md"
"""Whole services, each of which is rehearsed (tests/booted/test_recipes.py)."""

PAGES = (
    ROOT / "README.md",
    ROOT / "docs" / "index.md",
    ROOT / "docs" / "reference" / "constructs.md",
    *(one for one in sorted(ROOT.glob("docs/how-to/*.md")) if one != RECIPES),
)
FOR_AN_APP = re.compile(r"Porter(Service|Host)\(|\.grant_|\.connections\.|events\.Rule|\.metric_")
"""Matches examples for an app; other blocks are for hosts, notebooks and tests."""

ASSUMED: Mapping[str, Callable[[cdk.Stack], Any]] = {
    "certificate": lambda stack: acm.Certificate(stack, "Assumed", domain_name="example.org"),
    "database": lambda stack: ec2.SecurityGroup(stack, "Database", vpc=ec2.Vpc(stack, "Vpc")),
    "images": lambda stack: ecr.Repository(stack, "Images"),
    "queue": lambda stack: sqs.Queue(stack, "Queue"),
    "releases": lambda stack: s3.Bucket(stack, "Releases"),
    "service": lambda stack: porter_cdk.PorterService(
        stack,
        "Assumed",
        run=porter_cdk.Process(["true"], source="service", port=8000),
    ),
    "table": lambda stack: dynamodb.Table(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
    ),
    "topic": lambda stack: sns.Topic(stack, "Topic"),
}
"""The objects that an example does not define itself, by name."""


class Names(dict[str, Any]):
    """An example's names; each of ASSUMED is created when it is first used."""

    def __missing__(self, name: str) -> Any:
        self[name] = ASSUMED[name](self["stack"])
        return self[name]


def blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)


BLOCKS = {
    f"{page.stem}-{number}": block
    for page in PAGES
    for number, block in enumerate(blocks(page), 1)
    if FOR_AN_APP.search(block)
}
"""Each example for an app, by page and number."""


def lay_out(folder: Path) -> None:
    """Put every file that the examples name into `folder`."""
    for name in ("hello/service", "jobs", "service", "setup/agent", "thumbs"):
        (folder / name).mkdir(parents=True)
        (folder / name / "main.py").touch()
    (folder / "service" / "requirements.txt").touch()
    (folder / "build").mkdir()
    with tarfile.open(folder / "build/web.tar", "w") as archive:
        manifest = json.dumps([{"Config": "config", "Layers": []}]).encode()
        for name, content in {"config": b'{"os": "linux"}', "manifest.json": manifest}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
