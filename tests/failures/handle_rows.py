"""Hosts whose signal does not arrive: CloudFormation fails the stack at its time-out."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures.rows import QUICK, RELEASE, Failure

_TIMEOUT = 16
_UNHEARD = "WaitCondition timed out. Received 0 conditions when expecting 1"

HANDLE = (
    Failure(
        name="handle-denied",
        tier=QUICK,
        faults=(Fault.HANDLE_DENIED,),
        timeout=_TIMEOUT,
        within=_TIMEOUT + 10,
        seen=_UNHEARD,
        why="S3 refused the signal (403), so porterd stopped trying.",
        cure="Check the VPC endpoint policy for S3: hosts must be able to write to "
        "CloudFormation's buckets (`cloudformation-waitcondition-REGION`).",
        signals=(),
    ),
    Failure(
        name="handle-expired",
        tier=RELEASE,
        faults=(Fault.HANDLE_EXPIRED,),
        timeout=_TIMEOUT,
        within=_TIMEOUT + 10,
        seen=_UNHEARD,
        why="The URL of the wait handle had expired: the host started too late, or its clock is "
        "wrong.",
        cure="Compare the host's clock with the event's time, and check how long the boot took "
        "(`/var/log/cloud-init.log`).",
        signals=(),
    ),
    Failure(
        name="handle-dead",
        tier=RELEASE,
        faults=(Fault.HANDLE_DEAD,),
        timeout=_TIMEOUT,
        within=_TIMEOUT + 10,
        seen=_UNHEARD,
        why="S3 failed every attempt, and porterd tried until the time-out.",
        cure="Check the AWS health dashboard, then the network's route to S3. Deploy again.",
        signals=(),
    ),
)
