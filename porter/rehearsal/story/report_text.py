"""The report as a terminal shows it: timeline, result, services, evidence, what was not covered."""

from __future__ import annotations

from collections.abc import Iterator

from porter.rehearsal.cloud.emulator import ReceivedSignal
from porter.rehearsal.story.report import Report, ReportedHost, Service, Update

BAR = 40

_RESET = "\x1b[0m"
_STYLES = {"good": "\x1b[32m", "bad": "\x1b[31m", "quiet": "\x1b[2m", "title": "\x1b[1m"}


def as_text(report: Report, *, color: bool = False) -> str:
    """Return the report, in `color` for a terminal that shows it."""
    parts = [_bars(report, color=color), _findings(report, color=color)]
    parts += ["\n".join(_service(one, color=color)) for one in report.services]
    parts += _evidence(report, color=color)
    if report.services:
        parts += _not_exercised(report, color=color)
    return "\n\n".join(part for part in parts if part)


def styled(text: str, style: str, *, color: bool) -> str:
    """Return `text` in `style`: `good`, `bad`, `quiet` or `title`."""
    return f"{_STYLES[style]}{text}{_RESET}" if color and text else text


def _bars(report: Report, *, color: bool) -> str:
    scale = BAR / (report.total or 1)
    lines = []
    for span in report.spans:
        left = round(span.start * scale)
        width = max(1, round(span.end * scale) - left)
        bar = styled("█" * width, "bad" if span.failed else "good", color=color)
        room = " " * (BAR + 1 - left - width)
        end = styled("failed", "bad", color=color) if span.failed else ""
        line = f"  {span.phase:<9}{span.seconds:6.2f} s  {' ' * left}{bar}{room} {end}"
        lines.append(line.rstrip())
    return "\n".join([*lines, f"  {'total':<9}{report.total:6.2f} s"])


def _findings(report: Report, *, color: bool) -> str:
    status = styled(report.stack_status, "good" if report.ok else "bad", color=color)
    lines = [f"{status}: {report.reason}" if report.reason else status]
    lines += [_update(update) for update in report.updates]
    lines += [_signal(signal, report.service_of(signal.unique_id)) for signal in report.signals]
    if report.healthy_to_signal is not None:
        lines.append(f"healthy to signal: {report.healthy_to_signal:.2f} s")
    if report.boot_share is not None:
        lines.append(f"boot time spent in porter: {report.boot_share:.1f} s")
    lines += [f"payload of {one.host}: {one.shown_size}" for one in report.payloads]
    lines += [f"listener {name} with its rules: {url}" for name, url in report.listeners.items()]
    return "\n".join(lines)


def _update(update: Update) -> str:
    hosts = f"hosts: {update.hosts_started} started, {update.hosts_stopped} stopped"
    asked = f"; {update.failed_requests} of {update.requests} requests failed"
    status = f"{update.version}: {update.stack_status} in {update.seconds:.2f} s, {hosts}"
    return status + (asked if update.requests else "")


def _signal(signal: ReceivedSignal, service: str) -> str:
    sender = f"{signal.unique_id} ({service})" if service else signal.unique_id
    said = f"signal {signal.status} from {sender}"
    return f"{said}: {signal.reason}" if signal.reason else said


def _service(service: Service, *, color: bool) -> Iterator[str]:
    name = styled(service.name, "title", color=color)
    if service.url:
        by = "load balancer" if service.balanced else "HAProxy"
        yield f"{name}: {service.url} ({by}): {_answer(service, color=color)}"
    elif any(host.running for host in service.hosts):
        yield f"{name}: no load balancer and no port"
    else:
        yield f"{name}: no host runs"
    for host in service.hosts:
        yield f"  {host.instance_id}{_haproxy(host)}"


def _answer(service: Service, *, color: bool) -> str:
    if not service.asked:
        return "not asked"
    return styled(
        f"GET / answered {service.status}" if service.status else "GET / has no answer",
        "bad" if service.problem else "good",
        color=color,
    )


def _haproxy(host: ReportedHost) -> str:
    at = f": HAProxy at {host.url}" if host.url and host.running else ""
    gone = f": {host.stopped}" if host.stopped else ""
    moved = ", ".join(f"port {port} is {other}" for port, other in host.ports.items())
    return f"{at}{gone}" + (f" ({moved} on this computer)" if moved and host.running else "")


def _evidence(report: Report, *, color: bool) -> list[str]:
    return [
        "\n".join([styled(f"--- {source}", "title", color=color), *(f"  {line}" for line in lines)])
        for source, lines in report.evidence.items()
        if lines
    ]


def _not_exercised(report: Report, *, color: bool) -> Iterator[str]:
    """Yield what this app's rehearsal left out, and how every app's machines differ from EC2."""
    of_the_app = [f"  {line}" for line in report.not_exercised.of_the_app()]
    machines = [f"  {line}" for line in report.not_exercised.machines]
    for lines in (["not exercised:", *of_the_app], [f"machine: {report.machine}", *machines]):
        if len(lines) > 1:
            yield "\n".join(styled(line, "quiet", color=color) for line in lines)
