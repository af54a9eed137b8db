"""The environment of the cdk CLI and of the app, in which there is one AWS: the embedded one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from porter import toolchain
from porter.home import home
from porter.rehearsal.cloud import builds
from porter.rehearsal.cloud.account import variables
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.docker import stand_in
from porter.spec.synthesis import PREVIEW, RECIPES


def app_environment(
    base: Mapping[str, str], workspace: Path, endpoint: str, environment: Environment
) -> dict[str, str]:
    """Return `base` for the cdk CLI and the app, with AWS at `endpoint` only.

    The user's `AWS_*` and `CDK_*` variables are removed, except CDK_VALIDATION (`false` saves
    seconds of synthesis). HOME is an empty folder, so `~/.aws` and `~/.cdk.json` are not found.
    Caches and user-installed packages stay in place. `cloud.docker` is the CLI's Docker. The app
    keeps no data key of the embedded KMS (PREVIEW), builds for this computer, and leaves
    how it packed payloads in `recipes_folder`.
    """
    scratch, temporary = workspace / "home", workspace / "tmp"
    scratch.mkdir(exist_ok=True)
    temporary.mkdir(exist_ok=True)
    scrubbed = {
        name: value
        for name, value in base.items()
        if not name.startswith(("AWS_", "CDK_")) or name == "CDK_VALIDATION"
    }
    cloud = _cloud(scratch, endpoint, environment)
    # A killed jsii leaves temporary folders; they are removed with ours.
    docker = stand_in(workspace, base)
    ours = _caches(base) | builds.environment(base) | docker | cloud
    ours |= {"TMPDIR": str(temporary), PREVIEW: "1", RECIPES: str(recipes_folder(workspace))}
    return toolchain.environment(scrubbed | ours)


def recipes_folder(workspace: Path) -> Path:
    """Return the folder in which a synthesis leaves the recipes of its payloads."""
    folder = workspace / "recipes"
    folder.mkdir(exist_ok=True)
    return folder


def forget_recipes(workspace: Path) -> None:
    """Remove the recipes of an earlier synthesis: the app may have other hosts now."""
    for recipe in recipes_folder(workspace).iterdir():
        recipe.unlink()


def _cloud(scratch: Path, endpoint: str, environment: Environment) -> dict[str, str]:
    return {
        "HOME": str(scratch),
        "CDK_HOME": str(scratch / ".cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        **variables(environment, endpoint),
        "AWS_CONFIG_FILE": str(scratch / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(scratch / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
    }


def _caches(base: Mapping[str, str]) -> dict[str, str]:
    """Return the caches and settings of tools below the user's real HOME.

    Without the caches jsii would unpack 184 MB. Without the settings, an app that starts with
    `poetry run` or `uv run` would not find its virtual environment or its Python.
    """
    theirs = home(base)
    cache = Path(base.get("XDG_CACHE_HOME") or theirs / ".cache")
    jsii = cache / "aws" / "jsii" / "package-cache"
    return {
        "XDG_CACHE_HOME": str(cache),
        "XDG_CONFIG_HOME": base.get("XDG_CONFIG_HOME") or str(theirs / ".config"),
        "XDG_DATA_HOME": base.get("XDG_DATA_HOME") or str(theirs / ".local" / "share"),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": base.get("JSII_RUNTIME_PACKAGE_CACHE_ROOT") or str(jsii),
        "PYTHONUSERBASE": base.get("PYTHONUSERBASE") or str(theirs / ".local"),
    }
