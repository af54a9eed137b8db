"""`porter rehearse`: deploy the app on this machine, report, and remove everything."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from porter.cli import rehearsal_visit, rehearsal_watch
from porter.cli.numbers import Seconds
from porter.cli.progress import ShownProgress
from porter.cli.terminal import rich
from porter.doctor import CONTAINER, linux
from porter.errors import PorterError
from porter.rehearsal.cloud.workspace import App
from porter.rehearsal.faults import Fault, table
from porter.rehearsal.fleet.kinds import IMAGES, KINDS, kind_of
from porter.rehearsal.local.interruption import Interrupted, interruptible
from porter.rehearsal.rehearse import Rehearsal, rehearsal
from porter.rehearsal.story.progress import Progress
from porter.rehearsal.story.report import Report
from porter.rehearsal.story.report_html import as_html
from porter.rehearsal.story.report_json import as_json
from porter.rehearsal.story.report_text import as_text


def _faults(
    context: click.Context, _parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[Fault, ...]:
    """Return the faults in `names`; `help` prints the list of faults and exits."""
    if "help" in names:
        click.echo(table())
        context.exit()
    return tuple(Fault(name) for name in names)


class _Rehearse(click.Group):
    """A group that takes stacks where it finds no subcommand; options may follow them."""

    def parse_args(self, context: click.Context, words: list[str]) -> list[str]:
        """Parse the stacks into the parameter `stacks`."""
        _, rest, _ = self.make_parser(context).parse_args(list(words))
        if rest and rest[0] not in self.commands:
            context.allow_interspersed_args = True
            context.params["stacks"] = tuple(click.Command.parse_args(self, context, words))
            context.args = []
            return []
        context.params["stacks"] = ()
        return super().parse_args(context, words)


@click.group(
    cls=_Rehearse, invoke_without_command=True, subcommand_metavar="[STACKS]... | COMMAND [ARGS]..."
)
@click.option(
    "--app",
    "-a",
    "command",
    metavar="APP",
    default="",
    help="A ready-made assembly (cdk.out), or another command than cdk.json's.",
)
@click.option(
    "--context",
    "-c",
    "values",
    metavar="KEY=VALUE",
    multiple=True,
    help="A value for the app's context. Repeatable.",
)
@click.option(
    "--exclusively",
    "-e",
    is_flag=True,
    help="Only the given stacks, without those they depend on.",
)
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the report to FILE, a web page.",
)
@click.option("--stay", is_flag=True, help="Keep the service running until Ctrl-C.")
@click.option("--watch", is_flag=True, help="Bring each saved file to the hosts, until Ctrl-C.")
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
    type=Seconds(min=1),
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
    stacks: tuple[str, ...],
    command: str,
    values: tuple[str, ...],
    exclusively: bool,
    wants_json: bool,
    page: Path | None,
    stay: bool,
    watch: bool,
    keep_failed: bool,
    before: tuple[str, ...],
    timeout: float,
    faults: tuple[Fault, ...],
    machine: str,
    image: str | None,
) -> None:
    """Deploy the app in this folder on this machine, without an AWS account.

    The real cdk CLI deploys the app to an embedded AWS. Every host of the stack starts on this
    machine, with a real HAProxy, porterd and the service. Exits with 0 if the stack completed and
    the service answered, else with 1 and the reason.

    STACKS are names and patterns, as for `cdk deploy`; without them, all stacks are deployed. The
    stacks that they depend on come first.

    With --from, porter deploys the earlier version first and then updates its stack. The service
    gets 50 requests a second meanwhile; a failed request fails the rehearsal.

    \b
    Example:
      porter rehearse
      porter rehearse 'Dev/*' -c color=blue
      porter rehearse --app cdk.out     (the assembly of `porter build`)
      porter rehearse --stay
      porter rehearse --watch
      porter rehearse --from HEAD~1
      porter rehearse --json | jq .seconds
      porter rehearse --machine systemd --keep-failed
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    if context.invoked_subcommand:
        return
    if not linux():
        raise PorterError(
            "a rehearsal needs Linux",
            where="porter rehearse",
            cure=f"use a container:\n{CONTAINER}",
        )
    if image and machine != "systemd":
        raise click.UsageError("--image needs --machine systemd.")
    if page and not os.access(page.absolute().parent, os.W_OK):
        raise PorterError(
            "the folder of the web page does not exist, or cannot be written",
            where=str(page),
            cure="choose another file: --html",
        )
    app = App(
        folder=Path.cwd(), command=command, context=values, stacks=stacks, exclusively=exclusively
    )
    if watch:
        rehearsal_watch.check(app, keep_failed=keep_failed, faults=faults)
    shown = ShownProgress(live=rich(sys.stderr))
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
            listener = rehearsal_watch.listener(shown, wants_json=wants_json)
            watching = stage.watch(app, listener) if watch else None
            report = stage.update(app, before, shown.begin)
            shown.finish()
            _present(report, wants_json=wants_json, page=page)
            if watching:
                rehearsal_watch.where(report)
                watching.run(report)
            if stay if report.ok else keep_failed:
                _stay(stage, report)
    except Interrupted as interrupted:
        shown.finish()
        click.echo("interrupted: everything was removed", err=True)
        sys.exit(interrupted.exit_code)
    finally:
        shown.finish()
    sys.exit(0 if report.ok else 1)


def _present(report: Report, *, wants_json: bool, page: Path | None) -> None:
    """Print the report, and write it as a web page to `page`. Raises `PorterError`."""
    if wants_json:
        click.echo(json.dumps(as_json(report)))
    else:
        color = rich(sys.stdout)
        click.echo(as_text(report, color=color), color=color)
    if page:
        try:
            page.write_text(as_html(report), "utf-8")
        except OSError as error:
            raise PorterError(f"cannot be written: {error.strerror}", where=str(page)) from error


def _stay(stage: Rehearsal, report: Report) -> None:
    rehearsal_watch.where(report)
    stage.stay()


for command in (
    rehearsal_visit.shell,
    rehearsal_visit.logs,
    rehearsal_visit.open_page,
    rehearsal_visit.notice,
    rehearsal_visit.scale,
    rehearsal_visit.kill,
):
    rehearse.add_command(command)
