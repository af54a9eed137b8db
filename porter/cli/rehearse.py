"""`porter rehearse`: deploy the app on this machine, report, and remove everything."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from porter.cli import rehearsal_visit
from porter.cli.progress import ShownProgress
from porter.rehearsal.faults import Fault, table
from porter.rehearsal.fleet.kinds import IMAGES, KINDS, kind_of
from porter.rehearsal.local.interruption import Interrupted, interruptible
from porter.rehearsal.rehearse import Rehearsal, rehearsal
from porter.rehearsal.story.progress import Progress
from porter.rehearsal.story.report import Report, as_json, as_text


def _faults(
    context: click.Context, _parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[Fault, ...]:
    """Return the faults in `names`; `help` prints the list of faults and exits."""
    if "help" in names:
        click.echo(table())
        context.exit()
    return tuple(Fault(name) for name in names)


class _Seconds(click.FloatRange):
    """A number of seconds, under a name that a person understands."""

    name = "number of seconds"


@click.group(invoke_without_command=True)
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option("--stay", is_flag=True, help="Keep the service running until Ctrl-C.")
@click.option("--keep-failed", is_flag=True, help="Keep a failed deployment running until Ctrl-C.")
@click.option(
    "--from",
    "before",
    metavar="OLD",
    multiple=True,
    help="First deploy this folder or git revision. Repeatable, in order.",
)
@click.option(
    "--timeout",
    type=_Seconds(min=1),
    default=300,
    show_default=True,
    metavar="SECONDS",
    help="The time limit of one version.",
)
@click.option(
    "--fault",
    "faults",
    type=click.Choice([*map(str, Fault), "help"]),
    metavar="NAME",
    multiple=True,
    callback=_faults,
    help="Cause this fault; `--fault help` lists all faults. Repeatable.",
)
@click.option(
    "--machine",
    type=click.Choice(KINDS),
    default=KINDS[0],
    show_default=True,
    help="What replaces EC2: a folder and a process tree, or a booted Linux (needs root).",
)
@click.option(
    "--image",
    type=click.Choice(IMAGES),
    help=f"The image that --machine systemd boots.  [default: {IMAGES[0]}]",
)
@click.pass_context
def rehearse(  # noqa: PLR0913 - options
    context: click.Context,
    *,
    wants_json: bool,
    stay: bool,
    keep_failed: bool,
    before: tuple[str, ...],
    timeout: float,
    faults: tuple[Fault, ...],
    machine: str,
    image: str | None,
) -> None:
    """Deploy the app in this folder on this machine, without an AWS account.

    The real cdk CLI deploys a copy of the app to an embedded AWS. Every host of the stack starts on
    this machine, with a real HAProxy, porterd and the service. Exits with 0 if the stack completed
    and the service answered, else with 1 and the reason.

    With --from, porter deploys the earlier version first and then updates its stack. The service
    gets 50 requests a second meanwhile; a failed request fails the rehearsal.

    \b
    Example:
      porter rehearse
      porter rehearse --stay
      porter rehearse --from HEAD~1
      porter rehearse --json | jq .seconds
      porter rehearse --machine systemd --keep-failed
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    if context.invoked_subcommand:
        return
    if image and machine != "systemd":
        raise click.UsageError("--image needs --machine systemd.")
    shown = ShownProgress(live=sys.stderr.isatty())
    try:
        with (
            interruptible(),
            rehearsal(
                timeout=timeout,
                progress=Progress(over=shown.over, sees=shown.sees, says=shown.says),
                faults=faults,
                kind=kind_of(machine, image or IMAGES[0]),
                keep_failed=keep_failed,
            ) as stage,
        ):
            report = stage.update(Path.cwd(), before, shown.begin)
            shown.finish()
            click.echo(json.dumps(as_json(report)) if wants_json else as_text(report))
            if stay if report.ok else keep_failed:
                _stay(stage, report)
    except Interrupted as interrupted:
        shown.finish()
        click.echo("interrupted: everything was removed", err=True)
        sys.exit(interrupted.exit_code)
    finally:
        shown.finish()
    sys.exit(0 if report.ok else 1)


def _stay(stage: Rehearsal, report: Report) -> None:
    if report.url:
        click.echo(f"the service: {report.url}", err=True)
    click.echo(f"the embedded AWS: AWS_ENDPOINT_URL={report.endpoint}", err=True)
    click.echo("the logs of a host: porter rehearse logs", err=True)
    if report.machine == "systemd":
        click.echo("a shell on a host: porter rehearse shell", err=True)
    click.echo("Ctrl-C removes everything", err=True)
    sys.stdout.flush()
    stage.stay()


for command in (rehearsal_visit.shell, rehearsal_visit.logs, rehearsal_visit.notice):
    rehearse.add_command(command)
