"""Which units of the journal an agent is to send."""

from __future__ import annotations

from collections.abc import Iterable

from porter.errors import PorterError
from porter.spec import HAPROXY_UNIT, Containers, HaproxyLog, HostSpec, Journal, LogSource
from porter.spec.unit import workload_unit


def units_of(source: LogSource, spec: HostSpec) -> tuple[str, ...] | None:
    """The units `source` is about, none for the whole journal; None where it is no journal."""
    match source:
        case Journal(units):
            return units
        case HaproxyLog():
            return (HAPROXY_UNIT,)
        case Containers():
            return tuple(
                workload_unit(one.name) for one in spec.workloads if one.kind == "container"
            )
    return None


def check_groups(groups: Iterable[str], known: bytes, where: str) -> None:
    """Raise `PorterError` for one that /etc/group (`known`) lacks: its unit would not start."""
    names = {line.partition(":")[0] for line in known.decode(errors="replace").splitlines()}
    for group in groups:
        if group not in names:
            raise PorterError(f"there is no group {group!r}", where=where)
