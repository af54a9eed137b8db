"""`porter help`: show the help of a command or topic."""

from __future__ import annotations

import click

from porter.cli.root import unknown

CONTEXTS = """\
porter runs in four places.

  your machine     init, rehearse, synth, diff, deploy, destroy, bootstrap
                   Needs Python; no node, no root. Docker only for Container.from_asset.
                   A rehearsal needs no AWS account.

  CI               build, rehearse, deploy
                   The cloud assembly (cdk.out) is the artifact that one job passes to the next.

  host, booting    host apply
                   cloud-init runs this once, from the bundle in porter's wheel.

  host, running    porterd; host show, host secrets, host signal, host apply --payload
                   systemd starts porterd. porterd checks the service's health through HAProxy and
                   signals the result to CloudFormation. Run the other commands as root."""

COMPLETION = """\
The Tab key completes porter's commands and options, once the shell has read one line:

  bash, in ~/.bashrc     eval "$(_PORTER_COMPLETE=bash_source porter)"
  zsh, in ~/.zshrc       eval "$(_PORTER_COMPLETE=zsh_source porter)"
  fish                   _PORTER_COMPLETE=fish_source porter | source"""

TOPICS = {"contexts": CONTEXTS, "completion": COMPLETION}
"""Help texts beside those of commands."""


@click.command("help")
@click.argument("topic", nargs=-1)
@click.pass_context
def show(context: click.Context, topic: tuple[str, ...]) -> None:
    """Show the help of a command or topic.

    It prints the same text as --help after the command. Topics: contexts,
    completion.

    \b
    Example:
      porter help deploy
      porter help host apply
      porter help contexts
    """  # noqa: D301
    root = context.find_root()
    text = TOPICS.get(" ".join(topic))
    click.echo(text or _help_of(root, topic))


def _help_of(context: click.Context, words: tuple[str, ...]) -> str:
    """Return the help of the command that `words` name below `context`."""
    if not words:
        return context.command.get_help(context)
    group, name = context.command, words[0]
    command = group.get_command(context, name) if isinstance(group, click.Group) else None
    if command is None:
        known = group.list_commands(context) if isinstance(group, click.Group) else []
        raise click.UsageError(unknown(name, [*known, *TOPICS]), ctx=context)
    below = click.Context(command, info_name=name, parent=context, **command.context_settings)
    return _help_of(below, words[1:])
