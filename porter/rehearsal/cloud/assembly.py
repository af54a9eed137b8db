"""Read from a cloud assembly (`cdk.out`) where it deploys and what must exist there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

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
    """One stack, and what `cdk bootstrap` must have created for it.

    `id` is its path in the app, which patterns select. `roles` are ARNs.
    """

    id: str
    name: str
    environment: Environment
    buckets: frozenset[str]
    repositories: frozenset[str]
    roles: frozenset[str]
    version_parameter: str | None


def read_assembly(folder: Path, current: Environment) -> list[Stack]:
    """Return every stack in `folder`, including those of stages.

    Stacks without an environment go to `current`. Raises `PorterError` if there is no stack.
    """
    stacks = [_stack(one, current) for one in _artifacts(folder)]
    if not stacks:
        raise PorterError(
            "the app has no stack", where="cdk.out", cure="add a PorterService to a cdk.Stack"
        )
    return stacks


def templates(folder: Path, current: Environment) -> Iterator[tuple[Environment, dict[str, Any]]]:
    """Yield the template of every stack in `folder`, with its environment."""
    for one in _artifacts(folder):
        template = _json(one.folder / one.artifact["properties"]["templateFile"])
        yield _environment(one.artifact["environment"], current), template


def metadata(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the metadata of each stack in `folder`: a list of entries for each construct's path."""
    for one in _artifacts(folder):
        if file := one.artifact.get("additionalMetadataFile"):
            yield _json(one.folder / file)


def resource_types(folder: Path) -> set[tuple[str, str]]:
    """Return the logical id and the type of each resource in `folder`, nested stacks' included."""
    found = set()
    for file in folder.rglob("*.template.json"):
        with suppress(PorterError):  # of a synthesis that was ended
            for logical_id, resource in _json(file).get("Resources", {}).items():
                found.add((logical_id, resource.get("Type", "")))
    return found


def missing(folder: Path) -> list[dict[str, Any]]:
    """Return the lookups that have no value yet, stages' included.

    Each has a `key` in the context, a `provider`, and the provider's `props`.
    """
    lookups: list[dict[str, Any]] = _json(folder / "manifest.json").get("missing") or []
    return lookups


class _Placed(NamedTuple):
    """The artifact of a stack, the folder that it refers to, and all artifacts beside it."""

    folder: Path
    identifier: str
    artifact: dict[str, Any]
    beside: dict[str, Any]


def _artifacts(folder: Path) -> Iterator[_Placed]:
    """Yield the artifact of every stack in `folder`, including those of stages."""
    artifacts = _json(folder / "manifest.json").get("artifacts", {})
    for identifier, artifact in artifacts.items():
        if artifact["type"] == "cdk:cloud-assembly":
            yield from _artifacts(folder / artifact["properties"]["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            yield _Placed(folder, identifier, artifact, artifacts)


def _stack(placed: _Placed, current: Environment) -> Stack:
    artifact = placed.artifact
    properties = artifact.get("properties", {})
    environment = _environment(artifact["environment"], current)
    manifests = _asset_manifests(placed.folder, placed.beside, artifact)
    return Stack(
        id=artifact.get("displayName", placed.identifier),
        name=properties.get("stackName", placed.identifier),
        environment=environment,
        buckets=_named("bucketName", "files", manifests, environment),
        repositories=_named("repositoryName", "dockerImages", manifests, environment),
        roles=_roles(properties, manifests, environment),
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


def _roles(
    properties: dict[str, Any], manifests: list[dict[str, Any]], environment: Environment
) -> frozenset[str]:
    """Return the roles that the cdk CLI assumes or passes on for a stack and its assets."""
    named = {
        properties.get("assumeRoleArn"),
        properties.get("cloudFormationExecutionRoleArn"),
        properties.get("lookupRole", {}).get("arn"),
        *(
            destination.get("assumeRoleArn")
            for manifest in manifests
            for kind in ("files", "dockerImages")
            for asset in manifest.get(kind, {}).values()
            for destination in asset["destinations"].values()
        ),
    }
    return frozenset(_filled(role, environment) for role in named if role)


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
