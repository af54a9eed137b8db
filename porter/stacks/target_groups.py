"""Find target groups that a deployment would replace, or would attach to two load balancers."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from porter.aws.clients import ERRORS, Clients
from porter.errors import PorterError
from porter.stacks.background import ended_within
from porter.stacks.observer import Observers, denied, error_code
from porter.stacks.scaling_groups import GROUP, Stack

_LISTENER = "AWS::ElasticLoadBalancingV2::Listener"

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

_CREATE_ONLY_OF_BALANCERS = ("Name", "Scheme", "Type")
"""Changes that replace a load balancer (Template Reference, "LoadBalancer": "Replacement").

CloudFormation makes the new one first, and a target group belongs to one load balancer
(https://github.com/aws/aws-cdk/issues/33253).
"""


@dataclass(slots=True)
class Replaced:
    """Target groups and load balancers (`STACK/LOGICAL ID`), each with the properties that differ.

    `problem` says why AWS could not be asked about others; empty if it could.
    """

    groups: dict[str, list[str]] = field(default_factory=dict)
    balancers: dict[str, list[str]] = field(default_factory=dict)
    problem: str = ""

    def refuse(self) -> None:
        """Raise `PorterError` if one of them would be replaced."""
        for balancer, properties in self.balancers.items():
            raise PorterError(
                f"AWS refuses this update: a new {' and '.join(properties)} replaces the load "
                "balancer, and the target group cannot belong to the old and the new one",
                where=balancer,
                cure="deploy a second PorterService, move the DNS name to it, and remove this one",
            )
        for group, properties in self.groups.items():
            switched = " (tls= is switched on or off)" if "Protocol" in properties else ""
            raise PorterError(
                f"an outage: a new {' and '.join(properties)}{switched} replaces the target group, "
                "and requests get 503 until new hosts are healthy",
                where=group,
                cure="deploy with --allow-outage when no client needs the service, or deploy a "
                "second PorterService, and move the DNS name to it",
            )

    def compare(self, stack: Stack, groups: Mapping[str, Any], deployed: Mapping[str, Any]) -> None:
        """Note what replaces target `groups` of `stack`, or the load balancers before them."""
        for name, properties in groups.items():
            if changed := _changed(deployed.get(name), properties, _CREATE_ONLY):
                self.groups[f"{stack.name}/{name}"] = changed
        for name, properties in _before(stack, groups):
            if changed := _changed(deployed.get(name), properties, _CREATE_ONLY_OF_BALANCERS):
                self.balancers[f"{stack.name}/{name}"] = changed


def replaced(stacks: Iterable[Stack], observers: Observers, *, seconds: float) -> Replaced:
    """Compare the target groups of hosts in `stacks` with the deployed ones.

    It takes at most `seconds`. No credentials and a stack that was never deployed are no problem.
    """
    found = Replaced()
    if ended_within(seconds, partial(_ask, found, stacks, observers)):
        return found
    late = f"AWS did not answer within {seconds:g} s"
    return Replaced(dict(found.groups), dict(found.balancers), late)


def _ask(found: Replaced, stacks: Iterable[Stack], observers: Observers) -> None:
    for stack in stacks:
        wanted = dict(_of_hosts(stack))
        if not wanted:
            continue
        try:
            deployed = observers.ask(stack.home, partial(_deployed, stack))
        except PorterError as error:
            found.problem = error.what
        except ERRORS as error:
            if (code := error_code(error)) not in ("", _NEVER_DEPLOYED):
                cure = "; allow cloudformation:GetTemplate" if denied(error) else ""
                found.problem = f"AWS answered {code}{cure}"
        else:
            found.compare(stack, wanted, deployed)


def _of_hosts(stack: Stack) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the target groups in which Auto Scaling groups of `stack` are."""
    for resource in stack.resources.values():
        if resource["Type"] == GROUP:
            for arn in resource.get("Properties", {}).get("TargetGroupARNs", []):
                yield from _named(stack, arn)


def _before(stack: Stack, groups: Collection[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the load balancers of `stack` with a listener that forwards to one of `groups`."""
    for resource in stack.resources.values():
        properties = resource.get("Properties", {})
        actions = json.dumps(properties.get("DefaultActions", []))
        forwards = any(json.dumps({"Ref": group}) in actions for group in groups)
        if resource["Type"] == _LISTENER and forwards:
            yield from _named(stack, properties.get("LoadBalancerArn"))


def _named(stack: Stack, arn: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the resource to which `arn` refers, with its properties, if it is one of `stack`."""
    name = arn.get("Ref", "") if isinstance(arn, dict) else ""
    if name in stack.resources:
        yield name, stack.resources[name].get("Properties", {})


def _deployed(stack: Stack, aws: Clients) -> dict[str, Any]:
    """Return the resources of the deployed template."""
    body = aws["cloudformation"].get_template(StackName=stack.name)["TemplateBody"]
    resources: dict[str, Any] = body.get("Resources", {}) if isinstance(body, dict) else {}
    return resources


def _changed(
    deployed: Mapping[str, Any] | None, wanted: Mapping[str, Any], create_only: Sequence[str]
) -> list[str]:
    if deployed is None:
        return []
    before = deployed.get("Properties", {})
    return [name for name in create_only if before.get(name) != wanted.get(name)]
