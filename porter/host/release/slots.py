"""The two slots of the workload behind the proxy: the live one, and one beside it (ADR 0016)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from porter.errors import PorterError
from porter.host.core.goal import Goal
from porter.host.core.ports import beside
from porter.host.core.record import installed
from porter.host.core.view import View
from porter.host.release import probe
from porter.spec import ports_of


def placed(goal: Goal, view: View) -> Goal:
    """Return `goal` with the workload behind the proxy in the slot that is live."""
    last = installed(view)
    if not (last and last.proxy and last.web and last.proxy.slot == "b" and goal.spec.web):
        return goal
    if last.web.name != goal.spec.web.name:
        return goal
    return in_slot_b(goal, probe.is_free, prefer=last.web.port)


def in_slot_b(goal: Goal, is_free: Callable[[int], bool], *, prefer: int | None = None) -> Goal:
    """Return `goal` with that workload in slot b, on the port `prefer` or the next free one.

    Raises `PorterError` if no port is free.
    """
    taken, web = set(ports_of(goal.spec)), goal.spec.web
    assert web is not None  # noqa: S101 - only a specification with one is moved
    own = web.port
    assert own is not None  # noqa: S101 - the one behind the proxy has a port
    if prefer is not None and prefer not in taken:
        return _moved(goal, prefer)
    ports = beside(own)
    for port in ports:
        if port not in taken and is_free(port):
            return _moved(goal, port)
    raise PorterError(
        f"all ports from {ports[0]} to {ports[-1]} are in use",
        where="proxy/workload",
        cure="free one of them for the newer workload",
    )


def _moved(goal: Goal, port: int) -> Goal:
    spec = goal.spec
    assert spec.proxy is not None  # noqa: S101 - only a specification with one is moved
    workloads = tuple(replace(one, port=port) if one is spec.web else one for one in spec.workloads)
    proxy = replace(spec.proxy, slot="b")
    return replace(goal, spec=replace(spec, workloads=workloads, proxy=proxy))
