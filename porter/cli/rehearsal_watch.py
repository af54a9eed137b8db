"""What `porter rehearse --stay` and `--watch` print while a rehearsal stays."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence

import click

from porter.cli.progress import ShownProgress
from porter.rehearsal.cloud.workspace import App, ready_made
from porter.rehearsal.faults import Fault
from porter.rehearsal.story.report import Report
from porter.rehearsal.watch.change import Change, Listener


def check(app: App, *, keep_failed: bool, faults: Sequence[Fault]) -> None:
    """Raise `UsageError` for what contradicts --watch, and `PorterError` without an app."""
    if keep_failed:
        raise click.UsageError(
            "--keep-failed contradicts --watch: what fails is removed, and the old version serves."
        )
    if faults:
        raise click.UsageError("--fault breaks one deployment, and --watch makes many.")
    if app.ready or ready_made(app):
        raise click.UsageError(
            "--watch needs an app to synthesize: an assembly (cdk.out) does not name its sources."
        )


def listener(shown: ShownProgress, *, wants_json: bool) -> Listener:
    """Return what prints changes on stdout: lines, or with --json an object each."""

    def ended(change: Change) -> None:
        shown.finish()
        if wants_json:
            click.echo(json.dumps(change.as_json()))
        else:
            click.echo(f"{time.strftime('%H:%M:%S')} {change.as_text()}")
        sys.stdout.flush()

    return Listener(lambda line: shown.says(f"--- {line}"), shown.begin, ended)


def where(report: Report) -> None:
    """Print how to reach what stays."""
    for service in report.services:
        if service.url:
            click.echo(f"{service.name}: {service.url}", err=True)
    click.echo("the embedded AWS, for your own AWS tools:", err=True)
    for name, value in report.credentials.items():
        click.echo(f"  export {name}={value}", err=True)
    name = next((f" {one.name}" for one in report.services), "")
    click.echo(f"the logs of a host: porter rehearse logs{name}", err=True)
    if report.machine == "systemd":
        click.echo(f"a shell on a host: porter rehearse shell{name}", err=True)
    click.echo("Ctrl-C removes everything", err=True)
    sys.stdout.flush()
