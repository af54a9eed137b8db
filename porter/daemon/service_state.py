"""Describe the service of this host as data, for `/v1/service` and for the page."""

from __future__ import annotations

from typing import Any

from porter.aws.reason import reason_text
from porter.daemon.sentence import describe
from porter.daemon.settings import Settings
from porter.daemon.watch import Report


def describe_service(report: Report, settings: Settings) -> dict[str, Any]:
    """The answer of `/v1/service`. It holds no secret: not the handle's URL, not a variable."""
    redactor = settings.redactor
    gate, record, last = report.gate, report.record, report.gate.last
    return {
        "service": settings.spec.service,
        "gate": {
            "state": gate.phase,
            "consecutive": gate.consecutive,
            "threshold": gate.threshold,
            "reason": record.reason or reason_text(describe(gate, settings.target), redactor),
        },
        "last_check": last
        and {
            "at": last.at,
            "ok": last.ok,
            "status": last.status,
            "seconds": round(last.seconds, 6),
            "problem": last.problem and redactor(last.problem),
        },
        "workers": {
            name: {"healthy": not trouble, "problem": trouble}
            for name, trouble in report.workers.items()
        },
        "first_healthy_at": gate.first_healthy_at,
        "healthy_at": gate.healthy_at,
        "signal": {"state": record.state, "status": record.status, "at": record.at},
    }
