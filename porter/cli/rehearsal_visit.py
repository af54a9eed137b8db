"""`porter rehearse shell`, `logs`, `open`, `notice`, `scale`, `kill`: visit a running rehearsal."""

from __future__ import annotations

import pty
import subprocess
import sys
import time
import webbrowser
from collections.abc import Sequence

import click

from porter.cli.numbers import Count
from porter.errors import PorterError
from porter.rehearsal.machines.metadata import notices
from porter.rehearsal.story import killing, opening, scaling, visiting
from porter.rehearsal.story.running import Found, find, instances

_LOOK_SECONDS = 1.0
"""Between looks whether an instance still runs."""


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[NAME] [-- COMMAND...]")
def shell(words: tuple[str, ...]) -> None:
    """Open a root shell on an instance of a running rehearsal.

    NAME is a service or an instance; without it, the newest instance if one rehearsal runs. With a
    command, run the command instead. Works only for booted machines: --machine systemd.

    \b
    Example:
      porter rehearse shell
      porter rehearse shell -- systemctl status porterd
      porter rehearse shell hello-service -- journalctl --unit=porter-web
    """  # noqa: D301 - \b is click's mark for text it must not wrap
    instance, command = _split(words)
    found = find(instance)
    if sys.stdin.isatty():
        code = pty.spawn(visiting.terminal(found, command or ("bash", "--login")))
        sys.exit(code >> 8)
    sys.exit(_run(visiting.inside(found, command or ("bash",))))


@click.command()
@click.argument("name", default="")
@click.option("--follow", is_flag=True, help="Keep printing new lines until Ctrl-C.")
def logs(name: str, *, follow: bool) -> None:
    """Print the logs of an instance of a running rehearsal.

    NAME is a service or an instance; without it, the newest instance if one rehearsal runs. Prints
    cloud-init's output, porter's logs and the journal.

    \b
    Example:
      porter rehearse logs
      porter rehearse logs hello-service --follow
    """  # noqa: D301
    found = find(name)
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


@click.command("open")
@click.argument("name", default="")
@click.option("--print", "only_print", is_flag=True, help="Print the address, open no browser.")
def open_page(name: str, *, only_print: bool) -> None:
    """Open the page of an instance of a running rehearsal in a browser.

    NAME is a service or an instance; without it, the newest instance if one rehearsal runs. The
    page shows what runs, health over time, and why the host is not healthy. The page of a booted
    machine stays reachable until Ctrl-C.

    \b
    Example:
      porter rehearse open
      porter rehearse open hello-service --print
    """  # noqa: D301
    found = find(name)
    with opening.opened(found) as url:
        click.echo(url)
        sys.stdout.flush()
        if not only_print:
            _browse(url)
        if found.booted:
            click.echo("The page ends with this command: press Ctrl-C.", err=True)
            _wait_while_it_runs(found)


def _browse(url: str) -> None:
    try:
        opened = webbrowser.open(url)
    except webbrowser.Error:
        opened = False
    if not opened:
        click.echo("There is no browser here: open the address in one.", err=True)


def _wait_while_it_runs(found: Found) -> None:
    try:
        while opening.runs(found):
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        return
    raise PorterError("the instance has ended", where=found.instance_id)


@click.command()
@click.argument("instance")
@click.argument("name", type=click.Choice(sorted(notices.ANNOUNCEMENTS)), metavar="NOTICE")
@click.option(
    "--seconds",
    type=Count(10, notices.SPOT_SECONDS),
    default=notices.SPOT_SECONDS,
    show_default=True,
    help="From the notice of a Spot interruption to the end.",
)
def notice(instance: str, name: str, seconds: int) -> None:
    """Announce the end of an instance in its metadata, as EC2 does.

    NOTICE is rebalance, spot-interruption or terminating. After a Spot interruption the rehearsal
    ends the instance, and its group launches another.

    \b
    Example:
      porter rehearse notice i-0123 spot-interruption
    """  # noqa: D301
    found = find(instance)
    if not found.notices.is_dir():
        raise PorterError("this instance is off", where=found.instance_id)
    notices.give(found.notices, name, seconds)
    if name == "spot-interruption":
        pace = "as on AWS" if seconds == notices.SPOT_SECONDS else "on AWS after 120 s"
        click.echo(f"{found.instance_id}: ends in {seconds} s, {pace}")


@click.command(
    short_help="Change how many hosts a running rehearsal has.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("size", metavar="+N|-N|N")
@click.argument("name", default="")
def scale(size: str, name: str) -> None:
    """Change how many hosts a running rehearsal has, as a scaling policy does.

    The group that belongs to NAME, a service or an instance, gets N hosts, or N more or fewer;
    without NAME, that of the newest instance if one rehearsal runs. Hosts that leave are drained.
    Where needed, the group's limits move too.

    \b
    Example:
      porter rehearse scale +1
      porter rehearse scale 3 hello-service
    """  # noqa: D301
    click.echo(scaling.scale(find(name), size))


@click.command(short_help="Kill an instance of a running rehearsal.")
@click.argument("name", metavar="INSTANCE|SERVICE")
def kill(name: str) -> None:
    """Kill an instance of a running rehearsal: every process ends at once, and nothing drains.

    So an instance ends when its hardware fails. Its Auto Scaling group replaces it, as after a
    failed status check of EC2. A SERVICE stands for its newest instance.

    \b
    Example:
      porter rehearse kill hello-service
      porter rehearse kill i-0123
    """  # noqa: D301
    click.echo(killing.kill(find(name)))


def _split(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Split the name from the command; click has removed the `--` between them."""
    if words and (words[0].startswith("i-") or words[0] in {one.service for one in instances()}):
        return words[0], tuple(words[1:])
    return "", tuple(words)


def _run(argv: Sequence[str]) -> int:
    try:
        return subprocess.run(argv, check=False).returncode
    except KeyboardInterrupt:
        return 130
