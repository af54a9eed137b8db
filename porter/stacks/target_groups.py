"""Find the target groups that a deployment would replace, which is an outage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from porter.aws.clients import ERRORS, Clients
from porter.errors import PorterError
from porter.stacks.background import in_background
from porter.stacks.observer import Observer, denied, error_code
from porter.stacks.scaling_groups import GROUP, Home, Stack, stacks

_NEVER_DEPLOYED = "ValidationError"
"""CloudFormation's answer for an unknown stack."""

_CREATE_ONLY = (
    "IpAddressType",
    "Name",
    "Port",
    "Protocol",
    "ProtocolVersion",
    "TargetType",
    "VpcId",
)
"""Changes that replace a target group (Template Reference, "TargetGroup": "Replacement")."""


@dataclass(slots=True)
class Replaced:
    """Target groups (`STACK/LOGICAL ID`), each with the properties that differ.

    `problem` says why AWS could not be asked about others; empty if it could.
    """

    groups: dict[str, list[str]] = field(default_factory=dict)
    problem: str = ""

    def refuse(self) -> None:
        """Raise `PorterError` if a target group would be replaced."""
        for group, properties in self.groups.items():
            switched = " (tls= is switched on or off)" if "Protocol" in properties else ""
            raise PorterError(
                f"an outage: a new {' and '.join(properties)}{switched} replaces the target group, "
                "and requests get 503 until new hosts are healthy",
                where=group,
                cure="deploy with --allow-outage when no client needs the service, or deploy a "
                "second PorterService, and move the DNS name to it",
            )


def replaced(assembly: Path, *, profile: str | None, seconds: float) -> Replaced:
    """Compare target groups of hosts in the folder `assembly` with the deployed ones.

    It takes at most `seconds`. No credentials and a stack that was never deployed are no problem.
    """
    found = Replaced()
    # In the background, because botocore's own time-outs are longer than `seconds`.
    asking = in_background(partial(_ask, found, assembly, profile))
    asking.join(seconds)
    if asking.is_alive():
        return Replaced(dict(found.groups), f"AWS did not answer within {seconds:g} s")
    return found


def _ask(found: Replaced, assembly: Path, profile: str | None) -> None:
    observers: dict[Home, Observer] = {}
    for stack in stacks(assembly):
        wanted = dict(_of_hosts(stack.template))
        if not wanted:
            continue
        try:
            if stack.home not in observers:
                observers[stack.home] = Observer(stack.home, profile)
            deployed = observers[stack.home].ask(partial(_deployed, stack))
        except PorterError as error:
            found.problem = error.what
        except ERRORS as error:
            if (code := error_code(error)) not in ("", _NEVER_DEPLOYED):
                cure = "; allow cloudformation:GetTemplate" if denied(error) else ""
                found.problem = f"AWS answered {code}{cure}"
        else:
            for name, properties in wanted.items():
                if changed := _changed(deployed.get(name), properties):
                    found.groups[f"{stack.name}/{name}"] = changed


def _of_hosts(template: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the target groups in which Auto Scaling groups of `template` are."""
    resources = template.get("Resources", {})
    for resource in resources.values():
        if resource["Type"] == GROUP:
            for arn in resource.get("Properties", {}).get("TargetGroupARNs", []):
                name = arn.get("Ref", "") if isinstance(arn, dict) else ""
                if name in resources:
                    yield name, resources[name].get("Properties", {})


def _deployed(stack: Stack, aws: Clients) -> dict[str, Any]:
    """Return the resources of the deployed template."""
    body = aws["cloudformation"].get_template(StackName=stack.name)["TemplateBody"]
    resources: dict[str, Any] = body.get("Resources", {}) if isinstance(body, dict) else {}
    return resources


def _changed(deployed: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> list[str]:
    if deployed is None:
        return []
    before = deployed.get("Properties", {})
    return [name for name in _CREATE_ONLY if before.get(name) != wanted.get(name)]
