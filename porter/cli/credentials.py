"""Refuse a command of the cdk CLI that cannot succeed, because there are no AWS credentials."""

from __future__ import annotations

import os
from collections.abc import Sequence

from porter import credentials
from porter.errors import PorterError
from porter.stacks import preview

_NEEDS_NONE = ("-h", "--help", "--version", "--show-template", "--template", "--plugin", "-p")
"""Options with which cdk asks AWS nothing, or gets its credentials elsewhere."""

_CURE = (
    "sign in with `aws sso login` or `aws configure` and set AWS_PROFILE to the profile; or set "
    "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `porter rehearse` needs no account"
)


def require(command: str, arguments: Sequence[str]) -> None:
    """Raise `PorterError` if `cdk COMMAND ARGUMENTS` would find no credentials.

    cdk itself reports a missing account instead, or a stack of JavaScript. Whether credentials are
    valid is cdk's to find out.
    """
    names = {argument.partition("=")[0] for argument in arguments}
    settings = preview.settings()
    if names & {*_NEEDS_NONE} or "plugin" in settings:
        return
    profile = preview.profile(arguments) or str(settings.get("profile") or "") or None
    if credentials.source(os.environ, profile) or _otherwise(profile):
        return
    named = profile or os.environ.get("AWS_PROFILE")
    if named:
        raise PorterError(
            f"the AWS profile {named!r} has no credentials",
            where=f"porter {command}",
            cure=f"correct its name, or sign in: aws sso login --profile {named}",
        )
    raise PorterError("there are no AWS credentials", where=f"porter {command}", cure=_CURE)


def _otherwise(profile: str | None) -> bool:
    """Return whether the AWS SDK finds credentials elsewhere, such as an instance's role."""
    from botocore.exceptions import ProfileNotFound  # noqa: PLC0415 - takes 0.3 s
    from botocore.session import Session  # noqa: PLC0415

    try:
        return Session(profile=profile).get_credentials() is not None
    except ProfileNotFound:
        return False
    except Exception:  # noqa: BLE001 - cdk may know better, and says what is wrong
        return True
