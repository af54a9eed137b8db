"""Read from a cloud assembly (`cdk.out`) where it deploys and what must exist there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porter.errors import PorterError

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
"""Where an app without an environment is deployed."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Environment:
    """An account (12 digits) and a region."""

    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One stack, and what `cdk bootstrap` must have created for it."""

    name: str
    environment: Environment
    buckets: frozenset[str]
    repositories: frozenset[str]
    version_parameter: str | None


def read_assembly(folder: Path, current: Environment) -> list[Stack]:
    """Return every stack in `folder`, including those of stages.

    Stacks without an environment go to `current`. Raises `PorterError` if there is no stack.
    """
    stacks = list(_stacks(folder, current))
    if not stacks:
        raise PorterError(
            "the app has no stack", where="cdk.out", cure="add a PorterService to a cdk.Stack"
        )
    return stacks


def _stacks(folder: Path, current: Environment) -> Iterator[Stack]:
    artifacts = _json(folder / "manifest.json").get("artifacts", {})
    for identifier, artifact in artifacts.items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _stacks(folder / properties["directoryName"], current)
        elif artifact["type"] == "aws:cloudformation:stack":
            environment = _environment(artifact["environment"], current)
            manifests = _asset_manifests(folder, artifacts, artifact)
            yield Stack(
                name=properties.get("stackName", identifier),
                environment=environment,
                buckets=_named("bucketName", "files", manifests, environment),
                repositories=_named("repositoryName", "dockerImages", manifests, environment),
                version_parameter=properties.get("bootstrapStackVersionSsmParameter"),
            )


def _asset_manifests(
    folder: Path, artifacts: dict[str, Any], stack: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the asset manifests that `stack` depends on."""
    needed = [artifacts.get(dependency, {}) for dependency in stack.get("dependencies", [])]
    files = [one["properties"]["file"] for one in needed if one.get("type") == "cdk:asset-manifest"]
    return [_json(folder / file) for file in files]


def _named(
    what: str, kind: str, manifests: list[dict[str, Any]], environment: Environment
) -> frozenset[str]:
    """Return the values of `what` in the destinations of all assets of `kind`."""
    return frozenset(
        _filled(destination[what], environment)
        for manifest in manifests
        for asset in manifest.get(kind, {}).values()
        for destination in asset["destinations"].values()
    )


def _environment(url: str, current: Environment) -> Environment:
    """Parse `aws://123456789012/eu-west-1`; environment-agnostic stacks have `unknown-account`."""
    account, region = url.removeprefix("aws://").split("/")
    return Environment(
        account=current.account if account == "unknown-account" else account,
        region=current.region if region == "unknown-region" else region,
    )


def _filled(text: str, environment: Environment) -> str:
    return (
        text.replace("${AWS::AccountId}", environment.account)
        .replace("${AWS::Region}", environment.region)
        .replace("${AWS::Partition}", "aws")
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise PorterError(f"cannot be read: {error}", where=path.name) from error
    return data
