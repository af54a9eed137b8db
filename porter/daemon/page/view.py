"""Collect what the page shows: the same redacted facts that porterd's JSON answers hold."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from porter.aws.clock import now
from porter.aws.metadata import Metadata, MetadataError
from porter.daemon.events import Events
from porter.daemon.machine import machine_now
from porter.daemon.page.timeline import timeline
from porter.daemon.service_state import describe_service
from porter.daemon.settings import Settings
from porter.daemon.statistics import Seen, Statistics
from porter.daemon.watch import Report, Watch

EVENTS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Host:
    """Everything that the page is made of."""

    settings: Settings
    metadata: Metadata
    watch: Watch
    events: Events
    statistics: Statistics | None


def collect(host: Host) -> dict[str, Any]:
    """Return the page's variables."""
    report, target = host.watch.report, host.settings.target
    service = describe_service(report, host.settings)
    log = host.events.since(0).events
    leaving = host.settings.drain_file.exists()
    state = _state(service, leaving=leaving)
    watched = (*filter(None, (target.workload,)), *target.workers)
    began = log[0]["at"] if host.events.forgot and log else host.events.began / 1000
    seen = host.statistics.read() if host.statistics else None
    return {
        "service": service,
        "state": state,
        "why": _why(service, state),
        "identity": _identity(host.metadata),
        "payload": host.settings.payload[:12],
        "programs": _programs(report, service, target.workload),
        "timeline": timeline(log, watched, began, now(), cut=host.events.forgot),
        "haproxy": seen,
        "answers": _answers(seen),
        "signal": {**service["signal"], "reason": report.record.reason},
        "jobs": [_job(host.events, job.name) for job in host.settings.spec.jobs],
        "machine": machine_now(),
        "events": [said(event) for event in reversed(log[-EVENTS_SHOWN:])],
        "now": now(),
    }


def _state(service: Mapping[str, Any], *, leaving: bool) -> str:
    """Return this host's present state; the gate's own state never leaves its verdict."""
    gate, last = service["gate"]["state"], service["last_check"]
    if leaving:
        return "draining"
    if gate == "failed":
        return "failed"
    if gate != "healthy":
        return "starting"
    well = (last is None or last["ok"]) and all(
        worker["healthy"] for worker in service["workers"].values()
    )
    return "healthy" if well else "unhealthy"


def _why(service: Mapping[str, Any], state: str) -> str:
    """Return why this host is not healthy; empty if it is."""
    if state in ("failed", "starting"):
        return str(service["gate"]["reason"]).replace(" | ", "\n")  # log lines, as in a signal
    last = service["last_check"]
    problems = [last["problem"]] if last and last["problem"] else []
    problems += [one["problem"] for one in service["workers"].values() if one["problem"]]
    return "\n".join(problems)


def _identity(metadata: Metadata) -> Mapping[str, Any]:
    try:
        return metadata.identity()
    except MetadataError:
        return {}


def _programs(report: Report, service: Mapping[str, Any], web: str) -> list[dict[str, Any]]:
    """Return each program with the time since which it runs (epoch), None if it is down."""
    last, offset = service["last_check"], now() - time.monotonic()
    problems = {name: one["problem"] for name, one in service["workers"].items()}
    if last:
        problems[web] = last["problem"]
    return [
        {
            "name": name,
            "since": at + offset if at else None,
            "restarts": _restarts(report, name),
            "problem": problems.get(name, ""),
        }
        for name, at in report.starts.items()
    ]


def _restarts(report: Report, name: str) -> int | None:
    """Return systemd's restarts and porterd's, None while systemd's are unknown."""
    own = report.programs.get(name)
    known = report.restarts.get(name)
    return known if known is None or own is None else known + own.total


def _answers(seen: Seen | None) -> list[dict[str, Any]]:
    """Return the shares of response classes of the service's frontend, for a picture."""
    if seen is None or not seen.frontends:
        return []
    counts = seen.frontends[0].responses
    total, x, shares = sum(counts.values()), 0.0, []
    for name, number in counts.items():
        if number:
            width = 1000 * number / total
            shares.append({"class": name, "count": number, "x": x, "width": width})
            x += width
    return shares


def _job(events: Events, name: str) -> dict[str, Any]:
    return {"name": name, "last": events.last("job", job=name)}


def said(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event in words: its mood for a colour, a subject, and what happened."""
    match event["kind"]:
        case "health" if event["healthy"]:
            mood, text, more = "good", f"{event['program']} became healthy", ""
        case "health":
            mood, text, more = "bad", f"{event['program']} is not healthy", event["problem"]
        case "signal":
            mood = {"sent": "good", "failed": "bad"}.get(event["state"], "")
            mood = "bad" if event["status"] == "FAILURE" else mood
            text = f"Signal {event['status']}: {event['state']}"
            more = "" if event["state"] == "intended" else event["reason"]
        case "hot-apply":
            mood, text, more = "", f"New payload {event['payload']}", ""
        case "secrets-rotated":
            names = ", ".join(event["names"])
            mood, text, more = "", f"Secrets of {event['program']} rotated", names
        case "job":
            good = event["result"] == "success"
            mood = "good" if good else "bad"
            text, more = f"Job {event['job']}: {event['result']}", f"{event['seconds']:.1f} s"
        case "notice":
            mood, text, more = "bad", f"AWS announces: {event['notice']}", ""
        case "restart" | "beyond-restart" | "replacement":
            mood = "good" if event.get("stage") == "kept" else "bad"
            text, more = _helped(event), event["reason"]
        case "drain":
            mood, text, more = "", f"Drain: {event['stage']}", event["why"]
        case kind:
            mood, text, more = "", str(kind), ""
    return {"at": event["at"], "kind": event["kind"], "mood": mood, "text": text, "more": more}


def _helped(event: Mapping[str, Any]) -> str:
    if event["kind"] == "restart":
        return f"{event['program']} is restarted (attempt {event['attempt']})"
    if event["kind"] == "replacement":
        return _REPLACEMENTS.get(event["stage"], "Replacement").format(event["holder"])
    return f"{event['program']} stays unhealthy after {event['restarts']} restarts"


_REPLACEMENTS = {
    "asked": "Auto Scaling is asked to replace this host",
    "waiting": "This host is to be replaced, after {}",
    "kept": "Auto Scaling is asked to keep this host",
}
