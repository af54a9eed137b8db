"""The report as one web page without any external resource, and as part of a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from porter.rehearsal.story.report import Report, Service
from porter.rehearsal.story.timeline import Span

_STYLE = """
.porter { --ink: #1b1f24; --soft: #5b6470; --line: #d8dee4; --back: #ffffff; --good: #1a7f37;
  --bad: #cf222e; --bar: #2f6fdb; color: var(--ink); background: var(--back);
  font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; padding: 1.5rem; }
@media (prefers-color-scheme: dark) { .porter { --ink: #e6edf3; --soft: #9aa4af; --line: #30363d;
  --back: #0d1117; --good: #3fb950; --bad: #ff7b72; --bar: #58a6ff; } }
.porter h1 { font-size: 1.4rem; margin: 0 0 .3rem; }
.porter h2 { font-size: 1rem; margin: 1.6rem 0 .4rem; }
.porter .good { color: var(--good); } .porter .bad { color: var(--bad); }
.porter p { margin: .2rem 0; overflow-wrap: anywhere; }
.porter .scroll { overflow-x: auto; }
.porter table { border-collapse: collapse; width: 100%; color: inherit; background: none; }
.porter th, .porter td { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top;
  border-bottom: 1px solid var(--line); background: none; overflow-wrap: anywhere; }
.porter th { color: var(--soft); font-weight: 500; white-space: nowrap; }
.porter a { color: var(--bar); }
.porter pre { overflow-x: auto; padding: .7rem; border: 1px solid var(--line); margin: .3rem 0;
  border-radius: 6px; font-size: 13px; color: inherit; background: none; }
.porter ul { margin: 0; padding-left: 1.2rem; color: var(--soft); }
.porter svg { width: 100%; height: auto; display: block; }
.porter svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.porter svg .soft { fill: var(--soft); } .porter svg .grid { stroke: var(--line); }
.porter svg .bar { fill: var(--bar); } .porter svg .failed { fill: var(--bad); }
"""

_MOST_TICKS = 6
_WIDTH, _LEFT, _RIGHT, _ROW = 880, 90, 80, 26


def as_html(report: Report) -> str:
    """Return the report as a page; it follows the reader's light or dark scheme."""
    verdict = "succeeded" if report.ok else "failed"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>The rehearsal {verdict}</title>\n"
        "<style>body { margin: 0; display: flex; justify-content: center; background: #ffffff; }\n"
        "@media (prefers-color-scheme: dark) { body { background: #0d1117; } }\n"
        ".porter { flex: 1; min-width: 0; }</style>\n"
        f"</head>\n<body>\n{fragment(report)}</body>\n</html>\n"
    )


def fragment(report: Report) -> str:
    """Return the page's content with its styles, for a notebook."""
    parts = "".join(_parts(report))
    return f'<div class="porter">\n<style>{_STYLE}</style>\n{parts}</div>\n'


def _parts(report: Report) -> Iterator[str]:
    mood = "good" if report.ok else "bad"
    verdict = "The rehearsal succeeded" if report.ok else "The rehearsal failed"
    yield f'<h1 class="{mood}">{verdict}</h1>\n'
    status = f"{report.stack_status} in {report.total:.1f} s on {report.machine} machines"
    yield f"<p>{escape(status)}</p>\n"
    if report.reason:
        yield f'<p class="bad">{escape(report.reason)}</p>\n'
    yield f"<h2>Timeline</h2>\n{timeline(report)}\n"
    if report.services:
        rows = [row for service in report.services for row in _service(service)]
        yield _table("Services", ("service", "answer", "host", "moved ports"), rows)
    if report.payloads:
        sizes = [(escape(one.host), one.shown_size) for one in report.payloads]
        yield _table("Payloads", ("host", "size"), sizes)
    if report.updates:
        yield _table(
            "Versions",
            ("version", "result", "seconds", "hosts started", "stopped", "failed requests"),
            [
                (
                    escape(one.version),
                    escape(one.stack_status),
                    f"{one.seconds:.1f}",
                    str(one.hosts_started),
                    str(one.hosts_stopped),
                    f"{one.failed_requests} of {one.requests}",
                )
                for one in report.updates
            ],
        )
    if report.signals:
        signals = [
            tuple(map(escape, (report.service_of(one.unique_id), one.status, one.reason)))
            for one in report.signals
        ]
        yield _table("Signals", ("service", "signal", "reason"), signals)
    for source, lines in report.evidence.items():
        if lines:
            said = escape("\n".join(lines))
            yield f"<h2>{escape(source)}</h2>\n<pre>{said}</pre>\n"
    if report.services:
        skipped = [*report.not_exercised.of_the_app(), *report.not_exercised.machines]
        items = "".join(f"<li>{escape(line)}</li>\n" for line in skipped)
        yield f"<h2>Not exercised</h2>\n<ul>\n{items}</ul>\n"


def timeline(report: Report) -> str:
    """Return the phases as an inline SVG picture."""
    height = _ROW * (len(report.spans) + 1) + 6
    scale = (_WIDTH - _LEFT - _RIGHT) / (report.total or 1)
    label = escape(
        ", ".join(f"{one.phase} {one.seconds:.1f} s" for one in report.spans), quote=True
    )
    rows = "".join(_row(number, span, scale) for number, span in enumerate(report.spans))
    grid = "".join(
        f'<line class="grid" x1="{_LEFT + at * scale:.1f}" x2="{_LEFT + at * scale:.1f}" y1="0" '
        f'y2="{height - _ROW}"/><text class="soft" text-anchor="middle" '
        f'x="{_LEFT + at * scale:.1f}" y="{height - 8}">{at:g} s</text>'
        for at in _ticks(report.total)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}" '
        f'xmlns="http://www.w3.org/2000/svg">{grid}{rows}</svg>'
    )


