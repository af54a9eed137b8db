"""The last lines of whatever did not work on the hosts."""

from __future__ import annotations

from collections.abc import Iterable

from porter.rehearsal.host import Host

LINES = 15


def collect(hosts: Iterable[Host]) -> dict[str, list[str]]:
    """By source (`i-0123: porterd.service`): cloud-init where it failed, else units not active.

    Where every unit is active, what they wrote may still tell: then all of them.
    """
    found: dict[str, list[str]] = {}
    for host in hosts:
        for source in _suspects(host):
            lines = host.machine.log_tail(source, LINES).splitlines()
            if lines:
                found[f"{host.instance_id}: {source}"] = lines
    return found


def _suspects(host: Host) -> list[str]:
    if host.machine.cloud_init_exit not in (None, 0):
        return ["cloud-init"]
    units = host.machine.units()
    failing = [unit for unit, state in units.items() if state != "active"]
    return failing or [*units] or ["cloud-init"]
