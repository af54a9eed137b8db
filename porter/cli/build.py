"""`porter build`: what CI runs."""

from __future__ import annotations

from pathlib import Path

import click

from porter.build.assembly import synthesize


@click.group(invoke_without_command=True)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default="cdk.out",
    show_default=True,
    help="Folder for the cloud assembly.",
)
@click.pass_context
def build(context: click.Context, output: Path) -> None:
    """Make the cloud assembly, for CI.

    Synthesizes the app of this folder and prints where the assembly is. It holds the templates and
    all assets: keep it as the build's artifact and deploy it later, as it is.

    \b
    Example:
      porter build
      porter deploy --app cdk.out
    """  # noqa: D301
    if context.invoked_subcommand is None:
        click.echo(synthesize(Path.cwd(), output))
