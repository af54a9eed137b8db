"""The user's settings that reach the cdk CLI."""

from __future__ import annotations

import os
from pathlib import Path

from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.environment import app_environment
from porter.spec.synthesis import PREVIEW
from tests.harness.sandbox import POISON

ENDPOINT = "http://localhost:4566"


def _aws_of(workspace: Path, **user: str) -> dict[str, str]:
    base = {**os.environ, **POISON, "HOME": "/home/ann", **user}
    environment = Environment(account="123456789012", region="eu-west-1")
    return app_environment(base, workspace, ENDPOINT, environment)


def test_no_aws_variable_of_the_user_reaches_the_app(tmp_path: Path) -> None:
    seen = _aws_of(tmp_path)
    assert {name: value for name, value in seen.items() if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_CONFIG_FILE": str(tmp_path / "home" / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "home" / "no-credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert "CDK_DEFAULT_ACCOUNT" not in seen


def test_home_is_empty_and_caches_are_the_users(tmp_path: Path) -> None:
    seen = _aws_of(tmp_path, XDG_CACHE_HOME="")
    assert list(Path(seen["HOME"]).iterdir()) == []
    assert seen["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] == "/home/ann/.cache/aws/jsii/package-cache"
    assert seen["PYTHONUSERBASE"] == "/home/ann/.local"
    assert seen["XDG_DATA_HOME"] == "/home/ann/.local/share"
    assert seen["XDG_CONFIG_HOME"] == "/home/ann/.config"


def test_the_cli_connects_to_the_embedded_aws_without_a_proxy(tmp_path: Path) -> None:
    assert _aws_of(tmp_path)["NO_PROXY"] == "localhost,127.0.0.1"


def test_the_app_keeps_no_data_key_of_the_embedded_kms(tmp_path: Path) -> None:
    assert _aws_of(tmp_path)[PREVIEW]
