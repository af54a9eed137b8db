"""Settle a run: write its outcome to this host, to the lease, and to EventBridge."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from porter.aws.leases import Lease, LeaseTable
from porter.errors import PorterError
from porter.host.core.machine import Machine
from porter.host.jobs import files, run
from porter.host.jobs.occurrence import iso
from porter.host.jobs.patience import PassingError, patiently
from porter.spec.job import EVENT_SOURCE, JOB_FAILED, JOB_SUCCEEDED

NOT_STARTED = "not-started"

_log = logging.getLogger("porter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended: systemd's `result`; `exit_code` is None if a signal ended it."""

    job: str
    occurrence: str
    token: int
    result: str
    exit_code: int | None
    seconds: float

    @property
    def succeeded(self) -> bool:
        """Whether the command exited with 0 in time."""
        return self.result == "success"


class LostError(PorterError):
    """Another host got the lease while this one ran the job."""


def settle(machine: Machine, done: run.Run) -> Outcome:
    """Settle the run `done`, which this host has claimed; return its outcome.

    Raises `LostError` if another host has the lease by now: that host's outcome counts, and this
    one is not sent. Raises `PorterError` if AWS does not answer: the lease will expire.
    """
    outcome = _outcome(machine, done)
    _keep(machine, outcome)
    try:
        after = _after(machine, done.lease, outcome)
        if not patiently(lambda: _write(done, after), f"the table {done.table}"):
            raise LostError(
                f"the lease has gone to another host: token {done.lease.token} is refused",
                where=outcome.occurrence,
            )
        patiently(lambda: _tell(done, outcome), "EventBridge")
    finally:
        run.remove(machine, done.lease.job)
    return outcome


def _after(machine: Machine, lease: Lease, outcome: Outcome) -> Lease:
    """Return the settled lease.

    A host that ends has cut off what did not succeed. Its lease then expires at once, so that
    another host may claim the run, like that of a host that vanished (ADR 0041).
    """
    if outcome.succeeded:
        return replace(lease, state="succeeded")
    if machine.read(machine.layout.drain):
        _log.info("%s: handed back, since this host ends", outcome.occurrence)
        return replace(lease, expires=0)
    return replace(lease, state="failed")


def _client(done: run.Run, service: str) -> Any:  # noqa: ANN401 - boto3's own
    from porter.aws.clients import Clients  # noqa: PLC0415 - boto3 only where a job is due

    return Clients.of_host(done.region)[service]


def _write(done: run.Run, after: Lease) -> bool:
    # A new client each time: one made without credentials never gets any.
    table = LeaseTable(_client(done, "dynamodb"), done.table)
    if table.replace(done.lease, after):
        return True
    found, _ = table.read(after.job)
    return found == after  # it was written, but the answer was lost


def _tell(done: run.Run, outcome: Outcome) -> None:
    """Send the event. Raises the client's errors, and `PassingError` for a refused event."""
    detail = {
        "service": done.service,
        "stack": done.stack_id,
        "job": outcome.job,
        "occurrence": outcome.occurrence,
        "host": done.lease.holder,
        "token": outcome.token,
        "result": outcome.result,
        "exitCode": outcome.exit_code,
        "seconds": outcome.seconds,
    }
    entry = {
        "Source": EVENT_SOURCE,
        "DetailType": JOB_SUCCEEDED if outcome.succeeded else JOB_FAILED,
        "Resources": [done.stack_id],
        "Detail": json.dumps(detail),
    }
    answer = _client(done, "events").put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        raise PassingError(answer["Entries"][0]["ErrorMessage"])


def _outcome(machine: Machine, done: run.Run) -> Outcome:
    found = machine.read(files.ended(machine.layout, done.lease.job))
    ended = json.loads(found.content) if found else {"result": NOT_STARTED, "code": ""}
    return Outcome(
        job=done.lease.job,
        occurrence=iso(done.lease.occurrence),
        token=done.lease.token,
        result=ended["result"],
        exit_code=int(ended["status"]) if ended["code"] == "exited" else None,
        seconds=round(time.monotonic() - done.began, 1),
    )


def _keep(machine: Machine, outcome: Outcome) -> None:
    """Write the outcome for `porter host show`."""
    content = json.dumps(asdict(outcome)).encode()
    machine.write(files.outcome(machine.layout, outcome.job), content, 0o644)
