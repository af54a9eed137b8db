"""`porter init`: create an app."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from porter.cli.scaffold import PIPELINES, create_app


@click.command()
@click.argument("folder", metavar="DIR", required=False, type=click.Path(path_type=Path))
@click.option("--name", help="The name of the stack.  [default: from DIR]")
@click.option(
    "--ci",
    type=click.Choice(sorted(PIPELINES)),
    help="Add a CI pipeline that builds, rehearses and deploys.",
)
def init(folder: Path | None, name: str | None, ci: str | None) -> None:
    """Create an app, ready to rehearse and deploy.

    DIR is a new or empty folder. On a terminal, porter asks for a missing DIR.

    \b
    Example:
      porter init hello
      porter init shop --name WebShop --ci gocd
    """  # noqa: D301
    if folder is None:
        folder = _ask_for_folder()
    stack = create_app(folder, name=name, ci=ci)
    click.echo(f"Created the app {stack} in {folder}. Next:\n")
    if folder.resolve() != Path.cwd():
        click.echo(f"  cd {folder}")
    click.echo("  porter rehearse")


def _ask_for_folder() -> Path:
    if not sys.stdin.isatty():
        raise click.UsageError("Missing argument 'DIR'.")
    return Path(click.prompt("Folder for the new app", default="hello"))
