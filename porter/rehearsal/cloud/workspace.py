"""Copy the app's folder for a rehearsal, and make the environment its programs get."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from porter import toolchain
from porter.aws.data_key import KEPT
from porter.errors import PorterError
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.docker import stand_in

LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "venv", "cdk.out", "__pycache__", "node_modules", ".*_cache"
)
_REAL_ACCOUNT = ("profile", "roleArn", "role-arn", "proxy", "output")
"""Settings in cdk.json that lead to the user's account, or out of the copy."""


def copy_app(app: Path, copy: Path) -> None:
    """Copy the app in `app` to the new folder `copy`, without what a rehearsal must not use.

    Raises `PorterError` if `app` has no cdk.json, has unreadable files, or contains `copy`.
    """
    if copy.resolve().is_relative_to(app.resolve()):
        raise PorterError(
            "the folder for temporary files is inside the app's",
            where=str(app),
            cure="set TMPDIR to another folder",
        )
    if not os.path.isfile(app / "cdk.json"):  # noqa: PTH113 - Path.is_file raises if it may not look
        raise PorterError(
            "there is no cdk.json",
            where=str(app),
            cure="run this in an app's folder, or run `porter init`",
        )
    try:
        shutil.copytree(app, copy, ignore=LEFT_BEHIND, symlinks=True)
        _follow_links(app, copy)
    except OSError as error:
        raise PorterError(f"cannot be copied: {_first(error)}", where=str(app)) from error
    _keep_to_the_rehearsal(copy / "cdk.json")
    forget_data_keys(copy)


def forget_data_keys(copy: Path) -> None:
    """Remove data keys from the app's context: only the KMS that made them can decrypt them."""
    path = copy / "cdk.context.json"
    try:
        context = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return  # none, or invalid, which the cdk CLI reports
    if isinstance(context, dict):
        kept = {name: value for name, value in context.items() if not name.startswith(KEPT)}
        path.write_text(json.dumps(kept, indent=2), "utf-8")


def _follow_links(app: Path, copy: Path) -> None:
    """Replace links to files that will be edited by copies: a link leads to the user's file."""
    for name in ("cdk.json", "cdk.context.json"):
        if (copy / name).is_symlink():
            (copy / name).unlink()
            with suppress(FileNotFoundError):
                shutil.copyfile(app / name, copy / name)


def _first(error: OSError) -> str:
    """Return the first file's error; `copytree` continues, and collects all."""
    if isinstance(error, shutil.Error):
        _, _, reason = error.args[0][0]
        return str(reason)
    return str(error)


def _keep_to_the_rehearsal(path: Path) -> None:
    try:
        settings = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise PorterError(f"is not JSON: {error}", where="cdk.json") from error
    if isinstance(settings, dict):
        kept = {name: value for name, value in settings.items() if name not in _REAL_ACCOUNT}
        path.write_text(json.dumps(kept, indent=2), "utf-8")


def app_environment(
    base: Mapping[str, str], workspace: Path, endpoint: str, environment: Environment
) -> dict[str, str]:
    """Return `base` for the cdk CLI and the app, with AWS at `endpoint` only.

    The user's `AWS_*` and `CDK_*` variables are removed, except CDK_VALIDATION (`false` saves
    seconds of synthesis). HOME is an empty folder, so `~/.aws` and `~/.cdk.json` are not found.
    Caches and user-installed packages stay in place. `cloud.docker` is the CLI's Docker.
    """
    home, temporary = workspace / "home", workspace / "tmp"
    home.mkdir(exist_ok=True)
    temporary.mkdir(exist_ok=True)
    scrubbed = {
        name: value
        for name, value in base.items()
        if not name.startswith(("AWS_", "CDK_")) or name == "CDK_VALIDATION"
    }
    cloud = _cloud(home, endpoint, environment)
    # A killed jsii leaves temporary folders; they are removed with ours.
    docker = stand_in(workspace, base)
    ours = _caches(base) | docker | cloud | {"TMPDIR": str(temporary)}
    return toolchain.environment(scrubbed | ours)


def _cloud(home: Path, endpoint: str, environment: Environment) -> dict[str, str]:
    return {
        "HOME": str(home),
        "CDK_HOME": str(home / ".cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "AWS_ACCESS_KEY_ID": environment.account,
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_REGION": environment.region,
        "AWS_DEFAULT_REGION": environment.region,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": str(home / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(home / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
    }


def _caches(base: Mapping[str, str]) -> dict[str, str]:
    """Return the caches below the user's real HOME; without them jsii would unpack 184 MB."""
    home = Path(base.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - Path.home may raise
    cache = Path(base.get("XDG_CACHE_HOME") or home / ".cache")
    jsii = cache / "aws" / "jsii" / "package-cache"
    return {
        "XDG_CACHE_HOME": str(cache),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": base.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT") or str(jsii),
        "PYTHONUSERBASE": base.get("PYTHONUSERBASE") or str(home / ".local"),
    }
