"""`porter build`: the commands of CI."""

from __future__ import annotations

from pathlib import Path

import click

from porter.build.assembly import synthesize
from porter.build.assets import payloads


@click.group(invoke_without_command=True)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default="cdk.out",
    show_default=True,
    help="The folder for the cloud assembly.",
)
@click.pass_context
def build(context: click.Context, output: Path) -> None:
    """Write the cloud assembly (cdk.out) in CI.

    Synthesizes the app in this folder and prints the path of the assembly, which contains the
    templates and all assets. Keep the assembly as the artifact of the build, and deploy it
    unchanged.

    Then prints each host's payload with its size and its SHA-256, for porter host apply --payload.

    \b
    Example:
      porter build
      porter deploy --app cdk.out
    """  # noqa: D301
    if context.invoked_subcommand is None:
        assembly = synthesize(Path.cwd(), output)
        click.echo(assembly)
        for one in payloads(assembly):
            click.echo(
                f"payload of {one.host}, {one.shown_size}: {one.file}\n  --sha256 {one.sha256}"
            )
