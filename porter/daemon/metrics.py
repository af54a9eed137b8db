"""`/metrics`: what porterd knows, as OpenMetrics text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flask import Flask, Response
from flask.typing import ResponseReturnValue

from porter.daemon.events import Events
from porter.daemon.gate import Phase
from porter.daemon.journal import STATES
from porter.daemon.machine import machine_now
from porter.daemon.settings import Settings
from porter.daemon.statistics import Seen, Statistics
from porter.daemon.watch import Report, Watch

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

Labels = Mapping[str, str]
Samples = Iterable[tuple[Labels, float]]


def serve_metrics(
    app: Flask, settings: Settings, watch: Watch, events: Events, statistics: Statistics | None
) -> None:
    """Serve `/metrics` of `app`. Each request reads the present state; nothing is counted twice."""
    jobs = [job.name for job in settings.spec.jobs]

    @app.get("/metrics")
    def metrics() -> ResponseReturnValue:
        proxy = _haproxy(statistics.read()) if statistics else ()
        families = (*_service(watch.report), *proxy, *_jobs(events, jobs), *_host())
        text = "".join((*families, "# EOF\n"))
        return Response(text, content_type=CONTENT_TYPE)


def _service(report: Report) -> Iterator[str]:
    gate, record, last = report.gate, report.record, report.gate.last
    states = [({"porter_gate": phase.value}, float(phase is gate.phase)) for phase in Phase]
    yield _family("porter_gate", "stateset", "State of the health gate.", states)
    signal = [({"porter_signal": state}, float(state == record.state)) for state in STATES]
    yield _family("porter_signal", "stateset", "State of the signal.", signal)
    if last:
        help_text = "Whether the newest health check through HAProxy succeeded."
        yield _family("porter_check_success", "gauge", help_text, [({}, float(last.ok))])
        help_text = "Duration of the newest health check."
        yield _family("porter_check_duration_seconds", "gauge", help_text, [({}, last.seconds)])
    workers = [({"worker": name}, float(not why)) for name, why in report.workers.items()]
    yield _family("porter_worker_healthy", "gauge", "Whether a worker is healthy.", workers)
    restarts = [({"program": name}, float(count)) for name, count in report.restarts.items()]
    help_text = "Restarts by systemd since the last start by hand."
    yield _family("porter_program_restarts", "counter", help_text, restarts)
    programs = report.programs.items()
    total = [({"program": name}, float(one.total)) for name, one in programs]
    help_text = "Restarts of unhealthy programs that porterd asked for."
    yield _family("porter_program_unhealthy_restarts", "counter", help_text, total)
    beyond = [({"program": name}, float(one.given_up)) for name, one in programs]
    help_text = "Whether restarts did not make the program healthy."
    yield _family("porter_program_beyond_restart", "gauge", help_text, beyond)
    help_text = "Whether this host should be replaced."
    helpless: Samples = [({}, float(bool(report.beyond_help)))]
    yield _family("porter_host_beyond_help", "gauge", help_text, helpless)


def _haproxy(seen: Seen) -> Iterator[str]:
    """Yield what HAProxy says; if it says nothing, only that."""
    up: Samples = [({}, float(not seen.problem))]
    yield _family("porter_haproxy_up", "gauge", "Whether HAProxy shows its statistics.", up)
    for kind, all_of_them in (("frontend", seen.frontends), ("server", seen.servers)):
        sessions = [({kind: one.name}, float(one.sessions)) for one in all_of_them]
        help_text = f"Sessions of a {kind} now."
        yield _family(f"porter_haproxy_{kind}_sessions", "gauge", help_text, sessions)
        responses = [
            ({kind: one.name, "class": name}, float(count))
            for one in all_of_them
            for name, count in one.responses.items()
        ]
        help_text = f"Answers of a {kind} by class, since HAProxy's last reload."
        yield _family(f"porter_haproxy_{kind}_responses", "counter", help_text, responses)
    ready = [({"server": one.name}, float(one.ready)) for one in seen.servers]
    help_text = "Whether HAProxy sends requests to a server."
    yield _family("porter_haproxy_server_ready", "gauge", help_text, ready)
    errors = [({"server": one.name}, float(one.errors)) for one in seen.servers]
    help_text = "Connections to a server that failed, and its broken answers."
    yield _family("porter_haproxy_server_errors", "counter", help_text, errors)


def _jobs(events: Events, jobs: Iterable[str]) -> Iterator[str]:
    """Yield the last run of each job, if it is among the events."""
    found = [(job, event) for job in jobs if (event := events.last("job", job=job))]
    success = [({"job": job}, float(one["result"] == "success")) for job, one in found]
    yield _family("porter_job_success", "gauge", "Whether the last run succeeded.", success)
    seconds = [({"job": job}, float(one["seconds"])) for job, one in found]
    yield _family("porter_job_duration_seconds", "gauge", "Duration of the last run.", seconds)
    ended = [({"job": job}, float(one["at"])) for job, one in found]
    yield _family("porter_job_end_timestamp_seconds", "gauge", "End of the last run.", ended)


def _host() -> Iterator[str]:
    now = machine_now()
    for name, help_text, value in (
        ("load1", "Load average of one minute.", now.load),
        ("cpus", "Processors.", now.cpus),
        ("memory_total_bytes", "Memory of the host, total.", now.memory_total),
        ("memory_available_bytes", "Memory of the host, available.", now.memory_available),
        ("disk_total_bytes", "Size of the disk.", now.disk_total),
        ("disk_available_bytes", "Free space of the disk.", now.disk_available),
    ):
        samples: Samples = [({}, float(value))] if value is not None else []
        yield _family(f"porter_host_{name}", "gauge", help_text, samples)


def _family(name: str, kind: str, help_text: str, samples: Samples) -> str:
    """Return a metric family (OpenMetrics 1.0, "Text format"); none without samples."""
    suffix = "_total" if kind == "counter" else ""
    unit = next((one for one in ("seconds", "bytes") if name.endswith(f"_{one}")), "")
    lines = [f"{name}{suffix}{_labels(labels)} {value!r}" for labels, value in samples]
    if not lines:
        return ""
    head = [f"# TYPE {name} {kind}", *([f"# UNIT {name} {unit}"] if unit else [])]
    return "\n".join([*head, f"# HELP {name} {help_text}", *lines, ""])


def _labels(labels: Labels) -> str:
    """Return the labels; names of programs and jobs need no escape (`check_name`)."""
    pairs = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""
