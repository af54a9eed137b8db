"""Decide from its lease whether a host may run an occurrence of a job. No input or output."""

from __future__ import annotations

from dataclasses import dataclass

from porter.aws.leases import Lease
from porter.errors import PorterError
from porter.host.jobs.occurrence import iso
from porter.spec import Job

LATE_SECONDS = 60
"""Seconds after which an occurrence counts as missed."""

MARGIN_SECONDS = 60
"""Seconds that a lease outlasts the job's time-out: to end the job, and to settle it."""

TOO_LATE = "it is too late for it"

MOST_ATTEMPTS = 3
"""Claims of one occurrence: a job that crashes its hosts must not crash all of them."""


class RefusedError(PorterError):
    """This host must not run the job, for instance since another host does; no fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The host `holder`, which wants to run `occurrence`; `claim` is the id of this attempt."""

    job: Job
    holder: str
    claim: str
    occurrence: int
    late: bool


def decide(candidate: Candidate, lease: Lease | None, now: float) -> Lease | str:
    """Return the lease with which `candidate` may replace `lease`, or the reason for none."""
    refusal = _refusal(candidate, lease, now)
    if refusal:
        return refusal
    again = lease is not None and lease.occurrence == candidate.occurrence
    return Lease(
        job=candidate.job.name,
        occurrence=candidate.occurrence,
        schedule=candidate.job.calendar,
        token=(lease.token if lease else 0) + 1,
        attempt=(lease.attempt if lease and again else 0) + 1,
        holder=candidate.holder,
        claim=candidate.claim,
        expires=expiry(candidate.job, now),
        state="running",
    )


def expiry(job: Job, now: float) -> int:
    """Return when a lease of `job` that is written `now` expires."""
    return int(now) + job.timeout_seconds + MARGIN_SECONDS


def _refusal(candidate: Candidate, lease: Lease | None, now: float) -> str:
    if lease is None:
        # A job that never ran has missed nothing: a first deployment must not start it late.
        return TOO_LATE if candidate.late else ""
    if lease.occurrence > candidate.occurrence:
        return f"that of {iso(lease.occurrence)} has been run since"
    # A host runs one occurrence at a time. If its own lease is still running, that run was cut off.
    if lease.state == "running" and lease.holder != candidate.holder and now < lease.expires:
        return f"{lease.holder} runs that of {iso(lease.occurrence)}"
    if lease.occurrence == candidate.occurrence:
        return _refusal_again(candidate, lease)
    return _refusal_late(candidate, lease) if candidate.late else ""


def _refusal_late(candidate: Candidate, lease: Lease) -> str:
    """Return the reason against an occurrence that no host claimed in time."""
    if candidate.job.missed == "skip":
        return TOO_LATE
    if lease.schedule != candidate.job.calendar:
        return "the schedule has changed, so the run may not have been missed"
    return ""


def _refusal_again(candidate: Candidate, lease: Lease) -> str:
    """Return the reason against running the occurrence of `lease` again; no host runs it now."""
    if lease.state != "running":
        return f"{lease.holder} has run it: {lease.state}"
    if candidate.job.missed == "skip":
        return f"{lease.holder} did not end it, and missed runs are skipped"
    if lease.attempt >= MOST_ATTEMPTS:
        return f"{lease.holder} did not end it, nor did {lease.attempt - 1} hosts before"
    return ""
