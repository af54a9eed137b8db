"""`porter host`: the commands that run on a host."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

import click

from porter.cli.host_drain import drain_command
from porter.cli.host_options import json_option, root_option
from porter.cli.numbers import Count, Seconds
from porter.errors import PorterError
from porter.host.apply import apply
from porter.host.apply import dry_run as imagine
from porter.host.core.goal import Gate, require_host
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.payload import parse_payload
from porter.host.core.redaction import held_values
from porter.host.core.steps import Step
from porter.host.ports import parse_ports
from porter.host.report import Report
from porter.host.show import show
from porter.host.signalling import Status, signal


def _ports(
    _context: click.Context, _option: click.Parameter, pairs: tuple[str, ...]
) -> dict[int, int]:
    """Parse the moved ports of the options or of PORTER_PORTS; a wrong one is a usage error."""
    try:
        return parse_ports(" ".join(pairs))
    except PorterError as error:
        raise click.BadParameter(error.what) from error


@click.group()
def host() -> None:
    """Configure and inspect this host.

    \b
    Example:
        porter host show
    """  # noqa: D301 - \b is click's mark for text it must not wrap


host.add_command(drain_command)


@host.command("apply")
@root_option
@json_option
@click.option("--dry-run", is_flag=True, help="Print the steps and change nothing.")
@click.option(
    "--map-port",
    "ports",
    metavar="PORT:PORT",
    envvar="PORTER_PORTS",
    multiple=True,
    callback=_ports,
    help="Replace the first port with the second; repeatable. [PORTER_PORTS, '80=8080 8000=8001']",
)
@click.option("--payload", metavar="URL", help="Apply this newer payload, s3://BUCKET/KEY.")
@click.option("--sha256", metavar="DIGEST", help="The SHA-256 of the payload.")
@click.option(
    "--successes",
    type=Count(1, 10),
    metavar="N",
    help="The health checks in a row that a new service must pass.  [default: healthy_threshold]",
)
@click.option(
    "--within",
    type=Seconds(1, 3600),
    default=Gate().seconds,
    show_default=True,
    metavar="SECONDS",
    help="The time that a new service has to pass them.",
)
def apply_command(  # noqa: PLR0913 - its options
    *,
    root: Path,
    as_json: bool,
    dry_run: bool,
    ports: dict[int, int],
    payload: str | None,
    sha256: str | None,
    successes: int | None,
    within: float,
) -> None:
    """Configure this host as its deployment, or a newer payload, specifies.

    A second run changes nothing. A newer service takes over without a lost request; if it fails,
    the old service keeps serving. A failure exits with 1. Before porterd runs, a failure is also
    signaled to CloudFormation.

    \b
    Examples:
        porter host apply --dry-run
        porter host apply --payload s3://releases/payload-7.tar.xz --sha256 9f86d081...
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    if (payload is None) != (sha256 is None):
        raise click.UsageError("Give --payload and --sha256 together.")
    machine = Machine(Layout(root.absolute()))
    newer = parse_payload(payload, sha256 or "") if payload else None
    if dry_run:
        report = imagine(machine, ports=ports, environment=os.environ, payload=newer)
    else:
        on_step = (lambda _phase, _step: None) if as_json else _Progress().show
        report = apply(
            machine,
            ports=ports,
            environment=os.environ,
            payload=newer,
            gate=Gate(successes=successes or 0, seconds=within),
            on_step=on_step,
        )
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        _echo_rest(report)


@host.command("show")
@root_option
@json_option
def show_command(*, root: Path, as_json: bool) -> None:
    """Show what this host runs, and what the next apply would change.

    \b
    Example:
        porter host show --json
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    shown = show(Machine(Layout(root.absolute())), os.environ)
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    where = f"{shown['region']}, on {shown['system']}" if shown["system"] else shown["region"]
    click.echo(f"{shown['service']} in {where} ({shown['payload']}, {shown['bundle']})")
    parts = [("porterd", shown["porterd"]["url"], shown["porterd"]["unit"])]
    if shown["haproxy"]:
        parts.append(("haproxy", f"port {shown['haproxy']['port']}", shown["haproxy"]["unit"]))
    parts += [
        (one["name"], f"port {one['port']}" if one["port"] else "", one["unit"])
        for one in shown["workloads"]
    ]
    for name, address, unit in parts:
        state = unit["state"]["active"] if unit["state"] else "no systemd"
        click.echo(f"  {name:<12} {state:<12} {address:<24} {unit['name']}")
    for job in shown["jobs"]:
        click.echo(f"  {job['name']:<12} {_job_line(job)}")
    for phase, steps in shown["phases"].items():
        click.echo(f"  phase {phase:<10} {'; '.join(steps) or 'up to date'}")
    for note in shown["notes"]:
        click.echo(f"  note: {note}")


@host.command("signal")
@root_option
@click.argument("status", type=click.Choice(["success", "failure"]))
@click.argument("reason")
def signal_command(*, root: Path, status: str, reason: str) -> None:
    """Signal success or failure of this host to CloudFormation.

    porterd does this normally. Use it to end a deployment that waits: `failure` fails it at once,
    with REASON. CloudFormation accepts only the first signal of each host.

    \b
    Example:
        porter host signal failure "the database has not been migrated"
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    verdict: Status = "SUCCESS" if status == "success" else "FAILURE"
    machine = Machine(Layout(root.absolute()))
    require_host(machine)
    if signal(machine, verdict, reason):
        click.echo(f"signaled {verdict} to CloudFormation")
    else:
        click.echo("CloudFormation no longer waits for this host: nothing was signaled")


@host.command("secrets")
@root_option
@json_option
def secrets_command(*, root: Path, as_json: bool) -> None:
    """Print the secrets of this host with their values. Needs root.

    Prints one NAME=value in each line, quoted for a shell, below the name of the program.

    \b
    Example:
        porter host secrets --json
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    machine = Machine(Layout(root.absolute()))
    require_host(machine)
    owners = held_values(machine)
    if as_json:
        click.echo(json.dumps(owners, indent=2))
        return
    for owner, values in owners.items():
        click.echo(f"# {owner}")
        for name, value in values.items():
            click.echo(f"{name}={shlex.quote(value)}")


def _job_line(job: dict[str, Any]) -> str:
    """Describe the next run of `job`, and its last run on this host."""
    due = f"due {job['next']}" if job["next"] else f"due {job['schedule']}"
    last = job["last"]
    ran = f"{last['occurrence']} {last['result']}, {last['seconds']} s" if last else "never here"
    return f"{due}, last run: {ran}"


class _Progress:
    """Prints each performed step below the name of its phase."""

    def __init__(self) -> None:
        self._phase = ""

    def show(self, phase: str, step: Step) -> None:
        if phase != self._phase:
            self._phase = phase
            click.echo(phase)
        click.echo(f"  {step.title}")


def _echo_rest(report: Report) -> None:
    """Print the rest of the report: a dry run's steps, notes and the duration."""
    progress = _Progress()
    for phase in report.phases if report.dry_run else ():
        for step in phase.steps:
            progress.show(phase.phase, step)
    for line in report.ending:
        click.echo(line)
