"""Phase swap: a newer workload takes over behind the proxy, and no request is lost (ADR 0016)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from porter.errors import PorterError
from porter.host.credentials import credentials_files, credentials_key
from porter.host.facts import Facts, look_at
from porter.host.goal import Goal
from porter.host.haproxy_api import Server, servers, show_servers
from porter.host.machine import Machine
from porter.host.phases.haproxy import haproxy_service
from porter.host.phases.record import deployment_file, spec_file
from porter.host.phases.workloads import workload_service
from porter.host.service import File, Service, plan_files
from porter.host.slots import in_slot_b, installed, placed
from porter.host.steps import ChangeUnit, DaemonReload, MoveFile, RemoveFile, Run, Steps, WriteFile
from porter.host.swap_steps import AwaitDrained, AwaitHealthy, ConfirmServer, TellHaproxy
from porter.spec import HAPROXY_UNIT

MOST_SECONDS = 300.0
"""How long a newer workload may take to become healthy; less if the deployment's time-out is."""


@dataclass(frozen=True, slots=True)
class Slotted:
    """The workload in one slot: its goal, its unit, and what it is called in HAProxy."""

    goal: Goal
    service: Service
    server: str
    port: int
    token: tuple[File, ...]
    """What porterd knows it by, where porterd hands out credentials."""

    @classmethod
    def of(cls, goal: Goal, key: bytes) -> Slotted:
        """The workload behind the proxy where `goal` has it."""
        web = goal.spec.web
        assert web is not None  # noqa: S101 - `look` has seen to it
        assert web.port is not None  # noqa: S101 - the one behind the proxy has a port
        service = workload_service(goal, web)
        name, layout = goal.spec.running_name(web), goal.layout
        files = credentials_files(layout, goal.spec, key)
        token = tuple(file for file in files if file.path == layout.token(name))
        return cls(goal, service, name, web.port, token)

    @property
    def removed(self) -> tuple[Path, ...]:
        """What goes with it, its unit last: without that none can be stopped."""
        token = [file.path for file in self.token]
        return tuple(reversed((*self.service.files(self.goal.layout), *token)))


@dataclass(frozen=True, slots=True)
class SwapFacts:
    """The live workload, the other slot, and what HAProxy says; `servers` are None if it is down.

    `live_port` is what the live workload listens on: its specification may have changed meanwhile.
    """

    live: Slotted
    other: Slotted
    common: Facts
    servers: dict[str, Server] | None
    program: Path
    live_port: int | None


def look(goal: Goal, machine: Machine) -> SwapFacts | None:
    """Both slots as they are; None where there is neither proxy nor systemd."""
    program = machine.program("haproxy")
    if not (goal.spec.web and goal.spec.proxy and program and machine.program("systemctl")):
        return None
    here, key = placed(goal, machine), credentials_key(machine)
    live = Slotted.of(here, key)
    in_b = here.spec.proxy is not None and here.spec.proxy.slot == "b"
    other = Slotted.of(goal if in_b else in_slot_b(goal, machine.is_free), key)
    layout, proxy = goal.layout, haproxy_service(here, program)
    files = (*live.removed, *other.removed, layout.haproxy_cfg, proxy.record(layout).path)
    files = (*files, layout.certificate, layout.host, layout.deployment)
    common = look_at(machine, files, (live.service.name, other.service.name, HAPROXY_UNIT))
    last = installed(machine)
    port = last.web.port if last and last.web else None
    found = _servers(machine, live.goal) if common.units[HAPROXY_UNIT].runs else None
    return SwapFacts(live, other, common, found, program, port)


def plan(goal: Goal, facts: SwapFacts | None) -> Steps:
    """Clear away what an interrupted swap left; then swap, if the live workload is another."""
    if facts is None:
        return ()
    return (*repair(goal, facts), *(_swap(facts) if _is_due(facts) else ()))


def repair(_goal: Goal, facts: SwapFacts | None) -> Steps:
    """Let the live workload serve alone: the other slot loses its traffic, then its process."""
    if facts is None:
        return ()
    live, other, found = facts.live, facts.other, facts.servers or {}
    common, state = facts.common, facts.common.units[other.service.name]
    remains = [path for path in other.removed if path in common.files]
    if not (state.runs or remains):
        return ()
    back: Steps = ()
    if facts.servers is not None and live.server not in found:
        back = _admit(live)
    elif live.server in found and not found[live.server].ready:
        back = (_tell(live, "set server {} state ready"),)
    named = f" {other.server} ".encode() in (common.content(live.goal.layout.haproxy_cfg) or b"")
    return (
        *back,
        *(_write_cfg(facts, live) if named else ()),
        *_record(facts, live),
        *(_drain(other) if other.server in found else ()),
        *_farewell(other, remains, in_proxy=other.server in found),
    )


