"""Claim the lease of the occurrence that is due: all hosts ask for it, one gets it."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace

from porter.aws.leases import Lease, LeaseTable
from porter.aws.metadata import Metadata
from porter.host.core.goal import deployment_of, load
from porter.host.core.machine import Machine
from porter.host.jobs import run
from porter.host.jobs.decision import LATE_SECONDS, Candidate, RefusedError, decide, expiry
from porter.host.jobs.occurrence import calendar, iso, latest
from porter.host.jobs.patience import patiently
from porter.spec import HostSpec, Job

_ROUNDS = 10
"""Times that others may be faster: each of them has changed the lease meanwhile."""

PROMPT_SECONDS = 20.0
"""What a lease may lose of its time while it is written: a third of its margin."""


def claim(machine: Machine, name: str) -> Lease:
    """The lease of the job `name`, written and noted. Raises `RefusedError` where it is not ours.

    Raises `PorterError` when AWS does not answer within a minute or so: then nobody can know.
    """
    began = time.monotonic()
    run.remove(machine, name)
    spec = load(machine, HostSpec, machine.layout.host, "`porter host apply` writes it")
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
    """The lease that `candidate` has got, or why it has none. Raises what the client raises.

    One that took longer than `prompt` seconds to be had is prolonged: its job must not outlast it.
    """
    for _ in range(_ROUNDS):
        began = time.monotonic()
        before, now = table.read(candidate.job.name)
        if before and before.claim == candidate.claim:
            # It was written: slowly, or only the answer got lost.
            after: Lease | str = replace(before, expires=expiry(candidate.job, now))
            if expiry(candidate.job, now) - before.expires <= prompt:
                return before
        else:
            after = decide(candidate, before, now)
        if isinstance(after, str):
            return after
        if table.replace(before, after) and time.monotonic() - began <= prompt:
            return after
    return "others were faster, or the table is too slow"


def _job(spec: HostSpec, name: str) -> Job:
    for job in spec.jobs:
        if job.name == name:
            return job
    raise RefusedError("there is no such job any more", where=name)


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
