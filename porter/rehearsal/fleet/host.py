"""One host: its machine, and what its porterd reports over HTTP."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from porter.aws.clients import Clients
from porter.rehearsal.fleet import loopback
from porter.rehearsal.machines.api import ON_DEMAND, Machine
from porter.spec import Deployment, HostSpec, map_ports

ANSWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The account, as seen by its root, the deployment in the user data, and the host's role."""

    aws: Clients
    deployment: Deployment
    role_name: str


class Host:
    """A host; `observe` records times, in seconds since the epoch.

    `packages` are those of its user data. `life_cycle` is its purchase option. `last_lines` are
    the log lines saved when the host was removed. `gone` is whether the host has left the fleet,
    `lost` whether it ended by itself, `interrupted` whether EC2 ended it as a Spot Instance,
    `drained` whether it completed its lifecycle hook: False if the hook timed out, None without
    one. `unhealthy` is whether its group replaces it because it was set unhealthy. `origin` is what
    it was launched from.
    """

    def __init__(  # noqa: PLR0913 - what a host is made of
        self,
        *,
        instance_id: str,
        machine: Machine,
        spec: HostSpec,
        ports: Mapping[int, int],
        origin: Origin | None = None,
        packages: Sequence[str] = (),
        life_cycle: str = ON_DEMAND,
    ) -> None:
        self.instance_id = instance_id
        self.life_cycle = life_cycle
        self.origin = origin
        self.machine = machine
        self.ports = dict(ports)
        self.packages = packages
        self.spec = map_ports(spec, ports)
        self.started_at = time.time()
        self.porterd_at: float | None = None
        self.exited_at: float | None = None
        self.service: Mapping[str, Any] = {}
        self.last_lines: Mapping[str, Sequence[str]] | None = None
        self.gone = False
        self.lost = False
        self.interrupted = False
        self.drained: bool | None = None
        self.unhealthy = False

    @property
    def name(self) -> str:
        """Its service and its instance id, as reports name it."""
        return f"{self.spec.service} {self.instance_id}"

    @property
    def failed(self) -> bool:
        """Whether it never was healthy, or got no requests from its load balancer after all."""
        return self.healthy_at is None or self.service.get("gate", {}).get("state") == "failed"

    @property
    def healthy_at(self) -> float | None:
        """When the run of successful health checks began that closed the gate."""
        at: float | None = self.service.get("first_healthy_at")
        return at

    @property
    def signalled_at(self) -> float | None:
        """When CloudFormation accepted the signal."""
        signal = self.service.get("signal", {})
        at: float | None = signal.get("at") if signal.get("state") == "sent" else None
        return at

    @property
    def signal_ended(self) -> bool:
        """Whether porterd sent the signal, gave up, or is gone with the host."""
        state = self.service.get("signal", {}).get("state")
        return self.gone or self.lost or state in ("sent", "finished", "failed")

    @property
    def url(self) -> str | None:
        """The service's URL through HAProxy; `None` for a host without a service."""
        if self.spec.proxy is None:
            return None
        scheme = "https" if self.spec.proxy.tls else "http"
        return f"{scheme}://{self.machine.address}:{self.spec.proxy.port}/"

    def observe(self) -> None:
        """Ask porterd once, until its signal is settled."""
        if self.exited_at is None and self.machine.cloud_init_exit is not None:
            self.exited_at = time.time()
        if not self.signal_ended:
            answer = self._porterd("/v1/service")
            if answer is not None:
                self.service = answer
                self.porterd_at = self.porterd_at or min(time.time(), self.healthy_at or math.inf)

    def gave_up(self, seconds: float) -> bool:
        """Whether cloud-init failed more than `seconds` ago: then no program is left to signal."""
        failed = self.machine.cloud_init_exit not in (None, 0)
        return failed and self.exited_at is not None and time.time() - self.exited_at > seconds

    def _porterd(self, path: str) -> Mapping[str, Any] | None:
        """Return the JSON object at `path` of its porterd; `None` without one."""
        answer = loopback.get(self.machine, self.spec.porterd.port, path, ANSWER_SECONDS)
        if answer is None or answer[0] != HTTPStatus.OK:
            return None
        try:
            body = json.loads(answer[1])
        except ValueError:
            return None
        return body if isinstance(body, dict) else None


def last_check(hosts: Iterable[Host]) -> str:
    """Return what porterd reported last of the first host that is not healthy; else nothing."""
    for host in hosts:
        reason = host.service.get("gate", {}).get("reason")
        if host.failed and reason:
            return f"{host.name}: {reason}"
    return ""


def seen_by(hosts: Iterable[Host]) -> str:
    """Return what the porterd of the first host without a signal sees; empty without such a host.

    It is the last answer of each porterd.
    """
    waiting = [host for host in hosts if not host.gone and not host.signal_ended]
    if not waiting:
        return ""
    first = min(waiting, key=lambda host: not host.service)
    reason = first.service.get("gate", {}).get("reason")
    return f"{first.name}: {reason or 'porterd has not answered yet'}"
