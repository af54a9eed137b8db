"""What a hot apply asks for besides files and units: each step is data that describes itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from porter.spec import HealthCheck


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


SwapStep = AwaitHealthy | TellHaproxy | AwaitDrained | ConfirmServer
