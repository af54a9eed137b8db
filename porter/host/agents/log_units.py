"""The units whose journal an agent sends."""

from __future__ import annotations

from collections.abc import Iterable

from porter.errors import PorterError
from porter.spec import HAPROXY_UNIT, Containers, HaproxyLog, HostSpec, Journal, LogSource
from porter.spec.unit import workload_unit


def units_of(source: LogSource, spec: HostSpec) -> tuple[str, ...] | None:
    """Return the units of `source`: empty for the whole journal, None if it is no journal."""
    match source:
        case Journal(units):
            return _in_either_slot(units, spec)
        case HaproxyLog():
            return (HAPROXY_UNIT,)
        case Containers():
            found = [one.name for one in spec.workloads if one.kind == "container"]
            return _in_either_slot(map(workload_unit, found), spec)
    return None


def _in_either_slot(units: Iterable[str], spec: HostSpec) -> tuple[str, ...]:
    """Return `units` with both slots of the workload behind the proxy, for a hot apply."""
    if spec.proxy is None:
        return tuple(units)
    a, b = (workload_unit(f"{spec.proxy.workload}{slot}") for slot in ("", "_b"))
    found = [(a, b) if unit == a else (unit,) for unit in units]
    return tuple(dict.fromkeys(name for names in found for name in names))


def check_groups(groups: Iterable[str], known: bytes, where: str) -> None:
    """Raise `PorterError` for a group that /etc/group (`known`) lacks: the unit would not start."""
    names = {line.partition(":")[0] for line in known.decode(errors="replace").splitlines()}
    for group in groups:
        if group not in names:
            raise PorterError(f"there is no group {group!r}", where=where)
