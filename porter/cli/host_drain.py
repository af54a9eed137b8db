"""`porter host drain`: an operator takes this host out of its load balancers, and back."""

from __future__ import annotations

from pathlib import Path

import click

from porter.cli.host_options import root_option
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.drain.by_hand import drain


@click.command("drain")
@root_option
@click.option("--undo", is_flag=True, help="Put the host back into its load balancers.")
def drain_command(*, root: Path, undo: bool) -> None:
    """Take this host out of its load balancers. Needs root.

    Programs, jobs and health checks run on, and the host stays in its group. Load balancers may
    need 40 seconds until they send no new requests.

    \b
    Example:
        porter host drain
        porter host drain --undo
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    click.echo(drain(Machine(Layout(root.absolute())), undo=undo))
