"""One of several hosts, as a process: `python racer.py NAME` reads a command on each line.

`race OCCURRENCE` claims an occurrence of the job, and settles it; `claim` and `settle` are the
commands of porter's units. The process answers each command with a line.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from porter.aws.clients import Clients
from porter.aws.leases import LeaseTable
from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.jobs.claim import claim, contend
from porter.host.jobs.decision import Candidate
from porter.host.jobs.run import read
from porter.host.jobs.settle import settle
from tests.host.lease_host import REPORT, TABLE

REGION = "eu-central-1"


def main(name: str) -> None:
    """Run commands until standard input ends."""
    machine = Machine(Layout(Path(os.environ["PORTER_ROOT"])))
    table = LeaseTable(Clients.of_host(REGION)["dynamodb"], TABLE)
    _say("ready")
    for line in sys.stdin:
        verb, *rest = line.split()
        try:
            if verb == "race":
                _say(_race(table, name, int(rest[0])))
            elif verb == "claim":
                _say(f"token {claim(machine, 'report').token}")
            elif done := read(machine, "report"):
                _say(f"settled {settle(machine, done).result}")
        except PorterError as error:
            _say(f"refused {error}")


def _race(table: LeaseTable, name: str, occurrence: int) -> str:
    asked = Candidate(
        job=REPORT, holder=name, claim=f"{name}-{occurrence}", occurrence=occurrence, late=False
    )
    lease = contend(table, asked)
    if isinstance(lease, str):
        return f"refused {lease}"
    assert table.replace(lease, replace(lease, state="succeeded"))
    return f"token {lease.token}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
