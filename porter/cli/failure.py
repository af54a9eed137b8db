"""Print an exception on stderr, and choose the exit code."""

from __future__ import annotations

import errno
import traceback

import click

from porter.errors import PorterError

ISSUES = "https://github.com/porter-cdk/porter/issues"
"""The address for bug reports."""

_INTERRUPTED = 130
"""128 + SIGINT, as in a shell."""


def report(error: Exception, *, debug: bool) -> int:
    """Print `error` on stderr, with its traceback if `debug`; return the exit code."""
    if debug:
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    match error:
        case click.Abort():
            return _INTERRUPTED
        case click.ClickException():
            error.show()
            return error.exit_code
        case OSError(errno=errno.ENOSPC):
            click.echo(_error(PorterError(f"cannot write the output: {error.strerror}")), err=True)
        case PorterError():
            click.echo(_error(error), err=True)
        case _:
            click.echo(_bug(error), err=True)
    return 1


def _error(error: PorterError) -> str:
    lines = [f"porter: error: {error.what}"]
    lines += [f"  where: {error.where}"] if error.where else []
    lines += [f"  cure: {error.cure}"] if error.cure else []
    return "\n".join(lines)


def _bug(error: Exception) -> str:
    return (
        f"porter: bug: {type(error).__name__}: {error}\n"
        f"  please report it: {ISSUES}\n"
        "  with the output of: porter --debug ... (the same command)"
    )
