"""Without AWS credentials, a command says what is missing and what to set; cdk is not started."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run

NONE = {
    "AWS_ACCESS_KEY_ID": "",
    "AWS_SECRET_ACCESS_KEY": "",
    "AWS_PROFILE": "",
    "AWS_EC2_METADATA_DISABLED": "true",
}
COMMANDS = [("deploy",), ("diff",), ("destroy", "--force"), ("bootstrap",)]
CONFIG = """\
[default]
region = eu-west-1
[profile dev]
sso_session = company
sso_account_id = 123456789012
[profile region-only]
region = eu-west-1
"""


@pytest.fixture
def nobody(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has never used AWS, in the folder of an app."""
    (tmp_path / "cdk.json").write_text("{}")
    (tmp_path / "home" / ".aws").mkdir(parents=True)
    return NONE | {"HOME": str(tmp_path / "home")}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_credentials_cdk_is_not_started(
    run: Run, fake_node: Path, nobody: dict[str, str], command: tuple[str, ...]
) -> None:
    done = run(*command, env=nobody)
    assert done.returncode == 1
    assert not fake_node.exists()
    what, where, cure = done.stderr.splitlines()
    assert what == "porter: error: there are no AWS credentials"
    assert where == f"  where: porter {command[0]}"
    assert "AWS_PROFILE" in cure
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in cure


@pytest.mark.parametrize("given", ["--profile", "AWS_PROFILE", "cdk.json"])
@pytest.mark.parametrize("profile", ["lost", "region-only"])
def test_a_profile_without_credentials_is_named(  # noqa: PLR0913, PLR0917 - fixtures
    run: Run, fake_node: Path, nobody: dict[str, str], tmp_path: Path, given: str, profile: str
) -> None:
    (tmp_path / "home" / ".aws" / "config").write_text(CONFIG)
    arguments = ["--profile", profile] if given == "--profile" else []
    if given == "cdk.json":
        (tmp_path / "cdk.json").write_text(f'{{"profile": "{profile}"}}')
    env = nobody | ({"AWS_PROFILE": profile} if given == "AWS_PROFILE" else {})
    done = run("diff", *arguments, env=env)
    assert f"error: the AWS profile {profile!r} has no credentials\n" in done.stderr
    assert f"aws sso login --profile {profile}\n" in done.stderr
    assert not fake_node.exists()


@pytest.mark.parametrize(
    "given",
    [
        {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "B"},
        {"AWS_PROFILE": "dev"},
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/ci"},
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/"},
    ],
    ids=lambda given: next(iter(given)),
)
def test_with_credentials_of_any_kind_cdk_decides(
    run: Run, fake_node: Path, nobody: dict[str, str], tmp_path: Path, given: dict[str, str]
) -> None:
    (tmp_path / "home" / ".aws" / "config").write_text(CONFIG)
    assert run("diff", env=nobody | given).returncode == 7
    assert fake_node.read_text().splitlines()[1:] == ["diff"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("diff", "-h"),
        ("diff", "--template", "old.json"),
        ("bootstrap", "--show-template"),
        ("deploy", "--plugin=cdk-sso"),
    ],
    ids=" ".join,
)
def test_what_needs_no_credentials_asks_for_none(
    run: Run, fake_node: Path, nobody: dict[str, str], arguments: tuple[str, ...]
) -> None:
    assert run(*arguments, env=nobody).returncode == 7
    assert fake_node.exists()


def test_doctor_says_whether_there_are_credentials(run: Run, nobody: dict[str, str]) -> None:
    """They are never missing: most of porter works without an account."""
    done = run("doctor", env=nobody)
    [line] = [line for line in done.stdout.splitlines() if "credentials" in line]
    assert line.split(maxsplit=2) == [
        "ok",
        "credentials",
        "none in the environment or ~/.aws: deploy, diff, destroy and bootstrap need some",
    ]
    done = run("doctor", env=nobody | {"AWS_ACCESS_KEY_ID": "A"})
    assert "credentials            AWS_ACCESS_KEY_ID\n" in done.stdout
