"""`porter help`: a command's help, or a topic's text."""

from __future__ import annotations

import click

CONTEXTS = """\
porter runs in four places, and each command belongs to one.

  developer box    init, rehearse, synth, diff, deploy, destroy, bootstrap
                   Needs Python. No node, no root, no Docker (but for Container.from_asset);
                   for a rehearsal no AWS account.

  CI               build, rehearse, deploy
                   The same program; the cloud assembly (cdk.out) passes from one job to the next.

  host, booting    host apply
                   Started by cloud-init, from the bundle in porter's wheel, once.

  host, running    porterd; host show, host secrets, host signal, host apply --payload
                   porterd is started by systemd. It asks for the service's health through HAProxy
                   and tells CloudFormation when it is healthy, or why it never will be. The rest is
                   for whoever looks after the host, as root."""

TOPICS = {"contexts": CONTEXTS}
"""Texts that belong to no command."""


@click.command("help")
@click.argument("topic", nargs=-1)
@click.pass_context
def show(context: click.Context, topic: tuple[str, ...]) -> None:
    """Show the help of a command or topic.

    The same as --help after the command. Topics: contexts.

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
    """The help of the command that `words` name below `context`."""
    if not words:
        return context.command.get_help(context)
    group, name = context.command, words[0]
    command = group.get_command(context, name) if isinstance(group, click.Group) else None
    if command is None:
        raise click.UsageError(f"There is no command or topic {name!r}.", ctx=context)
    below = click.Context(command, info_name=name, parent=context, **command.context_settings)
    return _help_of(below, words[1:])
