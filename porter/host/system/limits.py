"""Phase limits: the kernel settings that a proxy and its service need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.ports import beside
from porter.host.core.service import File, plan_files
from porter.host.core.steps import Run, Steps
from porter.host.core.unit_file import HEADER
from porter.host.core.view import KernelSetting, View
from porter.spec import HostSpec, ports_of

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
    found = {key: view.kernel(key) for key in (KEY_RESERVED, KEY_IDLE)}
    return LimitFacts(
        look_at(view, (_path(goal),), ()),
        {key: value for key, value in found.items() if value},
        view.program("sysctl"),
    )


def plan(goal: Goal, facts: LimitFacts) -> Steps:
    """Write the file, for the next boot, and set what differs now."""
    wrong = [f"{s.key}={s.value}" for s in _differing(goal, facts) if facts.now[s.key].writable]
    now = (Run((str(facts.sysctl), "-q", "-w", *wrong)),) if wrong and facts.sysctl else ()
    return (*plan_files((_file(goal, facts),), facts.common), *now)


def notes(goal: Goal, facts: LimitFacts) -> tuple[str, ...]:
    """Name the settings that cannot be changed, as in a container."""
    return tuple(
        f"{setting.key} stays {facts.now[setting.key].value!r}: it cannot be changed here"
        for setting in _differing(goal, facts)
        if not (facts.now[setting.key].writable and facts.sysctl)
    )


def settings(goal: Goal, facts: LimitFacts) -> tuple[Setting, ...]:
    """Return the settings that the host needs. Ports that somebody else reserved stay reserved."""
    kept = facts.now[KEY_RESERVED].value if KEY_RESERVED in facts.now else ""
    return (
        Setting(
            KEY_RESERVED,
            _ranges(_ports(goal.spec) | _listed(kept)),
            "Connections must leave free where a program is yet to listen, in either slot.",
        ),
        Setting(
            KEY_IDLE,
            "0",
            "The load balancer keeps idle connections: the next answer is as fast as the last.",
        ),
    )


def _differing(goal: Goal, facts: LimitFacts) -> list[Setting]:
    return [
        s for s in settings(goal, facts) if s.key in facts.now and facts.now[s.key].value != s.value
    ]


def _path(goal: Goal) -> PurePath:
    return goal.layout.root / "etc/sysctl.d/60-porter.conf"


def _file(goal: Goal, facts: LimitFacts) -> File:
    lines = [f"# {s.reason}\n{s.key} = {s.value}\n" for s in settings(goal, facts)]
    return File(_path(goal), (HEADER + "".join(lines)).encode())


def _ports(spec: HostSpec) -> set[int]:
    second = beside(spec.web.port) if spec.web and spec.web.port else ()
    return {*ports_of(spec), *second}


def _listed(ports: str) -> set[int]:
    """Return the ports that the kernel prints as `20000-20001,30000`."""
    spans = [span.split("-") for span in ports.split(",") if span]
    return {port for span in spans for port in range(int(span[0]), int(span[-1]) + 1)}


def _ranges(ports: set[int]) -> str:
    """Return `ports` as the kernel prints them."""
    spans: list[list[int]] = []
    for port in sorted(ports):
        if spans and port == spans[-1][-1] + 1:
            spans[-1].append(port)
        else:
            spans.append([port])
    return ",".join(f"{s[0]}-{s[-1]}" if len(s) > 1 else str(s[0]) for s in spans)
