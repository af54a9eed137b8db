"""`python -m porter.host.drain`: what `porterd-drain.service` runs. It prints to the journal."""

from __future__ import annotations

import logging
import random
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from porter.aws.clock import now
from porter.aws.metadata import Metadata
from porter.errors import PorterError
from porter.host.core.goal import deployment_of, spec_of
from porter.host.core.machine import Machine
from porter.host.core.own_program import log_to_journal, this_machine
from porter.host.drain.asking import Asking
from porter.host.drain.stages import Drain, Stage, answered, begin, looked, question, told
from porter.host.drain.steps import note
from porter.host.drain.stopping import JOBS_SECONDS, stop_timers, stopping
from porter.spec import Ending

TICK = 0.2
"""Seconds between two looks at the programs."""

_log = logging.getLogger("porter")


def main() -> None:
    """Drain this host. Raises `PorterError` if it does not know what it runs, or its group."""
    machine = this_machine()
    metadata = Metadata()
    group, instance = metadata.scaling_group(), metadata.instance_id()
    ending = _ending(machine)
    if not group and ending.ends is None:
        _log.info("this host shows no tags (InstanceMetadataTags), so no hook waits for its drain")
        return
    asking = Asking(deployment_of(machine), group, instance)
    drain = _heard(machine, begin(time.monotonic()))
    _note(machine, drain)
    # At once: a job that starts now would end with the host.
    work = stop_timers(spec_of(machine))

    def enter(after: Drain) -> None:
        """Go on with `after`; journal and events say why a new stage began."""
        nonlocal drain, work
        before, drain = drain, after
        if after.stage is before.stage:
            return
        _note(machine, after)
        if after.stage is Stage.STOPPING:
            work = chain(work, _stopping(machine))

    while drain.stage is not Stage.DONE:
        enter(_heard(machine, drain))
        if asked := question(drain, time.monotonic()):
            done = asking.ask(asked)
            chance = random.random()  # noqa: S311 - jitter, not a secret
            enter(answered(drain, time.monotonic(), waits=done, chance=chance))
        stopped = next(work, True) is True
        enter(looked(drain, time.monotonic(), stopped=stopped))
        time.sleep(TICK)


def _ending(machine: Machine) -> Ending:
    found = machine.read(machine.layout.drain)
    return Ending.parse(found.content.decode(errors="replace")) if found else Ending()


def _heard(machine: Machine, drain: Drain) -> Drain:
    """Return the drain after a look at porterd's file: it may say more than before."""
    ending, at = _ending(machine), time.monotonic()
    ends = None if ending.ends is None else at + ending.ends - now()
    return told(drain, at, hooked=ending.hooked, ends=ends)


def _stopping(machine: Machine) -> Iterator[None]:
    """Begin to stop; the specification is read now, since an apply may have changed it."""

    def seconds_left() -> float | None:
        ends = _ending(machine).ends
        return None if ends is None else max(0.0, ends - now())

    return stopping(spec_of(machine), JOBS_SECONDS, seconds_left)


def _note(machine: Machine, drain: Drain) -> None:
    note(Path(machine.layout.drain_steps), drain.stage, drain.why)


if __name__ == "__main__":
    log_to_journal()
    try:
        main()
    except PorterError as error:
        _log.error(error)
        sys.exit(1)
