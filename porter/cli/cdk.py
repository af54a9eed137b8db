"""`porter synth`, `deploy` and the like: the cdk CLI, found and given its environment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from porter import toolchain
from porter.build.assembly import require_app
from porter.stacks import live_capacity, preview

_VERBATIM = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
"""Everything but --help is cdk's, -h included."""

_APP_ELSEWHERE = ("-a", "--app")

_LOOKUP_SECONDS = 5.0
"""How long a deployment is held up to ask for live sizes; synthesis comes on top."""


def _cdk_command(function: Callable[[tuple[str, ...]], None]) -> click.Command:
    arguments = click.argument(
        "arguments", nargs=-1, type=click.UNPROCESSED, metavar="[CDK ARGUMENTS]..."
    )
    return click.command(context_settings=_VERBATIM)(arguments(function))


@_cdk_command
def synth(arguments: tuple[str, ...]) -> None:
    """Print the app's CloudFormation template.

    Every argument goes to `cdk synth`; `porter synth -h` shows them.

    \b
    Example:
      porter synth
      porter synth --quiet --output build
    """  # noqa: D301
    become_cdk("synth", arguments)


@_cdk_command
def diff(arguments: tuple[str, ...]) -> None:
    """Compare the app with what is deployed.

    Every argument goes to `cdk diff`; `porter diff -h` shows them.

    \b
    Example:
      porter diff
      porter diff --fail
    """  # noqa: D301
    become_cdk("diff", arguments)


@_cdk_command
def deploy(arguments: tuple[str, ...]) -> None:
    """Deploy the app to AWS.

    It returns when every host has said that its service is healthy through HAProxy, or fails with
    the reason. New hosts come in the number that serves now, told to the stack by a parameter.
    Every argument goes to `cdk deploy`; `porter deploy -h` shows them.

    \b
    Example:
      porter deploy
      porter deploy --require-approval never
      porter deploy --app cdk.out     (what `porter build` made)
    """  # noqa: D301
    _require_app(arguments)
    become_cdk("deploy", (*_carried_over(arguments), *arguments))


@_cdk_command
def destroy(arguments: tuple[str, ...]) -> None:
    """Delete what was deployed.

    Every argument goes to `cdk destroy`; `porter destroy -h` shows them.

    \b
    Example:
      porter destroy
      porter destroy --force
    """  # noqa: D301
    become_cdk("destroy", arguments)


@_cdk_command
def bootstrap(arguments: tuple[str, ...]) -> None:
    """Prepare an AWS account and region, once.

    Makes the bucket and the roles that every CDK deployment uses. Every argument goes to
    `cdk bootstrap`; `porter bootstrap -h` shows them.

    \b
    Example:
      porter bootstrap aws://123456789012/eu-west-1
    """  # noqa: D301
    become_cdk("bootstrap", arguments, needs_app=False)


def become_cdk(command: str, arguments: tuple[str, ...], *, needs_app: bool = True) -> NoReturn:
    """Replace this process by `cdk COMMAND ARGUMENTS`.

    So signals, terminal and exit code are cdk's own, with nothing in between. Raises `PorterError`
    if it needs an app, and neither this folder nor an argument has one.
    """
    if needs_app:
        _require_app(arguments)
    argv = toolchain.cdk(command, *arguments)
    os.execve(argv[0], argv, toolchain.environment(os.environ))  # noqa: S606 - no shell is the point


def _require_app(arguments: tuple[str, ...]) -> None:
    if not any(argument.startswith(_APP_ELSEWHERE) for argument in arguments):
        require_app(Path.cwd())


def _carried_over(arguments: tuple[str, ...]) -> list[str]:
    """`--parameters` options that tell the stacks how many hosts serve now.

    They come first: a value that the user gives as `STACK:NAME` wins.
    """
    if "-h" in arguments:
        return []
    with tempfile.TemporaryDirectory(prefix="porter-") as folder:
        assembly = preview.ready_made(arguments) or preview.synthesize(
            arguments, Path(folder, "cdk.out")
        )
        if not assembly:
            return []
        live = live_capacity.read(
            assembly, profile=preview.profile(arguments), seconds=_LOOKUP_SECONDS
        )
    parameters = live.parameters()
    for group, hosts in live.hosts.items():
        if size := parameters[group.parameter]:
            told = (
                f"{group.host} has {hosts} hosts now; a group that replaces it begins with {size}"
            )
            click.echo(told, err=True)
    if live.problem:
        click.echo(f"new groups begin with min_capacity: {live.problem}", err=True)
    pairs = (f"{parameter}={value}" for parameter, value in parameters.items())
    return [word for pair in pairs for word in ("--parameters", pair)]
