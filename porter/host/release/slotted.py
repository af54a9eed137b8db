"""The workload behind the proxy in one of its two slots, and its steps in a hot apply."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.goal import Goal
from porter.host.core.service import File, Service
from porter.host.core.steps import ChangeUnit, DaemonReload, RemoveFile, Steps
from porter.host.docker.service import order_path
from porter.host.docker.steps import RemoveOld
from porter.host.environment.credentials import credentials_files
from porter.host.environment.idle import idle_marker
from porter.host.programs.service import workload_service
from porter.host.release.steps import AwaitDrained, TellHaproxy


@dataclass(frozen=True, slots=True)
class Slotted:
    """The workload in one slot: its goal, its unit, and its server's name in HAProxy."""

    goal: Goal
    service: Service
    server: str
    port: int
    credentials: tuple[File, ...]
    """Its token file and the key, if porterd hands out credentials."""

    @classmethod
    def of(cls, goal: Goal, key: bytes) -> Slotted:
        """Return the workload behind the proxy, in the slot of `goal`."""
        web = goal.spec.web
        assert web is not None  # noqa: S101 - the phase has seen to it
        assert web.port is not None  # noqa: S101 - the one behind the proxy has a port
        service = workload_service(goal, web)
        name, layout = goal.spec.running_name(web), goal.layout
        own = (layout.credentials_key, layout.token(name))
        files = (file for file in credentials_files(goal, key) if file.path in own)
        return cls(goal, service, name, web.port, tuple(files))

    @property
    def removed(self) -> tuple[PurePath, ...]:
        """The files to remove with it, the unit last: systemd cannot stop a unit without its file.

        A container's order is among them, since the workload may have been a container before.
        """
        layout, name = self.goal.layout, self.server
        unit, *others = self.service.files(layout)
        given = (order_path(layout, name), layout.token(name), idle_marker(layout, name))
        return (*dict.fromkeys((*given, *reversed(others))), unit)

    @property
    def backend(self) -> str:
        """The name of its backend in HAProxy."""
        web = self.goal.spec.web
        return web.name if web else ""

    def command(self, command: str) -> TellHaproxy:
        """Return the step that sends `command`, with the server's name in place of the braces."""
        name = f"{self.backend}/{self.server}"
        return TellHaproxy(command.format(name), may_be_gone=not command.startswith("add"))

    def admit(self) -> Steps:
        """Add its server and set it ready: HAProxy adds a server in maintenance."""
        return (
            self.command(f"add server {{}} 127.0.0.1:{self.port}"),
            self.command("set server {} state ready"),
        )

    def drain(self) -> Steps:
        """Send new requests elsewhere, wait for those at hand, and cut them at the deadline."""
        proxy = self.goal.spec.proxy
        seconds = float(proxy.drain_seconds) if proxy else 0.0
        return (
            self.command("set server {} state drain"),
            AwaitDrained(self.backend, self.server, seconds),
            self.command("shutdown sessions server {}"),
        )

    def retire(self, files: Collection[PurePath], *, in_proxy: bool) -> Steps:
        """Take it out of the proxy, stop it, and remove its `files`; it must be drained.

        If a container's attendant is down, stopping its unit leaves the container: remove it, too.
        """
        unit = self.service.name
        order = order_path(self.goal.layout, self.server)
        container: Steps = (RemoveOld("container", f"porter-{self.server}"),)
        out: Steps = (self.command("set server {} state maint"),) if in_proxy else ()
        gone: Steps = (self.command("del server {}"),) if in_proxy else ()
        return (
            *out,
            ChangeUnit("stop", unit),
            *gone,
            *(container if order in files else ()),
            ChangeUnit("disable", unit),
            *(RemoveFile(path) for path in files),
            DaemonReload(),
        )
