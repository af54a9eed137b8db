"""`porter synth`, `deploy` and the like: the cdk CLI, found and given its environment."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click

from porter import toolchain
from porter.build.assembly import require_app

_VERBATIM = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
"""Everything but --help is cdk's, -h included."""

_APP_ELSEWHERE = ("-a", "--app")


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
    the reason. Every argument goes to `cdk deploy`; `porter deploy -h` shows them.

    \b
    Example:
      porter deploy
      porter deploy --require-approval never
      porter deploy --app cdk.out     (what `porter build` made)
    """  # noqa: D301
    become_cdk("deploy", arguments)


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
    if needs_app and not any(argument.startswith(_APP_ELSEWHERE) for argument in arguments):
        require_app(Path.cwd())
    argv = toolchain.cdk(command, *arguments)
    os.execve(argv[0], argv, toolchain.environment(os.environ))  # noqa: S606 - no shell is the point
