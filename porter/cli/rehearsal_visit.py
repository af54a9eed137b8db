"""`porter rehearse shell`, `logs` and `notice`: inspect a running rehearsal."""

from __future__ import annotations

import pty
import subprocess
import sys
from collections.abc import Sequence

import click

from porter.errors import PorterError
from porter.rehearsal.machines.metadata import notices
from porter.rehearsal.story import visiting
from porter.rehearsal.story.running import find


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[INSTANCE] [-- COMMAND...]")
def shell(words: tuple[str, ...]) -> None:
    """Open a root shell on an instance of a running rehearsal.

    INSTANCE defaults to the newest instance. With a command, run the command instead. Works only
    for booted machines: --machine systemd.

    \b
    Example:
      porter rehearse shell
      porter rehearse shell -- systemctl status porterd
      porter rehearse shell i-0123 -- journalctl --unit=porter-web
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    instance, command = _split(words)
    found = find(instance)
    if sys.stdin.isatty():
        code = pty.spawn(visiting.terminal(found, command or ("bash", "--login")))
        sys.exit(code >> 8)
    sys.exit(_run(visiting.inside(found, command or ("bash",))))


@click.command()
@click.argument("instance", default="")
@click.option("--follow", is_flag=True, help="Keep printing new lines until Ctrl-C.")
def logs(instance: str, *, follow: bool) -> None:
    """Print the logs of an instance of a running rehearsal.

    INSTANCE defaults to the newest instance. Prints cloud-init's output, porter's logs and the
    journal.

    \b
    Example:
      porter rehearse logs
      porter rehearse logs i-0123 --follow
    """  # noqa: D301
    found = find(instance)
    for path in visiting.logs(found):
        click.echo(f"--- {path.name}")
        click.echo(path.read_text("utf-8", errors="replace"))
    if found.booted:
        click.echo("--- journal")
        sys.stdout.flush()
        ending = ("--follow", "--lines=all") if follow else ()
        sys.exit(_run(visiting.inside(found, ("journalctl", "--no-pager", *ending))))
    if follow:
        sys.stdout.flush()
        files = [str(path) for path in visiting.logs(found)]
        sys.exit(_run(["tail", "--lines=0", "--follow=name", *files]))


@click.command()
@click.argument("instance")
@click.argument("name", type=click.Choice(sorted(notices.NOTICES)), metavar="NOTICE")
def notice(instance: str, name: str) -> None:
    """Announce the end of an instance in its metadata, as EC2 does.

    NOTICE is rebalance, spot-interruption (two minutes ahead) or terminating. The rehearsal does
    not end the instance. Works only for booted machines: --machine systemd.

    \b
    Example:
      porter rehearse notice i-0123 spot-interruption
    """  # noqa: D301
    found = find(instance)
    if found.notices is None:
        raise PorterError(
            "this instance has no instance metadata",
            where=found.instance_id,
            cure="rehearse with --machine systemd",
        )
    notices.give(found.notices, name)


def _split(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Split the instance from the command; click has removed the `--` between them."""
    if words and words[0].startswith("i-"):
        return words[0], tuple(words[1:])
    return "", tuple(words)


def _run(argv: Sequence[str]) -> int:
    try:
        return subprocess.run(argv, check=False).returncode
    except KeyboardInterrupt:
        return 130
