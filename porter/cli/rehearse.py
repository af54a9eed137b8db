"""`porter rehearse`: deploy the app on this machine, show when what happened, take it down."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import click

from porter.rehearsal.faults import Fault, table
from porter.rehearsal.interruption import Interrupted, interruptible
from porter.rehearsal.rehearse import rehearse as run
from porter.rehearsal.report import Report, as_json, as_text
from porter.rehearsal.timeline import PHASES


def _faults(
    context: click.Context, _parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[Fault, ...]:
    """The faults that `names` name; `help` prints what there is, and ends."""
    if "help" in names:
        click.echo(table())
        context.exit()
    return tuple(Fault(name) for name in names)


@click.command()
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option("--stay", is_flag=True, help="Keep the service up until Ctrl-C.")
@click.option(
    "--from",
    "before",
    metavar="OLD",
    multiple=True,
    help="Deploy this folder or git revision first. Repeatable, in order.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="Give up after so long, with each version.",
)
@click.option(
    "--fault",
    "faults",
    type=click.Choice([*map(str, Fault), "help"]),
    metavar="NAME",
    multiple=True,
    callback=_faults,
    help="Break one thing on purpose; `--fault help` lists them. Repeatable.",
)
@click.option(
    "--machine",
    type=click.Choice(["process"]),
    default="process",
    show_default=True,
    help="What plays EC2: a folder and a process tree.",
)
def rehearse(  # noqa: PLR0913 - options
    *,
    wants_json: bool,
    stay: bool,
    before: tuple[str, ...],
    timeout: float,
    faults: tuple[Fault, ...],
    machine: str,
) -> None:
    """Deploy the app in this folder on this machine, without an AWS account.

    The real cdk CLI deploys a copy of the app to an embedded AWS; every host it asks for is started
    here, with a real HAProxy, porterd and the service. Exits 0 if the stack completed and the
    service answered, else 1 and says why.

    With --from, the app's folder then updates the stack of that earlier version while the service
    is asked 50 times a second; a request that fails, fails the rehearsal.

    \b
    Example:
      porter rehearse
      porter rehearse --stay
      porter rehearse --from HEAD~1
      porter rehearse --json | jq .seconds
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    del machine  # there is one so far
    progress = Progress(live=sys.stderr.isatty())
    try:
        with (
            interruptible(),
            run(
                Path.cwd(),
                before=before,
                timeout=timeout,
                announce=progress.over,
                begin=progress.begin,
                faults=faults,
            ) as report,
        ):
            progress.finish()
            click.echo(json.dumps(as_json(report)) if wants_json else as_text(report))
            if stay and report.ok:
                _stay(report)
    except Interrupted as interrupted:
        progress.finish()
        click.echo("interrupted: everything is taken down", err=True)
        sys.exit(interrupted.exit_code)
    finally:
        progress.finish()
    sys.exit(0 if report.ok else 1)


def _stay(report: Report) -> None:
    if report.url:
        click.echo(f"the service: {report.url}", err=True)
    click.echo(f"the embedded AWS: AWS_ENDPOINT_URL={report.endpoint}", err=True)
    click.echo("Ctrl-C takes everything down", err=True)
    sys.stdout.flush()
    while True:
        signal.pause()


class Progress:
    """A line on stderr per phase; on a terminal also the phase that is going on."""

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._open = False
        self._begin(PHASES[0])

    def begin(self, version: str) -> None:
        """The deployment of `version` begins."""
        self.finish()
        click.echo(f"--- {version}", err=True)
        self._begin(PHASES[0])

    def over(self, phase: str, seconds: float) -> None:
        """`phase` is over; the next one has begun."""
        self.finish()
        click.echo(f"{phase:<9}{seconds:6.2f} s", err=True)
        following = PHASES[PHASES.index(phase) + 1 :]
        if following:
            self._begin(following[0])

    def finish(self) -> None:
        """Wipe the line of the phase that is going on."""
        if self._open:
            click.echo("\r\x1b[K", err=True, nl=False)
            self._open = False

    def _begin(self, phase: str) -> None:
        if self._live:
            click.echo(f"{phase} ...", err=True, nl=False)
            self._open = True
