"""Claim the lease of the occurrence that is due: every host tries, one succeeds."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace

from porter.aws.leases import Lease, LeaseTable
from porter.aws.metadata import Metadata
from porter.host.core.goal import deployment_of, spec_of
from porter.host.core.machine import Machine
from porter.host.jobs import run
from porter.host.jobs.decision import LATE_SECONDS, Candidate, RefusedError, decide, expiry
from porter.host.jobs.occurrence import calendar, iso, latest
from porter.host.jobs.patience import patiently
from porter.spec import HostSpec, Job

_ROUNDS = 10
"""Attempts: each one that fails means that another host changed the lease."""

PROMPT_SECONDS = 20.0
"""Seconds that writing a lease may take before it is prolonged: a third of its margin."""


def claim(machine: Machine, name: str) -> Lease:
    """Claim the lease of the job `name` and write the run to this host.

    Raises `RefusedError` if this host must not run the job, and `PorterError` if AWS does not
    answer within a minute or so.
    """
    began = time.monotonic()
    run.remove(machine, name)
    spec = spec_of(machine)
    deployment = deployment_of(machine)
    candidate = _candidate(machine, _job(spec, name))
    table = str(spec.lease_table)

    def attempt() -> Lease | str:
        from porter.aws.clients import Clients  # noqa: PLC0415 - boto3 only where a job is due

        aws = Clients.of_host(deployment.region)
        return contend(LeaseTable(aws["dynamodb"], table), candidate)

    lease = patiently(attempt, f"the table {table}")
    if isinstance(lease, str):
        raise RefusedError(lease, where=iso(candidate.occurrence))
    run.write(
        machine,
        run.Run(
            service=spec.service,
            stack_id=deployment.stack_id,
            region=deployment.region,
            table=table,
            lease=lease,
            began=began,
        ),
    )
    return lease


def contend(table: LeaseTable, candidate: Candidate, prompt: float = PROMPT_SECONDS) -> Lease | str:
    """Return the lease that `candidate` got, or the reason for none. Raises the client's errors.

    A lease that took longer than `prompt` seconds to write is prolonged, so that the job cannot
    outlast it.
    """
    for _ in range(_ROUNDS):
        began = time.monotonic()
        before, now = table.read(candidate.job.name)
        if before and before.claim == candidate.claim:
            # This claim was written: slowly, or its answer was lost.
            after: Lease | str = replace(before, expires=expiry(candidate.job, now))
            if expiry(candidate.job, now) - before.expires <= prompt:
                return before
        else:
            after = decide(candidate, before, now)
        if isinstance(after, str):
            return after
        if table.replace(before, after) and time.monotonic() - began <= prompt:
            return after
    return "other hosts were faster, or the table is too slow"


def _job(spec: HostSpec, name: str) -> Job:
    for job in spec.jobs:
        if job.name == name:
            return job
    raise RefusedError("this host has no such job any more", where=name)


def _candidate(machine: Machine, job: Job) -> Candidate:
    now = int(time.time())
    occurrence = latest(calendar(machine, job.calendar), now)
    if occurrence is None:
        raise RefusedError("was never due", where=job.calendar)
    return Candidate(
        job=job,
        holder=Metadata().instance_id(),
        claim=uuid.uuid4().hex,
        occurrence=occurrence,
        late=now - occurrence > LATE_SECONDS,
    )
