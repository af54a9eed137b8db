"""`porter synth`, `deploy` and others: run the cdk CLI with the right environment."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NoReturn

import click

from porter import toolchain
from porter.build.assembly import require_app, require_output
from porter.cli import credentials, supervise
from porter.errors import PorterError
from porter.spec.synthesis import UNKNOWN_CAPACITY
from porter.stacks import image_refresh, live_capacity, preview, stack_tags, target_groups
from porter.stacks.launch_watch import LaunchWatch
from porter.stacks.observer import Observers
from porter.stacks.scaling_groups import Stack, stacks

_VERBATIM = {"ignore_unknown_options": True, "help_option_names": ["--help"]}
"""cdk gets every option except --help; -h too."""

_REFRESH = "--refresh-image"

_ALLOW_OUTAGE = "--allow-outage"

_APP_ELSEWHERE = ("-a", "--app")

_OUTPUT = ("-o", "--output")

_LOOKUP_SECONDS = 5.0
"""The longest time that a deployment waits for each of its two questions to AWS."""


def _cdk_command(function: Callable[[tuple[str, ...]], None]) -> click.Command:
    words = click.argument(
        "arguments", nargs=-1, type=click.UNPROCESSED, metavar="[CDK ARGUMENTS]..."
    )
    return click.command(context_settings=_VERBATIM)(words(function))


@_cdk_command
def synth(arguments: tuple[str, ...]) -> None:
    """Print the app's CloudFormation template.

    All other arguments go to `cdk synth`. `porter synth -h` lists them.
    With `--refresh-image`, the next deployment starts hosts with the newest machine image.

    \b
    Example:
      porter synth
      porter synth --quiet --output build
      porter synth --quiet --refresh-image     (then commit cdk.context.json)
    """  # noqa: D301
    become_cdk("synth", _refreshed(arguments))


@_cdk_command
def diff(arguments: tuple[str, ...]) -> None:
    """Compare the app with the deployed stacks.

    All arguments go to `cdk diff`. `porter diff -h` lists them.

    \b
    Example:
      porter diff
      porter diff --fail
    """  # noqa: D301
    become_cdk("diff", arguments, asks_aws=True)


@_cdk_command
def deploy(arguments: tuple[str, ...]) -> None:
    """Deploy the app to AWS.

    Succeeds when the service is healthy through HAProxy on as many hosts as the app asks for.
    Otherwise it fails with the reason, and the old hosts keep serving. New hosts start in the
    number that runs now, which porter passes to the stack as a parameter. Launches that EC2 refuses
    are printed as they fail. All other arguments go to `cdk deploy`. `porter deploy -h` lists them.

    With `--refresh-image`, new hosts replace the old ones even if the app is unchanged, and boot
    the newest machine image. Commit `cdk.context.json` afterwards.

    A change that would take all hosts from the load balancer, as `tls=` switched on or off, is
    refused. With `--allow-outage` it is deployed.

    \b
    Example:
      porter deploy
      porter deploy --refresh-image
      porter deploy --require-approval never
      porter deploy --app cdk.out     (the assembly of `porter build`)
    """  # noqa: D301
    _require_app(arguments)
    credentials.require("deploy", arguments)
    passed = _refreshed(tuple(argument for argument in arguments if argument != _ALLOW_OUTAGE))
    profile = preview.profile(passed)
    parameters: list[str] = []
    watched: list[Stack] = []
    with tempfile.TemporaryDirectory(prefix="porter-") as folder:
        if assembly := _assembly(passed, Path(folder, "cdk.out")):
            stack_tags.check(passed, assembly)
            found, observers = list(stacks(assembly)), Observers(profile)
            live = live_capacity.read(found, observers, seconds=_LOOKUP_SECONDS)
            if not (_ALLOW_OUTAGE in arguments or live.problem):
                _refuse_outage(found, observers)
            parameters = _carried_over(live)
            watched = [stack for stack in found if stack.may_have_group]
    if not watched:
        become_cdk("deploy", (*parameters, *passed))
    argv = toolchain.cdk("deploy", *parameters, *passed)
    watch = LaunchWatch(watched, profile, partial(click.echo, err=True))
    code = supervise.run(argv, toolchain.environment(os.environ))
    if code:
        watch.conclude()
    sys.exit(code)


@_cdk_command
def destroy(arguments: tuple[str, ...]) -> None:
    """Delete the app's stacks from AWS.

    All arguments go to `cdk destroy`. `porter destroy -h` lists them.

    \b
    Example:
      porter destroy
      porter destroy --force
    """  # noqa: D301
    become_cdk("destroy", arguments, asks_aws=True)


@_cdk_command
def bootstrap(arguments: tuple[str, ...]) -> None:
    """Prepare an AWS account and region for CDK, once.

    Creates the bucket and the roles of CDK deployments. All arguments go to `cdk bootstrap`.
    `porter bootstrap -h` lists them.

    \b
    Example:
      porter bootstrap aws://123456789012/eu-west-1
    """  # noqa: D301
    become_cdk("bootstrap", arguments, needs_app=False, asks_aws=True)


def become_cdk(
    command: str, arguments: tuple[str, ...], *, needs_app: bool = True, asks_aws: bool = False
) -> NoReturn:
    """Replace this process by `cdk COMMAND ARGUMENTS`.

    Signals, terminal and exit code are then cdk's own. Raises `PorterError` if the command needs an
    app, and neither this folder nor an argument names one; also if it asks AWS, and there are no
    credentials.
    """
    if needs_app:
        _require_app(arguments)
    if asks_aws:
        credentials.require(command, arguments)
    argv = toolchain.cdk(command, *arguments)
    os.execve(argv[0], argv, toolchain.environment(os.environ))  # noqa: S606 - no shell is the point


def _require_app(arguments: tuple[str, ...]) -> None:
    """Raise `PorterError` without an app, or if its assembly cannot be written."""
    if not any(argument.startswith(_APP_ELSEWHERE) for argument in arguments):
        require_app(Path.cwd())
    output = dict(preview.options(arguments, _OUTPUT)).values() or [
        preview.settings().get("output")
    ]
    for folder in output:
        if folder and isinstance(folder, str) and "-h" not in arguments:
            require_output(Path(folder).absolute())


def _refreshed(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Obey and remove `--refresh-image`. Raises `PorterError` with a ready-made assembly."""
    if _REFRESH not in arguments:
        return arguments
    if preview.ready_made(arguments):
        raise PorterError(
            "has no effect on a ready-made assembly",
            where=_REFRESH,
            cure="run `porter synth --quiet --refresh-image`, commit cdk.context.json, and build",
        )
    path = image_refresh.refresh(Path.cwd())
    click.echo(f"{path.name} asks for the newest machine image: commit it", err=True)
    return tuple(argument for argument in arguments if argument != _REFRESH)


