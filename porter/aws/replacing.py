"""Have Auto Scaling replace this host, or keep it; one host of a group at a time (ADR 0040).

`python -m porter.aws.replacing REGION TABLE INSTANCE replace|keep` prints an `Answer` as JSON.
porterd starts this process, so that the 25 MB of an AWS SDK are freed when it ends.
"""

from __future__ import annotations

import json
import sys
import uuid
from dataclasses import asdict, dataclass, replace
from typing import Any

from porter.aws.clients import ERRORS, URGENT, Clients
from porter.aws.leases import Lease, LeaseTable

LEASE = "porter/replacement"
"""The item in the table of leases; no job can have this name."""

LEASE_SECONDS = 180
"""A host has the lease for so long after each question; it asks every 30 to 45 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether this host has the lease and is `unhealthy` to Auto Scaling now.

    Else `holder` is the host that has the lease, or `problem` is why AWS did not answer.
    """

    unhealthy: bool = False
    holder: str = ""
    problem: str = ""


def replace_host(table: LeaseTable, auto_scaling: Any, instance_id: str) -> Answer:  # noqa: ANN401
    """Take or prolong the lease, and call this host unhealthy; `auto_scaling` is boto3's client.

    Raises one of `ERRORS`.
    """
    before, now = table.read(LEASE)
    taken = before is not None and before.state == "running" and before.expires > now
    if before and taken and before.holder != instance_id:
        return Answer(holder=before.holder)
    after = Lease(
        job=LEASE,
        occurrence=int(now),
        schedule="",
        token=before.token + 1 if before else 1,
        attempt=1,
        holder=instance_id,
        claim=str(uuid.uuid4()),
        expires=int(now) + LEASE_SECONDS,
        state="running",
    )
    if not table.replace(before, after):
        there, _ = table.read(LEASE)
        if there != after:  # else the SDK has repeated a write whose answer was lost
            return Answer(holder=there.holder if there else "")
    try:
        _call(auto_scaling, instance_id, "Unhealthy")
    except ERRORS:  # it may be refused for ever, and others may need the lease
        table.replace(after, replace(after, state="failed"))
        raise
    return Answer(unhealthy=True)


def keep_host(table: LeaseTable, auto_scaling: Any, instance_id: str) -> Answer:  # noqa: ANN401
    """Call this host healthy, and give the lease back if it has it. Raises one of `ERRORS`."""
    _call(auto_scaling, instance_id, "Healthy")
    before, _ = table.read(LEASE)
    if before and before.state == "running" and before.holder == instance_id:
        table.replace(before, replace(before, state="succeeded"))
    return Answer()


def _call(auto_scaling: Any, instance_id: str, health: str) -> None:  # noqa: ANN401 - boto3's
    """Set the health. A host that has served is past its grace period, whatever its group says."""
    auto_scaling.set_instance_health(
        InstanceId=instance_id, HealthStatus=health, ShouldRespectGracePeriod=False
    )


def main() -> None:
    """Ask once."""
    region, table, instance_id, verb = sys.argv[1:]
    clients = Clients.of_host(region, URGENT)
    ask = {"replace": replace_host, "keep": keep_host}[verb]
    try:
        leases = LeaseTable(clients["dynamodb"], table)
        answer = ask(leases, clients["autoscaling"], instance_id)
    except ERRORS as error:
        answer = Answer(problem=str(error))
    json.dump(asdict(answer), sys.stdout)


if __name__ == "__main__":
    main()
