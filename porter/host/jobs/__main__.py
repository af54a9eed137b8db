"""`python -m porter.host.jobs claim|settle NAME`: what `porter-lease-NAME.service` runs.

It prints to the journal. `claim` exits 1 if this host must not run the job, which systemd takes for
a condition that does not hold. It exits 255 if AWS does not answer, which systemd takes for a
failure (systemd.service(5), ExecCondition=).
"""

from __future__ import annotations

import sys

from porter.errors import PorterError
from porter.host.core.own_program import log_to_journal, this_machine
from porter.host.jobs import run
from porter.host.jobs.decision import RefusedError
from porter.host.jobs.occurrence import iso

NOT_OURS = 1
UNKNOWN = 255


def main(verb: str, name: str) -> str:
    """Claim or settle the job `name`; return a line for the journal."""
    machine = this_machine()
    if verb == "claim":
        from porter.host.jobs.claim import claim  # noqa: PLC0415

        lease = claim(machine, name)
        return f"{iso(lease.occurrence)}: this host runs it, with token {lease.token}"
    done = run.read(machine, name)
    if done is None:
        return ""  # another host runs it; do not load boto3, which takes most of a second
    from porter.host.jobs.settle import settle  # noqa: PLC0415

    outcome = settle(machine, done)
    return f"{outcome.occurrence}: {outcome.result}, sent to EventBridge"


if __name__ == "__main__":
    log = log_to_journal()
    try:
        if said := main(*sys.argv[1:]):
            log.info(said)
    except RefusedError as refusal:
        log.info(refusal)
        sys.exit(NOT_OURS)
    except PorterError as error:
        log.error(error)  # noqa: TRY400 - a traceback is for bugs
        sys.exit(UNKNOWN)
    except Exception:
        log.exception("a bug")
        sys.exit(UNKNOWN)
