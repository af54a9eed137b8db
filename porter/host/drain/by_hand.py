"""Take this host out of its load balancers for a while, as an operator (ADR 0041)."""

from __future__ import annotations

from pathlib import Path

from porter.aws import targets
from porter.aws.metadata import Metadata
from porter.errors import PorterError
from porter.host.core.goal import deployment_of
from porter.host.core.machine import Machine
from porter.host.drain.steps import note


def drain(machine: Machine, *, undo: bool = False) -> str:
    """Deregister this host, or with `undo` register it again; return what that means for requests.

    Raises `PorterError` on a host without a load balancer, on one that ends, and if AWS refuses.
    """
    deployment = deployment_of(machine)
    if not deployment.target_groups:
        raise PorterError("no load balancer sends requests to this host", where="porter host drain")
    if machine.read(machine.layout.drain):
        raise PorterError(
            "this host ends, and leaves its load balancers for good",
            where=str(machine.layout.drain),
            cure="journalctl --unit=porterd-drain says how far it is",
        )
    from porter.aws.clients import URGENT, Clients  # noqa: PLC0415 - boto3 only where it is asked

    change = targets.join if undo else targets.leave
    client = Clients.of_host(deployment.region, URGENT)["elbv2"]
    left = None
    if not undo:  # else `porterd-return.service` would register this host again
        left = machine.read(machine.layout.left_to_shut_down)
        machine.remove(machine.layout.left_to_shut_down)
    try:
        change(client, deployment.target_groups, Metadata().instance_id())
    except PorterError:
        if left:
            machine.write(machine.layout.left_to_shut_down, left.content, 0o600)
        raise
    steps = Path(machine.layout.drain_steps)
    if undo:
        note(steps, "in", "back in its load balancers: an operator asked for it")
        return "in the load balancers: requests come once the host passes their health check"
    note(steps, "out", "out of its load balancers: an operator asked for it")
    return "out of the load balancers: they finish the requests at hand, and send no new ones"
