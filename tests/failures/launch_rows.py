"""Launches that EC2 refuses, so that no host can report anything."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures.rows import Failure

REFUSED = Failure(
    name="launch-refused",
    faults=(Fault.LAUNCH_REFUSED,),
    booted_too=False,
    within=45,
    seen="EC2 refused 3 launches in a row: You have requested more vCPU capacity than your current "
    "vCPU limit of … allows",
    why="The account's quota of vCPUs for this kind of instance is used up.",
    cure="Ask Service Quotas for more vCPUs, or use a smaller `instance_type`.",
    signals=(),
    status="CREATE_IN_PROGRESS",
)

LAUNCH = (REFUSED,)
