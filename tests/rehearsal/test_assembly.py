"""The parts of a cloud assembly that a rehearsal reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from porter.errors import PorterError
from porter.rehearsal.cloud.assembly import Environment, Stack, read_assembly

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
REPOSITORY = "cdk-hnb659fds-container-assets-${AWS::AccountId}-${AWS::Region}"
ROLE = "arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:role/cdk-{}-role"
CURRENT = Environment(account="000000000000", region="us-east-1")
VERSION = "/cdk-bootstrap/hnb659fds/version"


def _stack(environment: str, name: str) -> dict[str, Any]:
    """Return a stack and its asset manifest, as the CDK does."""
    return {
        f"{name}.assets": {"type": "cdk:asset-manifest", "properties": {"file": "assets.json"}},
        name: {
            "type": "aws:cloudformation:stack",
            "environment": environment,
            "dependencies": [f"{name}.assets"],
            "properties": {
                "bootstrapStackVersionSsmParameter": VERSION,
                "assumeRoleArn": ROLE.format("deploy"),
            },
        },
    }


def _write(folder: Path, artifacts: dict[str, Any]) -> None:
    folder.mkdir(exist_ok=True)
    destinations = {"here": {"bucketName": BUCKET, "objectKey": "x"}}
    role = ROLE.format("publish")
    pushed = {"here": {"repositoryName": REPOSITORY, "imageTag": "x", "assumeRoleArn": role}}
    assets = {
        "files": {"x": {"destinations": destinations}},
        "dockerImages": {"y": {"destinations": pushed}},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}), "utf-8")
    (folder / "assets.json").write_text(json.dumps(assets), "utf-8")


def test_a_stack_without_an_environment_gets_the_current_one(tmp_path: Path) -> None:
    _write(tmp_path, _stack("aws://unknown-account/unknown-region", "Hello"))
    assert read_assembly(tmp_path, CURRENT) == [
        Stack(
            id="Hello",
            name="Hello",
            environment=CURRENT,
            buckets=frozenset({"cdk-hnb659fds-assets-000000000000-us-east-1"}),
            repositories=frozenset({"cdk-hnb659fds-container-assets-000000000000-us-east-1"}),
            roles=frozenset(
                f"arn:aws:iam::000000000000:role/cdk-{use}-role" for use in ("deploy", "publish")
            ),
            version_parameter=VERSION,
        )
    ]


def test_stacks_in_stages_are_found_with_environments_of_their_own(tmp_path: Path) -> None:
    stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}
    _write(tmp_path, {"assembly-Prod": stage})
    _write(tmp_path / "assembly-Prod", _stack("aws://123456789012/eu-west-1", "Prod-Hello"))
    [stack] = read_assembly(tmp_path, CURRENT)
    assert stack.environment == Environment(account="123456789012", region="eu-west-1")
    assert stack.buckets == {"cdk-hnb659fds-assets-123456789012-eu-west-1"}
    assert stack.repositories == {"cdk-hnb659fds-container-assets-123456789012-eu-west-1"}


def test_an_app_without_a_stack_is_refused_with_a_cure(tmp_path: Path) -> None:
    _write(tmp_path, {})
    with pytest.raises(PorterError, match=r"no stack.*PorterService"):
        read_assembly(tmp_path, CURRENT)
