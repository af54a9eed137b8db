"""The facts that a swap finds on its host."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from porter.host.core.facts import Facts
from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState
from porter.host.haproxy.runtime import Server
from porter.host.release.slotted import Slotted
from porter.host.release.swap import SwapFacts
from porter.spec import HAPROXY_UNIT


def facts_of_swap(
    live: Slotted, other: Slotted, there: Mapping[Path, FileState] | None = None
) -> SwapFacts:
    """Return the facts of a host where an older program serves in the slot of `live`.

    `there` are more files on the host.
    """
    record = live.service.record(live.goal.layout).path
    up = UnitState(load="loaded", active="active", enabled=True)
    units = {live.service.name: up, other.service.name: UnitState(), HAPROXY_UNIT: up}
    own = dict.fromkeys(live.service.files(live.goal.layout), FileState(b"", 0o600))
    files = {**own, record: FileState(b"another", 0o600), **(there or {})}
    facts = Facts(files, units, systemd=True)
    servers = {"web": Server("no check", 0)}
    return SwapFacts(live, other, facts, servers, Path("haproxy"), live.port)
