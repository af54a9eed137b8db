"""Tell which host of the app a running host is."""

from __future__ import annotations

from collections.abc import Iterable

from porter.packing.recipe import Recipe
from porter.rehearsal.cloud.assembly import Stack
from porter.rehearsal.fleet.host import Host


class Origins:
    """The hosts of `stacks`, which were deployed with the payloads of `recipes`."""

    def __init__(self, recipes: Iterable[Recipe], stacks: Iterable[Stack]) -> None:
        there = sorted(stacks, key=lambda stack: len(stack.id))
        self._found = [
            (stack.environment.account, stack.environment.region, stack.name, one.sha256, one.host)
            for one in recipes
            # The last one has the longest id. The path of a nested stack begins with its parent's.
            for stack in [stack for stack in there if one.host.startswith(f"{stack.id}/")][-1:]
        ]

    def path(self, host: Host) -> str:
        """Return the construct path of `host`; empty for one of an earlier deployment."""
        if host.origin is None:
            return ""
        deployment = host.origin.deployment
        _, _, _, region, account, resource = deployment.stack_id.split(":", 5)
        name, sha256 = resource.split("/")[1], deployment.payload.sha256
        fitting = {
            stack: path
            for *place, stack, digest, path in self._found
            # CloudFormation begins the name of a nested stack with its parent's.
            if [account, region, sha256] == [*place, digest]
            and (name == stack or name.startswith(f"{stack}-"))
        }
        return fitting[max(fitting, key=len)] if fitting else ""
