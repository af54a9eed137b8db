"""The command `porter` itself, which imports a subcommand only to run it."""

from __future__ import annotations

from importlib import import_module

import click

from porter.cli.catalogue import SECTIONS, entries, is_here
from porter.errors import PorterError


class LazyCommands(click.Group):
    """The commands of the catalogue as a click group."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands that this installation can run, in the order of help."""
        del ctx
        return [name for name, entry in entries().items() if is_here(entry)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command `cmd_name`; return None for an unknown name.

        Raises `PorterError` for a command that this installation lacks.
        """
        del ctx
        entry = entries().get(cmd_name)
        if entry is None:
            return None
        if not is_here(entry):
            raise PorterError(
                f"porter {cmd_name} is not part of this installation",
                where="the bundle on a host",
                cure="run it on a machine where pip installed porter-cdk",
            )
        module, _, attribute = entry.place.partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands of the catalogue without importing them."""
        del ctx
        for heading, section in SECTIONS.items():
            rows = [(name, entry.summary) for name, entry in section.items() if is_here(entry)]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


def _print_version(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click's signature
    if asked:
        from porter import __version__  # noqa: PLC0415

        click.echo(f"porter {__version__}")
        context.exit()


@click.group(
    cls=LazyCommands,
    epilog="Topics: contexts (porter help contexts).",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    help="Show porter's version.",
    expose_value=False,
    callback=_print_version,
)
def porter(*, debug: bool) -> None:
    """Run a service on EC2: ten lines of Python become a healthy deployment.

    \b
    Example:
      porter init hello && cd hello
      porter rehearse
      porter deploy
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    del debug  # `main` reads it, because an error may precede this function
