"""The last lines of whatever did not work on the hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from porter.rehearsal.fleet.host import Host

LINES = 15


def collect(hosts: Iterable[Host]) -> dict[str, Sequence[str]]:
    """The last words of `hosts` by source (`i-0123: porterd.service`)."""
    found: dict[str, Sequence[str]] = {}
    for host in hosts:
        words = last_words(host) if host.last_words is None else host.last_words
        found.update({f"{host.instance_id}: {source}": lines for source, lines in words.items()})
    return found


def last_words(host: Host) -> Mapping[str, Sequence[str]]:
    """By source: cloud-init where it failed, else units not active.

    Where every unit is active, what they wrote may still tell: then all of them.
    """
    lines = {one: host.machine.log_tail(one, LINES).splitlines() for one in _suspects(host)}
    return {source: said for source, said in lines.items() if said}


def _suspects(host: Host) -> list[str]:
    if host.machine.cloud_init_exit not in (None, 0):
        return ["cloud-init"]
    units = host.machine.units()
    failing = [unit for unit, state in units.items() if state != "active"]
    return failing or [*units] or ["cloud-init"]
