"""Phase swap: replace the workload behind the proxy without losing a request (ADR 0016)."""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass, replace
from pathlib import PurePath

from porter.errors import PorterError
from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.record import deployment_file, installed, spec_file
from porter.host.core.service import File, plan_files
from porter.host.core.steps import ChangeUnit, DaemonReload, Steps, WriteFile
from porter.host.core.view import View
from porter.host.environment.credentials import credentials_key
from porter.host.haproxy.runtime import HaproxyDownError, Server, servers
from porter.host.haproxy.service import haproxy_service, replace_cfg
from porter.host.release.probe import is_free
from porter.host.release.slots import in_slot_b, placed
from porter.host.release.slotted import Slotted
from porter.host.release.steps import AwaitHealthy, ConfirmServer
from porter.spec import HAPROXY_UNIT
from porter.spec.refused_write import may_write

log = logging.getLogger(__name__)

PAUSES = (0.5, 1.0)
"""Seconds between questions to a HAProxy that does not answer, jittered by a half."""


@dataclass(frozen=True, slots=True)
class SwapFacts:
    """The live workload, the other slot, and HAProxy's servers (None if HAProxy is down).

    `live_port` is the port that the live workload listens on, from the last apply's specification.
    """

    live: Slotted
    other: Slotted
    common: Facts
    servers: dict[str, Server] | None
    program: PurePath
    live_port: int | None


def look(goal: Goal, view: View) -> SwapFacts | None:
    """Read the state of both slots; None without proxy or without systemd."""
    program = view.program("haproxy")
    if not (goal.spec.web and goal.spec.proxy and program and view.program("systemctl")):
        return None
    here, key = placed(goal, view), credentials_key(view)
    live = Slotted.of(here, key)
    in_b = here.spec.proxy is not None and here.spec.proxy.slot == "b"
    other = Slotted.of(goal if in_b else in_slot_b(goal, is_free), key)
    layout, proxy = goal.layout, haproxy_service(here, program)
    files = (*live.removed, *other.removed, layout.haproxy_cfg, proxy.record(layout).path)
    files = (*files, layout.certificate, layout.host, layout.deployment)
    common = look_at(view, files, (live.service.name, other.service.name, HAPROXY_UNIT))
    last = installed(view)
    port = last.web.port if last and last.web else None
    found = _servers(view, live.backend) if common.units[HAPROXY_UNIT].runs else None
    return SwapFacts(live, other, common, found, program, port)


def plan(goal: Goal, facts: SwapFacts | None) -> Steps:
    """Repair an interrupted swap; then swap if the live workload differs from the goal."""
    if facts is None:
        return ()
    return (*repair(goal, facts), *(_swap(facts) if _is_due(facts) else ()))


def repair(_goal: Goal, facts: SwapFacts | None) -> Steps:
    """Have the live workload serve alone: drain the other slot, then stop it."""
    if facts is None:
        return ()
    live, other, found = facts.live, facts.other, facts.servers or {}
    common, state = facts.common, facts.common.units[other.service.name]
    remains = [path for path in other.removed if path in common.files]
    if not (state.runs or remains):
        return ()
    back: Steps = ()
    if facts.servers is not None and live.server not in found:
        back = live.admit()
    elif live.server in found and not found[live.server].ready:
        back = (live.command("set server {} state ready"),)
    named = f" {other.server} ".encode() in (common.content(live.goal.layout.haproxy_cfg) or b"")
    return (
        *back,
        *(_write_cfg(facts, live) if named else ()),
        *_record(facts, live),
        *(other.drain() if other.server in found else ()),
        *other.retire(remains, in_proxy=other.server in found),
    )


def _is_due(facts: SwapFacts) -> bool:
    """Whether the live workload serves and differs from the goal."""
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
    """Plan the swap. Writing `host.json` commits it: until then, the old workload is live."""
    old, new, layout = facts.live, facts.other, facts.live.goal.layout
    spec = new.goal.spec
    assert spec.health_check is not None  # noqa: S101 - it comes with the proxy
    gate = new.goal.gate
    seconds = min(gate.seconds, float(spec.timeout_seconds))
    enough = gate.successes or spec.health_check.healthy_threshold
    check = replace(spec.health_check, healthy_threshold=enough)
    healthy = AwaitHealthy(new.service.name, new.port, check, seconds, may_write(spec.web))
    once = replace(healthy, check=replace(spec.health_check, healthy_threshold=1), seconds=10.0)
    none = replace(facts.common, files={})
    left = [path for path in old.removed if path in facts.common.files]
    return (
        *plan_files((new.service.unit, *new.service.reads, *new.credentials), none),
        DaemonReload(),
        ChangeUnit("start", new.service.name),
        healthy,
        *new.admit(),
        *old.drain(),
        once,
        ConfirmServer(new.backend, new.server),
        ChangeUnit("enable", new.service.name),
        *_write_cfg(facts, new),
        *plan_files((new.service.record(layout),), none),
        *deployment_file(new.goal, facts.common),
        *plan_files((spec_file(new.goal),), none),
        *_record(facts, new),
        *old.retire(left, in_proxy=True),
    )


def _write_cfg(facts: SwapFacts, one: Slotted) -> Steps:
    """Plan to write the configuration that matches the running HAProxy; it need not reload."""
    cfg, *certificate = haproxy_service(one.goal, facts.program).reads
    # Phase haproxy replaces a certificate that is there, and reloads HAProxy.
    missing = [file for file in certificate if file.path not in facts.common.files]
    return (*plan_files(missing, facts.common), *replace_cfg(cfg, facts.program))


def _record(facts: SwapFacts, one: Slotted) -> Steps:
    """Plan to record that HAProxy runs with `one`, if nothing else of its configuration changed.

    Otherwise phase haproxy finds the old record, and reloads HAProxy.
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


def _servers(view: View, backend: str) -> dict[str, Server] | None:
    """Return the servers of a HAProxy that systemd keeps up; None if it does not listen.

    A slow HAProxy is asked again. Raises `PorterError` if it never answers: it may be sending
    requests to either slot, so neither can be stopped.
    """
    for pause in (*PAUSES, None):
        try:
            return servers(view, backend)
        except PorterError as error:
            if pause is None and isinstance(error, HaproxyDownError):
                return None
            if pause is None:
                cure = f"systemctl restart {HAPROXY_UNIT}"
                raise PorterError(error.what, where=error.where, cure=cure) from error
            jittered = pause * random.uniform(0.5, 1.5)  # noqa: S311 - not a secret
            log.warning("%s; again in %.1f s", error, jittered)
            time.sleep(jittered)
    return None
