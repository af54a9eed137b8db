"""`porter doctor`: check this machine, and show how to install what is missing."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import groupby

import click

from porter.doctor import BOOT, REHEARSE, Check, Diagnosis, diagnose

_USE = {"process": REHEARSE, "systemd": BOOT}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--machine",
    type=click.Choice(list(_USE)),
    default="process",
    show_default=True,
    help="Check the needs of `porter rehearse` with this --machine.",
)
@click.option(
    "--install-command",
    is_flag=True,
    help="Print only the command that installs the missing packages.",
)
def doctor(*, as_json: bool, machine: str, install_command: bool) -> None:
    """Check this machine, and show how to install what is missing.

    Exits with 1 if synthesis or a rehearsal needs something that is missing. The needs of booted
    machines count only with --machine systemd.

    \b
    Example:
      porter doctor
      porter doctor --machine systemd
      porter doctor --install-command | sh
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    diagnosis = diagnose()
    if install_command:
        if diagnosis.install:
            click.echo(diagnosis.install)
        return
    if as_json:
        click.echo(json.dumps(asdict(diagnosis), indent=2))
    else:
        _echo(diagnosis)
    sys.exit(0 if diagnosis.fit_for(_USE[machine]) else 1)


def _echo(diagnosis: Diagnosis) -> None:
    for use, checks in groupby(diagnosis.checks, key=lambda check: check.use):
        click.echo(f"porter {use}")
        for check in checks:
            click.echo(f"  {_line(check)}")
    if diagnosis.install:
        click.echo(f"\nto install what is missing:\n  {diagnosis.install}")


def _line(check: Check) -> str:
    state = "ok" if check.ok else "missing"
    cure = f": {check.cure}" if check.cure else ""
    return f"{state:<8} {check.name:<22} {check.detail}{cure}"
