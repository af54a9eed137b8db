"""Restart programs by name, unless an apply is at work or a person stopped them."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from porter.errors import PorterError
from porter.host.core.goal import spec_of
from porter.host.core.machine import Machine
from porter.spec import STOPPED_STATES, workload_unit

_SECONDS = 900.0
"""For one restart: a program may take long to stop."""

_log = logging.getLogger("porter")


def restart(machine: Machine, names: Sequence[str]) -> None:
    """Restart the programs `names` of this host, one after the other, and log what was done.

    porterd has no privileges, so a name that is no program of this host is refused.
    """
    spec = spec_of(machine)
    programs = {one.name: workload_unit(spec.running_name(one)) for one in spec.workloads}
    with _no_apply(machine) as free:
        for name in names:
            if machine.read(machine.layout.drain):
                _log.info("Auto Scaling terminates this host: nothing is restarted")
                return
            if name not in programs:
                _log.error("%s is no program of this host", name)
            elif not free:
                _log.warning("%s is not restarted: `porter host apply` is running", name)
            else:
                _log.info(_restart(machine, name, programs[name]))


def _restart(machine: Machine, name: str, unit: str) -> str:
    """Restart `unit`; return a sentence that says how it went."""
    try:
        state = machine.run(("systemctl", "show", "--property=ActiveState", "--value", unit))
        if state.output.strip() in STOPPED_STATES:
            return f"{name} is not restarted: somebody stopped it"
        done = machine.run(("systemctl", "restart", unit), seconds=_SECONDS)
    except PorterError as error:
        return f"{name} may not be restarted: {error}"
    if done.exit_code:
        return f"{name} is not restarted: {done.output.strip()}"
    return f"restarted {name}, which porterd found unhealthy"


@contextmanager
def _no_apply(machine: Machine) -> Iterator[bool]:
    """Yield whether no `porter host apply` runs, and let none begin meanwhile."""
    try:
        handle = os.open(machine.layout.lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield True
        return
    try:
        free = False
        with suppress(BlockingIOError):
            # Shared: so an apply can tell this restart, which it waits for, from another apply.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            free = True
        yield free
    finally:
        os.close(handle)