def _assembly(arguments: tuple[str, ...], output: Path) -> Path | None:
    """Return the assembly that will be deployed, made in `output`; None if cdk will deploy none."""
    if "-h" in arguments:
        return None
    return preview.ready_made(arguments) or preview.synthesize(arguments, output)


def _carried_over(live: live_capacity.LiveCapacity) -> list[str]:
    """Return `--parameters` options with the number of hosts that run now.

    They precede the user's arguments, so a value that the user gives for `STACK:NAME` wins.
    """
    parameters = live.parameters()
    for group, hosts in live.hosts.items():
        if (size := parameters[group.parameter]) != UNKNOWN_CAPACITY:
            click.echo(
                f"{group.host}: {hosts} hosts run now; a new group starts with {size}", err=True
            )
    if live.problem:
        click.echo(
            f"new groups start with min_capacity, no outage is refused: {live.problem}", err=True
        )
    pairs = (f"{parameter}={value}" for parameter, value in parameters.items())
    return [word for pair in pairs for word in ("--parameters", pair)]


def _refuse_outage(found: list[Stack], observers: Observers) -> None:
    replaced = target_groups.replaced(found, observers, seconds=_LOOKUP_SECONDS)
    replaced.refuse()
    if replaced.problem:
        click.echo(f"no outage is refused: {replaced.problem}", err=True)
