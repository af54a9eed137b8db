"""Hosts that CloudFormation does not hear: it has the last word, at its own time-out."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures.rows import Failure

_TIMEOUT = 16
_UNHEARD = "WaitCondition timed out. Received 0 conditions when expecting 1"

HANDLE = (
    Failure(
        name="handle-denied",
        faults=(Fault.HANDLE_DENIED,),
        timeout=_TIMEOUT,
        within=_TIMEOUT + 10,
        seen=_UNHEARD,
        why="The wait handle refused the signal (403), so porterd stopped trying.",
        cure="Does a VPC endpoint policy for S3 let hosts write to CloudFormation's buckets "
        "(`cloudformation-waitcondition-REGION`)?",
        signals=(),
    ),
    Failure(
        name="handle-expired",
        faults=(Fault.HANDLE_EXPIRED,),
        timeout=_TIMEOUT,
        within=_TIMEOUT + 10,
        seen=_UNHEARD,
        why="The handle's URL was no longer valid: the host came up too late, or its clock is off.",
        cure="Compare the host's clock, and the time it took to boot (`/var/log/cloud-init.log`).",
        signals=(),
    ),
    Failure(
        name="handle-dead",
        faults=(Fault.HANDLE_DEAD,),
        timeout=_TIMEOUT,
        within=_TIMEOUT + 10,
        seen=_UNHEARD,
        why="S3 answered no attempt well; porterd tried until the time-out.",
        cure="Look at the AWS health dashboard, then at the network's way to S3. Deploy again.",
        signals=(),
    ),
)
