"""Phase limits: the kernel settings that a proxy and its service need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.service import File, plan_files
from porter.host.core.steps import Run, Steps
from porter.host.core.unit_file import HEADER
from porter.host.core.view import KernelSetting, View
from porter.spec import ports_of

FIRST_LOCAL_PORT = 16_384
"""HAProxy can open 32,768 connections to one address and port, each from a local port of its own.
The kernel's default of 28,232 ports is too few; from this port on there are 49,152."""

KEY_RANGE = "net.ipv4.ip_local_port_range"
KEY_RESERVED = "net.ipv4.ip_local_reserved_ports"
KEY_IDLE = "net.ipv4.tcp_slow_start_after_idle"


@dataclass(frozen=True, slots=True)
class LimitFacts:
    """The file, the kernel's settings, and the path of sysctl."""

    common: Facts
    now: Mapping[str, KernelSetting]
    sysctl: PurePath | None


@dataclass(frozen=True, slots=True)
class Setting:
    """A kernel setting, its value, and the reason for it."""

    key: str
    value: str
    reason: str


def look(goal: Goal, view: View) -> LimitFacts:
    """Read the settings from the kernel; a played host has none."""
    found = {setting.key: view.kernel(setting.key) for setting in settings(goal)}
    return LimitFacts(
        look_at(view, (_file(goal).path,), ()),
        {key: value for key, value in found.items() if value},
        view.program("sysctl"),
    )


def plan(goal: Goal, facts: LimitFacts) -> Steps:
    """Write the file, for the next boot, and set what differs now."""
    wrong = [f"{s.key}={s.value}" for s in _differing(goal, facts) if facts.now[s.key].writable]
    now = (Run((str(facts.sysctl), "-q", "-w", *wrong)),) if wrong and facts.sysctl else ()
    return (*plan_files((_file(goal),), facts.common), *now)


def notes(goal: Goal, facts: LimitFacts) -> tuple[str, ...]:
    """Name the settings that cannot be changed, as in a container."""
    return tuple(
        f"{setting.key} stays {facts.now[setting.key].value!r}: it cannot be changed here"
        for setting in _differing(goal, facts)
        if not (facts.now[setting.key].writable and facts.sysctl)
    )


def settings(goal: Goal) -> tuple[Setting, ...]:
    """Return the settings that the host needs."""
    ports = sorted(port for port in ports_of(goal.spec) if port >= FIRST_LOCAL_PORT)
    reserved = Setting(
        KEY_RESERVED,
        _ranges(ports),
        "A connection must not take the port that a service is yet to listen on.",
    )
    return (
        Setting(
            KEY_RANGE,
            f"{FIRST_LOCAL_PORT} 65535",
            "HAProxy's connections to the service take a local port each: more than the usual.",
        ),
        *((reserved,) if ports else ()),
        Setting(
            KEY_IDLE,
            "0",
            "The load balancer keeps idle connections: the next answer is as fast as the last.",
        ),
    )


def _differing(goal: Goal, facts: LimitFacts) -> list[Setting]:
    return [s for s in settings(goal) if s.key in facts.now and facts.now[s.key].value != s.value]


def _file(goal: Goal) -> File:
    lines = [f"# {s.reason}\n{s.key} = {s.value}\n" for s in settings(goal)]
    path = goal.layout.root / "etc/sysctl.d/60-porter.conf"
    return File(path, (HEADER + "".join(lines)).encode())


def _ranges(ports: list[int]) -> str:
    """Sorted `ports` as the kernel prints them: `20000-20001,30000`."""
    spans: list[list[int]] = []
    for port in ports:
        if spans and port == spans[-1][-1] + 1:
            spans[-1].append(port)
        else:
            spans.append([port])
    return ",".join(f"{s[0]}-{s[-1]}" if len(s) > 1 else str(s[0]) for s in spans)
