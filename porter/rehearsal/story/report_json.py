"""The object of `porter rehearse --json` (docs/reference/report.schema.json, ADR 0030)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from porter.rehearsal.story.report import Report, Service
from porter.rehearsal.story.timeline import Span

SCHEMA = 1
"""Grows when a reader of an older schema could misunderstand; new names do not change it."""

SECONDS = ("synth", "deploy", "boot", "healthy", "signal")


def as_json(report: Report) -> dict[str, Any]:
    """Return the object; an unfinished phase has `null` seconds.

    With several versions this describes the last one; `updates` and `requests` cover all of them.
    """
    several = report.updates
    return {
        "schema": SCHEMA,
        "ok": report.ok,
        "stack_status": report.stack_status,
        "reason": report.reason,
        "machine": report.machine,
        "url": report.url,
        "response_status": report.response_status,
        "services": [_service(service) for service in report.services],
        "signals": [
            {
                "status": signal.status,
                "unique_id": signal.unique_id,
                "reason": signal.reason,
                "service": report.service_of(signal.unique_id),
            }
            for signal in report.signals
        ],
        "seconds": _seconds(report),
        "spans": [_span(span) for span in report.spans],
        "requests": sum(one.requests for one in several) if several else report.requests,
        "failed_requests": (
            sum(one.failed_requests for one in several) if several else report.failed_requests
        ),
        "updates": [asdict(update) for update in several],
        "listeners": dict(report.listeners),
        "payloads": [{"host": one.host, "bytes": one.size} for one in report.payloads],
        "not_exercised": report.not_exercised.as_json(),
        "failure": None if report.ok else _failure(report),
    }


def _seconds(report: Report) -> dict[str, float | None]:
    took = {span.phase: round(span.seconds, 3) for span in report.spans if not span.failed}
    gate, share = report.healthy_to_signal, report.boot_share
    return {
        "total": round(report.total, 3),
        **{phase: took.get(phase) for phase in SECONDS},
        "healthy_to_signal": None if gate is None else round(gate, 3),
        "boot_share": None if share is None else round(share, 3),
    }


def _service(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "url": service.url,
        "balanced": service.balanced,
        "asked": service.asked,
        "status": service.status,
        "hosts": [
            {
                "instance_id": host.instance_id,
                "url": host.url,
                "ports": {str(port): moved for port, moved in host.ports.items()},
                "running": host.running,
            }
            for host in service.hosts
        ],
    }


def _span(span: Span) -> Mapping[str, Any]:
    times = {"start": round(span.start, 3), "end": round(span.end, 3)}
    return {"phase": span.phase, **times, "failed": span.failed}


def _failure(report: Report) -> dict[str, Any]:
    return {
        "phase": report.failed_phase,
        "reason": report.reason,
        "last_check": report.last_check,
        "last_lines": {source: list(lines) for source, lines in report.evidence.items() if lines},
        "waits_for": list(report.waiting),
    }