def _is_due(facts: SwapFacts) -> bool:
    """Whether the live workload serves, and is not what it should be."""
    live, common = facts.live, facts.common
    record = live.service.record(live.goal.layout)
    last = common.content(record.path)
    serves = live.server in (facts.servers or {}) and common.units[live.service.name].runs
    return (
        serves
        and last is not None
        and last != record.content
        and facts.other.port != facts.live_port
    )


def _swap(facts: SwapFacts) -> Steps:
    """The whole exchange. Writing `host.json` is the commit: until then the old one is live."""
    old, new, layout = facts.live, facts.other, facts.live.goal.layout
    spec = new.goal.spec
    assert spec.health_check is not None  # noqa: S101 - it comes with the proxy
    seconds = min(MOST_SECONDS, float(spec.timeout_seconds))
    healthy = AwaitHealthy(new.service.name, new.port, spec.health_check, seconds)
    once = replace(healthy, check=replace(spec.health_check, healthy_threshold=1), seconds=10.0)
    none = replace(facts.common, files={})
    return (
        *plan_files((new.service.unit, *new.service.reads, *new.token), none),
        DaemonReload(),
        ChangeUnit("start", new.service.name),
        healthy,
        *_admit(new),
        *_drain(old),
        once,
        ConfirmServer(_backend(new), new.server),
        ChangeUnit("enable", new.service.name),
        *_write_cfg(facts, new),
        *plan_files((new.service.record(layout),), none),
        *deployment_file(new.goal, facts.common),
        *plan_files((spec_file(new.goal),), none),
        *_record(facts, new),
        *_farewell(old, old.removed, in_proxy=True),
    )


def _admit(one: Slotted) -> Steps:
    """Add its server: a new one is in maintenance until it is told to be ready."""
    return (
        _tell(one, f"add server {{}} 127.0.0.1:{one.port}"),
        _tell(one, "set server {} state ready"),
    )


def _drain(one: Slotted) -> Steps:
    """New requests go elsewhere; what is at hand may end, and is cut at the deadline."""
    proxy = one.goal.spec.proxy
    seconds = float(proxy.drain_seconds) if proxy else 0.0
    return (
        _tell(one, "set server {} state drain"),
        AwaitDrained(_backend(one), one.server, seconds),
        _tell(one, "shutdown sessions server {}"),
    )


def _farewell(one: Slotted, files: Iterable[Path], *, in_proxy: bool) -> Steps:
    """Take a drained one out of the proxy, stop it, and remove its `files`."""
    unit = one.service.name
    out: Steps = (_tell(one, "set server {} state maint"),) if in_proxy else ()
    gone: Steps = (_tell(one, "del server {}"),) if in_proxy else ()
    return (
        *out,
        ChangeUnit("stop", unit),
        *gone,
        ChangeUnit("disable", unit),
        *(RemoveFile(path) for path in files),
        DaemonReload(),
    )


def _write_cfg(facts: SwapFacts, one: Slotted) -> Steps:
    """The file as the running HAProxy is by now: it need not read it."""
    layout = one.goal.layout
    cfg, *certificate = haproxy_service(one.goal, facts.program).reads
    candidate = layout.haproxy_candidate
    # One that is there is exchanged by HAProxy's own phase, which has it loaded.
    missing = [file for file in certificate if file.path not in facts.common.files]
    return (
        *plan_files(missing, facts.common),
        WriteFile(candidate, cfg.content, cfg.mode),
        Run((str(facts.program), "-c", "-f", str(candidate))),
        MoveFile(candidate, layout.haproxy_cfg),
    )


def _record(facts: SwapFacts, one: Slotted) -> Steps:
    """Note that HAProxy runs with `one` behind it, if nothing else of its configuration changed.

    If anything did, its own phase finds the old note, and lets it read the file.
    """
    layout = one.goal.layout
    wanted = _note(facts, one)
    last = facts.common.content(wanted.path)
    known = {_note(facts, each).content for each in (facts.live, facts.other)}
    if last not in known or (one is facts.live and last == wanted.content):
        return ()
    return (WriteFile(layout.started(HAPROXY_UNIT), wanted.content, wanted.mode),)


def _note(facts: SwapFacts, one: Slotted) -> File:
    return haproxy_service(one.goal, facts.program).record(one.goal.layout)


def _tell(one: Slotted, command: str) -> TellHaproxy:
    name = f"{_backend(one)}/{one.server}"
    return TellHaproxy(command.format(name), may_be_gone=not command.startswith("add"))


def _backend(one: Slotted) -> str:
    web = one.goal.spec.web
    return web.name if web else ""


def _servers(machine: Machine, goal: Goal) -> dict[str, Server] | None:
    web = goal.spec.web
    try:
        return servers(machine.haproxy(show_servers(web.name if web else "")))
    except PorterError:
        return None
