"""`porter rehearse --from OLD`, as a user calls it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.story.version import folder_of
from tests.harness.sandbox import Sandbox


def _git(app: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Team", "-c", "user.email=team@example.com")
    subprocess.run(["git", *who, *arguments], cwd=app, check=True, capture_output=True, timeout=30)


def _commit(app: Path) -> None:
    _git(app, "init", "--quiet")
    _git(app, "add", ".")
    _git(app, "commit", "--quiet", "--message", "The first version", "--no-gpg-sign")


def test_a_changed_folder_updates_the_stack_of_a_git_revision(sandbox: Sandbox) -> None:
    app = sandbox.app("committed")
    _commit(app)
    main = app / "service/main.py"
    main.write_text(main.read_text("utf-8").replace("It works", "It still works"), "utf-8")

    ended = sandbox.rehearse(app, "--from", "HEAD", "--json")

    report = ended.report
    assert ended.code == 0, (report, ended.err)
    assert report["stack_status"] == "UPDATE_COMPLETE"
    assert [update["version"] for update in report["updates"]] == ["HEAD", "committed"]
    assert [update["stack_status"] for update in report["updates"]] == [
        *("CREATE_COMPLETE", "UPDATE_COMPLETE")
    ]
    assert report["requests"] > 0
    assert report["failed_requests"] == 0
    assert [line for line in ended.err.splitlines() if line.startswith("---")] == [
        *("--- HEAD", "--- committed")
    ]
    assert ended.left.nothing, ended.left


def test_a_failed_old_version_ends_the_rehearsal_and_is_named(
    sandbox: Sandbox,
) -> None:
    old = sandbox.app("old", app="surely_not_defined\n")
    ended = sandbox.rehearse(sandbox.app("new"), "--from", str(old))
    assert ended.code == 1
    assert f"{old} failed to deploy: cdk synth failed" in ended.out
    assert "NameError" in ended.out
    assert ended.left.nothing, ended.left


def test_a_revision_of_an_app_in_a_subfolder_has_only_that_folder(tmp_path: Path) -> None:
    app = tmp_path / "apps/hello"
    app.mkdir(parents=True)
    (app / "cdk.json").write_text("{}")
    (tmp_path / "README.md").write_text("the repository")
    _commit(tmp_path)
    (app / "cdk.json").write_text("changed")
    workspace = tmp_path / "workspace"
    workspace.mkdir()

    folder = folder_of("HEAD", app, workspace)

    assert [path.name for path in folder.iterdir()] == ["cdk.json"]
    assert (folder / "cdk.json").read_text() == "{}"
    assert (app / "cdk.json").read_text() == "changed"


@pytest.mark.parametrize("version", ["no-such-branch", "--output=/etc/passwd", ""])
def test_what_is_neither_a_folder_nor_a_revision_is_refused(tmp_path: Path, version: str) -> None:
    (tmp_path / "cdk.json").write_text("{}")
    _commit(tmp_path)
    with pytest.raises(PorterError, match="neither a folder nor a git revision"):
        folder_of(version, tmp_path, tmp_path)
