"""IAM condition keys that porter's policies use and ministack does not evaluate."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any, cast
from urllib.parse import parse_qs

_Context = Callable[[str, str, bytes, Mapping[str, Any]], dict[str, Any]]


def know_condition_keys(
    actions: ModuleType,
    auto_scaling: ModuleType,
    group_of: Callable[[str], str],
) -> None:
    """Evaluate `cloudwatch:namespace`, `events:source`, KMS's encryption context, and group tags.

    As in the Service Authorization Reference; ministack evaluates request tags alone. `group_of`
    returns the name of an instance's group, which `SetInstanceHealth` does not name.
    """
    tags_of: _Context = actions.request_tag_context

    def context(
        service: str, action: str, body: bytes, parameters: Mapping[str, Any]
    ) -> dict[str, Any]:
        known = {**tags_of(service, action, body, parameters), **_keys(action, body, parameters)}
        if service == "autoscaling":
            return {**known, **_group_tags(auto_scaling, group_of, body, parameters)}
        return known

    setattr(actions, "request_tag_context", context)  # noqa: B010 - as untyped as its module


def _keys(action: str, body: bytes, parameters: Mapping[str, Any]) -> dict[str, Any]:
    if action == "cloudwatch:PutMetricData":
        return {"cloudwatch:namespace": _namespace(body, parameters)}
    if action == "events:PutEvents":
        return {"events:source": list(_sources(body))}
    if action.startswith("kms:"):
        pairs = _decoded(body).get("EncryptionContext") or {}
        return {f"kms:EncryptionContext:{name}": value for name, value in pairs.items()}
    return {}


def _group_tags(
    auto_scaling: ModuleType,
    group_of: Callable[[str], str],
    body: bytes,
    parameters: Mapping[str, Any],
) -> dict[str, str]:
    """Return the tags of the group that a request names, or whose instance it names.

    CloudFormation adds a tag to its groups.
    """
    sent = parse_qs(body.decode())

    def given(parameter: str) -> str:
        value = parameters.get(parameter) or sent.get(parameter) or ""
        return value[0] if isinstance(value, list) else str(value)

    name = given("AutoScalingGroupName") or group_of(given("InstanceId"))
    group = auto_scaling._asgs.get(name)  # noqa: SLF001 - no public name
    tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]} if group else {}
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def _namespace(body: bytes, parameters: Mapping[str, Any]) -> str | None:
    """Return the metrics' namespace, from the Query API or JSON; None without one."""
    namespace = parameters.get("Namespace")
    if namespace:
        return cast("str", namespace[0] if isinstance(namespace, list) else namespace)
    return cast("str | None", _decoded(body).get("Namespace"))


def _sources(body: bytes) -> Iterator[str]:
    for entry in _decoded(body).get("Entries", ()):
        yield str(entry.get("Source"))


def _decoded(body: bytes) -> Mapping[str, Any]:
    """Parse `body` as a JSON object; empty if it is none, which the action itself rejects."""
    found = None
    with suppress(ValueError):
        found = json.loads(body)
    return found if isinstance(found, dict) else {}
