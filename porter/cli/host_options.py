"""Options that several commands of `porter host` have."""

from __future__ import annotations

from pathlib import Path

import click

root_option = click.option(
    "--root",
    envvar="PORTER_ROOT",
    default="/",
    type=click.Path(path_type=Path, file_okay=False),
    help="Use this folder in place of /, without root privileges. [PORTER_ROOT]",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