def _row(number: int, span: Span, scale: float) -> str:
    y = number * _ROW
    x, width = _LEFT + span.start * scale, max(2.0, span.seconds * scale)
    kind = "bar failed" if span.failed else "bar"
    after = "failed" if span.failed else f"{span.seconds:.2f} s"
    return (
        f'<text x="0" y="{y + 17}">{escape(span.phase)}</text>'
        f'<rect class="{kind}" x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="16" rx="3"/>'
        f'<text class="soft" x="{x + width + 6:.1f}" y="{y + 17}">{after}</text>'
    )


def _ticks(total: float) -> list[float]:
    """Return round times from 0 to `total` seconds, about `_MOST_TICKS`."""
    step = next(
        (one for one in (0.5, 1, 2, 5, 10, 20, 60, 120, 300) if total / one <= _MOST_TICKS),
        total or 1,
    )
    return [step * number for number in range(int(total / step) + 1)]


def _service(service: Service) -> Iterator[tuple[str, ...]]:
    link = f'<a href="{escape(service.url or "")}">{escape(service.url or "")}</a>'
    by = "load balancer" if service.balanced else "HAProxy"
    answer = f"{service.status or 'no answer'}" if service.asked else "not asked"
    mood = "bad" if service.problem else "good" if service.asked else ""
    place = f'{link} ({by})<br><span class="{mood}">{answer}</span>' if service.url else ""
    hosts = service.hosts or ()
    for number, host in enumerate(hosts):
        ports = ", ".join(f"{port} to {moved}" for port, moved in host.ports.items())
        state = f"HAProxy at {host.url}" if host.url else "runs"
        where = f"{host.instance_id}<br>{host.stopped or state}"
        first = (escape(service.name), place) if number == 0 else ("", "")
        yield (*first, where, ports)


def _table(title: str, names: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    table = f"<table>\n<tr>{head}</tr>\n{body}</table>"
    return f'<h2>{title}</h2>\n<div class="scroll">{table}</div>\n'
