"""Whether a host may run an occurrence of a job, from its lease alone: no input, no output."""

from __future__ import annotations

from dataclasses import dataclass

from porter.aws.leases import Lease
from porter.errors import PorterError
from porter.host.jobs.occurrence import iso
from porter.spec import Job

LATE_SECONDS = 60
"""So much later than it was due an occurrence counts as missed."""

MARGIN_SECONDS = 60
"""What a lease lasts beyond the job's time-out: for its end, and for telling of it."""

TOO_LATE = "it is too late for it"

MOST_ATTEMPTS = 3
"""Claims of one occurrence: a job that takes its hosts down must not take down all of them."""


class RefusedError(PorterError):
    """Another host runs it, or nobody should; that is no fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The host `holder` asks for `occurrence`, which is `late` or not; `claim` is its question."""

    job: Job
    holder: str
    claim: str
    occurrence: int
    late: bool


def decide(candidate: Candidate, lease: Lease | None, now: float) -> Lease | str:
    """The lease that `candidate` may write in the place of `lease`, or why there is none."""
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
    """When a lease ends that `job` gets `now`."""
    return int(now) + job.timeout_seconds + MARGIN_SECONDS


def _refusal(candidate: Candidate, lease: Lease | None, now: float) -> str:
    if lease is None:
        # What never ran has missed nothing: a first deployment does not begin with a late run.
        return TOO_LATE if candidate.late else ""
    if lease.occurrence > candidate.occurrence:
        return f"that of {iso(lease.occurrence)} has been run since"
    # A host runs a job once at a time: what it did not end itself, it does not run any more.
    if lease.state == "running" and lease.holder != candidate.holder and now < lease.expires:
        return f"{lease.holder} runs that of {iso(lease.occurrence)}"
    if lease.occurrence == candidate.occurrence:
        return _refusal_again(candidate, lease)
    return _refusal_late(candidate, lease) if candidate.late else ""


def _refusal_late(candidate: Candidate, lease: Lease) -> str:
    """Of an occurrence that nobody has claimed in time."""
    if candidate.job.missed == "skip":
        return TOO_LATE
    if lease.schedule != candidate.job.calendar:
        return "nobody knows whether it was missed: the schedule was another"
    return ""


def _refusal_again(candidate: Candidate, lease: Lease) -> str:
    """Of the occurrence that `lease` is about; nobody runs it now."""
    if lease.state != "running":
        return f"{lease.holder} has run it: {lease.state}"
    if candidate.job.missed == "skip":
        return f"{lease.holder} did not end it, and missed runs are skipped"
    if lease.attempt >= MOST_ATTEMPTS:
        return f"{lease.holder} did not end it, as {lease.attempt - 1} others before"
    return ""
