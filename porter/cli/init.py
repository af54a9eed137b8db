"""`porter init`: make a new app."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from porter.cli.scaffold import PIPELINES, create_app


@click.command()
@click.argument("folder", metavar="DIR", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="Name of the stack.  [default: made of DIR]")
@click.option(
    "--ci", type=click.Choice(sorted(PIPELINES)), help="Add a pipeline: build, rehearse, deploy."
)
def init(folder: Path | None, name: str | None, ci: str | None) -> None:
    """Make a new app, ready to rehearse and deploy.

    DIR is a new folder, or an empty one. Without DIR, and with a terminal, it asks.

    \b
    Example:
      porter init hello
      porter init shop --name WebShop --ci gocd
    """  # noqa: D301
    if folder is None:
        folder = _ask_for_folder()
    stack = create_app(folder, name=name, ci=ci)
    click.echo(f"Made the app {stack} in {folder}. Next:\n")
    if folder.resolve() != Path.cwd():
        click.echo(f"  cd {folder}")
    click.echo("  porter rehearse")


def _ask_for_folder() -> Path:
    if not sys.stdin.isatty():
        raise click.UsageError("Missing argument 'DIR'.")
    return Path(click.prompt("Folder for the new app", default="hello"))
