"""The steps of a hot apply: every wait has a deadline, and says what it waited for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from porter.errors import PorterError
from porter.host.core.account import account, last_words
from porter.host.core.machine import Machine
from porter.host.haproxy.runtime import MISSING, command, servers
from porter.host.release.probe import problem_of
from porter.spec import HealthCheck

TOLERATED_RESTARTS = 2
"""As many ends as porterd tolerates: a first start may fail, and the next one work."""

DELETE_SECONDS = 10.0
"""How long HAProxy may take to part with a server's last connections."""

_PAUSE = 0.1
_LOOK_SECONDS = 1.0
_DONE = {"add": "New server registered.", "del": "Server deleted."}
"""What HAProxy answers to a command that worked; to any other, nothing."""


@dataclass(frozen=True, slots=True)
class AwaitHealthy:
    """Wait until the process of `unit` on `port` passes `check`, at most `seconds`."""

    unit: str
    port: int
    check: HealthCheck
    seconds: float

    @property
    def title(self) -> str:
        """One line for a person."""
        path = self.check.path
        return f"wait until {self.unit} answers {path} on port {self.port} ({self.seconds:g} s)"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {
            "step": "await-healthy",
            "unit": self.unit,
            "port": self.port,
            "path": self.check.path,
            "seconds": self.seconds,
        }

    def perform(self, machine: Machine) -> None:
        """Wait. Raises `PorterError` saying what was waited for in vain."""
        deadline = time.monotonic() + self.seconds
        good, restarts, look_at = 0, 0, 0.0
        while True:
            problem = problem_of(self.port, self.check)
            good = 0 if problem else good + 1
            enough = good >= self.check.healthy_threshold
            if enough or time.monotonic() >= look_at:
                ended = self._restarts(machine)
                look_at = time.monotonic() + _LOOK_SECONDS
                good, restarts = (good if ended == restarts else 0), ended
            if good >= self.check.healthy_threshold:
                return
            if time.monotonic() >= deadline:
                problem = problem or "it answers, but not for long"
                raise PorterError(
                    f"is not healthy after {self.seconds:g} s: {problem}",
                    where=self.unit,
                    cure="let it listen on $PORT",
                )
            time.sleep(self.check.interval_seconds if good else _PAUSE)

    def _restarts(self, machine: Machine) -> int:
        """How often the process was restarted. Raises `PorterError` if it will not stay up."""
        state = machine.units(self.unit)[self.unit]
        ends = int(state.restarts or 0)
        if not state.runs or ends > TOLERATED_RESTARTS:
            said = last_words(account(machine, self.unit))
            raise PorterError(
                f"does not stay up on port {self.port}: {said}",
                where=self.unit,
                cure="let it listen on $PORT",
            )
        return ends


@dataclass(frozen=True, slots=True)
class TellHaproxy:
    """Give the running HAProxy a `command` of its runtime API."""

    command: str
    may_be_gone: bool = False
    """Whether it is as well if HAProxy knows no such server."""

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"tell HAProxy: {self.command}"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {"step": "tell-haproxy", "command": self.command}

    def perform(self, machine: Machine) -> None:
        """Do it. Raises `PorterError` if HAProxy refuses."""
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
    """Wait until `server` of `backend` has no request or connection left, at most `seconds`."""

    backend: str
    server: str
    seconds: float

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"wait until {self.backend}/{self.server} has nothing to do ({self.seconds:g} s)"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        name = f"{self.backend}/{self.server}"
        return {"step": "await-drained", "server": name, "seconds": self.seconds}

    def perform(self, machine: Machine) -> None:
        """Wait; what is left at the deadline is no failure."""
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            found = servers(machine, self.backend).get(self.server)
            if found is None or not found.busy:
                return
            time.sleep(_PAUSE)


@dataclass(frozen=True, slots=True)
class ConfirmServer:
    """Go on only if requests go to `server` of `backend`."""

    backend: str
    server: str

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"confirm that HAProxy sends requests to {self.backend}/{self.server}"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {"step": "confirm-server", "server": f"{self.backend}/{self.server}"}

    def perform(self, machine: Machine) -> None:
        """Raise `PorterError` unless they do."""
        found = servers(machine, self.backend).get(self.server)
        if found is None or not found.ready:
            status = found.status if found else "gone"
            raise PorterError(f"is {status}, HAProxy was restarted", where=self.server)
