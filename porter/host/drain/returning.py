"""Go back into the load balancers that this host left in a shutdown (ADR 0037).

`python -m porter.host.drain.returning` is what `porterd-return.service` runs.
"""

from __future__ import annotations

import http.client
import json
import logging
import random
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from porter.aws import targets
from porter.aws.metadata import Metadata
from porter.errors import PorterError
from porter.host.core.goal import deployment_of, spec_of
from porter.host.core.listeners import LOOPBACK
from porter.host.core.machine import Machine
from porter.host.core.own_program import log_to_journal, this_machine
from porter.host.drain.steps import note

LOOK_SECONDS = 1.0
"""Between two questions to porterd."""

AGAIN_SECONDS = 5.0, 15.0
"""Before AWS is asked again: hosts that reboot together share one limit of requests."""

_ANSWER_SECONDS = 5.0
_LARGEST = 1_000_000

_log = logging.getLogger("porter")


def main() -> None:
    """Register this host once porterd finds its service healthy; it may take as long as it takes.

    A host that ends stays out, and so does one that an operator drains. Raises `PorterError` if it
    does not know what it runs, or which instance it is.
    """
    machine = this_machine()
    layout = machine.layout
    here = Metadata().instance_id()
    steps, port = Path(layout.drain_steps), spec_of(machine).porterd.port
    note(steps, "out", "out of its load balancers since its shutdown, until it is healthy")
    why, accepted = "", set[str]()
    while found := machine.read(layout.left_to_shut_down):
        instance, *arns = found.content.decode().split()
        ends = machine.read(layout.drain)
        if ends or instance != here:
            why = "this host ends" if ends else f"{instance}, whose image this is, left them"
            _log.info("not into the load balancers: %s", why)
            machine.remove(layout.left_to_shut_down)
            return
        if problem := _problem(port):
            if problem != why:
                why = problem
                _log.info("not in the load balancers: %s", problem)
            time.sleep(LOOK_SECONDS)
            continue
        accepted |= _join(machine, set(arns) - accepted)
        if accepted.issuperset(arns):
            machine.remove(layout.left_to_shut_down)
            note(steps, "in", "back in its load balancers: it has started again, and is healthy")
            return
        time.sleep(random.uniform(*AGAIN_SECONDS))  # noqa: S311 - jitter, not a secret


def _problem(port: int) -> str:
    """Return why the service is not healthy, as porterd says; empty if it is.

    A gate that has failed may be overtaken by a later check; AWS has a check of its own.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("GET", "/v1/service")
        answer: Any = json.loads(connection.getresponse().read(_LARGEST))
        gate, last = answer["gate"], answer["last_check"]
        if gate["state"] in ("healthy", "failed") and last and last["ok"]:
            return ""
        return str(last["problem"] if last and last["problem"] else gate["reason"])
    except OSError as error:
        return f"porterd does not answer: {error.strerror or error}"
    except (http.client.HTTPException, ValueError, KeyError, TypeError) as error:
        return f"porterd answers what is not valid: {error!r}"
    finally:
        connection.close()


def _join(machine: Machine, arns: Iterable[str]) -> set[str]:
    """Ask AWS to register this host in each target group of `arns`; return those that are done.

    A target group that was deleted meanwhile is done, too.
    """
    from porter.aws.clients import URGENT, Clients  # noqa: PLC0415 - boto3 only where it is asked

    client = Clients.of_host(deployment_of(machine).region, URGENT)["elbv2"]
    joined = set()
    for arn in arns:
        try:
            targets.join(client, [arn], Metadata().instance_id())
            joined.add(arn)
        except PorterError as error:
            _log.warning("AWS: %s", error)
            if targets.NOT_FOUND in str(error):
                joined.add(arn)
    return joined


if __name__ == "__main__":
    log = log_to_journal()
    try:
        main()
    except PorterError as error:
        log.error(error)  # noqa: TRY400 - a traceback is for bugs
        raise SystemExit(1) from None
