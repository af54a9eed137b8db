"""The steps of a hot apply. Every wait has a deadline and an error that names its cause."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from porter.errors import PorterError
from porter.host.core.explanation import explain, last_lines
from porter.host.core.listeners import LOOPBACK, strangers
from porter.host.core.machine import Machine
from porter.host.haproxy.runtime import MISSING, command, servers
from porter.host.release.probe import problem_of
from porter.spec import HealthCheck
from porter.spec.refused_write import refused_write

TOLERATED_RESTARTS = 2
"""Restarts that a new process may need, as porterd tolerates."""

DELETE_SECONDS = 10.0
"""Seconds for HAProxy to close a server's last connections."""

_PAUSE = 0.1
_LOOK_SECONDS = 1.0
_DONE = {"add": "New server registered.", "del": "Server deleted."}
"""HAProxy's answers to commands that succeeded; other commands have an empty answer."""


@dataclass(frozen=True, slots=True)
class AwaitHealthy:
    """Wait until the process of `unit` on `port` passes `check`, at most `seconds`.

    `may_write` says where it may, for the error of a process that wrote elsewhere.
    """

    unit: str
    port: int
    check: HealthCheck
    seconds: float
    may_write: str = ""

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        path = self.check.path
        return f"wait until {self.unit} answers {path} on port {self.port} ({self.seconds:g} s)"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {
            "step": "await-healthy",
            "unit": self.unit,
            "port": self.port,
            "path": self.check.path,
            "seconds": self.seconds,
        }

    def perform(self, machine: Machine) -> None:
        """Perform the step. Raises `PorterError` with the last problem or the unit's last lines."""
        deadline = time.monotonic() + self.seconds
        good, restarts, look_at, owner = 0, 0, 0.0, None
        while True:
            problem = problem_of(self.port, self.check)
            good = 0 if problem else good + 1
            enough = good >= self.check.healthy_threshold
            if enough or time.monotonic() >= look_at:
                ended, owner = self._restarts(machine)
                look_at = time.monotonic() + _LOOK_SECONDS
                good, restarts = (good if ended == restarts else 0), ended
            due = time.monotonic() >= deadline
            if due or good >= self.check.healthy_threshold:
                self._refuse_strangers(machine, owner)
            if good >= self.check.healthy_threshold:
                return
            if due:
                problem = problem or "it does not stay healthy"
                raise PorterError(
                    f"is not healthy after {self.seconds:g} s: {problem}",
                    where=self.unit,
                    cure="the program must listen on $PORT",
                )
            time.sleep(self.check.interval_seconds if good else _PAUSE)

    def _refuse_strangers(self, machine: Machine, owner: int | None) -> None:
        """Raise `PorterError` if a program of another user listens on the port.

        root may, as in porterd: it does for a container. An unknown `owner` is not compared.
        """
        for one in strangers(machine, [self.port], at=[LOOPBACK], allowed=(self.unit,)):
            if owner is not None and one.user not in (0, owner):
                raise one.refusal(self.unit, fixed=True)

    def _restarts(self, machine: Machine) -> tuple[int, int | None]:
        """Return the number of restarts and the unit's user.

        Raises `PorterError` if the process keeps ending.
        """
        state = machine.units(self.unit)[self.unit]
        ends = int(state.restarts or 0)
        if not state.runs or ends > TOLERATED_RESTARTS:
            said = last_lines(explain(machine, self.unit))
            refused = self.may_write if refused_write(said) else ""
            raise PorterError(
                f"does not stay up on port {self.port}: {said}",
                where=self.unit,
                cure=refused or "the program must listen on $PORT",
            )
        return ends, state.user


@dataclass(frozen=True, slots=True)
class TellHaproxy:
    """Send `command` to the running HAProxy's runtime API."""

    command: str
    may_be_gone: bool = False
    """Whether the step succeeds if HAProxy has no such server."""

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"send to HAProxy: {self.command}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": "tell-haproxy", "command": self.command}

    def perform(self, machine: Machine) -> None:
        """Perform the step. Raises `PorterError` if HAProxy refuses."""
        deadline = time.monotonic() + DELETE_SECONDS
        done = _DONE.get(self.command.split()[0], "")
        while True:
            answer = command(machine, self.command)
            if answer == done or (self.may_be_gone and answer.startswith(MISSING)):
                return
            if "connections" not in answer or time.monotonic() >= deadline:
                raise PorterError(f"HAProxy refuses `{self.command}`: {answer}")
            time.sleep(_PAUSE)


@dataclass(frozen=True, slots=True)
class AwaitDrained:
    """Wait until `server` of `backend` has no request or connection, at most `seconds`."""

    backend: str
    server: str
    seconds: float

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"wait until {self.backend}/{self.server} is idle ({self.seconds:g} s)"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        name = f"{self.backend}/{self.server}"
        return {"step": "await-drained", "server": name, "seconds": self.seconds}

    def perform(self, machine: Machine) -> None:
        """Perform the step; the deadline is no failure."""
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            found = servers(machine, self.backend).get(self.server)
            if found is None or not found.busy:
                return
            time.sleep(_PAUSE)


@dataclass(frozen=True, slots=True)
class ConfirmServer:
    """Check that HAProxy sends requests to `server` of `backend`."""

    backend: str
    server: str

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"confirm that HAProxy sends requests to {self.backend}/{self.server}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": "confirm-server", "server": f"{self.backend}/{self.server}"}

    def perform(self, machine: Machine) -> None:
        """Perform the step. Raises `PorterError` if it does not."""
        found = servers(machine, self.backend).get(self.server)
        if found is None or not found.ready:
            status = found.status if found else "gone"
            raise PorterError(
                f"gets no requests ({status}): HAProxy was restarted", where=self.server
            )
