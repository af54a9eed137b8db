"""The result of a rehearsal: as data, as one JSON object, and as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from porter.rehearsal.cloud.emulator import ReceivedSignal
from porter.rehearsal.story.timeline import Span

SECONDS = ("synth", "deploy", "boot", "healthy", "signal")
BAR = 40


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

    `endpoint` is the embedded AWS while the rehearsal runs. `ports` lists moved ports by host.
    `evidence` holds the last log lines of what failed, by source. `limits` says how the machines
    differ from EC2. `requests` were made during an update. `updates` lists all versions of a
    rehearsal of several. `boot_share` is the time that porter took of the slowest boot, in seconds,
    where known.
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
    ports: Mapping[str, Mapping[int, int]]
    evidence: Mapping[str, Sequence[str]]
    boot_share: float | None = None
    limits: tuple[str, ...] = ()
    hosts_started: int = 0
    hosts_stopped: int = 0
    requests: int = 0
    failed_requests: int = 0
    updates: tuple[Update, ...] = ()

    @property
    def total(self) -> float:
        """Seconds from the start until the last phase ended or failed."""
        return self.spans[-1].end if self.spans else 0.0


def as_json(report: Report) -> dict[str, Any]:
    """Return the object of `porter rehearse --json`; an unfinished phase has `null` seconds.

    With several versions this describes the last one; `updates` and `requests` cover all of them.
    """
    took = {span.phase: round(span.seconds, 3) for span in report.spans if not span.failed}
    gate, share = report.healthy_to_signal, report.boot_share
    signals = [asdict(signal) for signal in report.signals]
    for signal in signals:
        del signal["at"]
    return {
        "ok": report.ok,
        "stack_status": report.stack_status,
        "reason": report.reason,
        "machine": report.machine,
        "url": report.url,
        "response_status": report.response_status,
        "signals": signals,
        "seconds": {
            "total": round(report.total, 3),
            **{phase: took.get(phase) for phase in SECONDS},
            "healthy_to_signal": None if gate is None else round(gate, 3),
            "boot_share": None if share is None else round(share, 3),
        },
        **(_updates_as_json(report.updates) if report.updates else {}),
    }


def _updates_as_json(updates: Sequence[Update]) -> dict[str, Any]:
    return {
        "requests": sum(update.requests for update in updates),
        "failed_requests": sum(update.failed_requests for update in updates),
        "updates": [asdict(update) for update in updates],
    }


def as_text(report: Report) -> str:
    """Return the report for a terminal: timeline, result, evidence, and what was not covered."""
    parts = [_bars(report), _findings(report), *_evidence(report)]
    if report.ports:
        parts.append(_limits(report))
    return "\n\n".join(part for part in parts if part)


def _bars(report: Report) -> str:
    scale = BAR / (report.total or 1)
    lines = []
    for span in report.spans:
        left = round(span.start * scale)
        width = max(1, round(span.end * scale) - left)
        bar = (" " * left + "█" * width).ljust(BAR + 1)
        end = "failed" if span.failed else ""
        lines.append(f"  {span.phase:<9}{span.seconds:6.2f} s  {bar} {end}".rstrip())
    return "\n".join([*lines, f"  {'total':<9}{report.total:6.2f} s"])


def _findings(report: Report) -> str:
    lines = [f"{report.stack_status}: {report.reason}" if report.reason else report.stack_status]
    lines += [_update(update) for update in report.updates]
    lines += [_signal(signal) for signal in report.signals]
    if report.healthy_to_signal is not None:
        lines.append(f"healthy to signal: {report.healthy_to_signal:.2f} s")
    if report.boot_share is not None:
        lines.append(f"boot time spent in porter: {report.boot_share:.1f} s")
    if report.url:
        answer = report.response_status or "no answer"
        lines.append(f"GET {report.url} through HAProxy: {answer}")
    return "\n".join(lines)


def _update(update: Update) -> str:
    hosts = f"hosts: {update.hosts_started} started, {update.hosts_stopped} stopped"
    asked = f"; {update.failed_requests} of {update.requests} requests failed"
    status = f"{update.version}: {update.stack_status} in {update.seconds:.2f} s, {hosts}"
    return status + (asked if update.requests else "")


def _signal(signal: ReceivedSignal) -> str:
    said = f"signal {signal.status} from {signal.unique_id}"
    return f"{said}: {signal.reason}" if signal.reason else said


def _evidence(report: Report) -> list[str]:
    return [
        "\n".join([f"--- {source}", *(f"  {line}" for line in lines)])
        for source, lines in report.evidence.items()
        if lines
    ]


def _limits(report: Report) -> str:
    moved = [
        f"{host}: " + ", ".join(f"{port} to {other}" for port, other in ports.items())
        for host, ports in report.ports.items()
        if ports
    ]
    return "\n".join(
        [
            f"machine: {report.machine}",
            *(f"  {line}" for line in report.limits),
            *(f"ports moved on {line}" for line in moved),
        ]
    )
