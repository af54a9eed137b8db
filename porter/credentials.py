"""Find out whether this machine has credentials for AWS, without asking AWS."""

from __future__ import annotations

import configparser
from collections.abc import Iterator, Mapping
from pathlib import Path

from porter.home import home

_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_KEYS = {
    "aws_access_key_id",
    "credential_process",
    "credential_source",
    "login_session",
    "role_arn",
    "sso_account_id",
    "sso_session",
    "web_identity_token_file",
}
"""Settings that lead to credentials (AWS SDKs and Tools Reference, "Settings reference")."""


def source(base: Mapping[str, str], profile: str | None = None) -> str:
    """Return where the credentials come from, like `the profile dev`; empty if nowhere.

    They may have expired. An instance's own role is not looked for.
    """
    named = profile or base.get("AWS_PROFILE") or base.get("AWS_DEFAULT_PROFILE")
    if not named:
        for variable in _VARIABLES:
            if base.get(variable):
                return variable
    if (named or "default") in profiles(base):
        return f"the profile {named or 'default'}"
    return ""


def profiles(base: Mapping[str, str]) -> frozenset[str]:
    """Return the names of the profiles with credentials in the two files of the AWS tools."""
    return frozenset(_profiles(base))


def _profiles(base: Mapping[str, str]) -> Iterator[str]:
    folder = home(base) / ".aws"
    for variable, name in (
        ("AWS_CONFIG_FILE", "config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    ):
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read(Path(base.get(variable) or folder / name).expanduser(), "utf-8")
        except (configparser.Error, OSError, ValueError):
            continue  # the AWS tools say what is wrong
        for section in parser.sections():
            if _KEYS & set(parser.options(section)):
                yield section.removeprefix("profile ").strip().strip("\"'")
