"""The result of a rehearsal as data: `as_json`, `as_text` and `as_html` present it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from porter.build.assets import Payload
from porter.rehearsal.cloud.emulator import ReceivedSignal
from porter.rehearsal.story.not_exercised import NotExercised
from porter.rehearsal.story.timeline import Span

SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedHost:
    """One host of a service.

    `url` is its HAProxy, which the load balancer asks; `None` for a host without a service. `ports`
    says where ports moved on this computer (`{80: 26563}`). A host that is not `running` was
    replaced, lost or rolled back; `unhealthy` is whether it was set unhealthy, and so replaced.
    """

    instance_id: str
    url: str | None
    ports: Mapping[int, int]
    running: bool
    unhealthy: bool = False

    @property
    def stopped(self) -> str:
        """How it ended; empty for a host that runs."""
        if self.running:
            return ""
        return "stopped, replaced because it was set unhealthy" if self.unhealthy else "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service: the answer to `GET url` once its stack was complete, and its hosts.

    `url` is its load balancer, or its HAProxy if it has none (`balanced` is then false); `None` for
    hosts without a service. `status` is `None` without an answer, or if nothing was `asked`.
    """

    name: str
    url: str | None
    balanced: bool
    asked: bool
    status: int | None
    hosts: tuple[ReportedHost, ...]

    @property
    def problem(self) -> str:
        """Why the service does not work, else empty; a status below 500 is the app's choice."""
        if not self.asked or (self.status is not None and self.status < SERVER_ERROR):
            return ""
        answer = f"answered {self.status}" if self.status else "no answer"
        return f"GET {self.url}: {answer}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """The result of one version among several; `seconds` is how long its deployment took."""

    version: str
    stack_status: str
    seconds: float
    hosts_started: int
    hosts_stopped: int
    requests: int
    failed_requests: int

    @classmethod
    def of(cls, version: str, report: Report) -> Self:
        """Summarize `report`."""
        return cls(
            version=version,
            stack_status=report.stack_status,
            seconds=round(report.total, 3),
            hosts_started=report.hosts_started,
            hosts_stopped=report.hosts_stopped,
            requests=report.requests,
            failed_requests=report.failed_requests,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result of one deployment.

    `endpoint` is the embedded AWS while the rehearsal runs; `credentials` are the variables with
    which AWS's own tools find it. `url` and `response_status` are those of the first service that
    does not work, else of the first one. `listeners` has the URL of each listener with rules, by
    load balancer and port. `last_check` is what the porterd of a host that is not healthy saw last,
    `waiting` what the stack still waits for. `evidence` holds the last log lines of what failed, by
    source. `requests` were made during an update. `updates` lists all versions of a rehearsal of
    several. `payloads` are what hosts fetch. `deployed` is whether `cdk deploy` succeeded.
    `boot_share` is the time that porter took of the slowest boot, in seconds, where known.
    """

    ok: bool
    stack_status: str
    reason: str
    machine: str
    endpoint: str
    url: str | None
    response_status: int | None
    signals: tuple[ReceivedSignal, ...]
    spans: tuple[Span, ...]
    healthy_to_signal: float | None
    services: tuple[Service, ...]
    evidence: Mapping[str, Sequence[str]]
    boot_share: float | None = None
    not_exercised: NotExercised = field(default_factory=NotExercised)
    hosts_started: int = 0
    hosts_stopped: int = 0
    requests: int = 0
    failed_requests: int = 0
    updates: tuple[Update, ...] = ()
    listeners: Mapping[str, str] = field(default_factory=dict)
    last_check: str = ""
    credentials: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    payloads: tuple[Payload, ...] = ()
    deployed: bool = False

    @property
    def total(self) -> float:
        """Seconds from the start until the last phase ended or failed."""
        return self.spans[-1].end if self.spans else 0.0

    @property
    def seconds(self) -> dict[str, float]:
        """How long each phase took, in seconds, the failed one included: a bar chart's data."""
        return {span.phase: span.seconds for span in self.spans}

    @property
    def ports(self) -> dict[str, Mapping[int, int]]:
        """Where ports moved, by instance id."""
        return {host.instance_id: host.ports for one in self.services for host in one.hosts}

    @property
    def failed_phase(self) -> str:
        """The phase that did not end; empty for a rehearsal that succeeded."""
        return next((span.phase for span in self.spans if span.failed), "")

    def service_of(self, instance_id: str) -> str:
        """Return the service whose host is `instance_id`; empty for another sender of a signal."""
        for service in self.services:
            if any(host.instance_id == instance_id for host in service.hosts):
                return service.name
        return ""

    def _repr_html_(self) -> str:
        """Return the report for a notebook: the content of the page of `--html`."""
        from porter.rehearsal.story.report_html import fragment  # noqa: PLC0415 - it imports this

        return fragment(self)
