"""The user's settings that reach the cdk CLI."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.workspace import app_environment, copy_app
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


def test_the_cli_connects_to_the_embedded_aws_without_a_proxy(tmp_path: Path) -> None:
    assert _aws_of(tmp_path)["NO_PROXY"] == "localhost,127.0.0.1"


def test_the_copied_cdk_json_has_no_profile_and_the_users_is_unchanged(tmp_path: Path) -> None:
    app = tmp_path / "mine"
    (app / "cdk.out").mkdir(parents=True)
    settings = {"app": "python3 app.py", "profile": "production", "context": {"a": 1}}
    (app / "cdk.json").write_text(json.dumps(settings), "utf-8")
    copy = tmp_path / "copy"
    copy_app(app, copy)
    assert json.loads((copy / "cdk.json").read_text("utf-8")) == {
        "app": "python3 app.py",
        "context": {"a": 1},
    }
    assert json.loads((app / "cdk.json").read_text("utf-8")) == settings
    assert not (copy / "cdk.out").exists()


def test_a_cdk_json_that_is_not_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "app.d").mkdir()
    (tmp_path / "app.d" / "cdk.json").write_text("{", "utf-8")
    with pytest.raises(PorterError, match=r"cdk\.json: is not JSON"):
        copy_app(tmp_path / "app.d", tmp_path / "copy")


def test_the_copied_context_has_no_data_keys_of_the_real_kms(tmp_path: Path) -> None:
    app, copy = tmp_path / "mine", tmp_path / "copy"
    app.mkdir()
    (app / "cdk.json").write_text("{}", "utf-8")
    context = {"porter:data-key:account=1:stack=A": "YQ==", "availability-zones:x": ["a"]}
    (app / "cdk.context.json").write_text(json.dumps(context), "utf-8")
    copy_app(app, copy)
    kept = json.loads((copy / "cdk.context.json").read_text("utf-8"))
    assert kept == {"availability-zones:x": ["a"]}
    assert json.loads((app / "cdk.context.json").read_text("utf-8")) == context


@pytest.mark.parametrize("relative", [True, False])
def test_linked_files_are_copied_and_the_users_are_unchanged(
    tmp_path: Path, *, relative: bool
) -> None:
    app, copy, shared = tmp_path / "mine", tmp_path / "t" / "copy", tmp_path / "shared"
    app.mkdir()
    shared.mkdir()
    contents = {
        "cdk.json": {"app": "python3 app.py", "profile": "production"},
        "cdk.context.json": {"porter:data-key:account=1:stack=A": "YQ==", "x": 1},
    }
    for name, content in contents.items():
        (shared / name).write_text(json.dumps(content), "utf-8")
        (app / name).symlink_to(Path("../shared", name) if relative else shared / name)
    copy_app(app, copy)
    for name, content in contents.items():
        assert json.loads((shared / name).read_text("utf-8")) == content
    assert json.loads((copy / "cdk.json").read_text("utf-8")) == {"app": "python3 app.py"}
    assert json.loads((copy / "cdk.context.json").read_text("utf-8")) == {"x": 1}
