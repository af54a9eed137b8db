"""Collect the last log lines of what failed on hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from porter.rehearsal.fleet.host import Host

LINES = 15


def collect(hosts: Iterable[Host]) -> dict[str, Sequence[str]]:
    """Return the last log lines of `hosts` by source (`web i-0123: porterd.service`)."""
    found: dict[str, Sequence[str]] = {}
    for host in hosts:
        lines_of = last_lines(host) if host.last_lines is None else host.last_lines
        found.update({f"{host.name}: {source}": lines for source, lines in lines_of.items()})
    return found


def last_lines(host: Host) -> Mapping[str, Sequence[str]]:
    """Return last log lines by source: cloud-init if it failed, else the units that are not active.

    If every unit is active, return the lines of all units.
    """
    lines = {one: host.machine.log_tail(one, LINES).splitlines() for one in _suspects(host)}
    return {source: said for source, said in lines.items() if said}


def _suspects(host: Host) -> list[str]:
    if host.machine.cloud_init_exit not in (None, 0):
        return ["cloud-init"]
    units = host.machine.units()
    failing = [unit for unit, state in units.items() if state != "active"]
    return failing or [*units] or ["cloud-init"]
